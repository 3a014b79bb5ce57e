"""Reference images: brought, marked as sent or left out, and told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from core.project.render.references import ChosenReference
from tests.fakes.provider import FULL, SMALL
from tests.fakes.references import make_image, make_references
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.dropping import files
from tests.gui.operating import answer_with, click
from tests.gui.scenes.reference_panels import (
    ALT,
    CTRL,
    NAMES,
    NONE,
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
    uses_global,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gui.scenes.reference_images_widget import ReferenceImagesWidget


def first_then(act: Callable[[QWidget], None], row: int = 1) -> Callable[[QWidget], None]:
    def both(control: QWidget) -> None:
        select(control.window(), row)
        act(control)

    return both


def test_every_control_does_something(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    recorders: dict[ReferenceImagesWidget, Recorder] = {}
    pasted = make_image(tmp_path / "pasted.png")
    QGuiApplication.clipboard().setMimeData(files(pasted))

    def made() -> ReferenceImagesWidget:
        panel = show_references(is_scene=True)
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


def test_every_control_says_what_it_does(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references(is_scene=True)
    for name, widget in controls_of(panel).items():
        assert widget.toolTip(), name
        assert widget.accessibleName() or getattr(widget, "text", str)(), name


def test_setting_a_value_tells_nobody(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references(is_scene=True)
    messages = Recorder(panel)
    panel.set_value(panel.value()[:2])
    panel.set_uses_global(False)
    assert not uses_global(panel)
    assert names(panel) == ["harbour", "gull"]
    assert not messages.values
    assert not messages.uses_global


def test_list_alone_shows_no_switch_for_the_project(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    assert not child(show_references(), QWidget, "reference_uses_global").isVisible()
    assert child(show_references(is_scene=True), QWidget, "reference_uses_global").isVisible()


def test_several_files_are_added_at_once(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references()
    messages = Recorder(panel)
    paths = tuple(make_image(tmp_path / "more" / f"{n}.png") for n in "ab")
    click(child(panel, QWidget, "reference_add"))
    dialog = child(panel, QFileDialog)
    assert dialog.fileMode() is QFileDialog.FileMode.ExistingFiles
    dialog.filesSelected.emit([str(path) for path in paths])
    assert messages.brought == [paths]
    assert names(panel) == list(NAMES), "they are copied into the project first"


def test_files_are_dropped_and_never_taken_for_moved(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references()
    panel.set_value(())
    messages = Recorder(panel)
    paths = tuple(make_image(tmp_path / "more" / f"{n}.png") for n in "ab")
    event = drop(panel, files(*paths), QPoint(40, 40))
    assert messages.brought == [paths]
    assert event.isAccepted()
    assert event.dropAction() is Qt.DropAction.CopyAction


def test_pasting_files_or_an_image(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references()
    messages = Recorder(panel)
    path = make_image(tmp_path / "a.png")
    QGuiApplication.clipboard().setMimeData(files(path))
    press(panel, Qt.Key.Key_V, CTRL)
    assert messages.brought == [(path,)]
    image = QImage(8, 6, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    press(panel, Qt.Key.Key_V, CTRL)
    (brought,) = messages.brought[-1]
    assert isinstance(brought, QImage)
    assert brought.size() == image.size()


def test_pasting_words_is_told_calmly(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references()
    messages = Recorder(panel)
    QGuiApplication.clipboard().setText("not a picture")
    press(panel, Qt.Key.Key_V, CTRL)
    assert not messages.brought
    assert "The clipboard holds no picture." in shown(panel)
    select(panel, 0)
    press(panel, Qt.Key.Key_Delete)
    assert "clipboard" not in shown(panel)


def test_images_are_marked_as_sent_or_left_out(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references(is_scene=True)
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
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references()
    panel.show_choice(tuple(ChosenReference(i, is_global=True) for i in panel.value()), "Scene 1")
    assert "Scene 1: all 4 sent." in shown(panel)
    panel.show_choice((), "Scene 1")
    assert "Scene 1 does not use these." in shown(panel)
    panel.show_choice(())
    assert "Scene 1" not in shown(panel)


def test_model_that_takes_none_is_said_once(
    show_references: Callable[..., ReferenceImagesWidget],
) -> None:
    panel = show_references("gull")
    reason = "Fake Small takes no reference images."
    panel.show_choice((ChosenReference(panel.value()[0], is_global=True, reason=reason),), "S")
    panel.set_limit(SMALL)
    assert shown(panel) == "Fake Small takes no reference images; they are kept for other models."
    assert names(panel) == ["gull"]


def test_images_of_the_project_are_shown_with_the_scenes_but_not_edited(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references("gull", is_scene=True)
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


def test_empty_list_says_what_to_do(show_references: Callable[..., ReferenceImagesWidget]) -> None:
    panel = show_references()
    full = list_of(panel).grab().toImage()
    panel.set_value(())
    view = list_of(panel)
    empty = view.grab().toImage()
    assert empty != full
    panel.set_editable(False, "Choose a scene.")
    assert view.grab().toImage() != empty


def test_what_cannot_be_edited_can_still_be_seen(
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references(is_scene=True)
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
    show_references: Callable[..., ReferenceImagesWidget], tmp_path: Path
) -> None:
    panel = show_references()
    panel.show_message("'notes.txt' is no picture.")
    assert "'notes.txt' is no picture." in shown(panel)
    drop(panel, files(make_image(tmp_path / "a.png")), place(panel, 0))
    assert "notes" not in shown(panel)
