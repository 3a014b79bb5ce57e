"""A service that answers an order with what it made: the answer is kept before it is read."""

from __future__ import annotations

import base64
import json
import logging
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from typing_extensions import override

from core.errors import AnswerLost, RenderFailed
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.platform.files import write_text_atomically
from core.services.previews import Previews
from core.services.service_client import MISREAD, Ended, Finished, ServiceClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.jobs.job import CancelToken, JobContext
    from core.services.service_client import RemoteOrder, RemoteState
    from core.services.service_http import ServiceHttp


log = logging.getLogger(__name__)


class AnswerClient(ServiceClient):
    """Speaks to a service that keeps nothing of what it makes.

    Its answer is written down, word for word, in a folder that outlives the program, and is asked
    from then on in the place of the service: so nothing that was paid for is lost by what comes
    after, be it a crash, a full disk or a picture that this version cannot read.

    Attributes:
        answers: the job's own folder; None for one that orders nothing.
    """

    answers_late = True

    def __init__(self, label: str, http: ServiceHttp, answers: Path | None = None) -> None:
        super().__init__(label, http)
        self.answers = answers
        self._unkept: dict[str, Any] | None = None
        self._ctx: JobContext | None = None
        self._previews: Previews | None = None

    def of_job(self, ctx: JobContext) -> Self:
        """The same for a job, in whose folder the answers lie."""
        self.answers = ctx.inputs_dir
        self._ctx, self._previews = ctx, Previews(ctx.workdir)
        has_answer = self.answers is not None and any(self.answers.glob("answer-*.json"))
        # What was bought and is here is read whatever becomes of the network.
        self.uses_network = ctx.ticket is None or not has_answer
        return self

    @abstractmethod
    def order(self, order: RemoteOrder) -> dict[str, Any]:
        """Send it by exactly one POST; gives the answer.

        Raises:
            SubmitUnknown: there is no telling whether the order arrived.
            ProviderError: it was refused, so nothing was bought.
        """

    def show(self, letters: str, suffix: str, message: str) -> None:
        """Show what is made as it is so far; nothing that is wrong with it stops an order.

        Args:
            letters: the picture in base64.
            suffix: of its kind, such as ".png".
            message: what it is.
        """
        ctx, previews = self._ctx, self._previews
        if ctx is None or previews is None or ctx.cancel.cancelled:
            # A job that was stopped has no folder any more.
            return
        try:
            preview = previews.add(_content(letters), suffix)
        except (OSError, ValueError) as error:
            log.info("a preview of %s cannot be shown: %s", self.label, error)
            return
        ctx.report(Progressed(stage=Stage.WAIT, message=message, preview=preview))

    @abstractmethod
    def read(self, answer: dict[str, Any]) -> Finished | Ended:
        """What an answer tells; a url is not needed."""

    @abstractmethod
    def image_in(self, answer: dict[str, Any]) -> str:
        """The image of an answer, in base64."""

    @override
    def submit(self, order: RemoteOrder) -> str:
        self.keep(order.attempt, self.order(order))
        return order.attempt

    def keep(self, remote: str, answer: dict[str, Any]) -> None:
        """Write an answer down, which is asked from then on in the place of the service."""
        self.uses_network = False
        try:
            write_text_atomically(self._place(remote), json.dumps(answer))
        except OSError as error:
            # What is here is not thrown away: there may be room for the image itself.
            log.warning("the answer of %s cannot be kept: %s", self.label, error)
            self._unkept = answer

    def has_answer(self, remote: str) -> bool:
        """Whether the answer is here."""
        return self._unkept is not None or self._place(remote).is_file()

    @override
    def find(self, attempt: str) -> str | None:
        """The attempt itself, once its answer is here: also of one that was left behind."""
        self.uses_network = not self._place(attempt).is_file()
        return None if self.uses_network else attempt

    @override
    def poll(self, remote: str) -> RemoteState:
        answer = self._answer(remote)
        try:
            found = self.read(answer)
        except MISREAD as error:
            return Ended(self._unreadable(remote, repr(error)))
        return replace(found, url=remote) if isinstance(found, Finished) else found

    @override
    def download(
        self,
        url: str,
        part: Path,
        cancel: CancelToken,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        answer = self._answer(url)
        try:
            content = _content(self.image_in(answer))
        except MISREAD as error:
            raise self._unreadable(url, f"its image is no base64 ({error})") from error
        part.write_bytes(content)
        on_bytes(len(content), len(content))

    @override
    def abort(self, remote: str) -> bool | None:
        """It is made, and was made before anybody could say otherwise."""
        return True

    def _place(self, attempt: str) -> Path:
        assert self.answers is not None, "only what renders orders something"
        # An id of a service may be anything, and no part of a path.
        return self.answers / f"answer-{quote(attempt, safe='')}.json"

    def _answer(self, remote: str) -> dict[str, Any]:
        place = self._place(remote)
        if self._unkept is not None:
            return self._unkept
        if not place.is_file():
            raise AnswerLost(
                f"{self.label} keeps nothing of what it makes, so {remote!r} cannot be fetched.",
                target=self.http.target,
                hint="The account's usage says whether it was billed. Order it again above the "
                "window's jobs or with 'main.py jobs buy-again'.",
            )
        self.uses_network = False
        return json.loads(place.read_text(encoding="utf-8"))

    def _unreadable(self, remote: str, why: str) -> RenderFailed:
        return RenderFailed(
            f"The answer of {self.label} makes no sense: {why}. It is kept as "
            f"{str(self._place(remote))!r}.",
            target=self.http.target,
            hint="It may have been billed: the account's usage says so. Update ImageAI, then "
            "resume the job, which reads the answer again and buys nothing.",
        )


def _content(letters: str) -> bytes:
    # Services and their own libraries write both kinds of base64.
    plain = letters.translate(str.maketrans("-_", "+/"))
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
