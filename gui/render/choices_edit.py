"""One edit of how clips are rendered, and whose choices are being edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.controls import ROWS, Control

if TYPE_CHECKING:
    from core.project.model.project import Scene
    from core.video.request import RenderChoices


@dataclass(frozen=True)
class ChoicesEdit:
    """A person chose something, or let go of a choice.

    Attributes:
        field: the name of a control.
        value: what it is now.
        is_own: False where a scene follows the project in this field again.
    """

    field: str
    value: object
    is_own: bool = True

    def on_project(self, choices: RenderChoices) -> RenderChoices:
        """The project's choices after the edit."""
        return ROWS[Control(self.field)].with_value(choices, self.value)

    def on_scene(self, scene: Scene) -> Scene:
        """The scene after the edit."""
        if self.is_own:
            return scene.with_own(self.field, self.value)
        return scene.without_own(self.field)


@dataclass(frozen=True)
class SceneScope:
    """The choices of one scene are edited, not those of the project.

    Attributes:
        label: what the scene is called in sentences, such as "Scene 3".
        own_fields: in which fields it differs from the project.
        project: what it follows everywhere else.
    """

    label: str
    own_fields: tuple[str, ...]
    project: RenderChoices
