"""What the player shows: a take, all scenes as the export will cut them, or the last export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from gui.video.picture_desk import PictureRole, PictureUse
from gui.video.player_words import GrabUse, PlayerSource

if TYPE_CHECKING:
    from core.project.project import Take
    from gui.video.clip_player import ClipPlayer
    from gui.video.picture_desk import PictureDesk
    from gui.video.player_words import Grab
    from gui.video.project_model import ProjectModel

_ROLES = {
    GrabUse.START_FRAME: PictureRole.START,
    GrabUse.END_FRAME: PictureRole.END,
    GrabUse.REFERENCE: PictureRole.SCENE_REFERENCE,
}


class PlayerDesk(QObject):
    """Follows the shown scene and the choice of a person.

    Signals:
        sequence_wanted(): the film of all scenes is to be made and shown.
    """

    sequence_wanted = Signal()

    def __init__(
        self, model: ProjectModel, player: ClipPlayer, pictures: PictureDesk, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._player = player
        self._pictures = pictures
        self._scene_id = ""
        self._shown: Take | None = None
        player.take_wanted.connect(self.show_take)
        player.sequence_wanted.connect(self.sequence_wanted)
        player.export_wanted.connect(self.show_export)
        player.grabbed.connect(self._on_grab)
        model.changed.connect(self._on_change)

    def show_scene(self, scene_id: str) -> None:
        """Turn to another scene."""
        self._scene_id = scene_id
        if self._player.source() is PlayerSource.TAKE:
            self.show_take()

    @Slot()
    def show_take(self) -> None:
        """Show the chosen take of the scene."""
        self._player.set_source(PlayerSource.TAKE)
        scene = self._model.project.scene(self._scene_id)
        take = None if scene is None else self._model.project.chosen_take(scene.id)
        self._shown = take
        if scene is None:
            self._player.say("Choose a scene to see its clip.")
        elif take is None:
            self._player.say("This scene has no clip yet. Render it to see it here.")
        else:
            self.play_take(take)

    def play_take(self, take: Take) -> None:
        """Show this take, whether it is chosen or not."""
        self._player.set_source(PlayerSource.TAKE)
        self._shown = take
        self._player.show_clip(take.path, take.path.name)

    @Slot()
    def show_export(self) -> None:
        """Show the last export."""
        self._player.set_source(PlayerSource.EXPORT)
        path = self._model.project.last_export
        if path is None:
            self._player.say("Nothing has been exported yet.")
        else:
            self._player.show_clip(path, path.name)

    @Slot(object)
    def _on_change(self, _: object) -> None:
        if self._player.source() is not PlayerSource.TAKE:
            return
        scene = self._model.project.scene(self._scene_id)
        if scene is None or self._model.project.chosen_take(scene.id) != self._shown:
            self.show_take()

    @Slot(object)
    def _on_grab(self, grab: Grab) -> None:
        use = PictureUse((grab.path,), _ROLES[grab.use], self._scene_id)
        self._pictures.bring(use)
