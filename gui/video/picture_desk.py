"""Pictures on their way into the project: copied beside the main thread, then put to their use."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.errors import OutputError
from core.project.media import bring_in
from core.project.project import ReferenceImage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.jobs import CancelToken
    from core.project.project import Scene, VideoProject
    from gui.background import Background
    from gui.video.project_model import ProjectModel


class PictureRole(StrEnum):
    """What a picture is for."""

    START = "start frame"
    END = "end frame"
    SCENE_REFERENCE = "reference of the scene"
    PROJECT_REFERENCE = "reference of the project"


@dataclass(frozen=True)
class PictureUse:
    """Pictures for one use; `scene_id` is not looked at for the project's references."""

    paths: tuple[Path, ...]
    role: PictureRole
    scene_id: str = ""


class PictureDesk(QObject):
    """Brings pictures into the open project.

    Signals:
        failed(StudioError): a picture cannot be used.
    """

    failed = Signal(object)

    def __init__(self, model: ProjectModel, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._background = background

    def bring(self, use: PictureUse, after: Callable[[], None] = lambda: None) -> None:
        """Copy the pictures into the project and use them; `after` is called when that is done."""
        folder = self._model.folder

        def copy(cancel: CancelToken) -> tuple[Path, ...]:
            copies: list[Path] = []
            for path in use.paths:
                cancel.check()
                copies.append(bring_in(path, folder))
            return tuple(copies)

        def arrived(copies: tuple[Path, ...]) -> None:
            self._use(use, copies)
            after()

        self._background.run(copy, arrived, self.failed.emit)

    def bring_picture(self, picture: Path | QImage, role: PictureRole, scene_id: str) -> None:
        """Bring one picture, from a file or from the clipboard, for one use."""
        if not isinstance(picture, QImage):
            self.bring(PictureUse((picture,), role, scene_id))
            return
        folder = self._model.folder

        def write(_: CancelToken) -> Path:
            with tempfile.TemporaryDirectory(prefix="imageai-") as place:
                path = Path(place) / "pasted.png"
                if not picture.save(str(path), "PNG"):
                    raise OutputError("The picture of the clipboard cannot be written.")
                return bring_in(path, folder)

        def arrived(copy: Path) -> None:
            self._use(PictureUse((copy,), role, scene_id), (copy,))

        self._background.run(write, arrived, self.failed.emit)

    def _use(self, use: PictureUse, copies: Sequence[Path]) -> None:
        project = self._model.project
        if not copies:
            return
        if use.role is PictureRole.PROJECT_REFERENCE:
            references = with_references(project.references, copies)
            self._model.edit("Add references", _with(project, references))
            return
        scene = project.scene(use.scene_id)
        if scene is None:
            return
        self._model.edit_scene(f"Set {use.role.value}", _scene_with(scene, use.role, copies))


def with_references(
    references: Sequence[ReferenceImage], paths: Sequence[Path]
) -> tuple[ReferenceImage, ...]:
    """The references and these pictures, each once."""
    known = {reference.path for reference in references}
    new = [ReferenceImage(path=path, name=path.stem.rsplit("-", 1)[0]) for path in paths]
    return (*references, *(item for item in new if item.path not in known))


def _with(project: VideoProject, references: tuple[ReferenceImage, ...]) -> VideoProject:
    return project.model_copy(update={"references": references})


def _scene_with(scene: Scene, role: PictureRole, copies: Sequence[Path]) -> Scene:
    match role:
        case PictureRole.START:
            return scene.model_copy(update={"start_image": copies[0], "continues": False})
        case PictureRole.END:
            return scene.model_copy(update={"end_image": copies[0]})
        case _:
            return scene.model_copy(
                update={"references": with_references(scene.references, copies)}
            )
