"""From a project to its film: the chosen takes in order, cut as the scenes say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.film import Clip, Film

if TYPE_CHECKING:
    from core.project.model.project import Scene, Take, VideoProject


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
        clips.append(_clip(scene, take, is_first=not clips))
        scenes.append(scene.id)
    film = project.film.film.model_copy(
        update={"clips": tuple(clips), "title": project.film.film.title or project.name}
    )
    return ProjectFilm(film, tuple(scenes), tuple(missing))


def _clip(scene: Scene, take: Take, *, is_first: bool) -> Clip:
    cut = scene.cut
    return Clip(
        path=take.path,
        title=scene.title,
        start_s=cut.start_s,
        end_s=cut.end_s,
        speed=cut.speed,
        volume_db=cut.volume_db,
        is_muted=cut.is_muted,
        # Nothing comes before the first clip that it could give way to.
        transition=None if is_first else cut.transition,
        fit=cut.fit,
    )
