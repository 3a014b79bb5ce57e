"""Folders for a moment: gone when their block ends, swept by the next run after a kill."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.platform.scratch import ScratchFolder, scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
HOLDER = """
from core.platform.scratch import ScratchFolder
folder = ScratchFolder("held")
(folder.path / "frame.png").write_bytes(b"much")
print(folder.path, flush=True)
input()
"""
MAKER = "from core.platform.scratch import scratch_folder\nwith scratch_folder(): pass"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's place for such folders."""
    folder = tmp_path / "system"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def holder(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another run that holds a folder, as if for long."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        held = Path(process.stdout.readline().strip())
        assert held.parent == place
        long_ago(held)
        yield process, held
        process.kill()


def long_ago(folder: Path) -> None:
    hour_ago = time.time() - 3600
    os.utime(folder, (hour_ago, hour_ago))


def another_run() -> None:
    subprocess.run([sys.executable, "-c", MAKER], cwd=ROOT, check=True)


def test_a_folder_is_gone_with_its_block_and_a_second_removal_harms_nobody() -> None:
    with scratch_folder("work") as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("x")
    assert not folder.exists()
    held = ScratchFolder()
    held.remove()
    held.remove()
    assert not held.path.exists()


def test_what_a_killed_run_left_is_swept_by_the_next(
    holder: tuple[subprocess.Popen[str], Path],
) -> None:
    process, held = holder
    another_run()
    assert (held / "frame.png").exists(), "its maker lives"
    process.kill()
    process.wait()
    another_run()
    assert not held.exists()


def test_what_is_new_or_of_others_stays(place: Path) -> None:
    new, foreign, bare = (place / name for name in ("imageai-new", "other-1", "imageai-bare"))
    for folder in (new, foreign, bare):
        folder.mkdir()
    (new / ".held").touch()
    (foreign / ".held").touch()
    long_ago(foreign)
    long_ago(bare)
    another_run()
    assert new.exists(), "it may be of somebody who is just about to hold it"
    assert foreign.exists()
    assert bare.exists(), "nobody held it as we do"
