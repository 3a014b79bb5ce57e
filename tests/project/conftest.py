from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

NOBODY = 65534


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder in which everything may be read, to be closed with `as_a_guest`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def as_a_guest() -> Callable[[Path], AbstractContextManager[None]]:
    """Makes a folder read-only for this process, even where that may do everything."""

    @contextmanager
    def closed(folder: Path) -> Generator[None]:
        is_root = sys.platform != "win32" and os.geteuid() == 0
        folder.chmod(0o555)
        if is_root:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)

    return closed
