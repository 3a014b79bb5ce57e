"""scripts/setup_ltx_video.py as people run it, against a hub on loopback."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from core.config.settings import ConfigManager, NetworkSettings, Settings
from core.errors import ProviderUnavailable
from core.platform.paths import Paths
from core.platform.units import bytes_text
from core.studio import Studio
from core.video.model_store import OnDisk
from providers import PROVIDERS
from providers.ltx_video.install.weights import Installable
from providers.ltx_video.models.downloads import WEIGHTS
from providers.weights.installed import check_installed
from scripts.ltx_setup.install_text import tell_known
from scripts.setup_ltx_video import main
from scripts.voice import Voice
from tests.fakes.catalogue_hub import (
    BIG_BYTES,
    BIG_FILE,
    ENHANCER,
    GATED,
    MODEL,
    asking,
    catalogue_hub,
    enhancer_repository,
)
from tests.fakes.installation import wait_until
from tests.fakes.program import REAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.services.stub_hub import StubHub

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def hub() -> Iterator[StubHub]:
    with catalogue_hub() as hub:
        yield hub


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    messages: str

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Script:
    """Run in this process where that shows the same, in one of its own where signals matter."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.models_dir = home / "models"
        self._capture = capture

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "setup_ltx_video.py"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> Answer:
        try:
            code = main(list(arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, messages = self._capture.readouterr()
        return Answer(code, out, messages)

    def is_whole(self, model: str = MODEL) -> bool:
        return check_installed(self.models_dir, model).on_disk is OnDisk.WHOLE


@pytest.fixture
def script(
    tmp_path: Path,
    hub: StubHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Script]:
    home = tmp_path / "home"
    settings = {
        "IMAGEAI_HOME": str(home),
        "IMAGEAI_NO_BOOTSTRAP": "1",
        "COLUMNS": "200",
        **asking(hub),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    root = logging.getLogger()
    before = list(root.handlers)
    yield Script(home, capsys)
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()


def test_table_names_every_model_and_asks_nobody(script: Script, hub: StubHub) -> None:
    answer = script.run()
    assert answer.code == 0
    for model in WEIGHTS:
        assert model in answer.out
    assert "built in" in answer.out
    assert "To install one:" in answer.messages
    rows = script.run("--json").events
    assert {row["id"] for row in rows} == {*WEIGHTS, "ltx-mini"}
    assert {row["state"] for row in rows} == {"no", "built in"}
    assert next(row for row in rows if row["id"] == GATED)["is_gated"] is True
    assert hub.requests == []


def test_model_is_installed_verified_and_removed(script: Script, hub: StubHub) -> None:
    installed = script.run("--model", MODEL, "--yes")
    assert installed.code == 0, installed.messages
    for said in ("To download: 0.9 MB", "free on the disk", "Licence: LTXV", "Every file is ver"):
        assert said in installed.messages
    assert script.is_whole()
    assert script.run("--model", MODEL).code == 0

    path = script.models_dir / MODEL / BIG_FILE
    assert script.run("--model", MODEL, "--verify").code == 0
    before = path.stat()
    path.write_bytes(b"\x08" * BIG_BYTES)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    damaged = script.run("--model", MODEL, "--verify")
    assert damaged.code == 1
    assert BIG_FILE in damaged.messages
    rows = {row["id"]: row["state"] for row in script.run("--json").events}
    assert rows[MODEL] == "damaged"

    assert f"--model {MODEL}'. Only what is missing or wrong is fetched." in damaged.messages
    assert script.run("--model", MODEL, "--yes").code == 0
    assert script.run("--verify", MODEL).code == 0

    removed = script.run("--remove", MODEL, "--yes")
    assert removed.code == 0
    assert "It frees 0.9 MB." in removed.messages
    assert "removed; 0.9 MB freed" in removed.messages
    assert not path.parent.parent.exists()


def test_what_a_whole_model_lacks_is_added_alone(script: Script, hub: StubHub) -> None:
    first = script.run("--model", GATED, "--yes")
    assert first.code == 0, first.messages
    assert f"left out: {hub.url} has no file for the repository '{ENHANCER}'" in first.messages
    assert f"See {hub.url}/{ENHANCER} in a browser." in first.messages
    assert ", without its prompt enhancer." in first.messages
    assert script.is_whole(GATED)
    states = {row["id"]: row["state"] for row in script.run("--json").events}
    assert states[GATED] == "yes, without its prompt enhancer"
    assert "is installed without its prompt enhancer: " in script.run("--verify", GATED).messages
    hub.repos[ENHANCER] = enhancer_repository()
    hub.requests.clear()
    added = script.run("--model", GATED, "--yes")
    assert added.code == 0, added.messages
    assert "is installed without its prompt enhancer." in added.messages
    assert "With it: prompt enhancer: " in added.messages
    assert f"of {ENHANCER}, under Apache 2.0." in added.messages
    assert hub.fetched_paths() == set(enhancer_repository().files)
    for place in ("prompt_enhancer/config.json", "processor/tokenizer"):
        assert (script.models_dir / GATED / place).is_file()
    hub.requests.clear()
    assert "installed and complete" in script.run("--model", GATED).messages
    assert hub.requests == []


def test_files_of_another_program_are_named_linked_checked_and_left(
    script: Script, hub: StubHub, tmp_path: Path
) -> None:
    other = tmp_path / "ComfyUI" / "models" / "ltxv.safetensors"
    other.parent.mkdir(parents=True)
    other.write_bytes(hub.repos[WEIGHTS[MODEL].repo_ids[0]].files[BIG_FILE].content)
    installed = script.run("--model", MODEL, "--adopt", str(tmp_path / "ComfyUI"), "--yes")
    assert f"Found: 0.9 MB in {tmp_path / 'ComfyUI'}, to be linked" in installed.messages
    assert "To download: 0.9 MB" not in installed.messages
    assert (script.models_dir / MODEL / BIG_FILE).samefile(other)
    assert BIG_FILE not in hub.fetched_paths()

    assert script.run("--verify").code == 0
    other.write_bytes(b"changed by its own program")
    told = script.run("--verify")
    assert told.code == 1
    assert BIG_FILE in told.messages
    assert str(other) in told.messages
    removed = script.run("--remove", MODEL, "--yes")
    assert "stay with other models and programs" in removed.messages
    assert other.read_bytes() == b"changed by its own program"
    assert script.run("--verify").messages.strip().endswith("there is nothing to check.")


def test_a_file_where_a_folder_is_meant_is_called_a_file(script: Script, tmp_path: Path) -> None:
    file = tmp_path / "my models" / "ltxv.safetensors"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    told = script.run("--model", MODEL, "--adopt", str(file), "--yes")
    assert told.code == 2
    assert f"{str(file)!r} is a file" in told.messages
    assert f"--adopt '{file.parent}'" in told.messages


def test_checking_what_is_not_installed_ends_with_its_own_code(script: Script) -> None:
    told = script.run("--verify", MODEL)
    assert told.code == 3
    assert "is not installed. Run 'python3 scripts/setup_ltx_video.py" in told.messages


def test_json_prints_one_event_a_line_and_ends_with_the_folder(script: Script) -> None:
    answer = script.run("--model", MODEL, "--yes", "--json")
    assert answer.code == 0
    kinds = [event["event"] for event in answer.events]
    assert "survey" in kinds
    assert "progressed" in kinds
    assert answer.events[-1] == {"event": "succeeded", "path": str(script.models_dir / MODEL)}
    assert answer.messages == ""


def test_dry_run_names_the_files_and_fetches_none(script: Script, hub: StubHub) -> None:
    answer = script.run("--model", MODEL, "--dry-run")
    assert answer.code == 0
    assert BIG_FILE in answer.messages
    assert hub.fetched_paths() == set()
    assert not script.models_dir.exists()


def test_a_dry_run_that_reaches_no_hub_says_what_is_known_and_what_is_not(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    answer = script.run("--model", MODEL, "--dry-run")
    assert answer.code == 1
    weights = WEIGHTS[MODEL]
    assert f"about {bytes_text(weights.download_bytes)}" in answer.messages
    assert f"as of {weights.as_of}" in answer.messages
    assert "Licence: " in answer.messages
    assert weights.page_url in answer.messages
    assert f"Folder: {script.models_dir / MODEL}" in answer.messages
    assert "Not known: its files" in answer.messages
    assert "cannot be reached" in answer.messages
    known, failed = script.run("--model", MODEL, "--dry-run", "--json").events[-2:]
    assert (known["event"], known["about_bytes"]) == ("known", weights.download_bytes)
    assert failed["event"] == "failed"


def test_all_that_stands_in_the_way_of_a_model_is_told_though_no_hub_answers(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    answer = script.run("--model", GATED, "--dry-run")
    assert answer.code == 1
    for said in ("It does not run on this machine: ", "Its licence must be accepted first, at "):
        assert said in answer.messages
    assert "keys set huggingface" in answer.messages
    monkeypatch.setenv("HF_TOKEN", "hf_token_of_an_account")
    assert "licence must be accepted" not in script.run("--model", GATED, "--dry-run").messages


def test_a_disk_that_is_too_small_is_told_though_no_hub_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Installable.find("ltx-2.5")
    huge = replace(found, weights=found.weights.model_copy(update={"download_bytes": 10**18}))
    silent = ProviderUnavailable("The hub does not answer.")
    studio = Studio(PROVIDERS, paths=Paths.below(tmp_path))
    tell_known(huge, studio, Voice(as_json=False), silent)
    studio.close()
    told = capsys.readouterr().err
    assert "It does not fit on the disk: about 1000000000.0 GB are needed, and " in told
    assert "config set folders.models" in told


def test_a_model_that_does_not_run_here_is_told_before_anybody_agrees(
    script: Script, hub: StubHub
) -> None:
    answer = script.run("--model", GATED, "--dry-run", "--json")
    assert answer.code == 0
    (survey,) = (event for event in answer.events if event["event"] == "survey")
    (told,) = cast("list[str]", survey["obstacles"])
    assert told.startswith("It does not run on this machine: It needs a GPU")


@pytest.mark.parametrize("name", ["ltx-video-2b", "LTX_Video_2B"])
def test_the_name_of_a_family_stands_for_the_same_model_as_in_a_render(
    script: Script, hub: StubHub, name: str
) -> None:
    assert script.run("--model", name, "--dry-run").messages.startswith(
        "ltx-video-2b stands for ltx-video-2b-0.9.8-distilled.\n"
    )
    told = script.run("--verify", name)
    assert told.code == 3
    assert "LTX-Video 2B 0.9.8 distilled is not installed" in told.messages
    told = script.run("--model", "ltx-2-fast", "--dry-run")
    assert told.code == 2
    assert "is a tier of the makers' paid service" in told.messages


@pytest.mark.parametrize("words", [("--json",), ()])
def test_a_reader_that_goes_away_is_no_error(script: Script, words: tuple[str, ...]) -> None:
    with script.start(*words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        messages = process.stderr.read()
    assert process.returncode == 0, messages
    assert "Traceback" not in messages


def test_every_folder_to_take_from_that_is_none_is_told_before_anybody_is_asked(
    script: Script, hub: StubHub, tmp_path: Path
) -> None:
    file = tmp_path / "a.safetensors"
    file.touch()
    answer = script.run(
        "--model", MODEL, "--dry-run", "--adopt", str(tmp_path / "none"), "--adopt", str(file)
    )
    assert answer.code == 2
    assert f"There is no folder {str(tmp_path / 'none')!r}" in answer.messages
    assert f"--adopt {tmp_path}" in answer.messages
    assert "Licence" not in answer.messages
    assert hub.requests == []


def test_the_model_that_comes_with_the_program_is_checked_too(script: Script) -> None:
    answer = script.run("--verify", "ltx-mini")
    assert answer.code == 0
    assert "LTX Mini is whole" in answer.messages


@pytest.mark.parametrize("more", ["--dry-run", "--yes"])
def test_nobody_is_asked_while_the_network_is_switched_off(
    script: Script, hub: StubHub, tmp_path: Path, more: str
) -> None:
    settings = Settings(network=NetworkSettings(is_off=True))
    ConfigManager(Paths.below(tmp_path / "home").settings_file).save(settings)
    answer = script.run("--model", MODEL, more)
    assert answer.code == 3
    assert "The network is switched off" in answer.messages
    assert "config set network.is_off no" in answer.messages
    assert hub.requests == []


def test_without_a_terminal_consent_must_be_typed(script: Script, hub: StubHub) -> None:
    answer = script.run("--model", MODEL)
    assert answer.code == 2
    assert "--yes" in answer.messages
    assert hub.fetched_paths() == set()


def test_ctrl_c_ends_at_once_and_the_next_run_goes_on(script: Script, hub: StubHub) -> None:
    hub.bytes_per_s = 150_000
    process = script.start("--model", MODEL, "--yes")
    wait_until(lambda: hub.sent_bytes(BIG_FILE) > 100_000)
    stopped_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=30)
    assert time.monotonic() - stopped_s < 2.0
    assert process.returncode == 130
    assert "the same command goes on" in messages
    (part,) = (script.models_dir / MODEL / "transformer").glob("*.part")
    had_bytes = part.stat().st_size
    assert had_bytes > 0

    hub.bytes_per_s = None
    hub.requests.clear()
    assert script.run("--model", MODEL, "--yes").code == 0
    assert hub.sent_bytes(BIG_FILE) == BIG_BYTES - had_bytes
    assert script.is_whole()


def killed(script: Script, hub: StubHub) -> int:
    """An installation that is killed on its way; gives the bytes that it had of the big file."""
    hub.bytes_per_s = 150_000
    process = script.start("--model", MODEL, "--yes")
    wait_until(lambda: hub.sent_bytes(BIG_FILE) > 100_000)
    process.kill()
    process.communicate(timeout=30)
    hub.bytes_per_s = None
    hub.requests.clear()
    (part,) = (script.models_dir / MODEL / "transformer").glob("*.part")
    return part.stat().st_size


def jobs(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*REAL, "jobs", *words], capture_output=True, text=True, check=False, timeout=100
    )


def test_a_killed_installation_is_a_job_that_goes_on(script: Script, hub: StubHub) -> None:
    had_bytes = killed(script, hub)
    (job,) = [json.loads(line) for line in jobs("list", "--json").stdout.splitlines()]
    assert (job["state"], job["title"]) == ("interrupted", "Install LTX-Video 2B 0.9.5")
    assert f"main.py jobs resume {job['id']}" in jobs("list").stdout
    resumed = jobs("resume", job["id"])
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout == f"{script.models_dir / MODEL}\n"
    assert hub.sent_bytes(BIG_FILE) == BIG_BYTES - had_bytes
    assert script.is_whole()


def test_the_same_command_takes_up_the_job_of_a_killed_one(script: Script, hub: StubHub) -> None:
    had_bytes = killed(script, hub)
    assert script.run("--model", MODEL, "--yes").code == 0
    assert hub.sent_bytes(BIG_FILE) == BIG_BYTES - had_bytes
    (job,) = [json.loads(line) for line in jobs("list", "--json").stdout.splitlines()]
    assert (job["state"], job["path"]) == ("succeeded", str(script.models_dir / MODEL))


def test_gated_model_ends_with_code_3_and_the_way_in(script: Script, hub: StubHub) -> None:
    hub.repos[WEIGHTS[GATED].repo_ids[0]].is_gated = True
    answer = script.run("--model", GATED, "--yes")
    assert answer.code == 3
    assert "accept the licence" in answer.messages
    assert "HF_TOKEN" in answer.messages


def test_token_of_the_environment_opens_the_gate_and_is_never_shown(
    script: Script, hub: StubHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = hub.repos[WEIGHTS[GATED].repo_ids[0]]
    token = "hf_" + "hush" * 5
    repo.is_gated, repo.accepted_tokens = True, {token}
    hub.known_tokens.add(token)
    monkeypatch.setenv("HF_TOKEN", token)
    answer = script.run("--model", GATED, "--yes", "--json")
    assert answer.code == 0, answer.out
    assert token not in answer.out + answer.messages


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "ltx-video-2b-0.9.55"], "Did you mean 'ltx-video-2b-0.9.5'"),
        (["--model", "ltx-mini"], "nothing to install"),
        (["--remove", "ltx-mini"], "nothing to install or remove"),
        (["--verify", "ltx-mni"], "Did you mean 'ltx-mini'"),
        (["--remove"], "needs an ID"),
        (["--dry-run"], "need --model"),
        (["--model", MODEL, "--remove", MODEL], "name one model"),
        (["--verify", "--copy"], "go with an installation"),
        (["--model", MODEL, "--verify", "--remove"], "not allowed with"),
    ],
)
def test_what_is_typed_wrong_ends_with_code_2(
    script: Script, arguments: list[str], said: str
) -> None:
    answer = script.run(*arguments)
    assert answer.code == 2
    assert said in answer.messages


def asked(script: Script, hub: StubHub, typed: str) -> subprocess.Popen[bytes]:
    """The script in front of a person who answers its question."""
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "setup_ltx_video.py"), "--model", MODEL],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=partial(fcntl.ioctl, 0, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    try:
        seen = b""
        while b"[y/N]" not in seen:
            seen += os.read(person, 4096)
        os.write(person, typed.encode())
        deadline = time.monotonic() + 60
        with suppress(OSError):
            while time.monotonic() < deadline:
                if select.select([person], [], [], 1)[0]:
                    os.read(person, 4096)
                elif typed == "\x03":
                    # Python does not see a Ctrl-C that comes just before it waits for a key; a
                    # person presses it again.
                    os.write(person, typed.encode())
        process.wait(timeout=30)
    finally:
        process.kill()
        os.close(person)
    return process


@pytest.mark.parametrize("typed", ["\n", "\x03"])
def test_whoever_does_not_agree_downloads_nothing(script: Script, hub: StubHub, typed: str) -> None:
    assert asked(script, hub, typed).returncode == 130
    assert hub.fetched_paths() == set()


def test_whoever_agrees_gets_the_model(script: Script, hub: StubHub) -> None:
    assert asked(script, hub, "y\n").returncode == 0
    assert script.is_whole()
