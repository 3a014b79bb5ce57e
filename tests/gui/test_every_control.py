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

from core.config.setting_fields import fields
from core.config.settings import Settings
from core.platform.paths import Paths
from core.studio import Studio
from gui.main_window import MainWindow
from gui.settings.settings_dialog import SettingsDialog
from tests.fakes.provider import ENTRY
from tests.gui.controls import CONTROLS, ControlCase, is_inner
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

TABLES_DIR = Path(__file__).parent
TABLES = sorted(TABLES_DIR.rglob("*.py"))
WITHIN_MS = 30_000
# Views whose whole use is tested in files of their own.
ELSEWHERE = {"scene_table": "scenes/test_scene_table.py"}


def names_in_tables() -> list[re.Pattern[str]]:
    """The names that cases are made with; an f-string stands for every name of its form.

    A case whose name is a variable takes every text of the statement that makes it. That a table
    holds all of its own panel is seen to by `check_every_control`.
    """
    found: list[re.Pattern[str]] = []
    # Tables of a folder share what makes their cases, in a module beside them.
    makers = {ControlCase.__name__} | {
        node.name
        for path in TABLES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and _is_case(node.returns)
    }
    for table in TABLES:
        module = ast.parse(table.read_text(encoding="utf-8"))
        for statement in module.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and _is_one_of(node.func, makers):
                    found += _names_of(node.args[0], statement)
    return found


def _is_case(returns: ast.expr | None) -> bool:
    return returns is not None and _is_one_of(returns, {ControlCase.__name__})


def _is_one_of(name: ast.expr, names: set[str]) -> bool:
    return isinstance(name, ast.Name) and name.id in names


def _names_of(name: ast.expr, statement: ast.stmt) -> Iterator[re.Pattern[str]]:
    if isinstance(name, ast.Constant | ast.JoinedStr):
        yield from _patterns(name)
        return
    for node in ast.walk(statement):
        yield from _patterns(node)


def _patterns(node: ast.AST) -> Iterator[re.Pattern[str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.compile(re.escape(node.value))
    elif isinstance(node, ast.JoinedStr):
        yield re.compile(_form_of(node))


def _form_of(name: ast.JoinedStr) -> str:
    parts = [str(part.value) if isinstance(part, ast.Constant) else "" for part in name.values]
    if not any(part.strip("_") for part in parts):
        return "(?!)"  # nothing but blanks: it would stand for everything
    return "".join(re.escape(part) if part else r"\w+" for part in parts)


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
    window.projects.create("Everything")
    qtbot.waitUntil(lambda: window.video_tab is not None, timeout=WITHIN_MS)
    for place in range(window.tabs.count()):
        window.tabs.setCurrentIndex(place)
        qtbot.wait(300)
    window.tabs.show_settings()
    window.tabs.show_costs()
    qtbot.wait(300)
    yield window
    window.close()
    window.deleteLater()


def test_every_control_of_the_window_is_in_a_table(window: MainWindow) -> None:
    tables = names_in_tables()
    # The settings' rows are made from the schema, and so are their cases.
    tables += [
        re.compile(re.escape(field.name.replace(".", "_")) + r"\w*") for field in fields(Settings())
    ]
    tables += [
        re.compile(name) for name, file in ELSEWHERE.items() if (TABLES_DIR / file).is_file()
    ]
    assert len(tables) > 150
    forgotten: list[str] = []
    nameless: list[str] = []
    for widget in controls_in(window):
        name = widget.objectName()
        if not name:
            nameless.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}")
        elif not any(form.fullmatch(name) for form in tables):
            forgotten.append(f"{name} ({type(widget.parentWidget()).__name__})")
    assert not nameless, sorted(set(nameless))
    assert not forgotten, sorted(set(forgotten))


def test_every_control_says_what_it_is_for(window: MainWindow) -> None:
    silent = [
        widget.objectName()
        for widget in controls_in(window)
        if not widget.toolTip() and not widget.accessibleName()
    ]
    assert sorted(set(silent)) == []


def is_settings_open(window: MainWindow) -> bool:
    return any(dialog.isVisible() for dialog in window.findChildren(SettingsDialog))


# What belongs to the window itself and to no panel.
WINDOW = (
    ControlCase("network_off", click, lambda window: window.studio.registry.network.is_off),
    ControlCase("close", click, is_settings_open),
)


@pytest.mark.parametrize("case", WINDOW, ids=lambda case: case.name)
def test_the_controls_of_the_window_itself(window: MainWindow, case: ControlCase) -> None:
    control = next(c for c in controls_in(window) if c.objectName() == case.name)
    before = case.seen(window)
    case.act(control)
    assert case.seen(window) != before
