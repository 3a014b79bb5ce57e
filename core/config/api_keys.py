"""Keys for services: kept in the system keyring or the environment, never in a file of ours."""

from __future__ import annotations

import logging
import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import KeyStoreError
from core.redaction import remember_secret
from core.video.terms import Target

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from core.video.registry import ProviderRegistry

log = logging.getLogger(__name__)

_SERVICE = "ImageAI"
_PATH = re.compile(r"[/~.]|\\\\|[A-Za-z]:[\\/]")
"""How a path begins that is not told by its suffix."""


@dataclass(frozen=True)
class KeySpec:
    """A key that a provider may ask for; the first variable is the one that messages name.

    Attributes:
        may_be_file: the path of a file that holds the key is taken as well.
    """

    id: str
    label: str
    variables: tuple[str, ...]
    url: str
    purpose: str
    may_be_file: bool = False


@dataclass(frozen=True)
class FoundKey:
    """A key, which shows in no repr, and the variable that holds it; "" for the keyring."""

    value: str = field(repr=False)
    variable: str = ""


class ApiKeys:
    """Looks keys up at the moment of use: the environment first, then the keyring."""

    def __init__(self, notes: Path | None = None) -> None:
        """Asks nothing.

        Args:
            notes: a folder with an empty file for each key that the keyring holds, named by its
                id; None for no such notes, so that the keyring is asked each time.
        """
        self._notes = notes
        self._found: set[str] = set()
        self._files: dict[str, str] = {}

    def is_set(self, key: KeySpec) -> bool:
        """Whether there is a key, as far as that can be told without opening the keyring.

        To open it takes longer than most commands, and it may ask its owner for a password.
        """
        if _in_environment(key) is not None or key.id in self._found:
            return True
        # Before anything was noted here the keyring knows more.
        if self._notes is None or not self._notes.exists():
            return self.find(key) is not None
        return (self._notes / key.id).exists()

    def find(self, key: KeySpec) -> FoundKey | None:
        """The key, or None when it is set nowhere; a keyring that does not work holds none."""
        found = _in_environment(key)
        if found is not None:
            return found
        try:
            stored = _read_keyring(key.id)
        except KeyStoreError as error:
            log.info("%s", error)
            self._begin_notes()
            return None
        self._note(key, is_kept=bool(stored))
        self._files[key.id] = stored or ""
        if not stored:
            return None
        _remember(key, stored)
        return FoundKey(stored)

    def known_file(self, key: KeySpec) -> Path | None:
        """The file that a key names, be it there or not, as far as a plan or a render has read it.

        The keyring is not opened for it. None where the key is no file.
        """
        found = _in_environment(key)
        value = self._files.get(key.id, "") if found is None else found.value
        if not (key.may_be_file and names_file(value)):
            return None
        try:
            return Path(value).expanduser()
        except RuntimeError:
            # There is no such person here, and so no such file.
            return Path(value)

    def store(self, key: KeySpec, value: str) -> None:
        """Keep a key in the keyring.

        Raises:
            KeyStoreError: the value is empty or this machine has no keyring.
        """
        if not value.strip():
            raise KeyStoreError(f"The key for {key.label} is empty.", hint="Give the key itself.")
        _remember(key, value.strip())
        import keyring

        with _sentences(
            f"{key.label} key cannot be kept", f"set the variable {key.variables[0]} instead"
        ):
            keyring.set_password(_SERVICE, key.id, value.strip())
        self._note(key, is_kept=True)

    def remove(self, key: KeySpec) -> bool:
        """Take a key out of the keyring; False when it held none.

        Raises:
            KeyStoreError: this machine has no keyring.
        """
        if _read_keyring(key.id) is None:
            self._note(key, is_kept=False)
            return False
        import keyring

        with _sentences(f"{key.label} key cannot be removed", "remove it in the keyring itself"):
            keyring.delete_password(_SERVICE, key.id)
        self._note(key, is_kept=False)
        return True

    def keyring_problem(self) -> str | None:
        """Why keys cannot be kept in a keyring here, or None when they can."""
        try:
            _read_keyring("probe")
        except KeyStoreError as error:
            return str(error)
        return None

    def _note(self, key: KeySpec, *, is_kept: bool) -> None:
        if is_kept:
            self._found.add(key.id)
        else:
            self._found.discard(key.id)
        self._begin_notes()
        if self._notes is None:
            return
        # Without its note a key is found all the same by whoever renders.
        with suppress(OSError):
            if is_kept:
                (self._notes / key.id).touch()
            else:
                (self._notes / key.id).unlink(missing_ok=True)

    def _begin_notes(self) -> None:
        if self._notes is not None:
            with suppress(OSError):
                self._notes.mkdir(parents=True, exist_ok=True)


def _in_environment(key: KeySpec) -> FoundKey | None:
    for variable in key.variables:
        value = os.environ.get(variable, "").strip()
        if value:
            _remember(key, value)
            return FoundKey(value, variable)
    return None


def _remember(key: KeySpec, value: str) -> None:
    # Where the file of a key is, is no secret, and whoever mistypes it has to see it.
    if not (key.may_be_file and names_file(value)):
        remember_secret(value)


def names_file(value: str) -> bool:
    """Whether what was given for a key is the path of a file that holds it, be it there or not."""
    if _PATH.match(value) or value.lower().endswith(".json"):
        return True
    try:
        return Path(value).is_file()
    except (OSError, ValueError):
        return False


def _read_keyring(key_id: str) -> str | None:
    # Imported late: loading the keyring's back ends takes longer than most commands.
    import keyring

    with _sentences("keys cannot be read", "set the key as an environment variable instead"):
        return keyring.get_password(_SERVICE, key_id)


@contextmanager
def _sentences(what: str, instead: str) -> Generator[None]:
    """Says whatever a keyring raises in a sentence of ours: its own may hold the very key.

    Raises:
        KeyStoreError: without the error that it comes from, which would be logged with it.
    """
    import keyring.errors

    try:
        yield
        return
    except keyring.errors.NoKeyringError:
        why = "This machine has no keyring"
    except keyring.errors.KeyringLocked:
        why = "The keyring is locked"
    # Back ends are plugins of other makers over D-Bus, files and programs, and raise anything.
    except Exception as error:  # noqa: BLE001 - see above
        why = f"The keyring does not work ({type(error).__name__})"
    raise KeyStoreError(f"{why}, so {what}.", hint=f"Unlock or mend it, or {instead}.")


@dataclass(frozen=True)
class KeyUse:
    """A key and a provider that asks for it; None where language models alone do."""

    key: KeySpec
    target: Target | None


def known_keys(registry: ProviderRegistry, of_words: Iterable[KeySpec] = ()) -> dict[str, KeyUse]:
    """Every key that a provider may ask for, by its id, and those that are for words alone."""
    found = {
        key.id: KeyUse(key, Target(provider=info.id, deployment=info.deployment))
        for info in reversed(registry.infos)
        for key in info.keys
    }
    for key in of_words:
        found.setdefault(key.id, KeyUse(key, None))
    return found


def source_of(keys: ApiKeys, key: KeySpec) -> str | None:
    """Where a key is set: a variable's name, "keyring", or None for nowhere."""
    found = keys.find(key)
    return None if found is None else found.variable or "keyring"
