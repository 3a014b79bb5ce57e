"""No control of the whole window is forgotten: each stands in a table of the panels' tests.

The tables (`ControlCase`) operate every control of a panel and see that it changes something. Here
the whole window is walked with all its rooms, and a control that is in no table fails.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from core.paths import Paths
from core.studio import Studio
from gui.main_window import MainWindow
from gui.project_wishes import NewProject
from tests.fakes.provider import ENTRY
from tests.gui.controls import CONTROLS, is_inner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

TABLES = sorted(Path(__file__).parent.glob("test_*.py"))
WITHIN_MS = 30_000


def names_in_tables() -> list[re.Pattern[str]]:
    """What the tables name; an f-string stands for every name of its form."""
    found: list[re.Pattern[str]] = []
    for table in TABLES:
        for node in ast.walk(ast.parse(table.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ControlCase"):
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    found.append(re.compile(re.escape(str(name.value))))
                elif isinstance(name, ast.JoinedStr):
                    found.append(re.compile(_form_of(name)))
    return found


def _form_of(name: ast.JoinedStr) -> str:
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
        for part in name.values
    )


def controls_in(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        if not isinstance(widget, CONTROLS) or is_inner(widget):
            continue
        if widget.objectName().startswith("Scroll"):
            continue  # Qt's own, at the ends of a row of tabs
        if isinstance(widget, QToolButton) and isinstance(widget.parentWidget(), QToolBar):
            assert widget.defaultAction() is not None or widget.objectName().startswith("qt_")
            continue  # an action, tested with the scene's actions
        yield widget


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(Studio([ENTRY], paths=Paths.below(tmp_path / "home")))
    window.show()
    window.begin(None)
    qtbot.waitUntil(lambda: window.jobs.is_ready, timeout=WITHIN_MS)
    window.fulfil(NewProject("Everything"))
    qtbot.waitUntil(lambda: window.video_tab is not None, timeout=WITHIN_MS)
    for place in range(window.rooms.count()):
        window.rooms.setCurrentIndex(place)
        qtbot.wait(300)
    window.rooms.show_settings()
    qtbot.wait(300)
    yield window
    window.close()
    window.deleteLater()


def test_every_control_of_the_window_is_in_a_table(window: MainWindow) -> None:
    tables = names_in_tables()
    assert len(tables) > 150
    forgotten: list[str] = []
    nameless: list[str] = []
    for widget in controls_in(window):
        name = widget.objectName()
        if not name:
            nameless.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}")
        elif not any(form.fullmatch(name) for form in tables):
            forgotten.append(f"{name} ({type(widget.parentWidget()).__name__})")
    assert sorted(set(nameless)) == []
    assert sorted(set(forgotten)) == []


def test_every_control_says_what_it_is_for(window: MainWindow) -> None:
    silent = [
        widget.objectName()
        for widget in controls_in(window)
        if not widget.toolTip() and not widget.accessibleName()
    ]
    assert sorted(set(silent)) == []
