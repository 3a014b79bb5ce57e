"""`storyboard`: a text becomes the scenes of a project, by its own marks or by a language model."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.options import Kind, Option, Unreadable, argument, chooser, command, file, seconds
from cli.signals import EXIT_DONE
from cli.writing import (
    DRY_RUN,
    JOB,
    OUTPUT,
    STYLE,
    WITH,
    WritingEnded,
    tell_storyboard,
    write,
    written,
)
from core.errors import Problem, ProjectError, UnsupportedRequest
from core.language.tasks.storyboards import NO_MODEL, StoryboardTask, names_for
from core.platform.text_files import read_text_file
from core.platform.units import count_text
from core.project.files.atomic_folder import create_project
from core.project.files.lock import ProjectLock
from core.project.files.project_file import (
    is_project,
    project_folder,
    read_project,
    write_project,
)
from core.project.model.project import TextFormat, VideoProject, new_project
from core.project.storyboard.formats import format_of
from core.project.storyboard.scenes import renew, renew_scenes
from core.project.storyboard.storyboard import split_storyboard
from core.spending.caps import ProjectBudget
from core.video.request import RenderChoices, RenderRequest
from core.video.terms import AUTO

if TYPE_CHECKING:
    from cli.context import CliContext
    from cli.options import Typed
    from core.project.storyboard.storyboard import Storyboard
    from core.video.spec import Durations
    from core.video.terms import Target

_OUT = Option(
    "--out",
    Kind.TEXT,
    "The project's folder: a new one, or one whose scenes are renewed. Without it the scenes are "
    "only shown.",
    "PROJECT",
    others=("-o",),
)
_LENGTH = Option("--length", Kind.TEXT, "How long all scenes are together, in seconds.", "SECONDS")
_FORMAT = Option(
    "--format",
    Kind.TEXT,
    f"What the text is: {', '.join(kind.value for kind in TextFormat)}; else what it looks like.",
    "FORMAT",
)
_CHARACTER = Option(
    "--character",
    Kind.MANY,
    "Somebody whom the prompts call by this name, such as @Anna; may be repeated.",
    "NAME",
)
_FORCE = Option("--force", Kind.FLAG, "Renew the scenes of a project that has some.")
_OPTIONS = (WITH, _OUT, _LENGTH, _FORMAT, STYLE, _CHARACTER, JOB, DRY_RUN, _FORCE, *OUTPUT)


def _storyboard(context: CliContext, typed: Typed) -> int:
    """Make scenes of lyrics, a script or any text; by its marks, or by a language model."""
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    target = context.studio.settings.render.target
    place = _Destination(typed.read(_OUT.name, file), target, is_forced=typed.flag(_FORCE.name))
    try:
        board = _board(context, typed, place)
    except WritingEnded as end:
        return end.code
    if place.folder is not None:
        _apply(context, place, board)
    return EXIT_DONE


class _Destination:
    """The project that the scenes go into, as it is before anything is asked."""

    def __init__(self, out: Path | None, target: Target, *, is_forced: bool) -> None:
        self.folder = project_folder(out) if out is not None else None
        self.is_new = self.folder is None or not is_project(self.folder)
        name = self.folder.absolute().name if self.folder is not None else "storyboard"
        self.project = (
            new_project(name, datetime.now().astimezone()).model_copy(
                update={"render": RenderChoices(target=target)}
            )
            if self.is_new or self.folder is None
            else read_project(self.folder).project
        )
        self.problems: list[Problem] = []
        if self.project.scenes and not is_forced:
            count = count_text(len(self.project.scenes), "scene")
            self.problems.append(
                Problem(
                    _OUT.name,
                    f"The project {str(self.folder)!r} has {count}. Add --force to renew them: "
                    "those with the same words stay, with their clips.",
                )
            )
        folder = self.folder
        if self.is_new and folder is not None and folder.exists() and any(folder.iterdir()):
            message = f"{str(folder)!r} has files and is no project. Name another folder."
            self.problems.append(Problem(_OUT.name, message))


def _board(context: CliContext, typed: Typed, place: _Destination) -> Storyboard:
    """The storyboard that was asked for.

    Raises:
        WritingEnded: nothing was written.
        UnsupportedRequest: with everything that is wrong.
    """
    typed.problems += place.problems
    job = typed.text(JOB.name)
    if job is not None:
        if typed.problems:
            raise UnsupportedRequest(typed.problems)
        task = (found := written(context, job)).task
        if not isinstance(task, StoryboardTask):
            message = f"Job {job} has written no storyboard but {task.title}."
            raise UnsupportedRequest([Problem(JOB.name, message)])
        board = task.storyboard(found.answers)
        tell_storyboard(context.console, board)
        return board
    task = _task(context, typed, place.project)
    if typed.text(WITH.name) is not None:
        found = write(context, typed, task, ProjectBudget.of(place.project))
        return task.storyboard(found.answers)
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    board = split_storyboard(
        task.text,
        target_length_s=task.target_length_s,
        clip_s=task.clip_s,
        min_s=task.min_s,
        max_s=task.max_s,
        text_format=task.text_format,
    )
    tell_storyboard(context.console, board)
    context.console.tell(f"{NO_MODEL} 'main.py language' lists them; --with names one.")
    if typed.flag(DRY_RUN.name):
        raise WritingEnded(EXIT_DONE)
    return board


def _task(context: CliContext, typed: Typed, project: VideoProject) -> StoryboardTask:
    """The text as it would be asked for.

    Raises:
        UnsupportedRequest: with everything that is wrong.
        UnreadableText: the file cannot be read.
    """
    words = [word for word in typed.words if word]
    if len(words) != 1:
        typed.refuse("FILE", "Name one text file, such as song.txt, script.fountain or song.lrc.")
        raise UnsupportedRequest(typed.problems)
    path = Path(words[0])
    found = read_text_file(path)
    if found.note:
        context.console.note(found.note)
    length_s = typed.read(_LENGTH.name, _length)
    chosen = typed.read(_FORMAT.name, chooser(TextFormat)) or format_of(path)
    limits = _durations(context, project)
    task = StoryboardTask(
        text=found.text,
        text_format=chosen,
        target_length_s=length_s,
        clip_s=project.render.frame.duration_s or limits.default,
        min_s=limits.minimum,
        max_s=limits.maximum,
        style=(typed.text(STYLE.name) or "").strip(),
        characters=_names(typed, project),
        project_id=project.id,
    )
    try:
        task.check()
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*typed.problems, *error.problems]) from error
    return task


def _names(typed: Typed, project: VideoProject) -> tuple[str, ...]:
    """Whom the prompts call by name: those of the project, then those that were typed."""
    typed_names = filter(None, map(str.strip, typed.texts(_CHARACTER.name)))
    return tuple(dict.fromkeys((*names_for(project.characters), *typed_names)))


def _durations(context: CliContext, project: VideoProject) -> Durations:
    """How long clips of the project's model are."""
    registry, target = context.studio.registry, project.render.target
    if target.model == AUTO:
        request = RenderRequest(target=target, prompt="")
        target = target.with_model(registry.open(target).resolve(request).model)
    return registry.spec(target).durations


def _length(text: str) -> float:
    found = seconds(text)
    if found <= 0:
        raise Unreadable(f"a film lasts longer than {found:g} s.")
    return found


def _apply(context: CliContext, place: _Destination, board: Storyboard) -> None:
    """Put the scenes into the project.

    Raises:
        ProjectError: it cannot be written, or is open elsewhere; what was written is kept.
    """
    folder, console = place.folder, context.console
    assert folder is not None, "asked before"
    if place.is_new:
        project = renew(place.project, board).model_copy(
            update={"storyboard_format": board.text_format}
        )
        create_project(folder, project)
        outcome = f"{count_text(len(project.scenes), 'scene')}, a new project"
    else:
        lock = ProjectLock(folder)
        if not lock.acquire():
            raise ProjectError(lock.reason, hint="Close it there, then give the command again.")
        try:
            before = read_project(folder).project
            renewal = renew_scenes(before.scenes, board)
            project = renew(before, board)
            write_project(project, folder)
        finally:
            lock.release()
        kept, made, gone = map(len, (renewal.kept, renewal.made, renewal.gone))
        outcome = f"{kept} scenes stay, {made} are new, {gone} are removed"
    console.event("project", path=str(folder), scenes=len(project.scenes))
    console.tell(f"{outcome}: {folder}")
    console.tell("Open it in the window, or render it by 'main.py render PROJECT'.")


storyboard = typer.Typer(rich_markup_mode=None, add_completion=False)
_FILE = argument("file", str | None, "The text: plain, Markdown, Fountain, LRC, SRT or VTT.")
storyboard.command()(command(_storyboard, _OPTIONS, words=_FILE))
