from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
)
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QWidget,
)

from core.project.model.edits import describe_edit, move_references
from core.project.model.project import ReferenceImage
from core.project.render.requests import ChosenReference
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.scenes.reference_list_model import ReferenceListModel
from gui.scenes.reference_list_view import ReferenceListView
from gui.scenes.reference_rows import rows_of
from gui.widgets.fields import SwitchField
from tests.fakes.provider import FULL, SMALL
from tests.fakes.references import make_image, make_references
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.operating import answer_with, click

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from gui.widgets.thumbnails import Thumbnails

ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
NAMES = ("harbour", "gull", "captain", "lighthouse")

images = st.builds(
    ReferenceImage,
    path=st.sampled_from([Path(f"/pictures/{letter}.png") for letter in "abcde"]),
    name=st.sampled_from(["", " ", "gull", "Möwe 🕊", "طائر", "a\nb"]),
)
lists = st.lists(images, max_size=7).map(tuple)


class Recorder:
    def __init__(self, panel: ReferenceImagesWidget) -> None:
        self.values: list[tuple[ReferenceImage, ...]] = []
        self.brought: list[tuple[Path | QImage, ...]] = []
        self.uses_global: list[bool] = []
        panel.changed.connect(self.values.append)
        panel.brought.connect(self.brought.append)
        panel.uses_global_changed.connect(self.uses_global.append)


@pytest.fixture
def make(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> Callable[..., ReferenceImagesWidget]:
    def made(*names: str, is_scene: bool = False) -> ReferenceImagesWidget:
        panel = ReferenceImagesWidget(thumbnails, is_scene=is_scene)
        qtbot.addWidget(panel)
        panel.set_value(make_references(tmp_path, *(names or NAMES)))
        panel.resize(360, 400)
        panel.show()
        panel.activateWindow()
        list_of(panel).setFocus()
        qtbot.waitUntil(list_of(panel).hasFocus)
        return panel

    return made


def list_of(panel: QWidget) -> ReferenceListView:
    return child(panel, ReferenceListView)


def uses_global(panel: QWidget) -> bool:
    return child(panel, SwitchField).isChecked()


def names(panel: ReferenceImagesWidget) -> list[str]:
    return [item.name for item in panel.value()]


def place(panel: QWidget, row: int) -> QPoint:
    view = list_of(panel)
    return view.visualRect(view.model().index(row, 0)).center()


def select(panel: QWidget, *rows: int) -> None:
    for number, row in enumerate(rows):
        keys = CTRL if number else NONE
        QTest.mouseClick(
            list_of(panel).viewport(), Qt.MouseButton.LeftButton, keys, place(panel, row)
        )


def press(panel: QWidget, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(list_of(panel), key, keys)


def shown(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def editor() -> QLineEdit:
    line = QApplication.focusWidget()
    assert isinstance(line, QLineEdit), line
    return line


def type_name(panel: QWidget, name: str, end: Qt.Key = Qt.Key.Key_Return) -> None:
    press(panel, Qt.Key.Key_F2)
    line = editor()
    line.selectAll()
    QTest.keyClicks(line, name)
    QTest.keyClick(line, end)
    QApplication.processEvents()


def drop(panel: QWidget, mime: QMimeData, at: QPoint) -> QDropEvent:
    """Drag over the list and let go, as the window system tells it."""
    view = list_of(panel)
    both = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    left = Qt.MouseButton.LeftButton
    for kind in (QDragEnterEvent, QDragMoveEvent):
        QApplication.sendEvent(view.viewport(), kind(at, both, mime, left, NONE))
    event = QDropEvent(QPointF(at), both, mime, left, NONE)
    QApplication.sendEvent(view.viewport(), event)
    return event


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def copy(mime: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(mime)


def first_then(act: Callable[[QWidget], None], row: int = 1) -> Callable[[QWidget], None]:
    def both(control: QWidget) -> None:
        select(control.window(), row)
        act(control)

    return both


def previews(panel: QWidget) -> int:
    return len(panel.findChildren(QDialog, "reference_preview"))


def test_every_control_does_something(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    recorders: dict[ReferenceImagesWidget, Recorder] = {}
    pasted = make_image(tmp_path / "pasted.png")
    copy(files(pasted))

    def made() -> ReferenceImagesWidget:
        panel = make(is_scene=True)
        recorders[panel] = Recorder(panel)
        return panel

    def rename() -> None:
        QTest.keyClicks(editor(), "buoy")
        QTest.keyClick(editor(), Qt.Key.Key_Return)
        QApplication.processEvents()

    def click_and_rename(button: QWidget) -> None:
        click(button)
        rename()

    def key_and_rename(view: QWidget) -> None:
        QTest.keyClick(view, Qt.Key.Key_F2)
        rename()

    cases = [
        ControlCase("reference_list", first_then(key_and_rename), names),
        ControlCase(
            "reference_add", answer_with(pasted), lambda panel: len(recorders[panel].brought)
        ),
        ControlCase("reference_paste", click, lambda panel: len(recorders[panel].brought)),
        ControlCase("reference_preview", first_then(click), previews),
        ControlCase("reference_rename", first_then(click_and_rename), names),
        ControlCase("reference_left", first_then(click), names),
        ControlCase("reference_right", first_then(click), names),
        ControlCase("reference_remove", first_then(click), names),
        ControlCase(
            "reference_uses_global",
            lambda box: QTest.keyClick(box, Qt.Key.Key_Space),
            lambda panel: (uses_global(panel), len(recorders[panel].uses_global)),
        ),
    ]
    check_every_control(made, cases)


def test_every_control_says_what_it_does(make: Callable[..., ReferenceImagesWidget]) -> None:
    panel = make(is_scene=True)
    for name, widget in controls_of(panel).items():
        assert widget.toolTip(), name
        assert widget.accessibleName() or getattr(widget, "text", str)(), name


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


def test_setting_a_value_tells_nobody(make: Callable[..., ReferenceImagesWidget]) -> None:
    panel = make(is_scene=True)
    messages = Recorder(panel)
    panel.set_value(panel.value()[:2])
    panel.set_uses_global(False)
    assert not uses_global(panel)
    assert names(panel) == ["harbour", "gull"]
    assert not messages.values
    assert not messages.uses_global


def test_list_alone_shows_no_switch_for_the_project(
    make: Callable[..., ReferenceImagesWidget],
) -> None:
    assert not child(make(), QWidget, "reference_uses_global").isVisible()
    assert child(make(is_scene=True), QWidget, "reference_uses_global").isVisible()


def test_alt_and_arrows_move_what_is_selected(make: Callable[..., ReferenceImagesWidget]) -> None:
    panel = make()
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
    make: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = make()
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
    make: Callable[..., ReferenceImagesWidget],
    rows: tuple[int, ...],
    target: int,
    right: bool,
    expected: list[str],
) -> None:
    panel = make()
    select(panel, *rows)
    view = list_of(panel)
    mime = view.model().mimeData(view.selectedIndexes())
    rect = view.visualRect(view.model().index(target, 0))
    at = QPoint(rect.right() - 3 if right else rect.left() + 3, rect.center().y())
    drop(panel, mime, at)
    assert names(panel) == expected


def test_images_of_another_list_are_not_taken_for_its_own(
    make: Callable[..., ReferenceImagesWidget],
) -> None:
    one, other = make(), make()
    view = list_of(one)
    mime = view.model().mimeData([view.model().index(0, 0)])
    messages = Recorder(other)
    drop(other, mime, place(other, 2))
    assert not messages.values
    assert not messages.brought


def test_renaming_in_place(make: Callable[..., ReferenceImagesWidget]) -> None:
    panel = make()
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
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make()
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
    make: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = make()
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
    make: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = make()
    select(panel, 1, 2)
    press(panel, Qt.Key.Key_Delete)
    assert names(panel) == ["harbour", "lighthouse"]
    assert list_of(panel).selected_rows == (1,)
    press(panel, Qt.Key.Key_Delete)
    press(panel, Qt.Key.Key_Delete)
    assert panel.value() == ()
    for name in ("preview", "rename", "left", "right", "remove"):
        assert not child(panel, QWidget, f"reference_{name}").isEnabled(), name


def test_several_files_are_added_at_once(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make()
    messages = Recorder(panel)
    paths = tuple(make_image(tmp_path / "more" / f"{n}.png") for n in "ab")
    click(child(panel, QWidget, "reference_add"))
    dialog = child(panel, QFileDialog)
    assert dialog.fileMode() is QFileDialog.FileMode.ExistingFiles
    dialog.filesSelected.emit([str(path) for path in paths])
    assert messages.brought == [paths]
    assert names(panel) == list(NAMES), "they are copied into the project first"


def test_files_are_dropped_and_never_taken_for_moved(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make()
    panel.set_value(())
    messages = Recorder(panel)
    paths = tuple(make_image(tmp_path / "more" / f"{n}.png") for n in "ab")
    event = drop(panel, files(*paths), QPoint(40, 40))
    assert messages.brought == [paths]
    assert event.isAccepted()
    assert event.dropAction() is Qt.DropAction.CopyAction


def test_pasting_files_or_an_image(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make()
    messages = Recorder(panel)
    path = make_image(tmp_path / "a.png")
    copy(files(path))
    press(panel, Qt.Key.Key_V, CTRL)
    assert messages.brought == [(path,)]
    image = QImage(8, 6, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    press(panel, Qt.Key.Key_V, CTRL)
    (brought,) = messages.brought[-1]
    assert isinstance(brought, QImage)
    assert brought.size() == image.size()


def test_pasting_words_is_told_calmly(make: Callable[..., ReferenceImagesWidget]) -> None:
    panel = make()
    messages = Recorder(panel)
    QGuiApplication.clipboard().setText("not a picture")
    press(panel, Qt.Key.Key_V, CTRL)
    assert not messages.brought
    assert "The clipboard holds no picture." in shown(panel)
    select(panel, 0)
    press(panel, Qt.Key.Key_Delete)
    assert "clipboard" not in shown(panel)


@pytest.mark.parametrize("how", ["double click", "Enter", "keypad"])
def test_image_is_seen_large(
    qtbot: QtBot, make: Callable[..., ReferenceImagesWidget], how: str
) -> None:
    panel = make()
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
    qtbot: QtBot, make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make()
    path = tmp_path / "notes.png"
    path.write_text("words")
    panel.set_value((ReferenceImage(path=path),))
    select(panel, 0)
    press(panel, Qt.Key.Key_Return)
    dialog = child(panel, QDialog, "reference_preview")
    qtbot.waitUntil(lambda: "notes.png" in shown(dialog) and "picture" in shown(dialog))
    dialog.reject()


def test_images_are_marked_as_sent_or_left_out(
    make: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = make(is_scene=True)
    value = panel.value()
    panel.set_limit(FULL)
    panel.show_choice(
        (
            ChosenReference(value[0], is_global=False),
            ChosenReference(value[1], is_global=False, reason="The file is missing."),
            ChosenReference(value[2], is_global=False, reason="Fake Full takes at most 3."),
            ChosenReference(value[3], is_global=False, reason="Fake Full takes at most 3."),
        ),
        "Scene 2",
    )
    model = list_of(panel).model()
    tips = [model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(4)]
    assert "Sent to the model." in tips[0]
    assert "Not sent to the model. Left out: The file is missing." in tips[1]
    spoken = model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "gull, Not sent to the model. Left out: The file is missing."
    words = shown(panel)
    assert "Scene 2: 1 of 4 sent." in words
    assert "Left out: gull. The file is missing." in words
    assert "Left out: captain, lighthouse. Fake Full takes at most 3." in words
    assert "At most 3 are sent to Fake Full" in words


def test_all_that_is_sent_is_said_in_a_few_words(
    make: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = make()
    panel.show_choice(tuple(ChosenReference(i, is_global=True) for i in panel.value()), "Scene 1")
    assert "Scene 1: all 4 sent." in shown(panel)
    panel.show_choice((), "Scene 1")
    assert "Scene 1 does not use these." in shown(panel)
    panel.show_choice(())
    assert "Scene 1" not in shown(panel)


def test_model_that_takes_none_is_said_once(make: Callable[..., ReferenceImagesWidget]) -> None:
    panel = make("gull")
    reason = "Fake Small takes no reference images."
    panel.show_choice((ChosenReference(panel.value()[0], is_global=True, reason=reason),), "S")
    panel.set_limit(SMALL)
    assert shown(panel) == "Fake Small takes no reference images; they are kept for other models."
    assert names(panel) == ["gull"]


def test_images_of_the_project_are_shown_with_the_scenes_but_not_edited(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make("gull", is_scene=True)
    own = panel.value()
    (shared,) = make_references(tmp_path / "all", "harbour")
    panel.show_choice(
        (ChosenReference(own[0], is_global=False), ChosenReference(shared, is_global=True)), "S"
    )
    assert list_of(panel).model().rowCount() == 2
    assert panel.value() == own
    select(panel, 1)
    for name in ("rename", "left", "right", "remove"):
        assert not child(panel, QWidget, f"reference_{name}").isEnabled(), name
    press(panel, Qt.Key.Key_Delete)
    press(panel, Qt.Key.Key_Return)
    assert previews(panel) == 1
    assert panel.value() == own
    assert "whole project" in list_of(panel).model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_empty_list_says_what_to_do(make: Callable[..., ReferenceImagesWidget]) -> None:
    panel = make()
    full = list_of(panel).grab().toImage()
    panel.set_value(())
    view = list_of(panel)
    empty = view.grab().toImage()
    assert empty != full
    panel.set_editable(False, "Choose a scene.")
    assert view.grab().toImage() != empty


def test_what_cannot_be_edited_can_still_be_seen(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make(is_scene=True)
    messages = Recorder(panel)
    select(panel, 1)
    panel.set_editable(False, "The project is open for reading only.")
    enabled = {name for name, widget in controls_of(panel).items() if widget.isEnabled()}
    assert enabled == {"reference_list", "reference_preview"}
    for key, keys in (
        (Qt.Key.Key_Delete, NONE),
        (Qt.Key.Key_F2, NONE),
        (Qt.Key.Key_Right, ALT),
        (Qt.Key.Key_V, CTRL),
    ):
        press(panel, key, keys)
    drop(panel, files(make_image(tmp_path / "a.png")), place(panel, 0))
    assert not messages.values
    assert not messages.brought
    assert names(panel) == list(NAMES)
    press(panel, Qt.Key.Key_Return)
    assert previews(panel) == 1


def test_problem_is_shown_until_the_next_image(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make()
    panel.show_message("'notes.txt' is no picture.")
    assert "'notes.txt' is no picture." in shown(panel)
    drop(panel, files(make_image(tmp_path / "a.png")), place(panel, 0))
    assert "notes" not in shown(panel)


def test_list_is_as_high_as_its_images_and_then_scrolls(
    make: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = make()
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
