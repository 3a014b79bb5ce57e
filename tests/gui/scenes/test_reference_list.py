"""Reference images in their list: moved, dragged, renamed, removed, and seen large."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from core.project.model.edits import describe_edit, move_references
from core.project.model.project import ReferenceImage
from core.project.render.references import ChosenReference
from gui.scenes.reference_list_model import ReferenceListModel
from gui.scenes.reference_rows import rows_of
from tests.fakes.provider import SMALL
from tests.fakes.references import make_image, make_references
from tests.gui.children import child
from tests.gui.scenes.reference_panels import (
    ALT,
    Recorder,
    drop,
    editor,
    list_of,
    names,
    place,
    press,
    previews,
    select,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from gui.scenes.reference_images_widget import ReferenceImagesWidget


images = st.builds(
    ReferenceImage,
    path=st.sampled_from([Path(f"/pictures/{letter}.png") for letter in "abcde"]),
    name=st.sampled_from(["", " ", "gull", "Möwe 🕊", "طائر", "a\nb"]),
)
lists = st.lists(images, max_size=7).map(tuple)


def type_name(panel: QWidget, name: str, end: Qt.Key = Qt.Key.Key_Return) -> None:
    press(panel, Qt.Key.Key_F2)
    line = editor()
    line.selectAll()
    QTest.keyClicks(line, name)
    QTest.keyClick(line, end)
    QApplication.processEvents()


@given(st.lists(lists, min_size=1, max_size=5))
def test_value_comes_back_whatever_was_shown_before(
    values: list[tuple[ReferenceImage, ...]],
) -> None:
    model = ReferenceListModel()
    messages: list[object] = []
    model.edited.connect(messages.append)
    # It ends the test where the list tells a view something that is not so.
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    QAbstractItemModelTester(model, mode, parent=model)
    for value in values:
        choice = tuple(ChosenReference(item, is_global=True) for item in reversed(value[:3]))
        rows = rows_of(value, choice, shows_global=True)
        model.set_rows(rows)
        assert model.own == value
        assert model.rows == rows
    assert not messages


@given(lists, st.data())
def test_moving_keeps_every_image_and_the_order_of_the_moved(
    value: tuple[ReferenceImage, ...], data: st.DataObject
) -> None:
    rows = data.draw(st.sets(st.integers(0, max(len(value) - 1, 0))))
    where = data.draw(st.integers(0, len(value)))
    numbered = tuple(
        item.model_copy(update={"name": str(number)}) for number, item in enumerate(value)
    )
    moved = move_references(numbered, rows, where)
    assert sorted(item.name for item in moved) == sorted(item.name for item in numbered)
    order = [int(item.name) for item in moved]
    there = [number for number in order if number in rows]
    assert there == sorted(there)
    others = [number for number in order if number not in rows]
    assert others == sorted(others)


def test_alt_and_arrows_move_what_is_selected(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references()
    messages = Recorder(panel)
    select(panel, 0, 2)
    press(panel, Qt.Key.Key_Right, ALT)
    assert names(panel) == ["gull", "lighthouse", "harbour", "captain"]
    assert list_of(panel).selected_rows == (2, 3)
    press(panel, Qt.Key.Key_Right, ALT)
    assert len(messages.values) == 1, "nothing lies behind the last"
    press(panel, Qt.Key.Key_Left, ALT)
    press(panel, Qt.Key.Key_Left, ALT)
    assert names(panel) == ["harbour", "captain", "gull", "lighthouse"]
    assert messages.values[-1] == panel.value()


def test_arrow_keys_go_along_and_down_the_images(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references()
    select(panel, 0)
    press(panel, Qt.Key.Key_Right)
    assert list_of(panel).selected_rows == (1,)
    press(panel, Qt.Key.Key_Left)
    press(panel, Qt.Key.Key_Down)
    assert list_of(panel).selected_rows == (3,)


@pytest.mark.parametrize(
    ("rows", "target", "right", "expected"),
    [
        ((0,), 2, True, ["gull", "captain", "harbour", "lighthouse"]),
        ((2,), 0, False, ["captain", "harbour", "gull", "lighthouse"]),
        ((0, 2), 1, True, ["gull", "harbour", "captain", "lighthouse"]),
        ((1, 3), 1, False, ["harbour", "gull", "lighthouse", "captain"]),
    ],
)
def test_images_are_dragged_to_another_place(
    show_references: Callable[..., ReferenceImagesWidget],
    rows: tuple[int, ...],
    target: int,
    right: bool,
    expected: list[str],
) -> None:
    panel = show_references()
    select(panel, *rows)
    view = list_of(panel)
    mime = view.model().mimeData(view.selectedIndexes())
    rect = view.visualRect(view.model().index(target, 0))
    at = QPoint(rect.right() - 3 if right else rect.left() + 3, rect.center().y())
    drop(panel, mime, at)
    assert names(panel) == expected


def test_images_of_another_list_are_not_taken_for_its_own(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    one, other = show_references(), show_references()
    view = list_of(one)
    mime = view.model().mimeData([view.model().index(0, 0)])
    messages = Recorder(other)
    drop(other, mime, place(other, 2))
    assert not messages.values
    assert not messages.brought


def test_renaming_in_place(show_references: Callable[..., ReferenceImagesWidget]) -> None:
    panel = show_references()
    messages = Recorder(panel)
    select(panel, 1)
    type_name(panel, "the white gull")
    assert names(panel)[1] == "the white gull"
    type_name(panel, "never", Qt.Key.Key_Escape)
    type_name(panel, "the white gull")
    assert len(messages.values) == 1
    type_name(panel, " ")
    assert panel.value()[1].name == ""
    assert list_of(panel).model().index(1, 0).data() == "gull", "the file's name stands in"


def test_looking_at_a_name_changes_nothing(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references()
    unnamed = (ReferenceImage(path=make_image(tmp_path / "x.png")),)
    panel.set_value(unnamed)
    messages = Recorder(panel)
    select(panel, 0)
    press(panel, Qt.Key.Key_F2)
    QTest.keyClick(editor(), Qt.Key.Key_Return)
    QApplication.processEvents()
    assert panel.value() == unnamed
    assert not messages.values


def test_typing_a_name_survives_what_arrives_meanwhile(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references()
    select(panel, 0)
    press(panel, Qt.Key.Key_F2)
    line = editor()
    line.selectAll()
    QTest.keyClicks(line, "buo")
    panel.set_value(panel.value())
    panel.set_limit(SMALL)
    QTest.keyClicks(line, "y")
    QTest.keyClick(line, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert names(panel)[0] == "buoy"


def test_delete_removes_and_the_next_is_selected(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references()
    select(panel, 1, 2)
    press(panel, Qt.Key.Key_Delete)
    assert names(panel) == ["harbour", "lighthouse"]
    assert list_of(panel).selected_rows == (1,)
    press(panel, Qt.Key.Key_Delete)
    press(panel, Qt.Key.Key_Delete)
    assert panel.value() == ()
    for name in ("preview", "rename", "left", "right", "remove"):
        assert not child(panel, QWidget, f"reference_{name}").isEnabled(), name


@pytest.mark.parametrize("how", ["double click", "Enter", "keypad"])
def test_image_is_seen_large(
    qtbot: QtBot, show_references: Callable[..., ReferenceImagesWidget], how: str
) -> None:
    panel = show_references()
    select(panel, 1)
    if how == "double click":
        viewport = list_of(panel).viewport()
        QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place(panel, 1))
    else:
        press(panel, Qt.Key.Key_Return if how == "Enter" else Qt.Key.Key_Enter)
    dialog = child(panel, QDialog, "reference_preview")
    assert dialog.windowTitle() == "gull"
    dialog.resize(500, 400)

    def middle() -> str:
        grabbed = dialog.grab().toImage()
        return grabbed.pixelColor(grabbed.width() // 2, 120).name()

    qtbot.waitUntil(lambda: middle() == "#993333")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: previews(panel) == 0)


def test_preview_of_what_is_no_image_says_so(
    qtbot: QtBot, show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references()
    path = tmp_path / "notes.png"
    path.write_text("words")
    panel.set_value((ReferenceImage(path=path),))
    select(panel, 0)
    press(panel, Qt.Key.Key_Return)
    dialog = child(panel, QDialog, "reference_preview")
    qtbot.waitUntil(lambda: "notes.png" in shown(dialog) and "picture" in shown(dialog))
    dialog.reject()


def test_list_is_as_high_as_its_images_and_then_scrolls(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references()
    view = list_of(panel)
    panel.set_value(())
    low = view.height()
    panel.set_value(make_references(tmp_path, *"abcd"))
    assert low < view.height() < 3 * low
    panel.set_value(make_references(tmp_path, *"abcdefghijklmnopqrst"))
    assert view.height() < 3.2 * low
    last = view.model().index(19, 0)
    view.scrollTo(last)
    assert view.viewport().rect().contains(view.visualRect(last).center())


@pytest.mark.parametrize(
    ("after", "text"),
    [
        ((0,), "Remove 2 references"),
        ((0, 1), "Remove reference"),
        ((0, 1, 2, 2), "Add reference"),
        ((0, 1, 2, 2, 1), "Add 2 references"),
        ((1, 0, 2), "Move reference"),
        ((0, 1, 2), "Rename reference"),
    ],
)
def test_edits_are_named(after: tuple[int, ...], text: str) -> None:
    value = [ReferenceImage(path=Path(f"/{n}.png")) for n in range(3)]
    assert describe_edit(tuple(value), tuple(value[n] for n in after)) == text
