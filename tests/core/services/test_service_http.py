"""How a service is spoken to, held against small servers on loopback that keep what they get."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx2
import pytest

from core.errors import (
    BadResponse,
    ProviderError,
    RateLimited,
    RenderFailed,
    ResultLost,
    SubmitUnknown,
)
from core.jobs.job import CancelToken
from core.services.refusals import retry_after_s
from core.services.service_http import ServiceHttp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "secret-51c0"


@dataclass
class Reply:
    """What is answered at a place; `sends` so many bytes of the body, and then hangs up."""

    status: int = 200
    body: bytes = b'{"id": "a"}'
    headers: dict[str, str] = field(default_factory=dict[str, str])
    sends: int | None = None


@dataclass
class Got:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Host:
    """A server: what it answers by path, and what it got."""

    replies: dict[str, Reply] = field(default_factory=dict[str, Reply])
    got: list[Got] = field(default_factory=list[Got])
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def do_PUT(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.host.got.append(Got(self.command, self.path, headers, body))
        reply = self.host.replies.get(self.path, Reply(404))
        content = reply.body
        if headers.get("range") and reply.status == 200:
            content = content[int(headers["range"].removeprefix("bytes=").rstrip("-")) :]
            self.send_response(206)
        else:
            self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: reply.sends])
        self.close_connection = reply.sends is not None


@contextmanager
def running() -> Iterator[Host]:
    host = Host()
    handler = type("Handler", (_Handler,), {"host": host})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield host
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as host:
        yield host


@pytest.fixture
def elsewhere() -> Iterator[Host]:
    with running() as host:
        yield host


@pytest.fixture
def service() -> ServiceHttp:
    return ServiceHttp("Acme", "acme/api/one", {"X-Acme-Key": SECRET}, SECRET)


def fetch(service: ServiceHttp, url: str, part: Path) -> list[tuple[int, int | None]]:
    seen: list[tuple[int, int | None]] = []
    service.download(url, part, CancelToken(), lambda have, total: seen.append((have, total)))
    return seen


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7), ("0.4", 0.4), ("-3", 0), ("", None), ("soon", None)]
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": text}) == seconds


@pytest.mark.parametrize("text", ["inf", "nan"])
def test_retry_after_that_is_no_time_is_none(text: str) -> None:
    assert retry_after_s({"retry-after": text}) is None


def test_retry_after_as_a_date() -> None:
    later = formatdate(time.time() + 90, usegmt=True)
    assert retry_after_s({"retry-after": later}) == pytest.approx(90, abs=3)
    assert retry_after_s({"retry-after": formatdate(0, usegmt=True)}) == 0


def test_too_many_requests_say_how_long_to_wait(host: Host, service: ServiceHttp) -> None:
    later = formatdate(time.time() + 90, usegmt=True)
    host.replies["/jobs"] = Reply(429, b"slow down", {"Retry-After": later})
    with pytest.raises(RateLimited, match="slow down") as raised:
        service.ask(f"{host.url}/jobs")
    assert raised.value.retry_after_s == pytest.approx(90, abs=3)
    assert raised.value.retryable


def test_an_order_is_one_post_with_the_key(host: Host, service: ServiceHttp) -> None:
    host.replies["/jobs"] = Reply(202)
    answer = service.order(f"{host.url}/jobs", {"prompt": "a ball"}, {"X-Attempt": "7"})
    assert answer == {"id": "a"}
    (got,) = host.got
    assert (got.method, json.loads(got.body)) == ("POST", {"prompt": "a ball"})
    assert (got.headers["x-acme-key"], got.headers["x-attempt"]) == (SECRET, "7")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_order_that_is_sent_elsewhere_is_not_sent_again(
    host: Host, elsewhere: Host, service: ServiceHttp, status: int
) -> None:
    host.replies["/jobs"] = Reply(status, headers={"Location": f"{elsewhere.url}/jobs"})
    elsewhere.replies["/jobs"] = Reply()
    with pytest.raises(SubmitUnknown, match=str(status)):
        service.order(f"{host.url}/jobs", {})
    assert len(host.got) == 1
    assert elsewhere.got == []


@pytest.mark.parametrize("sends", [0, 5])
def test_an_order_whose_answer_breaks_off_may_have_arrived(
    host: Host, service: ServiceHttp, sends: int
) -> None:
    host.replies["/jobs"] = Reply(sends=sends)
    with pytest.raises(SubmitUnknown, match="accepted or not"):
        service.order(f"{host.url}/jobs", {})
    assert len(host.got) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]"])
def test_an_order_whose_answer_cannot_be_read_may_have_arrived(
    host: Host, service: ServiceHttp, body: bytes
) -> None:
    host.replies["/jobs"] = Reply(200, body)
    with pytest.raises(SubmitUnknown, match="cannot be read"):
        service.order(f"{host.url}/jobs", {})


def test_an_order_that_found_nobody_was_not_bought(host: Host, service: ServiceHttp) -> None:
    with running() as gone:
        pass
    with pytest.raises(ProviderError, match="cannot be reached") as raised:
        service.order(f"{gone.url}/jobs", {})
    assert not isinstance(raised.value, SubmitUnknown)


class Hasty(ServiceHttp):
    """Waits for nobody longer than a moment."""

    def _client(self, read_s: float, *, follow_redirects: bool = False) -> httpx2.Client:
        return httpx2.Client(timeout=0.3, follow_redirects=follow_redirects)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes one connection and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        yield listening


def test_an_order_that_nobody_answers_may_have_arrived(silent: socket.socket) -> None:
    service = Hasty("Acme", "acme/api/one", {}, SECRET)
    with pytest.raises(SubmitUnknown, match="accepted or not"):
        service.order(f"http://127.0.0.1:{silent.getsockname()[1]}/jobs", {})


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse what does not fit the backlog")
def test_an_order_that_got_no_connection_in_time_was_not_bought(silent: socket.socket) -> None:
    service = Hasty("Acme", "acme/api/one", {}, SECRET)
    with socket.create_connection(silent.getsockname()), pytest.raises(ProviderError) as raised:
        service.order(f"http://127.0.0.1:{silent.getsockname()[1]}/jobs", {})
    assert not isinstance(raised.value, SubmitUnknown)
    assert "cannot be reached" in raised.value.message


@pytest.mark.parametrize("call", ["ask", "tell"])
def test_the_key_is_not_taken_to_another_host(
    host: Host, elsewhere: Host, service: ServiceHttp, call: str
) -> None:
    host.replies["/there"] = Reply(307, headers={"Location": f"{elsewhere.url}/there"})
    elsewhere.replies["/there"] = Reply()
    url = f"{host.url}/there"
    calls = {"ask": lambda: service.ask(url), "tell": lambda: service.tell(url)}
    with pytest.raises(BadResponse, match="redirect"):
        calls[call]()
    assert elsewhere.got == []


def test_a_file_is_put_with_its_length_and_without_the_key(
    host: Host, service: ServiceHttp, tmp_path: Path
) -> None:
    file = tmp_path / "start.png"
    file.write_bytes(b"image" * 1000)
    host.replies["/put"] = Reply(200)
    service.store(f"{host.url}/put", file, {"x-kind": "block"})
    (got,) = host.got
    assert got.method == "PUT"
    assert got.body == file.read_bytes()
    assert got.headers["x-kind"] == "block"
    assert got.headers["content-length"] == "5000"
    assert SECRET not in str(got.headers)


@pytest.mark.parametrize("status", [301, 403, 413, 500])
def test_a_storage_that_does_not_take_a_file_is_told_as_such(
    host: Host, service: ServiceHttp, tmp_path: Path, status: int
) -> None:
    file = tmp_path / "start.png"
    file.write_bytes(b"image")
    host.replies["/put"] = Reply(status, b"too large")
    with pytest.raises(RenderFailed, match=rf"did not take the file 'start.png' \({status}\)"):
        service.store(f"{host.url}/put", file, {})


@pytest.mark.parametrize("status", [404, 410])
def test_a_model_that_is_gone_is_told_as_such_and_nothing_was_bought(
    host: Host, service: ServiceHttp, status: int
) -> None:
    host.replies["/jobs"] = Reply(status, b"no such model")
    with pytest.raises(RenderFailed, match="has no such model any more") as raised:
        service.order(f"{host.url}/jobs", {})
    assert "Nothing was bought" in raised.value.hint


def test_the_host_of_the_result_does_not_see_the_key(
    host: Host, elsewhere: Host, service: ServiceHttp, tmp_path: Path
) -> None:
    host.replies["/clip"] = Reply(302, headers={"Location": f"{elsewhere.url}/clip"})
    elsewhere.replies["/clip"] = Reply(200, b"x" * 1000)
    part = tmp_path / "clip.part"
    assert fetch(service, f"{host.url}/clip", part)[-1] == (1000, 1000)
    assert part.read_bytes() == b"x" * 1000
    for got in [*host.got, *elsewhere.got]:
        assert SECRET not in str(got.headers)


def test_a_download_that_broke_off_goes_on_where_it_ended(
    host: Host, service: ServiceHttp, tmp_path: Path
) -> None:
    whole = bytes(range(250)) * 4
    host.replies["/clip"] = Reply(200, whole, sends=400)
    part = tmp_path / "clip.part"
    with pytest.raises(BadResponse) as raised:
        fetch(service, f"{host.url}/clip", part)
    assert raised.value.retryable
    assert part.read_bytes() == whole[:400]
    host.replies["/clip"] = Reply(200, whole)
    fetch(service, f"{host.url}/clip", part)
    assert part.read_bytes() == whole
    assert host.got[-1].headers["range"] == "bytes=400-"


def test_a_file_of_which_nothing_is_missing_there_is_fetched_anew(
    host: Host, service: ServiceHttp, tmp_path: Path
) -> None:
    host.replies["/clip"] = Reply(416)
    part = tmp_path / "clip.part"
    for content in (None, b"of another file"):
        if content is not None:
            part.write_bytes(content)
        with pytest.raises(BadResponse, match="does not know what is missing") as raised:
            fetch(service, f"{host.url}/clip", part)
        assert raised.value.retryable
        assert not part.exists()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_result_that_is_gone_is_told_as_paid(
    host: Host, service: ServiceHttp, tmp_path: Path, status: int
) -> None:
    host.replies["/clip"] = Reply(status)
    with pytest.raises(ResultLost, match="no longer has"):
        fetch(service, f"{host.url}/clip", tmp_path / "clip.part")


@pytest.mark.parametrize("status", [301, 400, 401, 402, 404, 422, 429, 451, 500, 503])
def test_no_sentence_repeats_the_key(host: Host, service: ServiceHttp, status: int) -> None:
    # Long enough that it would be cut off within the key.
    said = ("." * 290 + SECRET).encode()
    host.replies["/jobs"] = Reply(status, said)
    url = f"{host.url}/jobs"
    for call in (lambda: service.ask(url), lambda: service.order(url, {})):
        with pytest.raises(ProviderError) as raised:
            call()
        for text in (raised.value.message, raised.value.hint, repr(service)):
            assert SECRET[:8] not in text
    assert SECRET not in service.bad_answer(f"KeyError('{SECRET}')").message
