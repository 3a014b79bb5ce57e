"""Between the storyboard's text and the scenes that it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from core.project.storyboard.scenes import renew
from gui.storyboard.storyboard_widget import StoryboardText

if TYPE_CHECKING:
    from core.project.storyboard.storyboard import Storyboard
    from core.video.spec import ModelSpec
    from gui.project.project_model import ProjectModel
    from gui.storyboard.storyboard_widget import StoryboardWidget


class StoryboardController(QObject):
    """Keeps the text in the project, and makes scenes of it on request."""

    def __init__(self, model: ProjectModel, widget: StoryboardWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._widget = widget
        widget.set_read_only(model.is_read_only)
        widget.changed.connect(self._on_text)
        widget.made.connect(self._on_made)
        model.changed.connect(self._show)
        self._show()

    def set_spec(self, spec: ModelSpec) -> None:
        """How long clips can be is up to this model."""
        self._widget.set_spec(spec)

    @Slot()
    def _show(self, _: object = None) -> None:
        project = self._model.project
        self._widget.set_clip_length(project.render.frame.duration_s)
        self._widget.set_scenes(
            project.scenes,
            frozenset(scene.id for scene in project.scenes if project.chosen_take(scene.id)),
        )
        self._widget.set_value(StoryboardText(project.storyboard, project.target_length_s))

    @Slot(object)
    def _on_text(self, value: StoryboardText) -> None:
        changes = {"storyboard": value.text, "target_length_s": value.target_length_s}
        project = self._model.project.model_copy(update=changes)
        self._model.edit("Change the storyboard", project, merge="storyboard")

    @Slot(object)
    def _on_made(self, storyboard: Storyboard) -> None:
        self._model.edit("Make scenes", renew(self._model.project, storyboard))
