from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from core.project.render.requests import choose_references
from gui.background import Background
from gui.project.project_model import ProjectModel
from gui.scenes.frame_images import PicturesBrought
from gui.scenes.image_controller import PictureDesk
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.scenes.reference_list_view import ReferenceListView
from gui.scenes.references_controller import ReferencePanels, ReferencesDesk
from gui.widgets.thumbnails import Thumbnails
from tests.fakes.provider import FULL, SMALL
from tests.fakes.references import make_picture, make_references
from tests.fakes.scenes import make_project
from tests.gui.children import child
from tests.gui.operating import click, tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.errors import StudioError
    from core.project.model.project import Scene, VideoProject

ALT = Qt.KeyboardModifier.AltModifier


@dataclass(frozen=True)
class Room:
    model: ProjectModel
    whole: ReferenceImagesWidget
    scene: ReferenceImagesWidget
    desk: ReferencesDesk
    background: Background
    failures: list[StudioError]

    @property
    def project(self) -> VideoProject:
        return self.model.project

    @property
    def first(self) -> Scene:
        return self.project.scenes[0]

    @property
    def done(self) -> str:
        return self.model.undo_stack.undoText()


@pytest.fixture
def open_room(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Room]]:
    thumbnails = Thumbnails()
    opened: list[Room] = []
    owner = QObject()

    def make(project: VideoProject | None = None, *, is_read_only: bool = False) -> Room:
        folder = tmp_path / "project"
        (folder / "inputs").mkdir(parents=True, exist_ok=True)
        model = ProjectModel(project or filled(tmp_path), folder, is_read_only=is_read_only)
        background = Background(owner)
        pictures = PictureDesk(model, background, owner)
        failures: list[StudioError] = []
        pictures.failed.connect(failures.append)
        whole = ReferenceImagesWidget(thumbnails)
        scene = ReferenceImagesWidget(thumbnails, is_scene=True)
        for panel in (whole, scene):
            qtbot.addWidget(panel)
            panel.show()
        panels = ReferencePanels(whole, scene)
        desk = ReferencesDesk(model, panels, pictures, background, owner)
        opened.append(Room(model, whole, scene, desk, background, failures))
        return opened[-1]

    yield make
    for room in opened:
        room.background.close()
    thumbnails.close()


def filled(folder: Path) -> VideoProject:
    """Two pictures of the project, and two of its first scene."""
    project = make_project()
    own = make_references(folder, "gull", "captain")
    scene = project.scenes[0].model_copy(update={"references": own})
    shared = make_references(folder, "harbour", "lighthouse")
    return project.with_scene(scene).model_copy(update={"references": shared})


def select(panel: QWidget, row: int) -> QWidget:
    view = child(panel, ReferenceListView)
    place = view.visualRect(view.model().index(row, 0)).center()
    panel.activateWindow()
    view.setFocus()
    QTest.qWaitForWindowActive(panel)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.hasFocus()
    return view


def words(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.text())


def tip(panel: QWidget, row: int) -> str:
    return child(panel, ReferenceListView).model().index(row, 0).data(Qt.ItemDataRole.ToolTipRole)


def button(panel: QWidget, name: str) -> QWidget:
    return child(panel, QWidget, f"reference_{name}")


def wait(qtbot: QtBot, room: Room) -> None:
    qtbot.waitUntil(lambda: room.background.is_idle)


def test_lists_show_the_projects_pictures_and_the_shown_scenes(
    open_room: Callable[..., Room],
) -> None:
    room = open_room()
    assert room.whole.value() == room.project.references
    assert room.scene.value() == ()
    assert not button(room.scene, "add").isEnabled()
    room.desk.show_scene("s1")
    assert room.scene.value() == room.first.references
    assert button(room.scene, "add").isEnabled()
    room.desk.show_scene("s2")
    assert room.scene.value() == ()
    assert button(room.scene, "add").isEnabled()
    room.desk.show_scene("")
    assert not button(room.scene, "add").isEnabled()


def test_edits_of_the_projects_pictures_are_steps(open_room: Callable[..., Room]) -> None:
    room = open_room()
    before = room.project
    QTest.keyClick(select(room.whole, 1), Qt.Key.Key_Left, ALT)
    assert [item.name for item in room.project.references] == ["lighthouse", "harbour"]
    assert room.done == "Move reference"
    click(button(room.whole, "remove"))
    assert [item.name for item in room.project.references] == ["harbour"]
    assert room.done == "Remove reference"
    room.model.undo_stack.undo()
    room.model.undo_stack.undo()
    assert room.project == before
    assert room.whole.value() == before.references


def test_edits_of_a_scenes_pictures_are_steps_of_that_scene(
    open_room: Callable[..., Room],
) -> None:
    room = open_room()
    room.desk.show_scene("s1")
    before = room.project
    QTest.keyClick(select(room.scene, 0), Qt.Key.Key_Delete)
    assert [item.name for item in room.first.references] == ["captain"]
    assert room.done == "Remove reference of scene 1"
    assert room.project.references == before.references
    room.model.undo_stack.undo()
    assert room.scene.value() == before.scenes[0].references


def test_scene_uses_the_projects_pictures_or_not(
    qtbot: QtBot, open_room: Callable[..., Room]
) -> None:
    room = open_room()
    room.desk.show_scene("s1")
    room.desk.set_spec(FULL)
    wait(qtbot, room)
    view = child(room.scene, ReferenceListView)
    assert view.model().rowCount() == 4
    tick(button(room.scene, "uses_global"))
    assert not room.first.uses_global_references
    assert room.done == "Leave out the project's references in scene 1"
    wait(qtbot, room)
    assert view.model().rowCount() == 2
    assert "Scene 1 does not use these." in words(room.whole)
    room.model.undo_stack.undo()
    assert room.scene.uses_global()
    tick(button(room.scene, "uses_global"))
    tick(button(room.scene, "uses_global"))
    assert room.done == "Use the project's references in scene 1"


def test_pictures_are_marked_as_the_request_will_have_them(
    qtbot: QtBot, open_room: Callable[..., Room]
) -> None:
    room = open_room()
    room.first.references[1].path.unlink()
    room.desk.show_scene("s1")
    room.desk.set_spec(FULL.model_copy(update={"max_reference_images": 2}))
    wait(qtbot, room)
    assert "Sent." in tip(room.scene, 0)
    assert "Left out: The file is missing." in tip(room.scene, 1)
    assert "Sent." in tip(room.whole, 0)
    assert "Left out: Fake Full takes at most 2." in tip(room.whole, 1)
    assert "Scene 1: 2 of 4 sent." in words(room.scene)
    assert "Scene 1: 1 of 2 sent." in words(room.whole)
    room.desk.set_spec(SMALL)
    wait(qtbot, room)
    assert words(room.whole).startswith("Fake Small takes no reference images")
    assert len(choose_references(room.project, room.first, SMALL)) == 4


def test_marks_go_with_the_scene(qtbot: QtBot, open_room: Callable[..., Room]) -> None:
    room = open_room()
    room.desk.set_spec(FULL)
    room.desk.show_scene("s1")
    room.desk.show_scene("")
    wait(qtbot, room)
    assert "sent." not in words(room.whole)
    assert child(room.scene, ReferenceListView).model().rowCount() == 0
    room.desk.show_scene("s2")
    wait(qtbot, room)
    assert "Scene 2: all 2 sent." in words(room.scene)


def test_typing_a_prompt_asks_nothing_anew(qtbot: QtBot, open_room: Callable[..., Room]) -> None:
    room = open_room()
    room.desk.set_spec(FULL)
    room.desk.show_scene("s1")
    wait(qtbot, room)
    room.model.edit_scene("Change", room.first.model_copy(update={"prompt": "Rain"}))
    assert room.background.is_idle


def test_files_are_copied_into_the_project_and_listed(
    qtbot: QtBot, open_room: Callable[..., Room], tmp_path: Path
) -> None:
    room = open_room()
    paths = tuple(
        make_picture(tmp_path / "from" / f"{name}.png", colour)
        for name, colour in (("mast", "#101010"), ("sail", "#202020"))
    )
    room.whole.brought.emit(PicturesBrought(paths))
    assert "Copying into the project" in words(room.whole)
    qtbot.waitUntil(lambda: len(room.project.references) == 4)
    new = room.project.references[2:]
    assert [item.name for item in new] == ["mast", "sail"]
    assert all(item.path.parent == room.model.folder / "inputs" for item in new)
    assert room.done == "Add 2 references"
    assert "Copying" not in words(room.whole)
    assert room.whole.value() == room.project.references


def test_picture_of_the_clipboard_becomes_one_of_the_scene(
    qtbot: QtBot, open_room: Callable[..., Room]
) -> None:
    room = open_room()
    room.desk.show_scene("s2")
    image = QImage(16, 9, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    room.scene.brought.emit(PicturesBrought(image))
    qtbot.waitUntil(lambda: len(room.project.scenes[1].references) == 1)
    (made,) = room.project.scenes[1].references
    assert made.name == "pasted"
    assert QImage(str(made.path)).size() == image.size()
    assert room.done == "Add reference of scene 2"
    room.scene.brought.emit(PicturesBrought(image))
    qtbot.waitUntil(lambda: "in the list already" in words(room.scene))


def test_picture_goes_to_the_scene_for_which_it_was_brought(
    qtbot: QtBot, open_room: Callable[..., Room], tmp_path: Path
) -> None:
    room = open_room()
    room.desk.show_scene("s2")
    room.scene.brought.emit(PicturesBrought((make_picture(tmp_path / "mast.png", "#101010"),)))
    room.desk.show_scene("s3")
    qtbot.waitUntil(lambda: len(room.project.scenes[1].references) == 1)
    assert room.project.scenes[2].references == ()
    assert room.scene.value() == ()


def test_what_is_no_picture_is_told_and_the_others_are_taken(
    qtbot: QtBot, open_room: Callable[..., Room], tmp_path: Path
) -> None:
    room = open_room()
    notes = tmp_path / "notes.txt"
    notes.write_text("words")
    mast = make_picture(tmp_path / "mast.png", "#101010")
    gone = [tmp_path / f"gone{n}.png" for n in range(3)]
    room.whole.brought.emit(PicturesBrought((notes, mast, tmp_path, *gone)))
    qtbot.waitUntil(lambda: len(room.project.references) == 3)
    told = words(room.whole)
    assert "notes.txt" in told
    assert "is a folder" in told
    assert "2 more" in told
    assert not room.failures, "no dialog says it a second time"
    assert sorted(path.suffix for path in (room.model.folder / "inputs").iterdir()) == [".png"]


def test_project_that_is_open_for_reading_only_is_only_shown(
    qtbot: QtBot, open_room: Callable[..., Room]
) -> None:
    room = open_room(is_read_only=True)
    before = room.project
    room.desk.show_scene("s1")
    room.desk.set_spec(FULL)
    wait(qtbot, room)
    assert "Scene 1: 3 of 4 sent." in words(room.scene)
    for panel in (room.whole, room.scene):
        QTest.keyClick(select(panel, 0), Qt.Key.Key_Delete)
        assert not button(panel, "add").isEnabled()
    assert room.project == before


def test_scene_that_is_deleted_takes_its_pictures_out_of_the_list(
    open_room: Callable[..., Room],
) -> None:
    room = open_room()
    room.desk.show_scene("s1")
    scenes = room.project.scenes[1:]
    room.model.edit("Delete", room.project.model_copy(update={"scenes": scenes}))
    assert room.scene.value() == ()
    assert not button(room.scene, "add").isEnabled()
