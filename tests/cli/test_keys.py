from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.fakes.program import ROOT, environment
from tests.fakes.provider import FAKE_KEY

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "sk-a-secret-0001"


@pytest.fixture
def vault(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = home / "vault.json"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.fakes.file_keyring.FileKeyring")
    monkeypatch.setenv("IMAGEAI_TEST_KEYRING", str(file))
    return file


def keys(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fakes.app", "keys", *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(),
    )


def test_a_key_is_read_from_stdin_kept_listed_and_removed(vault: Path) -> None:
    answer = keys("set", "fake", stdin=f"{SECRET}\n")
    assert answer.returncode == 0
    assert SECRET not in answer.stdout + answer.stderr
    assert json.loads(vault.read_text()) == {"ImageAI/fake": SECRET}
    (listed,) = map(json.loads, keys("list", "--json").stdout.splitlines())
    assert listed["set_in"] == "keyring"
    assert SECRET not in json.dumps(listed)
    assert keys("remove", "fake").returncode == 0
    assert json.loads(vault.read_text()) == {}
    assert keys("remove", "fake").returncode == 3


def test_an_empty_key_is_refused(vault: Path) -> None:
    answer = keys("set", "fake", stdin="\n")
    assert answer.returncode == 3
    assert "is empty" in answer.stderr
    assert not vault.exists()


def test_a_key_as_an_argument_is_refused_and_not_repeated(run) -> None:
    answer = run("keys", "set", "fake", SECRET)
    assert answer.code == 2
    assert "never given as an argument" in answer.err
    assert SECRET not in answer.out + answer.err


def test_testing_a_key_that_is_not_set_names_variable_and_command(run) -> None:
    answer = run("keys", "test", "fake")
    assert answer.code == 3
    assert FAKE_KEY.variables[0] in answer.err
    assert "main.py keys set fake" in " ".join(answer.err.split())


def test_testing_a_key_asks_the_service(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FAKE_KEY.variables[0], SECRET)
    answer = run("keys", "test", "fake")
    assert answer.code == 3
    assert "The Fake key is not set. Set it." in answer.err


def test_a_variable_is_named_as_the_place_of_a_key(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FAKE_KEY.variables[0], SECRET)
    out = run("keys").out
    assert FAKE_KEY.variables[0] in out
    assert SECRET not in out


def test_an_unknown_key_comes_with_the_nearest(run) -> None:
    answer = run("keys", "remove", "fak")
    assert answer.code == 2
    assert "Did you mean 'fake'?" in answer.err
