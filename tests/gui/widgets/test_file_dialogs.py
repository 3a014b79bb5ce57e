"""Dialogs for files begin where the person last was with that kind of file, and ask once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from gui.export.export_actions import ExportActions
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.widgets.file_field import FileField, FileKind
from gui.widgets.thumbnails import Thumbnails
from tests.gui.children import child
from tests.gui.operating import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The program was started in some folder, and nobody chose a file yet."""
    monkeypatch.chdir(tmp_path)
    app = QApplication.instance()
    assert app is not None

    def forget() -> None:
        for name in app.dynamicPropertyNames():
            if name.toStdString().startswith("last_folder:"):
                app.setProperty(name.toStdString(), None)

    forget()
    yield
    forget()


def field() -> QWidget:
    return FileField("music_choose", FileKind("the music", ("Pictures (*.png)",)))


def saved() -> QWidget:
    return FileField("place_choose", FileKind("the place of the film", (), is_saved=True))


def references() -> QWidget:
    return ReferenceImagesWidget(Thumbnails())


WIDGETS = {
    "music_choose": field,
    "place_choose": saved,
    "reference_add": references,
    "handoff": ExportActions,
}


@pytest.mark.parametrize(("button", "make"), WIDGETS.items(), ids=WIDGETS)
def test_a_dialog_begins_where_the_last_file_of_its_kind_was(
    qtbot: QtBot, tmp_path: Path, button: str, make: Callable[[], QWidget]
) -> None:
    widget = make()
    qtbot.addWidget(widget)
    widget.show()
    click(child(widget, QWidget, button))
    dialog = child(widget, QFileDialog)
    assert Path(dialog.directory().absolutePath()) == Path.home()
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.png").touch()
    dialog.setDirectory(os.fspath(tmp_path / "films"))
    dialog.selectFile("b.otio" if dialog.acceptMode() is SAVE else "a.png")
    dialog.accept()
    qtbot.waitUntil(lambda: widget.findChild(QFileDialog) is None)

    click(child(widget, QWidget, button))
    again = child(widget, QFileDialog)
    assert Path(again.directory().absolutePath()) == tmp_path / "films"
    again.reject()


SAVE = QFileDialog.AcceptMode.AcceptSave


def test_only_who_writes_the_film_asks_whether_to_replace_it(qtbot: QtBot) -> None:
    silent = QFileDialog.Option.DontConfirmOverwrite
    for make, button, is_asked in (
        (saved, "place_choose", False),
        (ExportActions, "handoff", True),
    ):
        widget = make()
        qtbot.addWidget(widget)
        click(child(widget, QWidget, button))
        assert child(widget, QFileDialog).testOption(silent) is not is_asked
