"""What the player shows: a take, all scenes as the export will cut them, or the last export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from core.media.stills import read_photo
from core.project.render.film_from_takes import film_of
from gui.jobs.job_text import stage
from gui.player.film_preview import FilmPreviewer
from gui.player.player_text import GrabUse, PlayerSource
from gui.scenes.image_controller import ImageRole, ImageUse

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from core.errors import StudioError
    from core.film.build.preview import PreviewFilm
    from core.film.model.delivery import ExportSettings
    from core.film.model.film import Film
    from core.jobs.job import Progressed
    from core.project.model.project import Take, VideoProject
    from core.studio import Studio
    from gui.background import Background
    from gui.player.clip_player import ClipPlayer
    from gui.player.player_text import Grab
    from gui.project.project_model import ProjectModel
    from gui.scenes.image_controller import ImageController

_AFTER_MS = 400
_ROLES = {
    GrabUse.START_FRAME: ImageRole.START,
    GrabUse.END_FRAME: ImageRole.END,
    GrabUse.REFERENCE: ImageRole.SCENE_REFERENCE,
}


@dataclass(frozen=True)
class _Progress:
    """How far the render of a scene is; `path` is where its picture so far lies."""

    text: str
    path: Path | None = None
    image: QImage | None = None


@dataclass(frozen=True)
class _Place:
    """A moment of a film, counted from where a scene of it begins."""

    scene_id: str
    after_s: float


_STILL = "A still. How long the film holds it is set under Cut."
_FIRST_FILM = (
    "This is your first film: press Play to see it. To write it to a file, press Export video, at "
    "the left under 4 Export."
)


class PlayerController(QObject):
    """Follows the shown scene and the choice of a person.

    Signals:
        scene_wanted(str): the film has come to this scene.
    """

    scene_wanted = Signal(object)

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        player: ClipPlayer,
        images: ImageController,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._player = player
        self._images = images
        self._background = background
        self._previewer = FilmPreviewer(studio.preview_stores, studio.text_renderer, self)
        self._previewer.ready.connect(self._show_preview)
        self._previewer.failed.connect(self._on_no_preview)
        self._previewer.progress.connect(self._on_preview_progress)
        self._scene_id = ""
        self._shown: Take | None = None
        self._shown_film: tuple[Film, ExportSettings] | None = None
        self._film_scenes: tuple[str, ...] = ()
        self._place: _Place | None = None
        self._opening_note = ""
        self._renders: dict[str, _Progress] = {}
        self._later = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._later.timeout.connect(self._update_sequence)
        player.source_wanted.connect(self._show_source)
        player.source_restored.connect(self._restore_source)
        player.grabbed.connect(self._on_grab)
        player.scene_shown.connect(self._on_scene_shown)
        model.changed.connect(self._on_change)

    def show_scene(self, scene_id: str) -> None:
        """Turn to another scene; in the sequence, to where it begins."""
        self._scene_id = scene_id
        match self._player.source():
            case PlayerSource.TAKE:
                self.show_take()
            case PlayerSource.SEQUENCE if scene_id in self._film_scenes:
                self._player.go_to_scene(self._film_scenes.index(scene_id))
            case _:
                pass

    @Slot(object)
    def _show_source(self, source: PlayerSource) -> None:
        match source:
            case PlayerSource.TAKE:
                self.show_take()
            case PlayerSource.SEQUENCE:
                self.show_sequence()
            case PlayerSource.EXPORT:
                self.show_export()

    @Slot(object)
    def _restore_source(self, source: PlayerSource) -> None:
        """Show what was shown the last time, where this project has such a thing."""
        project = self._model.project
        has_it = {
            PlayerSource.TAKE: True,
            PlayerSource.SEQUENCE: bool(film_of(project).film.clips),
            PlayerSource.EXPORT: project.last_export is not None,
        }
        if has_it[source] and source is not self._player.source():
            self._show_source(source)

    def show_take(self) -> None:
        """Show the chosen take of the scene, or how far its render is."""
        self._player.set_source(PlayerSource.TAKE)
        scene = self._model.project.scene(self._scene_id)
        take = None if scene is None else self._model.project.chosen_take(scene.id)
        self._shown = take
        progress = self._renders.get(self._scene_id)
        if scene is None:
            self._player.show_message("Choose a scene to see its clip.")
        elif progress is not None and (take is None or progress.image is not None):
            self._player.show_progress(progress.text, progress.image)
        elif take is None:
            self._player.show_message("This scene has no clip yet. Render it to see it here.")
        else:
            self._show_clip(take)
            self._player.show_note("" if progress is None else progress.text)

    @Slot(object)
    def look_at(self, take: Take) -> None:
        """Show the first frame of this take, whether it is chosen or not."""
        self._open(take, plays=False)

    @Slot(object)
    def play_take(self, take: Take) -> None:
        """Play this take, whether it is chosen or not."""
        self._open(take, plays=True)

    def _open(self, take: Take, *, plays: bool) -> None:
        self._player.set_source(PlayerSource.TAKE)
        self._shown = self._model.project.chosen_take(self._scene_id)
        self._show_clip(take, plays=plays)

    def _show_clip(self, take: Take, *, plays: bool = False) -> None:
        if not take.is_still:
            self._player.show_clip(take.path, take.path.name, plays=plays)
            return
        self._player.show_message("")
        shown = self._shown

        def arrived(image: QImage) -> None:
            if self._shown == shown and self._player.source() is PlayerSource.TAKE:
                self._player.show_still(image, take.path.name, _STILL)

        self._background.run(
            lambda _: _read_still(take.path),
            arrived,
            lambda error: self._player.show_message(str(error)),
            key="still",
        )

    def show_first_film(self) -> None:
        """Show the sample's film, and say what can be done with it."""
        self.show_sequence(_FIRST_FILM)

    def show_sequence(self, note: str = "") -> None:
        """Make the film of all scenes as the export cuts it, small, and show it with a note."""
        self._player.set_source(PlayerSource.SEQUENCE)
        self._place = None
        self._opening_note = note
        self._build_sequence()

    @Slot()
    def _update_sequence(self) -> None:
        """Make the film anew, which has changed, and come back to where it stands."""
        if self._player.source() is PlayerSource.SEQUENCE and self._film != self._shown_film:
            self._build_sequence()

    @property
    def _film(self) -> tuple[Film, ExportSettings]:
        project = self._model.project
        return film_of(project).film, project.film.settings

    def _build_sequence(self) -> None:
        self._shown_film = film, settings = self._film
        if not film.clips:
            self._previewer.cancel()
            self._film_scenes = ()
            self._player.show_message("No scene has a clip yet.")
            return
        self._tell_building("Putting the scenes together…")
        skips = self._model.project.film.skips_bad_clips
        self._previewer.build(film, settings, skips_bad_clips=skips)

    def _tell_building(self, text: str) -> None:
        if self._place is None:
            self._player.show_message(text)
        else:
            # The film as it was can still be looked at meanwhile.
            self._player.show_note(text)

    @Slot(object)
    def _show_preview(self, preview: PreviewFilm) -> None:
        if self._player.source() is not PlayerSource.SEQUENCE:
            return
        project = self._model.project
        self._film_scenes = _scenes_of(preview, project)
        place, self._place = self._place, None
        at_s = 0.0
        if place is not None and place.scene_id in self._film_scenes:
            begin = preview.scenes[self._film_scenes.index(place.scene_id)]
            at_s = begin.start_s + place.after_s
        self._player.show_film(
            preview.path,
            preview.scenes,
            project.name,
            at_s=at_s,
            plays=place is not None and self._player.is_playing,
            is_update=place is not None,
        )
        self._player.show_note(self._opening_note)
        self._opening_note = ""

    @Slot(object)
    def _on_no_preview(self, error: StudioError) -> None:
        if self._player.source() is PlayerSource.SEQUENCE:
            self._player.show_message(str(error))

    @Slot(object)
    def _on_preview_progress(self, event: Progressed) -> None:
        if self._player.source() is PlayerSource.SEQUENCE and event.fraction is not None:
            self._tell_building(f"Putting the scenes together… {event.fraction:.0%}")

    @Slot(object)
    def _on_scene_shown(self, number: int) -> None:
        if self._player.source() is PlayerSource.SEQUENCE and number < len(self._film_scenes):
            self._scene_id = self._film_scenes[number]
            self.scene_wanted.emit(self._scene_id)

    def release(self) -> None:
        """Let go of files and threads."""
        self._later.stop()
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

    def show_progress(self, scene_id: str, event: Progressed) -> None:
        """Take in how far the render of a scene is, with the picture of its clip so far."""
        share = "" if event.fraction is None else f" · {event.fraction:.0%}"
        known = self._renders.get(scene_id, _Progress(""))
        progress = replace(known, text=f"Rendering: {stage(event)}{share}")
        path = event.preview
        if path is not None and path != known.path:
            progress = replace(progress, path=path)
            self._background.run(
                lambda _: QImage(str(path)),
                partial(self._take_image, scene_id),
                lambda _: None,
                key=f"render in progress {scene_id}",
            )
        self._renders[scene_id] = progress
        self._show_render(scene_id)

    def set_jobs(self, queued: Collection[str], running: Collection[str]) -> None:
        """Say which scenes wait in the queue; forget the renders of all others that do not run."""
        for scene_id in queued:
            if scene_id not in self._renders:
                self._renders[scene_id] = _Progress("In the queue")
                self._show_render(scene_id)
        ended = [i for i in self._renders if i not in running and i not in queued]
        for scene_id in ended:
            del self._renders[scene_id]
        if self._scene_id in ended and self._player.source() is PlayerSource.TAKE:
            self._player.show_note("")
            if self._player.is_in_progress or self._shown is None:
                self.show_take()

    def _take_image(self, scene_id: str, image: QImage) -> None:
        progress = self._renders.get(scene_id)
        if progress is not None and not image.isNull():
            self._renders[scene_id] = replace(progress, image=image)
            self._show_render(scene_id)

    def _show_render(self, scene_id: str) -> None:
        if scene_id != self._scene_id or self._player.source() is not PlayerSource.TAKE:
            return
        progress = self._renders[scene_id]
        if self._shown is None or self._player.is_in_progress:
            self._player.show_progress(progress.text, progress.image)
        else:
            # Whoever looks at an earlier take goes on doing so.
            self._player.show_note(progress.text)

    @Slot(object)
    def _on_change(self, _: object) -> None:
        match self._player.source():
            case PlayerSource.SEQUENCE if self._film != self._shown_film:
                self._keep_place()
                self._later.start()
            case PlayerSource.TAKE:
                scene = self._model.project.scene(self._scene_id)
                if scene is None or self._model.project.chosen_take(scene.id) != self._shown:
                    self.show_take()
            case _:
                pass

    def _keep_place(self) -> None:
        number = self._player.scene_number
        if self._place is None and 0 <= number < len(self._film_scenes):
            self._place = _Place(self._film_scenes[number], self._player.since_scene_s)

    @Slot(object)
    def _on_grab(self, grab: Grab) -> None:
        use = ImageUse((grab.path,), _ROLES[grab.use], self._scene_id)
        self._images.bring(use)


def _read_still(path: Path) -> QImage:
    image = read_photo(path).image.convert("RGB")
    data, width, height = image.tobytes(), image.width, image.height
    # A copy, for the bytes go when this function ends.
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _scenes_of(preview: PreviewFilm, project: VideoProject) -> tuple[str, ...]:
    """For each scene that is seen in the preview, its id: some clips may have been left out."""
    made = film_of(project)
    clips = iter(zip(made.film.clips, made.scenes, strict=True))
    return tuple(
        next((scene_id for clip, scene_id in clips if clip.title == part.title), "")
        for part in preview.scenes
    )
