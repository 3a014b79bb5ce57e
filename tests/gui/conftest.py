"""The window's tests: no screen, no sound device, and no main thread that stalls."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

# Before anything of Qt is loaded. A test of the real window sets its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.studio import Studio
    from gui.background import Background
    from gui.ui_watchdog import UiWatchdog
    from gui.widgets.thumbnails import Thumbnails
    from tests.gui.whole_window import BoxAnswers, OpenWindow

LONGEST_STALL_S = 0.1


@contextmanager
def held_to_respond() -> Iterator[UiWatchdog]:
    """Fails when the main thread was busy for more than 100 ms at a stretch."""
    from PySide6.QtCore import QCoreApplication, QEvent

    from gui.ui_watchdog import UiWatchdog

    # What other tests left behind is cleared away before: Qt's widgets, and what makes each of
    # Python's collections slow.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()
    gc.collect()
    gc.freeze()
    watch = UiWatchdog()
    yield watch
    watch.close()
    gc.unfreeze()
    assert watch.longest_s <= LONGEST_STALL_S, (
        f"the main thread was busy for {watch.longest_s * 1000:.0f} ms"
    )


@pytest.fixture(autouse=True)
def _no_garbage_in_threads() -> None:
    """As in the window, and from here on in this process: see `gui.garbage`."""
    import gui.garbage  # noqa: F401 - by it the garbage is collected after each test

    gc.disable()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio with the fake provider and an empty home."""
    from core.platform.paths import Paths
    from core.studio import Studio
    from tests.fakes.provider import ENTRY

    studio = Studio([ENTRY], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    """Threads for what a panel does beside the main thread."""
    from gui.background import Background

    background = Background()
    yield background
    background.close()


@pytest.fixture
def thumbnails(qtbot: QtBot) -> Iterator[Thumbnails]:
    """Small pictures of files, which threads of their own make."""
    from gui.widgets.thumbnails import Thumbnails

    thumbnails = Thumbnails()
    yield thumbnails
    thumbnails.close()


@pytest.fixture
def responsive(qtbot: QtBot) -> Iterator[UiWatchdog]:
    """Fails the test when the main thread was busy for more than 100 ms at a stretch."""
    with held_to_respond() as watch:
        yield watch


@pytest.fixture
def open_window(tmp_path: Path, qtbot: QtBot) -> Iterator[Callable[[str], OpenWindow]]:
    """Opens whole windows, each by the name of its home; all are closed at the end."""
    from tests.gui.whole_window import OpenWindow

    windows: list[OpenWindow] = []

    def make(home: str) -> OpenWindow:
        windows.append(OpenWindow(tmp_path / home, qtbot))
        return windows[-1]

    yield make
    for window in windows:
        window.close()


@pytest.fixture
def opened(open_window: Callable[[str], OpenWindow]) -> OpenWindow:
    """A whole window with a home of its own."""
    return open_window("home")


@pytest.fixture
def answers(qtbot: QtBot) -> Iterator[BoxAnswers]:
    """Message boxes are answered with OK, or with what the test says."""
    from tests.gui.whole_window import BoxAnswers

    answers = BoxAnswers()
    yield answers
    answers.stop()


@pytest.fixture
def heard(answers: BoxAnswers) -> list[str]:
    """What message boxes say; each is answered with OK."""
    return answers.heard
