"""Calls of services over the true wire: who is believed, and which job fetches its clip."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.jobs.job_record import JobState
from core.platform.paths import Paths
from core.services.polling import ticket_for
from core.services.polling_provider import PollingProvider
from core.services.webhooks import (
    MAX_BODY_BYTES,
    TOLERANCE_S,
    WebhookReceiver,
    WebhookRefused,
    webhook_server,
)
from core.studio import Studio
from core.video.request import FrameRequest, RenderRequest
from core.video.terms import Target
from providers.replicate.webhook import ReplicateWebhook
from tests.fakes.services.fal_server import FalServer, fal_entry, fal_server
from tests.fakes.services.replicate_server import (
    WEBHOOK_SECRET,
    ReplicateServer,
    replicate_entry,
    replicate_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAL = Target(provider="ltx-video", deployment="fal", model="ltx-2.3-fast")
REPLICATE = Target(provider="ltx-video", deployment="replicate", model="ltx-2.3-fast")


@dataclass
class Clock:
    """The time of the receiver."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@dataclass
class Fal:
    """Fal's side: signs as it does."""

    server: FalServer
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def publish(self) -> None:
        raw = self.key.public_key().public_bytes_raw()
        text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        self.server.published = [{"kty": "OKP", "crv": "Ed25519", "x": text}]

    def call(
        self, remote: str, at: float, body: bytes | None = None
    ) -> tuple[bytes, dict[str, str]]:
        content = body or json.dumps({"request_id": remote, "status": "OK"}).encode()
        signed = [remote, "user-1", str(int(at))]
        message = "\n".join([*signed, hashlib.sha256(content).hexdigest()]).encode()
        names = ("Request-Id", "User-Id", "Timestamp", "Signature")
        values = [*signed, self.key.sign(message).hex()]
        headers = {f"X-Fal-Webhook-{n}": v for n, v in zip(names, values, strict=True)}
        return content, headers


def replicate_call(
    remote: str, at: float, message_id: str = "msg-1", secret: str = WEBHOOK_SECRET
) -> tuple[bytes, dict[str, str]]:
    content = json.dumps({"id": remote, "status": "succeeded"}).encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{int(at)}.".encode() + content
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return content, {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": f"v1,bm90IHRoaXMgb25l v1,{signature}",
    }


@dataclass
class Receiving:
    """The receiver on loopback, with its studio."""

    studio: Studio
    clock: Clock
    url: str
    port: int

    def post(self, place: str, body: bytes, headers: dict[str, str]) -> int:
        return httpx2.post(f"{self.url}/{place}", content=body, headers=headers).status_code


@contextmanager
def receiving(studio: Studio) -> Iterator[Receiving]:
    checks = {}
    for info in studio.registry.infos:
        provider = studio.registry.open(Target(provider=info.id, deployment=info.deployment))
        assert isinstance(provider, PollingProvider)
        check = provider.webhook_check()
        assert check is not None
        checks[f"{info.id}/{info.deployment}"] = check
    clock = Clock()
    receiver = WebhookReceiver(checks, studio.queue, studio.resume, clock)
    server = webhook_server(receiver, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    port = int(server.server_address[1])
    try:
        yield Receiving(studio, clock, f"http://127.0.0.1:{port}", port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fal]:
    with fal_server(tmp_path / "service") as server:
        server.stand_in(monkeypatch)
        signing = Fal(server)
        signing.publish()
        yield signing


@pytest.fixture
def at_fal(fal: Fal, tmp_path: Path) -> Iterator[Receiving]:
    studio = Studio([fal_entry()], paths=Paths.below(tmp_path / "home"))
    with receiving(studio) as found:
        yield found
    studio.close()


@pytest.fixture
def replicate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplicateServer]:
    with replicate_server(tmp_path / "service") as server:
        server.stand_in(monkeypatch)
        yield server


@pytest.fixture
def at_replicate(replicate: ReplicateServer, tmp_path: Path) -> Iterator[Receiving]:
    studio = Studio([replicate_entry()], paths=Paths.below(tmp_path / "home"))
    with receiving(studio) as found:
        yield found
    studio.close()


def left_job(studio: Studio, target: Target, server: Any) -> tuple[str, str]:
    """A job whose render was bought and whose outcome was not fetched; its id here and there."""
    frame = FrameRequest(duration_s=6.0)
    request = RenderRequest(target=target, prompt="a red ball", frame=frame)
    job_id = studio.submit_render(studio.plan(request))
    server.habits.is_gone = True
    studio.queue.run_job(job_id)
    record = studio.queue.job(job_id)
    assert record.state is JobState.FAILED
    assert record.ticket is not None
    server.habits.is_gone = False
    return job_id, server.last.id


def test_a_signed_call_of_fal_lets_the_job_fetch_its_clip(fal: Fal, at_fal: Receiving) -> None:
    studio = at_fal.studio
    job_id, remote = left_job(studio, FAL, fal.server)
    body, headers = fal.call(remote, at_fal.clock.now)
    assert at_fal.post("ltx-video/fal", body, headers) == 200
    assert studio.queue.job(job_id).state is JobState.QUEUED
    assert studio.queue.run_job(job_id).event == "succeeded"
    assert fal.server.purchases == 1
    # Fal calls again where an answer was lost; it is no replay, and there is nothing to do.
    again = fal.call(remote, at_fal.clock.now + 1)
    assert at_fal.post("ltx-video/fal", *again) == 200
    assert studio.queue.job(job_id).state is JobState.SUCCEEDED


def test_a_signed_call_of_replicate_lets_the_job_fetch_its_clip(
    replicate: ReplicateServer, at_replicate: Receiving
) -> None:
    studio = at_replicate.studio
    job_id, remote = left_job(studio, REPLICATE, replicate)
    body, headers = replicate_call(remote, at_replicate.clock.now)
    assert at_replicate.post("ltx-video/replicate", body, headers) == 200
    assert studio.queue.run_job(job_id).event == "succeeded"
    assert replicate.purchases == 1


def test_a_call_that_is_sent_again_is_refused(fal: Fal, at_fal: Receiving) -> None:
    _, remote = left_job(at_fal.studio, FAL, fal.server)
    call = fal.call(remote, at_fal.clock.now)
    assert [at_fal.post("ltx-video/fal", *call) for _ in range(2)] == [200, 409]


@pytest.mark.parametrize("seconds", [-TOLERANCE_S - 5, TOLERANCE_S + 5])
def test_a_call_of_another_time_is_refused(fal: Fal, at_fal: Receiving, seconds: float) -> None:
    job_id, remote = left_job(at_fal.studio, FAL, fal.server)
    call = fal.call(remote, at_fal.clock.now + seconds)
    assert at_fal.post("ltx-video/fal", *call) == 401
    assert at_fal.studio.queue.job(job_id).state is JobState.FAILED


@pytest.mark.parametrize("name", ["Request-Id", "User-Id", "Timestamp", "Signature"])
def test_a_call_with_anything_signed_changed_or_left_out_is_refused(
    fal: Fal, at_fal: Receiving, name: str
) -> None:
    job_id, remote = left_job(at_fal.studio, FAL, fal.server)
    body, headers = fal.call(remote, at_fal.clock.now)
    header = f"X-Fal-Webhook-{name}"
    for value in (f"{headers[header]}0", headers[header][:-1], "x" * 64, ""):
        changed = {**headers, header: value}
        assert at_fal.post("ltx-video/fal", body, changed) == 401, value
    assert at_fal.post("ltx-video/fal", body + b" ", headers) == 401
    assert at_fal.studio.queue.job(job_id).state is JobState.FAILED


def test_a_call_that_speaks_of_another_render_than_its_head_is_refused(
    fal: Fal, at_fal: Receiving
) -> None:
    _, remote = left_job(at_fal.studio, FAL, fal.server)
    other = fal.call(remote, at_fal.clock.now, json.dumps({"request_id": "other"}).encode())
    assert at_fal.post("ltx-video/fal", *other) == 401


def test_a_call_may_be_headed_by_the_gateways_id_of_the_same_render(
    fal: Fal, at_fal: Receiving
) -> None:
    _, remote = left_job(at_fal.studio, FAL, fal.server)
    body = json.dumps({"request_id": remote, "gateway_request_id": "gate-1"}).encode()
    assert at_fal.post("ltx-video/fal", *fal.call("gate-1", at_fal.clock.now, body)) == 200


def test_a_render_that_nobody_here_ordered_is_refused_and_may_be_told_of_again(
    fal: Fal, at_fal: Receiving
) -> None:
    call = fal.call("nobody-knows", at_fal.clock.now)
    assert [at_fal.post("ltx-video/fal", *call) for _ in range(2)] == [404, 404]


def test_another_place_and_another_way_to_call_are_refused(fal: Fal, at_fal: Receiving) -> None:
    call = fal.call("some", at_fal.clock.now)
    assert at_fal.post("ltx-video/replicate", *call) == 404
    assert httpx2.get(f"{at_fal.url}/ltx-video/fal").status_code == 501


def test_a_huge_call_is_refused_before_it_is_read(at_fal: Receiving) -> None:
    head = "POST /ltx-video/fal HTTP/1.1\r\nHost: here\r\n{}\r\n\r\n"
    for length, status in (
        (f"Content-Length: {MAX_BODY_BYTES + 1}", b" 413 "),
        (f"Content-Length: {'9' * 4000}", b" 411 "),
        ("Content-Length: -1", b" 411 "),
        ("Transfer-Encoding: chunked", b" 411 "),
    ):
        with socket.create_connection(("127.0.0.1", at_fal.port), timeout=10) as caller:
            caller.sendall(head.format(length).encode())
            assert status in caller.recv(100)


def test_keys_that_fal_exchanges_are_asked_for_anew_but_not_by_every_stranger(
    fal: Fal, at_fal: Receiving
) -> None:
    _, remote = left_job(at_fal.studio, FAL, fal.server)
    assert at_fal.post("ltx-video/fal", *fal.call("other", at_fal.clock.now)) == 404
    stranger = Fal(fal.server)
    for _ in range(5):
        assert at_fal.post("ltx-video/fal", *stranger.call(remote, at_fal.clock.now)) == 401
    assert fal.server.key_asks == 1
    fal.key = Ed25519PrivateKey.generate()
    fal.publish()
    at_fal.clock.now += 61
    assert at_fal.post("ltx-video/fal", *fal.call(remote, at_fal.clock.now)) == 200
    assert fal.server.key_asks == 2


def test_while_keys_cannot_be_asked_for_the_service_shall_call_again(
    fal: Fal, at_fal: Receiving
) -> None:
    _, remote = left_job(at_fal.studio, FAL, fal.server)
    at_fal.studio.registry.network.is_off = True
    assert at_fal.post("ltx-video/fal", *fal.call(remote, at_fal.clock.now)) == 503
    at_fal.studio.registry.network.is_off = False
    assert at_fal.post("ltx-video/fal", *fal.call(remote, at_fal.clock.now)) == 200


def test_a_secret_that_is_not_the_accounts_is_refused_and_the_true_one_is_told_nowhere(
    replicate: ReplicateServer, at_replicate: Receiving, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    job_id, remote = left_job(at_replicate.studio, REPLICATE, replicate)
    now = at_replicate.clock.now
    wrong = replicate_call(remote, now, secret="whsec_b3RoZXItdGhhbi10aGUtb25lLW9mLXRoaXM=")
    assert at_replicate.post("ltx-video/replicate", *wrong) == 401
    body, headers = replicate_call(remote, now)
    for name in headers:
        assert at_replicate.post("ltx-video/replicate", body, {**headers, name: "1"}) == 401
    assert at_replicate.post("ltx-video/replicate", body + b" ", headers) == 401
    assert at_replicate.studio.queue.job(job_id).state is JobState.FAILED
    assert at_replicate.post("ltx-video/replicate", body, headers) == 200
    secret = WEBHOOK_SECRET.removeprefix("whsec_")
    assert secret not in caplog.text
    assert headers["webhook-signature"] not in caplog.text


def test_the_signature_is_the_one_of_the_schemes_own_example() -> None:
    body = b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    asked: list[str] = []

    def ask_secret() -> str:
        asked.append("asked")
        return "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    check = ReplicateWebhook(ask_secret)
    for _ in range(2):
        # It is rightly signed, and tells of no render.
        with pytest.raises(WebhookRefused, match="tells of no render"):
            check.verify(headers, body, 1614265331)
    with pytest.raises(WebhookRefused, match="signature is wrong"):
        check.verify(headers, body + b" ", 1614265331)
    assert asked == ["asked"]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        {"key": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        {"key": "whsec_"},
        {"key": None},
    ],
)
def test_an_answer_without_the_secret_is_none_and_the_service_shall_call_again(
    replicate: ReplicateServer, at_replicate: Receiving, told: dict[str, object]
) -> None:
    replicate.habits.webhook_secret = told
    _, remote = left_job(at_replicate.studio, REPLICATE, replicate)
    call = replicate_call(remote, at_replicate.clock.now)
    assert at_replicate.post("ltx-video/replicate", *call) == 503
    replicate.habits.webhook_secret = {"key": WEBHOOK_SECRET}
    assert at_replicate.post("ltx-video/replicate", *call) == 200


def test_a_cancelled_job_is_left_alone(fal: Fal, at_fal: Receiving) -> None:
    studio = at_fal.studio
    request = RenderRequest(target=FAL, prompt="a ball", frame=FrameRequest(duration_s=6.0))
    job_id = studio.submit_render(studio.plan(request))
    studio.queue.cancel(job_id)
    studio.queue.attach(job_id, ticket_for("bought-before"))
    assert at_fal.post("ltx-video/fal", *fal.call("bought-before", at_fal.clock.now)) == 200
    assert studio.queue.job(job_id).state is JobState.CANCELLED


def test_a_path_as_ticket_is_the_render_at_its_end(fal: Fal, at_fal: Receiving) -> None:
    studio = at_fal.studio
    job_id, remote = left_job(studio, FAL, fal.server)
    studio.queue.attach(job_id, ticket_for(f"fal-ai/elsewhere/requests/{remote}"))
    assert at_fal.post("ltx-video/fal", *fal.call(remote, at_fal.clock.now)) == 200
