from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import keyring
import keyring.backend
import keyring.errors
import pytest
from keyring.backends import fail

from core.config.api_keys import ApiKeys
from core.config.settings import Settings
from core.errors import KeyStoreError
from core.platform.machine import read_machine
from core.platform.paths import Paths
from core.redaction import redacted
from core.video.listing import ModelState, read_listing
from core.video.provider import ProviderContext, Ready
from core.video.registry import ProviderRegistry
from tests.fakes.provider import FAKE_KEY
from tests.fakes.services.cloud_provider import CLOUD_KEY, cloud_entry

if TYPE_CHECKING:
    from pathlib import Path


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1  # type: ignore[assignment] - keyring reads it as a number

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("it is locked")


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FAKE_KEY.variables[0], raising=False)


@pytest.fixture
def use_keyring():
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_key_is_kept_found_and_removed(use_keyring) -> None:
    use_keyring(MemoryKeyring())
    keys = ApiKeys()
    assert keys.find(FAKE_KEY) is None
    keys.store(FAKE_KEY, " secret-1 \n")
    found = keys.find(FAKE_KEY)
    assert found is not None
    assert (found.value, found.variable) == ("secret-1", "")
    assert keys.remove(FAKE_KEY)
    assert not keys.remove(FAKE_KEY)
    assert keys.find(FAKE_KEY) is None


def test_environment_goes_before_the_keyring(use_keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    use_keyring(MemoryKeyring())
    ApiKeys().store(FAKE_KEY, "from-keyring")
    monkeypatch.setenv(FAKE_KEY.variables[0], "from-environment")
    found = ApiKeys().find(FAKE_KEY)
    assert found is not None
    assert (found.value, found.variable) == ("from-environment", FAKE_KEY.variables[0])


@pytest.mark.parametrize("is_kept", [False, True])
def test_only_where_a_file_may_hold_the_key_its_path_is_no_secret(
    use_keyring, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    use_keyring(MemoryKeyring())
    place = "/somewhere/" + ("kept" if is_kept else "set")
    for may_be_file in (True, False):
        key = replace(FAKE_KEY, may_be_file=may_be_file)
        if is_kept:
            ApiKeys().store(key, place)
        else:
            monkeypatch.setenv(key.variables[0], place)
        assert ApiKeys().find(key)
        said = redacted(f"There is no {place}.")
        assert said == (f"There is no {place}." if may_be_file else "There is no [secret].")


def test_key_shows_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FAKE_KEY.variables[0], "very-secret")
    assert "very-secret" not in repr(ApiKeys().find(FAKE_KEY))


def test_headless_machine_uses_the_environment_and_says_so(
    use_keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_keyring(fail.Keyring())
    keys = ApiKeys()
    assert keys.find(FAKE_KEY) is None
    assert "no keyring" in (keys.keyring_problem() or "")
    with pytest.raises(KeyStoreError, match=FAKE_KEY.variables[0]):
        keys.store(FAKE_KEY, "x")
    monkeypatch.setenv(FAKE_KEY.variables[0], "x")
    assert keys.find(FAKE_KEY) is not None


def test_locked_keyring_holds_nothing_and_does_not_stop_us(use_keyring) -> None:
    use_keyring(LockedKeyring())
    assert ApiKeys().find(FAKE_KEY) is None
    with pytest.raises(KeyStoreError, match="locked"):
        ApiKeys().remove(FAKE_KEY)


class BrokenKeyring(MemoryKeyring):
    """A plugin that says what it was given, in an exception of its own."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        if username == "held":
            return "x"
        raise self.error("dbus said: the password is hunter2-hunter2")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error(f"cannot write {password!r}")

    def delete_password(self, service: str, username: str) -> None:
        raise self.error("the password is hunter2-hunter2")


@pytest.mark.parametrize(
    "error", [RuntimeError, OSError, keyring.errors.KeyringError, keyring.errors.InitError]
)
def test_what_a_broken_keyring_raises_is_a_sentence_without_its_words(
    use_keyring, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    use_keyring(BrokenKeyring(error))
    keys = ApiKeys()
    with caplog.at_level("DEBUG"):
        assert keys.find(FAKE_KEY) is None
    problem = keys.keyring_problem() or ""
    assert f"The keyring does not work ({error.__name__})" in problem
    with pytest.raises(KeyStoreError, match="cannot be kept") as raised:
        keys.store(FAKE_KEY, "a-new-key-of-mine")
    held = replace(FAKE_KEY, id="held")
    with pytest.raises(KeyStoreError, match="cannot be removed"):
        keys.remove(held)
    said = f"{problem} {raised.value} {raised.value.__cause__} {caplog.text}"
    assert "hunter2" not in said
    assert "a-new-key" not in said
    assert FAKE_KEY.variables[0] in str(raised.value)


def test_empty_key_is_refused(use_keyring) -> None:
    use_keyring(MemoryKeyring())
    with pytest.raises(KeyStoreError, match="empty"):
        ApiKeys().store(FAKE_KEY, "  ")
    assert ApiKeys().keyring_problem() is None


class ShyKeyring(MemoryKeyring):
    """Asks its owner for a password each time, and so is to be left alone."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.questions += 1
        return super().get_password(service, username)


def test_a_key_that_was_kept_is_known_without_opening_the_keyring(
    use_keyring, tmp_path: Path
) -> None:
    shy = ShyKeyring()
    use_keyring(shy)
    keys = ApiKeys(tmp_path / "kept")
    keys.store(FAKE_KEY, "secret-1")
    later = ApiKeys(tmp_path / "kept")
    assert later.is_set(FAKE_KEY)
    assert not later.is_set(CLOUD_KEY)
    assert shy.questions == 0
    assert b"secret-1" not in b"".join(p.read_bytes() for p in (tmp_path / "kept").iterdir())
    assert later.remove(FAKE_KEY)
    assert not ApiKeys(tmp_path / "kept").is_set(FAKE_KEY)


def test_what_the_keyring_says_corrects_what_was_noted(use_keyring, tmp_path: Path) -> None:
    shy = ShyKeyring()
    use_keyring(shy)
    keys = ApiKeys(tmp_path / "kept")
    assert keys.find(FAKE_KEY) is None
    # Put there and taken away by somebody else.
    ApiKeys().store(FAKE_KEY, "secret-1")
    assert not keys.is_set(FAKE_KEY)
    assert keys.find(FAKE_KEY) is not None
    assert keys.is_set(FAKE_KEY)
    ApiKeys().remove(FAKE_KEY)
    assert keys.is_set(FAKE_KEY)
    assert keys.find(FAKE_KEY) is None
    assert not keys.is_set(FAKE_KEY)


def test_a_locked_keyring_takes_no_note_away(use_keyring, tmp_path: Path) -> None:
    use_keyring(MemoryKeyring())
    keys = ApiKeys(tmp_path / "kept")
    keys.store(FAKE_KEY, "secret-1")
    use_keyring(LockedKeyring())
    assert keys.find(FAKE_KEY) is None
    assert keys.is_set(FAKE_KEY)


def test_a_key_in_the_environment_is_known_without_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FAKE_KEY.variables[0], "x")
    assert ApiKeys(tmp_path / "kept").is_set(FAKE_KEY)
    assert not (tmp_path / "kept").exists()


def test_notes_that_cannot_be_written_lose_no_key(use_keyring, tmp_path: Path) -> None:
    use_keyring(MemoryKeyring())
    (tmp_path / "kept").write_text("a file where a folder should be")
    keys = ApiKeys(tmp_path / "kept")
    keys.store(FAKE_KEY, "secret-1")
    found = keys.find(FAKE_KEY)
    assert found is not None
    assert found.value == "secret-1"
    assert keys.is_set(FAKE_KEY), "a render that is planned now is not refused"


def test_where_nothing_was_noted_yet_the_keyring_is_asked_once(use_keyring, tmp_path: Path) -> None:
    shy = ShyKeyring()
    use_keyring(shy)
    # By a program with another home.
    ApiKeys().store(FAKE_KEY, "secret-1")
    keys = ApiKeys(tmp_path / "kept")
    assert keys.is_set(FAKE_KEY)
    assert not keys.is_set(CLOUD_KEY)
    assert shy.questions == 1


def test_a_key_that_was_taken_away_elsewhere_is_not_noted_any_more(
    use_keyring, tmp_path: Path
) -> None:
    use_keyring(MemoryKeyring())
    keys = ApiKeys(tmp_path / "kept")
    keys.store(FAKE_KEY, "secret-1")
    ApiKeys().remove(FAKE_KEY)
    assert not keys.remove(FAKE_KEY)
    assert not keys.is_set(FAKE_KEY)


def test_a_list_leaves_the_keyring_alone_and_a_render_asks_it(
    use_keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CLOUD_KEY.variables[0], raising=False)
    shy = ShyKeyring()
    use_keyring(shy)
    keys = ApiKeys(tmp_path / "kept")
    assert keys.find(CLOUD_KEY) is None
    ApiKeys().store(CLOUD_KEY, "secret-1")
    shy.questions = 0
    context = ProviderContext(Paths.below(tmp_path), Settings, keys, read_machine)
    registry = ProviderRegistry([cloud_entry("http://127.0.0.1:1")], context)
    listed = read_listing(registry, weighs=False, asks_keyring=False)
    assert shy.questions == 0
    assert {model.state for model in listed.models} == {ModelState.KEY_MISSING}
    assert isinstance(registry.readiness(listed.models[0].target), Ready)
    assert shy.questions == 1
    # From now on it is known without asking.
    again = read_listing(registry, weighs=False, asks_keyring=False)
    assert shy.questions == 1
    assert all(isinstance(model.readiness, Ready) for model in again.models)
