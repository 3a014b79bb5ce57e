"""`assemble` and `export`: clips become a film, here and for free."""

from __future__ import annotations

import inspect
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.context import context_of
from cli.film_arguments import FilmArguments, FilmReading, read_film
from cli.film_options import OPTIONS, Kind, with_film_options
from cli.film_view import as_event, describe
from cli.project_film import read_project_film
from cli.run_job import EXIT_DONE, run_job
from core.errors import OutputError, Problem, UnsupportedRequest
from core.film.handoff import HANDOFF_FORMATS, write_handoff
from core.film.model.delivery import CONTAINERS, Container, ExportOrder
from core.film.model.film_file import expanded, read_film_file, with_absolute_paths, write_film_file
from core.film.model.transitions import TRANSITIONS
from core.media.output import find_free_name, slug, taken_problems
from core.platform.files import is_folder
from core.project.files.project_file import is_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.context import CliContext
    from core.film.build.export_plan import PlannedExport


def _assemble(*, ctx: typer.Context, clips: list[str] | None, **given: Any) -> int:
    """Put clips together into a film, here and for free."""
    typed = _typed(given, clips or ())
    return _run(context_of(ctx), typed, given, lambda: read_film(typed))


def _export(*, ctx: typer.Context, project: str | None, **given: Any) -> int:
    """Export the film of a project or of a film file, with changes if you like."""
    typed = _typed(given, ())

    def read() -> FilmReading:
        if project is None:
            raise UnsupportedRequest(
                [Problem("project", "Name the project's folder or the film file to export.")]
            )
        place = expanded(Path(project))
        if is_project(place):
            return read_project_film(typed, place, context.console)
        stored = read_film_file(place)
        return read_film(typed, stored.film, stored.settings)

    context = context_of(ctx)
    return _run(context, typed, given, read)


_CLIPS = Annotated[list[str] | None, typer.Argument(help="The clips, in order.")]
_PROJECT = Annotated[
    str | None,
    typer.Argument(help="A project's folder, a folder with a film.json, or one of those files."),
]
assemble = with_film_options(
    _assemble,
    inspect.Parameter("clips", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_CLIPS),
)
export = with_film_options(
    _export,
    inspect.Parameter("project", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_PROJECT),
)


def _typed(given: dict[str, Any], clips: list[str] | tuple[str, ...]) -> FilmArguments:
    by_kind: dict[Kind, dict[str, Any]] = {kind: {} for kind in Kind}
    for option in OPTIONS:
        by_kind[option.kind][option.name] = given[option.variable]
    return FilmArguments(
        clips=tuple(clips),
        out=given["out"],
        preset=given["preset"],
        lists={name: tuple(values or ()) for name, values in by_kind[Kind.MANY].items()},
        words=by_kind[Kind.TEXT],
        flags=by_kind[Kind.SWITCH],
    )


def _run(
    context: CliContext,
    typed: FilmArguments,
    given: dict[str, Any],
    read: Callable[[], FilmReading],
) -> int:
    context.speak_as(is_json=given["json"], is_quiet=given["quiet"])
    if given["list_transitions"]:
        for kind in TRANSITIONS.values():
            context.console.event("transition", name=kind.name, label=kind.label)
            if not context.console.is_json:
                context.console.answer(f"{kind.name:<20} {kind.label}")
        return EXIT_DONE
    reading = read()
    planned = _plan(context, typed, reading, given)
    context.console.event("plan", **as_event(planned))
    context.console.tell(describe(planned))
    if given["dry_run"]:
        context.console.tell("Only planned; nothing was made.")
        return EXIT_DONE
    _write_beside(context, planned, given)
    return run_job(context, lambda: context.studio.submit_export(planned))


def _plan(
    context: CliContext, typed: FilmArguments, reading: FilmReading, given: dict[str, Any]
) -> PlannedExport:
    studio = context.studio
    film = with_absolute_paths(reading.film, Path.cwd())
    problems = [*reading.problems, *_beside_problems(given)]
    out = expanded(reading.out) if reading.out is not None else None
    if out is None:
        folder = reading.folder or studio.paths.output_dir
        out = _usual_place(folder, film.title, reading)
    elif is_folder(out) and reading.settings.container is not Container.PNG:
        out = _usual_place(out, film.title, reading)
    order = ExportOrder(
        film=film,
        settings=reading.settings,
        path=out.absolute(),
        overwrite=given["force"],
        makes_folder=reading.out is None,
        skips_bad_clips=given["skip_bad"],
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
    suffix = CONTAINERS[reading.settings.container].suffix
    suffix = "" if reading.settings.container is Container.PNG else suffix
    day = datetime.now().astimezone().date().isoformat()
    name = slug(title) if title.strip() else "film"
    return find_free_name(folder / f"{day}_{name}{suffix}")


def _beside_problems(given: dict[str, Any]) -> list[Problem]:
    """What is wrong with the names of files that are written beside the film."""
    found: list[Problem] = []
    names = {"--handoff": given["handoff"] or (), "--save": filter(None, [given["save"]])}
    for option, texts in names.items():
        for text in texts:
            path = Path(text).expanduser().absolute()
            if option == "--handoff" and path.suffix.lower() not in HANDOFF_FORMATS:
                known = ", ".join(HANDOFF_FORMATS)
                found.append(Problem(option, f"{option} {text!r}: editors read {known}."))
            elif not path.parent.is_dir():
                found.append(Problem(option, f"{option} {text!r}: that folder does not exist."))
            elif not given["force"]:
                found += [Problem(option, taken) for taken in taken_problems(path)]
    return found


def _write_beside(context: CliContext, planned: PlannedExport, given: dict[str, Any]) -> None:
    """Write what was asked for beside the film and costs no time.

    Raises:
        UnsupportedRequest: a handoff cannot say anything of this film.
        ProjectError: the film file cannot be written.
        OutputError: a handoff cannot be written.
    """
    for name in given["handoff"] or ():
        path = Path(name).expanduser().absolute()
        try:
            handoff = write_handoff(planned.timeline, path)
        except OSError as error:
            raise OutputError(
                f"The file {str(path)!r} cannot be written: {error.strerror}.",
                hint="Name another folder.",
            ) from error
        context.console.note(f"For editors: {str(handoff.path)!r}.")
        for note in handoff.notes:
            context.console.note(note)
    if given["save"]:
        path = expanded(Path(given["save"])).absolute()
        write_film_file(planned.order.film, planned.order.settings, path)
        context.console.note(f"The film file is {str(path)!r}.")
