"""A keyring in a file, for processes of their own: PYTHON_KEYRING_BACKEND names it.

Importing this module is enough for keyring to choose it, so no test does.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Keeps secrets where IMAGEAI_TEST_KEYRING says."""

    priority = 1  # type: ignore[assignment] - keyring reads it as a number

    def get_password(self, service: str, username: str) -> str | None:
        return _read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        _write(_read() | {f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = _read()
        del kept[f"{service}/{username}"]
        _write(kept)


def _file() -> Path:
    return Path(os.environ["IMAGEAI_TEST_KEYRING"])


def _read() -> dict[str, str]:
    return json.loads(_file().read_text(encoding="utf-8")) if _file().exists() else {}


def _write(kept: dict[str, str]) -> None:
    _file().write_text(json.dumps(kept), encoding="utf-8")
