"""The film of a project, as `export` takes it: what is rendered, cut as its scenes say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cli.film_arguments import FilmArguments, FilmReading, read_film
from core.errors import Problem, UnsupportedRequest
from core.film.model.delivery import CONTAINERS
from core.project.files.project_file import EXPORTS, project_folder, read_project
from core.project.render.film_from_takes import film_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.console import Console

_MAX_TOLD = 12


def read_project_film(typed: FilmArguments, place: Path, console: Console) -> FilmReading:
    """The film of the project at `place` with what was typed on top; notes are told at once.

    Raises:
        UnsupportedRequest: no scene of it has a clip.
        ProjectError: it cannot be read.
    """
    folder = project_folder(place).absolute()
    loaded = read_project(folder)
    for note in loaded.notes:
        console.note(note)
    made = film_of(loaded.project)
    if not made.film.clips:
        raise UnsupportedRequest(
            [
                Problem(
                    "project",
                    f"No scene of the project {loaded.project.name!r} has a clip yet. Render its "
                    "scenes first.",
                )
            ]
        )
    if made.missing:
        console.note(_left_out(made.missing))
    choices = loaded.project.film
    reading = read_film(typed, made.film, choices.settings)
    if reading.poster_s is None:
        reading = replace(reading, poster_s=choices.poster_s)
    # A film of another kind than the one that the project names gets a name of its own.
    suffix = CONTAINERS[reading.settings.container].suffix
    if reading.out is None and choices.path and choices.path.suffix.lower() == suffix:
        reading = replace(reading, out=choices.path)
    return replace(reading, folder=folder / EXPORTS)


def _left_out(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Scene {numbers[0]} has no clip yet and is left out."
    shown = [str(number) for number in numbers[:_MAX_TOLD]]
    if len(numbers) > _MAX_TOLD:
        shown.append(f"{len(numbers) - _MAX_TOLD} more")
    return f"Scenes {', '.join(shown[:-1])} and {shown[-1]} have no clip yet and are left out."
