"""From a project to its film: the chosen takes in order, cut as the scenes say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.model.film import Clip, Film

if TYPE_CHECKING:
    from core.project.model.project import VideoProject


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
        cut = scene.cut if clips else scene.cut.model_copy(update={"transition": None})
        title = scene.title or f"Scene {number}"
        clips.append(Clip(path=take.path, title=title, **dict(cut)))
        scenes.append(scene.id)
    film = project.film.film.model_copy(
        update={"clips": tuple(clips), "title": project.film.film.title or project.name}
    )
    return ProjectFilm(film, tuple(scenes), tuple(missing))
