"""How a service is spoken to: one order is one request, questions may be asked again."""

from __future__ import annotations

import mimetypes
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from core.errors import (
    BadResponse,
    ProviderError,
    ProviderUnavailable,
    RenderFailed,
    ResultLost,
    SubmitUnknown,
    first_line,
)
from core.redaction import redacted, remember_secret
from core.services.event_stream import EVENT_STREAM, read_events
from core.services.refusals import MOST_WORDS, refusal

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    import httpx2

    from core.jobs.job import CancelToken

_CONNECT_S = 10.0
_READ_S = 30.0
# A gateway that answers so may have passed the order on before.
_MAY_HAVE_ARRIVED = frozenset({500, 502, 504, 520, 521, 522, 524})
# Said of the key or of too many calls, and so of nothing that was asked for.
_NOT_OF_THE_RENDER = frozenset({401, 403, 408, 429})
# Where a person may say which certificates are to be trusted.
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Answer:
    """What a service answers, be it a refusal: its status, and the object that its JSON is."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class FormFile:
    """A file in a form: the field that holds it, what it is called there, its bytes and kind."""

    field: str
    name: str
    content: bytes
    mime_type: str

    @property
    def as_sent(self) -> tuple[str, tuple[str, bytes, str]]:
        """It as httpx2 takes it."""
        return self.field, (self.name, self.content, self.mime_type)


class ServiceHttp:
    """Calls to one service; every failure becomes an error of ours, without the key in it.

    What it answers is given as the object that its JSON is.

    Attributes:
        order_s: how long the answer to an order may take.
    """

    order_s: float = 120.0

    def __init__(
        self,
        label: str,
        target: str,
        headers: Mapping[str, str],
        secret: str,
        *,
        results_at: str = "",
        uses_proxy: bool = True,
    ) -> None:
        """Opens no connection.

        Args:
            label: what the service is called in sentences.
            target: in its text form, for errors.
            headers: sent with every call to the service itself.
            secret: the key, which no sentence will repeat.
            results_at: the one origin, such as "https://api.example", that gives finished files
                only with these headers; empty where none does.
            uses_proxy: whether calls go the way that the environment names for the internet.
        """
        self._label = label
        self._uses_proxy = uses_proxy
        self.target = target
        self._headers = dict(headers)
        self._results_at = results_at
        if secret:
            remember_secret(secret)

    def order(
        self,
        url: str,
        body: Mapping[str, object],
        headers: Mapping[str, str] | None = None,
        *,
        is_answer: Callable[[dict[str, Any]], bool] | None = None,
    ) -> dict[str, Any]:
        """Send an order: exactly one POST, whatever happens.

        Args:
            url: of the service.
            body: sent as JSON.
            headers: besides the usual ones.
            is_answer: where the service answers by events, is told of each, and says which of them
                is the answer; without that one the answer is lost, however well the stream ends.

        Raises:
            SubmitUnknown: there is no telling whether it arrived.
            ProviderError: it was refused, so nothing was bought.
        """
        return self._order(url, {"json": dict(body), "headers": dict(headers or {})}, is_answer)

    def order_by_form(
        self,
        url: str,
        fields: Mapping[str, str],
        files: Sequence[FormFile],
        *,
        is_answer: Callable[[dict[str, Any]], bool] | None = None,
    ) -> dict[str, Any]:
        """Send an order with its files as a form, also where it has none; else as `order`."""
        # As parts of the same kind: without a file httpx2 would send another sort of form.
        parts = [(name, (None, value.encode())) for name, value in fields.items()]
        sent = {"files": [*parts, *(file.as_sent for file in files)]}
        return self._order(url, sent, is_answer)

    def _order(
        self,
        url: str,
        sent: dict[str, Any],
        is_answer: Callable[[dict[str, Any]], bool] | None,
    ) -> dict[str, Any]:
        import httpx2

        sent["headers"] = {**self._headers, **sent.get("headers", {})}
        try:
            with (
                self._client(self.order_s) as client,
                client.stream("POST", url, **sent) as response,
            ):
                kind = response.headers.get("Content-Type", "")
                if is_answer is not None and response.is_success and kind.startswith(EVENT_STREAM):
                    events = read_events(response.iter_bytes())
                    found = next(filter(is_answer, events), None)
                    if found is None:
                        raise self._unknown("its answer ended before what was ordered")
                    return found
                response.read()
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise self.unreachable(error) from error
        except httpx2.HTTPError as error:
            raise self._unknown(f"the connection broke ({first_line(error)})") from error
        # "See Other" is how some say that it was accepted, so no redirect is another try.
        if response.status_code in _MAY_HAVE_ARRIVED or response.is_redirect:
            raise self._unknown(f"it answered {response.status_code}")
        if response.is_success and not _object(response):
            raise self._unknown("its answer cannot be read")
        if response.status_code in (404, 410):
            said = redacted(" ".join(response.text.split()))[:MOST_WORDS]
            raise RenderFailed(
                f"{self._label} has no such model any more ({response.status_code})"
                f"{f': {said}' if said else ''}.",
                target=self.target,
                hint="Choose another model, or update ImageAI. Nothing was bought.",
            )
        return self._answer(response)

    def ask(self, url: str) -> dict[str, Any]:
        """Ask a question, which changes nothing and may be asked again.

        Raises:
            ProviderError: there is no proper answer; `retryable` where asking again may help.
        """
        return self._call(lambda client: client.get(url, headers=self._headers))

    def hear(self, url: str, method: str = "GET") -> Answer:
        """What is answered, where a refusal of the service tells of the render and is no failure.

        Raises:
            ProviderError: nothing that can be read, or no word on the render; `retryable` where
                asking again may help.
        """
        import httpx2

        try:
            with self._client(_READ_S) as client:
                response = client.request(method, url, headers=self._headers)
        except httpx2.HTTPError as error:
            raise self.unreachable(error) from error
        body, status = _object(response), response.status_code
        if not response.is_success and (not body or status in _NOT_OF_THE_RENDER):
            raise self.refusal(status, response.text, response.headers)
        return Answer(status, body)

    @contextmanager
    def streamed(
        self, method: str, url: str, body: Mapping[str, object]
    ) -> Generator[httpx2.Response]:
        """An answer to a question that has a body, read as it comes; its status is not judged.

        Raises:
            httpx2.HTTPError: there is none, or it breaks off.
        """
        headers = {**self._headers, "Accept-Encoding": "identity"}
        with (
            self._client(_READ_S) as client,
            client.stream(method, url, json=dict(body), headers=headers) as response,
        ):
            yield response

    def tell(
        self, url: str, method: str = "POST", body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Say something that is not bought, such as that an order is not wanted any more.

        Raises:
            ProviderError: there is no proper answer.
        """
        json = None if body is None else dict(body)
        return self._call(
            lambda client: client.request(method, url, headers=self._headers, json=json)
        )

    def send_file(
        self,
        url: str,
        field: str,
        file: Path,
        *,
        stem: str = "input",
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Put a file with the service itself, as a part of a form; its own name stays here.

        Args:
            url: of the service.
            field: of the form that holds the file.
            file: what is sent.
            stem: what it is called there, but for its kind.
            form: the other fields.

        Raises:
            ProviderError: it is not there; `retryable` where trying again may help.
        """
        name = f"{stem}{file.suffix.lower() if file.suffix.isascii() else ''}"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        with file.open("rb") as content:
            # From its start each time: a file that was half sent is sent anew.
            files = {field: (name, content, kind)}
            return self._call(
                lambda http: http.post(url, headers=self._headers, files=files, data=form)
            )

    def store(self, url: str, file: Path, headers: Mapping[str, str]) -> None:
        """Put a file at an address that the service has given for it; the key is not sent along.

        Raises:
            ProviderError: it is not there.
        """
        import httpx2

        try:
            with self._client(_READ_S) as client, file.open("rb") as content:
                # Storages take no chunks of a length that they were not told.
                length = {"Content-Length": str(file.stat().st_size)}
                answer = client.put(url, content=content, headers={**headers, **length})
        except httpx2.HTTPError as error:
            raise self.unreachable(error) from error
        if not answer.is_success:
            said = redacted(" ".join(answer.text.split()))[:MOST_WORDS]
            raise RenderFailed(
                f"The storage of {self._label} did not take the file {file.name!r} "
                f"({answer.status_code}){f': {said}' if said else ''}.",
                target=self.target,
                hint="Give the command again; if it happens again, make the file smaller.",
            )

    def download(
        self,
        url: str,
        part: Path,
        cancel: CancelToken,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        """Fetch a file into `part`, going on where that ends; its length is checked.

        The key goes to the origin that was named for it alone: most results lie with hosts that
        have no business with it, and so may what an address leads on to.

        Args:
            url: of the file.
            part: what has arrived of it so far, perhaps nothing.
            cancel: looked at between any two reads.
            on_bytes: told how many bytes are here, and of how many.

        Raises:
            ProviderError: it cannot be had; `retryable` where trying again may help.
            JobCancelled: asked to stop.
        """
        import httpx2

        have = part.stat().st_size if part.exists() else 0
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
        try:
            with (
                self._client(_READ_S, follow_redirects=True) as client,
                client.stream("GET", url, headers=headers) as got,
            ):
                if got.status_code == 416:
                    part.unlink(missing_ok=True)
                    raise self._incomplete("its storage does not know what is missing")
                if got.status_code in (403, 404, 410):
                    raise self.gone(got.status_code)
                if not got.is_success:
                    got.read()
                    self._answer(got)
                if have and got.status_code != 206:
                    have = 0
                length = got.headers.get("Content-Length", "")
                total = have + int(length) if length.isdigit() else None
                with part.open("ab" if have else "wb") as file:
                    # As it comes: what a broken connection brought is not fetched again.
                    for chunk in got.iter_bytes():
                        cancel.check()
                        file.write(chunk)
                        have += len(chunk)
                        on_bytes(have, total)
        except httpx2.HTTPError as error:
            raise self._incomplete(first_line(error)) from error
        if total is not None and have != total:
            raise self._incomplete(f"{have} of {total} bytes came")

    def _client(self, read_s: float, *, follow_redirects: bool = False) -> httpx2.Client:
        import httpx2

        # With the key, nobody is followed to another host.
        timeout = httpx2.Timeout(read_s, connect=_CONNECT_S)
        hooks = {"request": [self._sign]} if follow_redirects else {}
        return httpx2.Client(
            verify=_trusted(*map(os.environ.get, _CERTIFICATES)),
            timeout=timeout,
            follow_redirects=follow_redirects,
            event_hooks=hooks,
            trust_env=self._uses_proxy,
        )

    def _sign(self, request: httpx2.Request) -> None:
        """Called for each address on the way to a file; httpx2 itself would carry a key along."""
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        for name, value in self._headers.items():
            if origin == self._results_at:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)

    def _call(self, send: Callable[[httpx2.Client], httpx2.Response]) -> dict[str, Any]:
        import httpx2

        try:
            with self._client(_READ_S) as client:
                return self._answer(send(client))
        except httpx2.HTTPError as error:
            raise self.unreachable(error) from error

    def _answer(self, response: httpx2.Response) -> dict[str, Any]:
        if response.is_success:
            return _object(response)
        raise self.refusal(response.status_code, response.text, response.headers)

    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        """The error for an answer that is none of success."""
        return refusal(self._label, self.target, status, text, headers)

    def bad_answer(self, what: str) -> BadResponse:
        """The error for an answer in which something is missing."""
        return BadResponse(
            f"The answer of {self._label} makes no sense: {what}.",
            target=self.target,
            hint="Resume the job later; the log file has the details.",
        )

    def gone(self, status: int) -> ResultLost:
        """The error for a finished file that is not there any more."""
        return ResultLost(
            f"{self._label} no longer has the finished file ({status}).",
            target=self.target,
            hint="Results are kept for a limited time. Look into the account; the render was paid "
            "for.",
        )

    def unreachable(self, error: Exception) -> ProviderUnavailable:
        """The error for a connection that cannot be made, or breaks."""
        return ProviderUnavailable(
            f"{self._label} cannot be reached ({first_line(error)}).",
            target=self.target,
            hint="Check the internet connection, then resume the job.",
        )

    def _unknown(self, why: str) -> SubmitUnknown:
        return SubmitUnknown(
            f"The order was sent to {self._label}, and {why}: it may have been accepted or not.",
            target=self.target,
        )

    def _incomplete(self, why: str) -> BadResponse:
        return BadResponse(
            f"The finished file came incomplete from {self._label}: {why}.",
            target=self.target,
            hint="Resume the job: it fetches the file again and buys nothing.",
        )


@lru_cache(maxsize=4)
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    """What the certificates are, read once: that takes longer than most questions."""
    import httpx2

    del file, folder  # httpx2 looks for them itself
    return httpx2.create_ssl_context()


def _object(response: httpx2.Response) -> dict[str, Any]:
    try:
        found: Any = response.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
