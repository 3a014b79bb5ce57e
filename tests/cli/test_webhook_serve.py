"""`webhook-serve` as a process: it is called, a clip is fetched, and Ctrl-C ends it."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.jobs.job_record import JobState
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import FrameRequest, RenderRequest
from core.video.terms import Target
from tests.fakes.program import REAL, Program
from tests.fakes.services.fal_server import FalServer, fal_entry, fal_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Answer

FAL = Target(provider="ltx-video", deployment="fal", model="ltx-2.3-fast")


@pytest.fixture
def fal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FalServer]:
    with fal_server(tmp_path / "service") as fal:
        fal.stand_in(monkeypatch)
        yield fal


def signed(key: Ed25519PrivateKey, remote: str) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"request_id": remote, "status": "OK"}).encode()
    parts = [remote, "user-1", str(int(time.time()))]
    message = "\n".join([*parts, hashlib.sha256(body).hexdigest()]).encode()
    names = ("Request-Id", "User-Id", "Timestamp", "Signature")
    values = [*parts, key.sign(message).hex()]
    return body, {f"X-Fal-Webhook-{n}": v for n, v in zip(names, values, strict=True)}


def test_a_clip_whose_program_was_closed_is_fetched_when_fal_calls(
    fal: FalServer, tmp_path: Path
) -> None:
    key = Ed25519PrivateKey.generate()
    public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()
    fal.published = [{"kty": "OKP", "crv": "Ed25519", "x": public}]
    home, out = tmp_path / "home", tmp_path / "clip.mp4"
    studio = Studio([fal_entry()], paths=Paths.below(home))
    request = RenderRequest(target=FAL, prompt="a ball", frame=FrameRequest(duration_s=6.0))
    job_id = studio.submit_render(studio.plan(request, out=out))
    fal.habits.is_gone = True
    studio.queue.run_job(job_id)
    assert studio.queue.job(job_id).state is JobState.FAILED
    studio.close()
    fal.habits.is_gone = False

    words = ("webhook-serve", "--port", "0")
    program = Program(REAL, *words, cwd=tmp_path, env={"IMAGEAI_HOME": str(home)})
    try:
        listening = program.read_until("listening", place="ltx-video/fal")
        body, headers = signed(key, fal.last.id)
        assert httpx2.post(listening["address"], content=body, headers=headers).status_code == 200
        program.read_until("succeeded", job=job_id)
        program.ctrl_c()
        assert program.end() == 0, program.errors()
    finally:
        program.stop()
    assert probe_clip(out).num_frames > 1
    assert fal.purchases == 1


def test_without_a_service_that_calls_nothing_is_served(run: Callable[..., Answer]) -> None:
    answer = run("webhook-serve", "--port", "0")
    assert answer.code == 3
    assert "nothing can be received" in answer.err
