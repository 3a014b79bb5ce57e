"""From a project to its film: the chosen takes in order, cut as the scenes say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.film import Clip, Film

if TYPE_CHECKING:
    from core.project.model.project import SceneCut, Take, Track, VideoProject


@dataclass(frozen=True)
class ProjectFilm:
    """The film of a project as far as it is rendered.

    Attributes:
        scenes: for each clip of the film, the id of its scene.
        missing: numbers, from 1, of the scenes that have no clip yet and are left out.
    """

    film: Film
    scenes: tuple[str, ...]
    missing: tuple[int, ...]


def film_of(project: VideoProject) -> ProjectFilm:
    """The film of all scenes that have a clip."""
    clips: list[Clip] = []
    scenes: list[str] = []
    missing: list[int] = []
    for number, scene in enumerate(project.scenes, start=1):
        take = project.chosen_take(scene.id)
        if take is None:
            missing.append(number)
            continue
        # Nothing comes before the first clip that it could give way to.
        cut = cut_for(scene.cut, take)
        if not clips:
            cut = cut.model_copy(update={"transition": None})
        title = scene.title or f"Scene {number}"
        clips.append(Clip(path=take.path, title=title, **dict(cut)))
        scenes.append(scene.id)
    film = project.film.film.model_copy(
        update={"clips": tuple(clips), "title": project.film.film.title or project.name}
    )
    return ProjectFilm(film, tuple(scenes), tuple(missing))


def cut_for(cut: SceneCut, take: Take) -> SceneCut:
    """The cut without what this take has no use for: it may have been chosen for another one.

    A picture has nothing to trim and no speed, and a file only its own tracks.
    """
    if take.is_still:
        return cut.model_copy(
            update={
                "start_s": 0.0, "end_s": None, "speed": 1.0,
                "video_track": None, "audio_track": None,
            }
        )  # fmt: skip
    return cut.model_copy(
        update={
            "video_track": _among(cut.video_track, take.video_tracks),
            "audio_track": _among(cut.audio_track, take.audio_tracks),
        }
    )


def _among(number: int | None, tracks: tuple[Track, ...]) -> int | None:
    return number if any(track.number == number for track in tracks) else None
