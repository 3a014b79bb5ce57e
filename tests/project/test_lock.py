"""One window at a time changes a project; a kill frees it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from core.project.files.lock import NAME, ProjectLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from core.project.files.lock import ProjectLock
lock = ProjectLock(Path(sys.argv[1]))
sys.stdout.write(f"{lock.acquire()}\\n")
sys.stdout.flush()
time.sleep(60)
"""


def test_the_second_window_of_one_program_may_only_look(tmp_path: Path) -> None:
    first, second = ProjectLock(tmp_path), ProjectLock(tmp_path)
    assert first.acquire()
    assert first.acquire()
    assert first.is_held
    assert not second.acquire()
    assert not second.is_held
    assert "another window" in second.reason
    first.release()
    first.release()
    assert not first.is_held
    assert second.acquire()
    assert second.reason == ""
    second.release()


def test_other_projects_are_not_concerned(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = ProjectLock(tmp_path / "a"), ProjectLock(tmp_path / "b")
    assert first.acquire()
    assert second.acquire()
    first.release()
    second.release()


def test_another_program_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = ProjectLock(tmp_path)
        assert not lock.acquire()
        holder.kill()
        holder.wait()
    assert lock.acquire()
    lock.release()
    assert (tmp_path / NAME).exists()


def test_a_folder_that_cannot_be_written_is_for_looking(
    closed_folder: Path, as_a_guest: Callable[[Path], AbstractContextManager[None]]
) -> None:
    lock = ProjectLock(closed_folder)
    with as_a_guest(closed_folder):
        assert not lock.acquire()
    assert "reading only" in lock.reason


def test_a_folder_that_is_gone_is_told_and_stays_gone(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path / "gone")
    assert not lock.acquire()
    assert "cannot be written" in lock.reason
    assert not (tmp_path / "gone").exists()


def test_a_right_that_nobody_gave_back_ends_with_its_holder(tmp_path: Path) -> None:
    assert ProjectLock(tmp_path).acquire()
    lock = ProjectLock(tmp_path)
    assert lock.acquire()
    lock.release()


def test_a_right_is_given_back_from_another_thread(tmp_path: Path) -> None:
    first, second = ProjectLock(tmp_path), ProjectLock(tmp_path)
    with ThreadPoolExecutor(1) as opener:
        assert opener.submit(first.acquire).result()
    assert first.is_held
    first.release()
    assert second.acquire()
    second.release()
