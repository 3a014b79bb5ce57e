"""Reference images between the project and its two lists, and what a scene's clip gets of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from core.project.model.edits import describe_edit
from core.project.render.references import choose_references
from gui.scenes.image_controller import ImageRole, ImageUse
from gui.theme import Tone

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.project.model.project import ReferenceImage, Scene, VideoProject
    from core.project.render.references import ChosenReference
    from core.video.spec import ModelSpec
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.scenes.image_controller import ImageController
    from gui.scenes.reference_images_widget import ReferenceImagesWidget

    References = tuple[ReferenceImage, ...]

_READ_ONLY = "There are none. The project is open for reading only."
_NO_SCENE = "Choose a scene to give it pictures of its own."
_COPYING = "Copying into the project…"
_KNOWN = "That is in the list already."


class ReferencesController(QObject):
    """Keeps both lists and the project in step."""

    def __init__(
        self,
        model: ProjectModel,
        project_list: ReferenceImagesWidget,
        scene_list: ReferenceImagesWidget,
        images: ImageController,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._project_list = project_list
        self._scene_list = scene_list
        self._images = images
        self._background = background
        self._scene_id = ""
        self._spec: ModelSpec | None = None
        self._asked: object = None
        project_list.changed.connect(self._on_project_edit)
        scene_list.changed.connect(self._on_scene_edit)
        scene_list.uses_global_changed.connect(self._on_uses_global)
        for role, panel in (
            (ImageRole.PROJECT_REFERENCE, project_list),
            (ImageRole.SCENE_REFERENCE, scene_list),
        ):
            panel.brought.connect(partial(self._on_brought, role, panel))
        model.changed.connect(self._show)
        self._show()

    def show_scene(self, scene_id: str) -> None:
        """Show this scene's own pictures; none for an empty id."""
        if scene_id != self._scene_id:
            self._scene_id = scene_id
            self._scene_list.show_message("")
            self._forget()
            self._show()

    def set_spec(self, spec: ModelSpec) -> None:
        """The shown scene would be rendered by this model."""
        self._spec = spec
        self._project_list.set_limit(spec)
        self._scene_list.set_limit(spec)
        self._judge()

    @property
    def _scene(self) -> Scene | None:
        return self._model.project.scene(self._scene_id)

    @Slot()
    def _show(self, _: object = None) -> None:
        scene, is_read_only = self._scene, self._model.is_read_only
        self._project_list.set_value(self._model.project.references)
        self._project_list.set_editable(not is_read_only, _READ_ONLY)
        self._scene_list.set_value(() if scene is None else scene.references)
        self._scene_list.set_uses_global(scene is None or scene.uses_global_references)
        can = scene is not None and not is_read_only
        self._scene_list.set_editable(can, _NO_SCENE if scene is None else _READ_ONLY)
        self._judge()

    def _judge(self) -> None:
        """Find out what the shown scene's clip gets; files are looked for, so beside the thread."""
        project, scene, spec = self._model.project, self._scene, self._spec
        if scene is None or spec is None:
            self._forget()
            return
        whose = f"Scene {project.index(scene.id) + 1}"
        # All that decides what of the pictures its clip gets.
        question = (whose, project.references, scene.references, scene.uses_global_references, spec)
        if question == self._asked:
            return
        self._asked = question

        def choose(_: CancelToken) -> tuple[ChosenReference, ...]:
            return choose_references(project, scene, spec)

        def chosen(choice: tuple[ChosenReference, ...]) -> None:
            if question == self._asked:
                self._show_choice(choice, whose)

        self._background.run(choose, chosen, self._show_failure, key="references")

    def _forget(self) -> None:
        self._asked = None
        self._show_choice((), "")

    def _show_choice(self, choice: tuple[ChosenReference, ...], whose: str) -> None:
        self._project_list.show_choice(choice, whose)
        self._scene_list.show_choice(choice, whose)

    def _show_failure(self, error: StudioError) -> None:
        self._scene_list.show_message(str(error))

    @Slot(object)
    def _on_project_edit(self, value: References) -> None:
        project = self._model.project
        text = describe_edit(project.references, value)
        self._model.edit(text, project.model_copy(update={"references": value}))

    @Slot(object)
    def _on_scene_edit(self, value: References) -> None:
        scene = self._scene
        if scene is not None:
            text = f"{describe_edit(scene.references, value)} of {self._name(scene)}"
            self._model.edit_scene(text, scene.model_copy(update={"references": value}))

    @Slot(object)
    def _on_uses_global(self, uses_global: bool) -> None:
        scene = self._scene
        if scene is not None:
            verb = "Use" if uses_global else "Leave out"
            text = f"{verb} the project's references in {self._name(scene)}"
            changed = scene.model_copy(update={"uses_global_references": uses_global})
            self._model.edit_scene(text, changed)

    def _name(self, scene: Scene) -> str:
        return f"scene {self._model.project.index(scene.id) + 1}"

    def _on_brought(
        self, role: ImageRole, panel: ReferenceImagesWidget, images: tuple[Path | QImage, ...]
    ) -> None:
        scene_id, before = self._scene_id, self._owner(role, self._scene_id)
        if before is None:
            return

        def used() -> None:
            now = self._owner(role, scene_id)
            is_known = now is not None and now.references == before.references
            # Another scene may be shown by now.
            if now is self._owner(role, self._scene_id):
                panel.show_message(_KNOWN if is_known else "")

        panel.show_message(_COPYING, Tone.QUIET)
        self._images.bring(
            ImageUse(images, role, scene_id), used, lambda error: panel.show_message(str(error))
        )

    def _owner(self, role: ImageRole, scene_id: str) -> VideoProject | Scene | None:
        """Whose list it is."""
        project = self._model.project
        return project if role is ImageRole.PROJECT_REFERENCE else project.scene(scene_id)
