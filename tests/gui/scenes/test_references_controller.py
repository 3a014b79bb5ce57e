from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from core.project.render.references import choose_references
from core.video.terms import Role
from gui.background import Background
from gui.project.project_model import ProjectModel
from gui.scenes.image_controller import ImageController
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.scenes.reference_list_view import ReferenceListView
from gui.scenes.references_controller import ReferencesController
from gui.widgets.fields import SwitchField
from tests.fakes.provider import FULL, SMALL
from tests.fakes.references import make_image, make_references
from tests.fakes.scenes import make_project
from tests.gui.children import child
from tests.gui.operating import click, tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.errors import StudioError
    from core.project.model.project import Scene, VideoProject
    from gui.widgets.thumbnails import Thumbnails

ALT = Qt.KeyboardModifier.AltModifier


@dataclass(frozen=True)
class ReferenceSetup:
    model: ProjectModel
    whole: ReferenceImagesWidget
    scene: ReferenceImagesWidget
    controller: ReferencesController
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
def open_page(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> Iterator[Callable[..., ReferenceSetup]]:
    opened: list[ReferenceSetup] = []
    owner = QObject()

    def make(project: VideoProject | None = None, *, is_read_only: bool = False) -> ReferenceSetup:
        folder = tmp_path / "project"
        (folder / "inputs").mkdir(parents=True, exist_ok=True)
        model = ProjectModel(project or filled(tmp_path), folder, is_read_only=is_read_only)
        background = Background(owner)
        images = ImageController(model, background, owner)
        failures: list[StudioError] = []
        images.failed.connect(failures.append)
        whole = ReferenceImagesWidget(thumbnails)
        scene = ReferenceImagesWidget(thumbnails, is_scene=True)
        for panel in (whole, scene):
            qtbot.addWidget(panel)
            panel.show()
        controller = ReferencesController(model, whole, scene, images, background, owner)
        opened.append(ReferenceSetup(model, whole, scene, controller, background, failures))
        return opened[-1]

    yield make
    for setup in opened:
        setup.background.close()


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


def wait(qtbot: QtBot, setup: ReferenceSetup) -> None:
    qtbot.waitUntil(lambda: setup.background.is_idle)


def test_lists_show_the_projects_images_and_the_shown_scenes(
    open_page: Callable[..., ReferenceSetup],
) -> None:
    setup = open_page()
    assert setup.whole.value() == setup.project.references
    assert setup.scene.value() == ()
    assert not button(setup.scene, "add").isEnabled()
    setup.controller.show_scene("s1")
    assert setup.scene.value() == setup.first.references
    assert button(setup.scene, "add").isEnabled()
    setup.controller.show_scene("s2")
    assert setup.scene.value() == ()
    assert button(setup.scene, "add").isEnabled()
    setup.controller.show_scene("")
    assert not button(setup.scene, "add").isEnabled()


def test_edits_of_the_projects_images_are_steps(open_page: Callable[..., ReferenceSetup]) -> None:
    setup = open_page()
    before = setup.project
    QTest.keyClick(select(setup.whole, 1), Qt.Key.Key_Left, ALT)
    assert [item.name for item in setup.project.references] == ["lighthouse", "harbour"]
    assert setup.done == "Move reference"
    click(button(setup.whole, "remove"))
    assert [item.name for item in setup.project.references] == ["harbour"]
    assert setup.done == "Remove reference"
    setup.model.undo_stack.undo()
    setup.model.undo_stack.undo()
    assert setup.project == before
    assert setup.whole.value() == before.references


def test_edits_of_a_scenes_images_are_steps_of_that_scene(
    open_page: Callable[..., ReferenceSetup],
) -> None:
    setup = open_page()
    setup.controller.show_scene("s1")
    before = setup.project
    QTest.keyClick(select(setup.scene, 0), Qt.Key.Key_Delete)
    assert [item.name for item in setup.first.references] == ["captain"]
    assert setup.done == "Remove reference of scene 1"
    assert setup.project.references == before.references
    setup.model.undo_stack.undo()
    assert setup.scene.value() == before.scenes[0].references


def test_scene_uses_the_projects_images_or_not(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup]
) -> None:
    setup = open_page()
    setup.controller.show_scene("s1")
    setup.controller.set_spec(FULL)
    wait(qtbot, setup)
    view = child(setup.scene, ReferenceListView)
    assert view.model().rowCount() == 4
    tick(button(setup.scene, "uses_global"))
    assert not setup.first.uses_global_references
    assert setup.done == "Leave out the project's references in scene 1"
    wait(qtbot, setup)
    assert view.model().rowCount() == 2
    assert "Scene 1 does not use these." in words(setup.whole)
    setup.model.undo_stack.undo()
    assert child(setup.scene, SwitchField).isChecked()
    tick(button(setup.scene, "uses_global"))
    tick(button(setup.scene, "uses_global"))
    assert setup.done == "Use the project's references in scene 1"


def test_images_are_marked_as_the_request_will_have_them(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup]
) -> None:
    setup = open_page()
    setup.first.references[1].path.unlink()
    setup.controller.show_scene("s1")
    setup.controller.set_spec(FULL.model_copy(update={"inputs": {Role.REFERENCE: 2}}))
    wait(qtbot, setup)
    assert "Sent to the model." in tip(setup.scene, 0)
    assert "Left out: The file is missing." in tip(setup.scene, 1)
    assert "Sent to the model." in tip(setup.whole, 0)
    assert "Left out: Fake Full takes at most 2." in tip(setup.whole, 1)
    assert "Scene 1: 2 of 4 sent." in words(setup.scene)
    assert "Scene 1: 1 of 2 sent." in words(setup.whole)
    setup.controller.set_spec(SMALL)
    wait(qtbot, setup)
    assert words(setup.whole).startswith("Fake Small takes no reference images")
    assert len(choose_references(setup.project, setup.first, SMALL)) == 4


def test_marks_go_with_the_scene(qtbot: QtBot, open_page: Callable[..., ReferenceSetup]) -> None:
    setup = open_page()
    setup.controller.set_spec(FULL)
    setup.controller.show_scene("s1")
    setup.controller.show_scene("")
    wait(qtbot, setup)
    assert "sent." not in words(setup.whole)
    assert child(setup.scene, ReferenceListView).model().rowCount() == 0
    setup.controller.show_scene("s2")
    wait(qtbot, setup)
    assert "Scene 2: all 2 sent." in words(setup.scene)


def test_typing_a_prompt_asks_nothing_anew(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup]
) -> None:
    setup = open_page()
    setup.controller.set_spec(FULL)
    setup.controller.show_scene("s1")
    wait(qtbot, setup)
    setup.model.edit_scene("Change", setup.first.model_copy(update={"prompt": "Rain"}))
    assert setup.background.is_idle


def test_files_are_copied_into_the_project_and_listed(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup], tmp_path: Path
) -> None:
    setup = open_page()
    paths = tuple(
        make_image(tmp_path / "from" / f"{name}.png", colour)
        for name, colour in (("mast", "#101010"), ("sail", "#202020"))
    )
    setup.whole.brought.emit(paths)
    assert "Copying into the project" in words(setup.whole)
    qtbot.waitUntil(lambda: len(setup.project.references) == 4)
    new = setup.project.references[2:]
    assert [item.name for item in new] == ["mast", "sail"]
    assert all(item.path.parent == setup.model.folder / "inputs" for item in new)
    assert setup.done == "Add 2 references"
    assert "Copying" not in words(setup.whole)
    assert setup.whole.value() == setup.project.references


def test_image_of_the_clipboard_becomes_one_of_the_scene(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup]
) -> None:
    setup = open_page()
    setup.controller.show_scene("s2")
    image = QImage(16, 9, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    setup.scene.brought.emit((image,))
    qtbot.waitUntil(lambda: len(setup.project.scenes[1].references) == 1)
    (made,) = setup.project.scenes[1].references
    assert made.name == "pasted"
    assert QImage(str(made.path)).size() == image.size()
    assert setup.done == "Add reference of scene 2"
    setup.scene.brought.emit((image,))
    qtbot.waitUntil(lambda: "in the list already" in words(setup.scene))


def test_image_goes_to_the_scene_for_which_it_was_brought(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup], tmp_path: Path
) -> None:
    setup = open_page()
    setup.controller.show_scene("s2")
    setup.scene.brought.emit((make_image(tmp_path / "mast.png", "#101010"),))
    setup.controller.show_scene("s3")
    qtbot.waitUntil(lambda: len(setup.project.scenes[1].references) == 1)
    assert setup.project.scenes[2].references == ()
    assert setup.scene.value() == ()


def test_what_is_no_image_is_told_and_the_others_are_taken(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup], tmp_path: Path
) -> None:
    setup = open_page()
    notes = tmp_path / "notes.txt"
    notes.write_text("words")
    mast = make_image(tmp_path / "mast.png", "#101010")
    gone = [tmp_path / f"gone{n}.png" for n in range(3)]
    setup.whole.brought.emit((notes, mast, tmp_path, *gone))
    qtbot.waitUntil(lambda: len(setup.project.references) == 3)
    messages = words(setup.whole)
    assert "notes.txt" in messages
    assert "is a folder" in messages
    assert "2 more" in messages
    assert not setup.failures, "no dialog says it a second time"
    assert sorted(path.suffix for path in (setup.model.folder / "inputs").iterdir()) == [".png"]


def test_project_that_is_open_for_reading_only_is_only_shown(
    qtbot: QtBot, open_page: Callable[..., ReferenceSetup]
) -> None:
    setup = open_page(is_read_only=True)
    before = setup.project
    setup.controller.show_scene("s1")
    setup.controller.set_spec(FULL)
    wait(qtbot, setup)
    assert "Scene 1: 3 of 4 sent." in words(setup.scene)
    for panel in (setup.whole, setup.scene):
        QTest.keyClick(select(panel, 0), Qt.Key.Key_Delete)
        assert not button(panel, "add").isEnabled()
    assert setup.project == before


def test_scene_that_is_deleted_takes_its_images_out_of_the_list(
    open_page: Callable[..., ReferenceSetup],
) -> None:
    setup = open_page()
    setup.controller.show_scene("s1")
    scenes = setup.project.scenes[1:]
    setup.model.edit("Delete", setup.project.model_copy(update={"scenes": scenes}))
    assert setup.scene.value() == ()
    assert not button(setup.scene, "add").isEnabled()
