"""What a provider writes of its service: short methods that each make one call and translate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import NotConfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from core.errors import ProviderError
    from core.jobs.job import CancelToken
    from core.services.service_http import ServiceHttp
    from core.video.plan import RenderPlan
    from core.video.terms import Role


MISREAD = (AttributeError, KeyError, IndexError, TypeError, ValueError)
"""What reading an answer raises in which something is missing or of another kind."""


@dataclass(frozen=True)
class RemoteOrder:
    """What is to be ordered: the plan, and by path where its inputs lie with the service.

    Attributes:
        attempt: drawn before the order; services that know such keys are given it.
    """

    plan: RenderPlan
    attempt: str
    uploads: Mapping[Path, str]


@dataclass(frozen=True)
class Waiting:
    """The service is not done; `fraction` None where it does not say how far it is.

    Attributes:
        step, steps: of the model, where it says so.
        preview: an image file of the clip so far; empty where there is none, or none that is new.
        preview_suffix: of its kind.
    """

    fraction: float | None = None
    message: str = ""
    retry_after_s: float | None = None
    step: int | None = None
    steps: int | None = None
    preview: bytes = b""
    preview_suffix: str = ".jpg"


@dataclass(frozen=True)
class Finished:
    """The service is done.

    Attributes:
        url: of the file.
        suffix: of its kind, such as ".mp4".
        cost_usd: what the service asks for; None where it does not say.
        seed: what it took, where it says so.
        facts: what else it tells of this render.
        notes: what a person should know of it, in sentences.
    """

    url: str
    suffix: str = ".mp4"
    cost_usd: float | None = None
    seed: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """The service made nothing.

    Attributes:
        is_charged: None where it does not say whether it charges.
        cost_usd: what it asks for all the same; None where it does not say.
    """

    error: ProviderError
    is_charged: bool | None = None
    cost_usd: float | None = None


RemoteState = Waiting | Finished | Ended


class ServiceClient(ABC):
    """Speaks to one service with one key; what it gives and raises is of our words.

    Attributes:
        is_free: nobody asks for money, so nobody is told of any.
        uses_network: whether what is sent leaves this machine.
        not_sent: roles of files that are put nowhere before the order, because the service has
            them, needs only a name, or finds them in the order itself.
        answers_late: an order is answered only with what came of it, and nothing is kept there.
    """

    is_free: bool = False
    uses_network: bool = True
    not_sent: frozenset[Role] = frozenset()
    answers_late: bool = False

    def __init__(self, label: str, http: ServiceHttp) -> None:
        """Opens no connection.

        Args:
            label: what the service is called in sentences.
            http: the way to speak to it.
        """
        self.label = label
        self.http = http

    @abstractmethod
    def submit(self, order: RemoteOrder) -> str:
        """Order it by exactly one POST; gives what the service finds it by.

        Raises:
            SubmitUnknown: there is no telling whether the order arrived.
            ProviderError: it was refused, so nothing was bought.
        """

    @abstractmethod
    def poll(self, remote: str) -> RemoteState:
        """How far a render is.

        Raises:
            ProviderError: `retryable` where asking again may help.
        """

    @abstractmethod
    def abort(self, remote: str) -> bool | None:
        """End a render; whether the service asks for money all the same, None where unknown.

        Raises:
            ProviderError: the service could not be told.
        """

    @abstractmethod
    def test_key(self) -> None:
        """Ask something that costs nothing and needs the key.

        Raises:
            ProviderError: the key does not suffice.
        """

    def describe(self) -> Mapping[str, object]:
        """What the service says of its models, by their names there, such as prices or fields.

        Raises:
            ProviderError: nothing is told, or the key does not suffice.
        """
        return {}

    def upload(self, file: Path) -> str:
        """Put an input where the service reads it; gives its address there."""
        raise NotConfigured(
            f"{self.label} takes no files.",
            target=self.http.target,
            hint="Leave the input out, or choose another model.",
        )

    def download(
        self,
        url: str,
        part: Path,
        cancel: CancelToken,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        """Fetch what is finished; see `ServiceHttp.download`."""
        self.http.download(url, part, cancel, on_bytes)

    def choose_id(self, attempt: str) -> str:
        """What an order will be found by, where that is chosen here and not by the service.

        Empty where the service chooses it. Else `submit` gives the very same, and `poll` says of an
        id that the service does not know that the order never arrived.
        """
        return ""

    def close(self) -> None:  # noqa: B027 - few keep something open between two calls
        """Let go of what was kept open for one render."""

    def find(self, attempt: str) -> str | None:
        """The render of an attempt whose answer was lost.

        Empty where the service knows that there is none; None where it cannot tell.
        """
        return None
