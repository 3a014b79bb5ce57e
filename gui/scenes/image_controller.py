"""Pictures on their way into the project: copied beside the main thread, then put to their use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import OutputError, ProjectError, StudioError, UnsupportedRequest
from core.platform.scratch import scratch_folder
from core.project.files.media import bring_in
from core.project.model.character_edits import with_character
from core.project.model.characters import Character, name_problem
from core.project.model.edits import FrameSlot, describe_edit, with_frame
from core.project.model.project import ReferenceImage, new_id
from gui.render.plan_fixes import ChooseFrame, ClearFrame
from gui.widgets.file_field import IMAGES, FileKind, choose_files, files_in
from gui.widgets.image_slot import image_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QMimeData
    from PySide6.QtWidgets import QWidget

    from core.jobs.job import CancelToken
    from core.project.model.project import Scene, VideoProject
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.render.plan_fixes import Fix

_MOST_SHOWN = 3
_NEW_NAME = "New character"


class ImageRole(StrEnum):
    """What a picture is for."""

    START = "start frame"
    END = "end frame"
    SCENE_REFERENCE = "reference of the scene"
    PROJECT_REFERENCE = "reference of the project"
    CHARACTER = "image of a character"


_OF_PROJECT = (ImageRole.PROJECT_REFERENCE, ImageRole.CHARACTER)


@dataclass(frozen=True)
class ImageUse:
    """Pictures that shall be copied into the project, and what for.

    Attributes:
        images: files from anywhere, or pictures from the clipboard.
        scene_id: not looked at for what belongs to the whole project.
        character_id: whose image it is; where there is no such one, it is that of a new one.
    """

    images: tuple[Path | QImage, ...]
    role: ImageRole
    scene_id: str = ""
    character_id: str = ""


class ImageController(QObject):
    """Brings pictures into the open project.

    Signals:
        failed(StudioError): a picture cannot be used.
        message(str): what a picture has become.
    """

    failed = Signal(object)
    message = Signal(object)

    def __init__(self, model: ProjectModel, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._background = background

    def reason_against(self, role: ImageRole, scene_id: str) -> str:
        """Why no picture can be brought in that role now; empty where one can."""
        if self._model.is_read_only:
            return "The project is open for reading only: it takes no picture."
        if role not in _OF_PROJECT and not scene_id:
            return "Choose a scene first, then use the picture there."
        return ""

    def bring(
        self,
        use: ImageUse,
        after: Callable[[], None] = lambda: None,
        failed: Callable[[StudioError], None] | None = None,
    ) -> None:
        """Copy the pictures into the project and use them; one that is none stops no other.

        Args:
            use: the pictures and what they are for.
            after: called when they are used.
            failed: called with what is wrong with them, in the place of the signal.
        """
        folder = self._model.folder

        def copy(cancel: CancelToken) -> _Copies:
            return _copy(use.images, folder, cancel)

        def arrived(copies: _Copies) -> None:
            self._use(use, copies.paths)
            after()
            if copies.errors:
                (failed or self.failed.emit)(_as_one(copies.errors))

        self._background.run(copy, arrived, failed or self.failed.emit)

    def mend(self, fix: Fix, scene_ids: tuple[str, ...], parent: QWidget) -> None:
        """Ask for another picture as a frame of these scenes, or take that frame out of them."""
        project = self._model.project
        scenes = [scene for scene in project.scenes if scene.id in scene_ids]
        if isinstance(fix, ClearFrame) and scenes:
            text = f"Remove {fix.slot.label} of scene {project.index(scenes[0].id) + 1}"
            self._model.edit_scenes(text, [with_frame(one, fix.slot, None) for one in scenes])
        elif isinstance(fix, ChooseFrame):
            role = ImageRole.START if fix.slot is FrameSlot.START else ImageRole.END

            def bring(paths: tuple[Path, ...]) -> None:
                for scene in scenes:
                    self.bring(ImageUse(paths[:1], role, scene.id))

            choose_files(parent, FileKind(f"the {fix.slot.label}", (IMAGES,)), bring)

    def _use(self, use: ImageUse, copies: Sequence[Path]) -> None:
        project = self._model.project
        if not copies:
            return
        if use.role is ImageRole.PROJECT_REFERENCE:
            references = _with_references(project.references, copies)
            text = describe_edit(project.references, references)
            self._model.edit(text, project.model_copy(update={"references": references}))
            return
        if use.role is ImageRole.CHARACTER:
            self._use_for_character(use, copies)
            return
        scene = project.scene(use.scene_id)
        if scene is None:
            return
        after = _scene_with(scene, use.role, copies)
        text, number = f"Set {use.role.value}", project.index(scene.id) + 1
        if use.role is ImageRole.SCENE_REFERENCE:
            text = f"{describe_edit(scene.references, after.references)} of scene {number}"
        self._model.edit_scene(text, after)
        if use.role in (ImageRole.START, ImageRole.END):
            image = use.images[0]
            name = repr(image.name) if isinstance(image, Path) else "The picture"
            self.message.emit(f"{name} is the {use.role.value} of scene {number} now.")

    def _use_for_character(self, use: ImageUse, copies: Sequence[Path]) -> None:
        project = self._model.project
        known = next((one for one in project.characters if one.id == use.character_id), None)
        character = known or Character(id=new_id("character"), name=_free_name(project))
        images = _with_references(character.images, copies)
        text = f"{describe_edit(character.images, images)} of {character.name}"
        changed = character.model_copy(update={"images": images})
        self._model.edit(text, with_character(project, changed))
        self.message.emit(f"The picture is an image of @{character.name} now.")


def _free_name(project: VideoProject) -> str:
    number, name = 1, _NEW_NAME
    while name_problem(name, project.characters):
        number += 1
        name = f"{_NEW_NAME} {number}"
    return name


@dataclass(frozen=True)
class _Copies:
    paths: tuple[Path, ...]
    errors: tuple[StudioError, ...]


def _copy(images: Sequence[Path | QImage], folder: Path, cancel: CancelToken) -> _Copies:
    copies: list[Path] = []
    errors: list[StudioError] = []
    for image in images:
        cancel.check()
        try:
            copies.append(_bring_in(image, folder))
        except (UnsupportedRequest, ProjectError) as error:
            errors.append(error)
    return _Copies(tuple(copies), tuple(errors))


def _bring_in(image: Path | QImage, folder: Path) -> Path:
    if not isinstance(image, QImage):
        return bring_in(image, folder)
    with scratch_folder() as place:
        path = place / "pasted.png"
        if not image.save(str(path)):
            raise OutputError("The picture of the clipboard cannot be written.")
        return bring_in(path, folder)


def _as_one(errors: Sequence[StudioError]) -> StudioError:
    if len(errors) == 1:
        return errors[0]
    message = "\n".join(str(error) for error in errors[:_MOST_SHOWN])
    more = len(errors) - _MOST_SHOWN
    return StudioError(message, hint=f"\nSo it is with {more} more." if more > 0 else "")


def _with_references(
    references: Sequence[ReferenceImage], paths: Sequence[Path]
) -> tuple[ReferenceImage, ...]:
    """The references and these pictures, each once."""
    known = {reference.path for reference in references}
    new = [ReferenceImage(path=path, name=path.stem.rsplit("-", 1)[0]) for path in paths]
    return (*references, *(item for item in new if item.path not in known))


def _scene_with(scene: Scene, role: ImageRole, copies: Sequence[Path]) -> Scene:
    match role:
        case ImageRole.START:
            return with_frame(scene, FrameSlot.START, copies[0])
        case ImageRole.END:
            return with_frame(scene, FrameSlot.END, copies[0])
        case _:
            references = _with_references(scene.references, copies)
            return scene.model_copy(update={"references": references})


def images_in(mime: QMimeData) -> tuple[Path | QImage, ...]:
    """What of the clipboard or a drag can be pictures: every file, else the picture itself."""
    image = image_in(mime)
    return files_in(mime) or (() if image is None else (image,))
