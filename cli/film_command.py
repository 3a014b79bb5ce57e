"""`assemble`, `export` and `cache`: clips become a film, here and for free, and what that keeps."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.console import wrapped
from cli.context import JsonOption, context_of
from cli.film_arguments import FilmReading, read_film
from cli.film_options import OPTIONS
from cli.options import argument, command
from cli.run_job import run_job
from cli.signals import EXIT_DONE
from core.errors import OutputError, Problem, ProjectError, StudioError, UnsupportedRequest
from core.film.build.export import ExportOrder
from core.film.handoff import HANDOFF_FORMATS, write_handoff
from core.film.handoff.document import decimal
from core.film.model.delivery import CODECS, CONTAINERS, AudioCodec, Container
from core.film.model.film_file import (
    FilmFileMistaken,
    expanded,
    read_film_file,
    with_absolute_paths,
    write_film_file,
)
from core.film.model.transitions import TRANSITIONS
from core.media.output import file_problems, find_free_name, slug
from core.platform.files import is_folder
from core.platform.units import bytes_text, count_text
from core.project.files.project_file import (
    EXPORTS,
    is_project,
    lies_inside,
    link_problem,
    project_folder,
    read_project,
)
from core.project.render.film_from_takes import film_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.console import Console
    from cli.context import CliContext
    from cli.options import Typed
    from core.film.build.export_plan import PlannedExport

_MAX_NAMED = 12


def _assemble(context: CliContext, typed: Typed) -> int:
    """Put clips together into a film, here and for free."""
    return _run(context, typed, lambda: read_film(typed))


def _export(context: CliContext, typed: Typed) -> int:
    """Export the film of a project or of a film file, with changes if you like."""

    def read() -> FilmReading:
        if not typed.words:
            raise UnsupportedRequest(
                [Problem("project", "Name the project's folder or the film file to export.")]
            )
        place = expanded(Path(typed.words[0]))
        if is_project(place):
            return _read_project_film(typed, place, context.console)
        return _read_film_file(typed, place)

    return _run(context, typed, read)


def _read_film_file(typed: Typed, place: Path) -> FilmReading:
    """The film of a file with what was typed on top; mistakes in the file hide no others.

    Raises:
        UnsupportedRequest: there is no film that could be planned, and options are wrong besides.
        ProjectError: there is no film that could be planned.
    """
    try:
        stored = read_film_file(place)
    except ProjectError as error:
        rest = error.rest if isinstance(error, FilmFileMistaken) else None
        if rest is None:
            raise _refused_with_options(error, typed) from error
        reading = read_film(typed, rest.film, rest.settings)
        return replace(reading, problems=(_unread(error), *reading.problems))
    return read_film(typed, stored.film, stored.settings)


def _refused_with_options(error: ProjectError, typed: Typed) -> StudioError:
    """There is no film to be read; what is wrong with the options is told all the same."""
    others = read_film(typed).problems
    return UnsupportedRequest([_unread(error), *others]) if others else error


def _unread(error: ProjectError) -> Problem:
    return Problem("project", str(error))


_PROJECT_HELP = "A project's folder, a folder with a film.json, or one of those files."
assemble = typer.Typer(rich_markup_mode=None, add_completion=False)
assemble.command()(
    command(_assemble, OPTIONS, argument("clips", list[str] | None, "The clips, in order."))
)
export = typer.Typer(rich_markup_mode=None, add_completion=False)
export.command()(command(_export, OPTIONS, argument("project", str | None, _PROJECT_HELP)))


def _run(context: CliContext, typed: Typed, read: Callable[[], FilmReading]) -> int:
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    if typed.flag("--list-transitions"):
        for kind in TRANSITIONS.values():
            context.console.event("transition", name=kind.name, label=kind.label)
            context.console.answer_in_words(f"{kind.name:<20} {kind.label}")
        return EXIT_DONE
    planned = _plan(context, typed, read())
    context.console.event("plan", **_as_event(planned))
    context.console.tell(_describe(planned))
    if typed.flag("--dry-run"):
        context.console.tell("Only planned; nothing was made.")
        return EXIT_DONE
    _write_beside(context, planned, typed)
    return run_job(context, lambda: context.studio.submit_export(planned))


def _plan(context: CliContext, typed: Typed, reading: FilmReading) -> PlannedExport:
    studio = context.studio
    film = with_absolute_paths(reading.film, Path.cwd())
    problems = [*reading.problems, *_beside_problems(typed)]
    out = expanded(reading.out or reading.folder or studio.paths.output_dir)
    is_images = reading.settings.container is Container.PNG
    if reading.out is None or (is_folder(out) and not is_images):
        out = _usual_place(out, film.title, reading)
    order = ExportOrder(
        film=film,
        settings=reading.settings,
        path=out.absolute(),
        overwrite=typed.flag("--force"),
        makes_folder=reading.out is None,
        skips_bad_clips=typed.flag("--skip-bad"),
        poster_s=reading.poster_s,
    )
    try:
        planned = studio.plan_export(order)
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*problems, *error.problems]) from error
    if problems:
        raise UnsupportedRequest(problems)
    return planned


def _usual_place(folder: Path, title: str, reading: FilmReading) -> Path:
    container = reading.settings.container
    suffix = "" if container is Container.PNG else CONTAINERS[container].suffix
    day = datetime.now().astimezone().date().isoformat()
    name = slug(title) if title.strip() else "film"
    return find_free_name(folder / f"{day}_{name}{suffix}")


def _beside_problems(typed: Typed) -> list[Problem]:
    """What is wrong with the names of files that are written beside the film."""
    found: list[Problem] = []
    for option in ("--handoff", "--save"):
        for text in typed.texts(option):
            path = expanded(Path(text)).absolute()
            if option == "--handoff" and path.suffix.lower() not in HANDOFF_FORMATS:
                known = ", ".join(HANDOFF_FORMATS)
                found.append(Problem(option, f"{option} {text!r}: editors read {known}."))
            else:
                problems = file_problems(option, path, overwrite=typed.flag("--force"))
                found += [replace(one, message=f"{option}: {one.message}") for one in problems]
    return found


def _write_beside(context: CliContext, planned: PlannedExport, typed: Typed) -> None:
    """Write what was asked for beside the film and costs no time.

    Raises:
        UnsupportedRequest: a handoff cannot say anything of this film.
        ProjectError: the film file cannot be written.
        OutputError: a handoff cannot be written.
    """
    for name in typed.texts("--handoff"):
        path = expanded(Path(name)).absolute()
        try:
            notes = write_handoff(planned.timeline, path)
        except OSError as error:
            raise OutputError(
                f"The file {str(path)!r} cannot be written: {error.strerror}.",
                hint="Name another folder.",
            ) from error
        for note in (f"For editors: {str(path)!r}.", *notes):
            context.console.note(note)
    for name in typed.texts("--save"):
        path = expanded(Path(name)).absolute()
        write_film_file(planned.order.film, planned.order.settings, path)
        context.console.note(f"The film file is {str(path)!r}.")


def _read_project_film(typed: Typed, place: Path, console: Console) -> FilmReading:
    """The film of the project at `place` with what was typed on top; notes are told at once.

    Raises:
        UnsupportedRequest: no scene of it has a clip.
        ProjectError: it cannot be read.
    """
    folder = project_folder(place).absolute()
    try:
        loaded = read_project(folder)
    except ProjectError as error:
        raise _refused_with_options(error, typed) from error
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
        reading = replace(reading, out=_own_place(folder, choices.path))
    problem = "" if reading.out is not None else link_problem(folder, EXPORTS)
    if problem:
        raise UnsupportedRequest([Problem("out", f"{problem} Or name the film with -o.")])
    return replace(reading, folder=folder / EXPORTS)


def _own_place(folder: Path, path: Path) -> Path:
    """The place that a project names for its film, which only a person may take out of it.

    Raises:
        UnsupportedRequest: it lies elsewhere.
    """
    if lies_inside(folder, path):
        return path
    elsewhere = os.path.realpath(path)
    raise UnsupportedRequest(
        [
            Problem(
                "out",
                f"The project puts its film at {elsewhere!r}, outside of its folder. Name that "
                "place, or another, with -o.",
            )
        ]
    )


def _left_out(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Scene {numbers[0]} has no clip yet and is left out."
    shown = [str(number) for number in numbers[:_MAX_NAMED]]
    if len(numbers) > _MAX_NAMED:
        shown.append(f"{len(numbers) - _MAX_NAMED} more")
    return f"Scenes {', '.join(shown[:-1])} and {shown[-1]} have no clip yet and are left out."


def _describe(planned: PlannedExport) -> str:
    """The plan in lines of at most 80 columns."""
    timeline, settings = planned.timeline, planned.order.settings
    pairing = CONTAINERS[settings.container]
    codecs = ""
    if not settings.container.is_images:
        audio = settings.audio_codec
        audio_text = "no sound" if audio is AudioCodec.NONE else audio.value.upper()
        codecs = f", {CODECS[settings.video_codec].label} and {audio_text}"
    count = len(timeline.shots)
    lines = [
        f"A film of {count_text(count, 'clip')}, on this machine, free",
        f"  {timeline.width}x{timeline.height}, {count_text(timeline.num_frames, 'frame')} at "
        f"{decimal(timeline.rate)} fps, {float(timeline.duration_s):.2f} s",
        f"  {pairing.label}{codecs}, at most about {bytes_text(planned.size_bytes)}",
        f"  to {planned.order.path}",
    ]
    lines += [wrapped(note, first="  note: ", rest="        ") for note in planned.notes]
    return "\n".join(lines)


def _as_event(planned: PlannedExport) -> dict[str, Any]:
    """The plan as the fields of a JSON event, exact."""
    timeline = planned.timeline
    return {
        "out": str(planned.order.path),
        "width": timeline.width,
        "height": timeline.height,
        "fps": str(timeline.rate),
        "num_frames": timeline.num_frames,
        "num_samples": timeline.num_samples,
        "duration_s": float(timeline.duration_s),
        "size_bytes": planned.size_bytes,
        "clips": [
            {
                "number": shot.number,
                "path": str(shot.source.path),
                "start": shot.start,
                "num_frames": shot.num_frames,
                "transition": shot.join.kind.name if shot.join else None,
                "transition_frames": shot.incoming,
            }
            for shot in timeline.shots
        ],
        "notes": list(planned.notes),
        "film": planned.order.film.model_dump(mode="json"),
        "settings": planned.order.settings.model_dump(mode="json"),
    }


cache = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Finished pieces of films, kept so that a re-export is quick.",
    no_args_is_help=True,
)


@cache.command("show")
def show_cache(ctx: typer.Context, json: JsonOption = False) -> int:
    """How much is kept, where, and how much may be."""
    context = context_of(ctx, is_json=json)
    use = context.studio.render_cache.use()
    folder, limit_gb = context.studio.render_cache.folder, context.studio.settings.export.cache_gb
    context.console.event(
        "cache",
        path=str(folder),
        count=use.count,
        size_bytes=use.size_bytes,
        limit_bytes=int(limit_gb * 1e9),
    )
    context.console.answer_in_words(
        f"{count_text(use.count, 'piece')}, {bytes_text(use.size_bytes)} of at most "
        f"{limit_gb:g} GB, in {folder}"
    )
    return EXIT_DONE


@cache.command("clear")
def clear_cache(ctx: typer.Context, json: JsonOption = False) -> int:
    """Remove all of it: the next export makes everything anew."""
    context = context_of(ctx, is_json=json)
    use = context.studio.render_cache.clear()
    context.console.event("cleared", count=use.count, size_bytes=use.size_bytes)
    context.console.answer_in_words(
        f"Removed {count_text(use.count, 'piece')}, {bytes_text(use.size_bytes)}."
    )
    return EXIT_DONE
