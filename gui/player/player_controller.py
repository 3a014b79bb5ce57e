"""What the player shows: a take, all scenes as the export will cut them, or the last export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.project.render.film_from_takes import film_of
from gui.player.film_preview import FilmPreviewer
from gui.player.player_text import GrabUse, PlayerSource
from gui.scenes.image_controller import ImageRole, ImageUse

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.film.build.preview import PreviewFilm
    from core.film.model.film import Film
    from core.jobs.job import Progressed
    from core.project.model.project import Take
    from core.studio import Studio
    from gui.player.clip_player import ClipPlayer
    from gui.player.player_text import Grab
    from gui.project.project_model import ProjectModel
    from gui.scenes.image_controller import ImageController

_ROLES = {
    GrabUse.START_FRAME: ImageRole.START,
    GrabUse.END_FRAME: ImageRole.END,
    GrabUse.REFERENCE: ImageRole.SCENE_REFERENCE,
}


class PlayerController(QObject):
    """Follows the shown scene and the choice of a person.

    Signals:
        message(str): a sentence for the status console.
    """

    message = Signal(object)

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        player: ClipPlayer,
        images: ImageController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._player = player
        self._images = images
        self._previewer = FilmPreviewer(studio.preview_stores, studio.text_renderer, self)
        self._previewer.ready.connect(self._show_preview)
        self._previewer.failed.connect(self._on_no_preview)
        self._previewer.progress.connect(self._on_preview_progress)
        self._scene_id = ""
        self._shown: Take | None = None
        self._shown_film: Film | None = None
        player.source_wanted.connect(self._show_source)
        player.grabbed.connect(self._on_grab)
        model.changed.connect(self._on_change)

    def show_scene(self, scene_id: str) -> None:
        """Turn to another scene."""
        self._scene_id = scene_id
        if self._player.source() is PlayerSource.TAKE:
            self.show_take()

    @Slot(object)
    def _show_source(self, source: PlayerSource) -> None:
        match source:
            case PlayerSource.TAKE:
                self.show_take()
            case PlayerSource.SEQUENCE:
                self._show_sequence()
            case PlayerSource.EXPORT:
                self.show_export()

    def show_take(self) -> None:
        """Show the chosen take of the scene."""
        self._player.set_source(PlayerSource.TAKE)
        scene = self._model.project.scene(self._scene_id)
        take = None if scene is None else self._model.project.chosen_take(scene.id)
        self._shown = take
        if scene is None:
            self._player.show_message("Choose a scene to see its clip.")
        elif take is None:
            self._player.show_message("This scene has no clip yet. Render it to see it here.")
        else:
            self.play_take(take)

    def play_take(self, take: Take) -> None:
        """Show this take, whether it is chosen or not."""
        self._player.set_source(PlayerSource.TAKE)
        self._shown = take
        self._player.show_clip(take.path, take.path.name)

    def _show_sequence(self) -> None:
        """Make the film of all scenes as the export cuts it, small, and show it."""
        self._player.set_source(PlayerSource.SEQUENCE)
        project = self._model.project
        made = film_of(project)
        self._shown_film = made.film
        if not made.film.clips:
            self._player.show_message("No scene has a clip yet.")
            return
        self._player.show_message("Putting the scenes together…")
        self._previewer.build(
            made.film, project.film.settings, skips_bad_clips=project.film.skips_bad_clips
        )

    @Slot(object)
    def _show_preview(self, preview: PreviewFilm) -> None:
        if self._player.source() is PlayerSource.SEQUENCE:
            self._player.show_film(preview.path, preview.scenes, self._model.project.name)

    @Slot(object)
    def _on_no_preview(self, error: StudioError) -> None:
        if self._player.source() is PlayerSource.SEQUENCE:
            self._player.show_message(str(error))

    @Slot(object)
    def _on_preview_progress(self, event: Progressed) -> None:
        if self._player.source() is PlayerSource.SEQUENCE and event.fraction is not None:
            self._player.show_message(f"Putting the scenes together… {event.fraction:.0%}")

    def release(self) -> None:
        """Let go of files and threads."""
        self._previewer.release()
        self._player.release()

    def show_export(self) -> None:
        """Show the last export."""
        self._player.set_source(PlayerSource.EXPORT)
        path = self._model.project.last_export
        if path is None:
            self._player.show_message("Nothing has been exported yet.")
        else:
            self._player.show_clip(path, path.name)

    @Slot(object)
    def _on_change(self, _: object) -> None:
        if self._player.source() is PlayerSource.SEQUENCE:
            if film_of(self._model.project).film != self._shown_film:
                self._previewer.cancel()
                self._player.show_message("The film has changed. Press Sequence to see it anew.")
            return
        if self._player.source() is not PlayerSource.TAKE:
            return
        scene = self._model.project.scene(self._scene_id)
        if scene is None or self._model.project.chosen_take(scene.id) != self._shown:
            self.show_take()

    @Slot(object)
    def _on_grab(self, grab: Grab) -> None:
        use = ImageUse((grab.path,), _ROLES[grab.use], self._scene_id)
        self._images.bring(use)
