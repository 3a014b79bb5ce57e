"""Secrets that the process knows are in no sentence, no log line and no stored report."""

from __future__ import annotations

import base64
import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from core.errors import (
    BadResponse,
    FFmpegFailed,
    Problem,
    ProviderUnavailable,
    StudioError,
    UnsupportedRequest,
)
from core.jobs.job import ErrorReport
from core.platform.log import start_log
from core.redaction import redacted, remember_secret

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "k-9/Zq+7 ü&x=31'42"


@pytest.fixture(params=["FAL_KEY", "HF_TOKEN", "my_secret", "DB_PASSWORD", "remembered"])
def secret(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "remembered":
        remember_secret(SECRET)
    else:
        monkeypatch.setenv(request.param, SECRET)
    return SECRET


def forms(secret: str) -> list[str]:
    """How a server or a library may write it."""
    raw = secret.encode()
    around = [base64.b64encode(b"user"[:n] + raw + b"@host").decode() for n in range(4)]
    return [
        secret,
        f"https://host/x?key={quote(secret, safe='')}&a=b",
        json.dumps({"error": f"bad key {secret}"}),
        repr(f"Bearer {secret}"),
        *around,
        base64.urlsafe_b64encode(raw).decode(),
    ]


def is_in(text: str, secret: str) -> bool:
    """Whether a person could read the secret, or most of it, out of the text."""
    inner = base64.b64encode(secret.encode()).decode()[4:-8]
    parts = (
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        "q+7",
        "31'42",
        "31%2742",
        inner,
    )
    return any(part in text for part in parts)


def test_a_secret_is_taken_out_in_every_form(secret: str) -> None:
    for text in forms(secret):
        said = redacted(f"The server says: {text}. Try again.")
        assert "[secret]" in said, text
        assert not is_in(said, secret), said
        assert said.startswith("The server says: ")
        assert said.endswith(". Try again.")


def test_no_error_of_ours_repeats_it(secret: str) -> None:
    for error in (
        StudioError(f"a {secret}", hint=f"b {secret}"),
        BadResponse(f"a {secret}", target="x", hint=f"b {secret}"),
        ProviderUnavailable(f"a {secret}"),
        UnsupportedRequest([Problem("key", f"a {secret}")]),
        FFmpegFailed(["ffmpeg"], 1, [f"a {secret}"]),
    ):
        report = ErrorReport.of(error)
        said = f"{error} {error!r} {error.args} {report.model_dump_json()}"
        assert not is_in(said, secret), said
    assert not is_in(str(UnsupportedRequest([Problem("key", secret)]).problems), secret)
    assert not is_in(str(FFmpegFailed(["ffmpeg"], 1, [secret]).last_lines), secret)
    assert not is_in(ErrorReport.of(RuntimeError(f"a {secret}")).message, secret)


def test_the_log_and_its_tracebacks_do_not_have_it(tmp_path: Path, secret: str) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        assert start_log(tmp_path / "log") is None
        log = logging.getLogger("somebody.elses.library")
        log.warning("sent %s", {"Authorization": f"Key {secret}"})
        try:
            raise ValueError(secret)
        except ValueError:
            log.exception("failed")
    finally:
        for handler in [handler for handler in root.handlers if handler not in before]:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "Traceback" in text
    assert text.count("[secret]") >= 2
    assert not is_in(text, secret)


def test_a_password_within_an_address_is_taken_out_and_the_rest_stays() -> None:
    said = redacted("no answer from https://me:pa55@proxy.example:8080/x and http://a:1/b@c")
    assert said == "no answer from https://me:[secret]@proxy.example:8080/x and http://a:1/b@c"


def test_short_values_paths_and_other_variables_take_no_words_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHORT_KEY", "film")
    monkeypatch.setenv("SSH_KEY", "/home/me/.ssh/id")
    monkeypatch.setenv("KEYBOARD", "english-us")
    text = "the film at /home/me/.ssh/id for english-us"
    assert redacted(text) == text
