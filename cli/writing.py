"""What every command does that has a language model write: choose, show the price, ask, show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.consent import YES, agrees_to_price
from cli.console import wrapped
from cli.options import Kind, Option
from cli.run_job import run_job
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_NOT_CONFIGURED
from core.errors import JournalError, NotConfigured, Problem, StudioError, UnsupportedRequest
from core.jobs.queue import new_job_id
from core.language.tasks.prompts import ContinuityTask
from core.language.tasks.storyboards import StoryboardTask
from core.platform.units import count_text
from core.video.provider import NotReady

if TYPE_CHECKING:
    from pathlib import Path

    from cli.console import Console
    from cli.context import CliContext
    from cli.options import Typed
    from core.jobs.job_record import JobRecord
    from core.language.ask_job import AnyTask, WrittenAnswers
    from core.project.storyboard.storyboard import Storyboard
    from core.spending.caps import ProjectBudget

WITH = Option(
    "--with",
    Kind.TEXT,
    "The language model, such as ollama/gemma4:e4b; 'main.py language' lists them.",
    "MODEL",
)
STYLE = Option("--style", Kind.TEXT, "How everything is to look, in a sentence.", "TEXT")
JOB = Option(
    "--job",
    Kind.TEXT,
    "Take what this job has written, and ask nobody.",
    "ID",
)
DRY_RUN = Option("--dry-run", Kind.FLAG, "Show what would be asked and its price, and stop.")
OUTPUT = (
    YES,
    Option("--json", Kind.FLAG, "One event a line on stdout."),
    Option("--quiet", Kind.FLAG, "Errors only.", others=("-q",)),
)


class WritingEnded(Exception):
    """A command that has ended before anything was written.

    Attributes:
        code: its exit code.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def write(
    context: CliContext, typed: Typed, task: AnyTask, project: ProjectBudget | None = None
) -> WrittenAnswers:
    """Have a language model write: shown with its price first, and agreed to where it costs.

    Raises:
        WritingEnded: it was only planned, refused by the person, or did not succeed.
        UnsupportedRequest: there is no such model, or something typed is wrong.
        NotConfigured: its server, key or the network is missing.
    """
    language, console = context.studio.language, context.console
    name = typed.text(WITH.name) or context.studio.settings.language.model
    if not name:
        typed.refuse(
            WITH.name,
            "No language model is named. Give one by --with, or set one for good by 'main.py "
            "config set language.model MODEL'; 'main.py language' lists them.",
        )
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    planned = language.plan(task, language.find(name or ""))
    console.event(
        "plan",
        model=planned.model.name,
        questions=planned.num_questions,
        tokens_in=planned.tokens_in,
        tokens_out=planned.tokens_out,
        at_most_usd=planned.at_most_usd,
    )
    console.tell(f"{planned.model.label} ({planned.model.name}): {task.title}")
    for note in planned.notes:
        console.tell(wrapped(note, first="  ", rest="  "))
    not_ready = planned.readiness if isinstance(planned.readiness, NotReady) else None
    if typed.flag(DRY_RUN.name):
        reasons = [f"{not_ready.reason} {not_ready.fix}"] if not_ready else []
        try:
            language.check_caps(planned, project)
        except StudioError as error:
            reasons.append(str(error))
        said = " ".join(["This cannot be asked here:", *reasons])
        console.tell(wrapped(said if reasons else "Only planned; nobody was asked."))
        raise WritingEnded(EXIT_NOT_CONFIGURED if reasons else EXIT_DONE)
    if not_ready is not None:
        raise NotConfigured(not_ready.reason, target=planned.model.name, hint=not_ready.fix)
    language.check_caps(planned, project)
    what = f"{count_text(planned.num_questions, 'answer')} of {planned.model.label}"
    is_agreed = typed.flag(YES.name)
    if not agrees_to_price(console, what, planned.at_most_usd, is_agreed=is_agreed):
        raise WritingEnded(EXIT_CANCELLED)
    job_id = new_job_id()
    code = run_job(context, lambda: language.submit(planned, job_id=job_id, project=project))
    if code != EXIT_DONE:
        raise WritingEnded(code)
    return written(context, job_id)


def written(context: CliContext, text: str) -> WrittenAnswers:
    """What a job has written that is done.

    Raises:
        UnsupportedRequest: there is no such job, or it has not written anything.
    """
    try:
        record = context.queue.job(text)
        if record.path is None:
            raise JournalError(f"Job {record.id} is {record.state.value}: it has written nothing.")
        return context.studio.language.read(record, record.path)
    except JournalError as error:
        raise UnsupportedRequest([Problem("job", str(error))]) from error


def tell_written(context: CliContext, record: JobRecord, path: Path) -> None:
    """Print what a language model wrote, whichever command ran its job.

    Raises:
        JournalError: its answers are gone.
    """
    console, answered = context.console, context.studio.language.read(record, path)
    task = answered.task
    if isinstance(task, StoryboardTask):
        tell_storyboard(console, task.storyboard(answered.answers))
        console.tell(
            wrapped(
                f"'main.py storyboard --job {record.id} -o PROJECT' makes a project of it, or puts "
                "it into one, and asks nobody again."
            )
        )
        return
    if isinstance(task, ContinuityTask):
        style = task.style_of(answered.answers)
        console.event("style", style=style)
        console.answer_in_words(f"Style: {style}\n")
    shown: list[str] = []
    for asked, one in zip(task.prompts, answered.rewritten, strict=True):
        console.event(
            "enhanced", scene=asked.number or None, prompt=one.prompt, enhanced_prompt=one.text
        )
        shown.append(
            f"Scene {asked.number}\n  before: {one.prompt}\n  after:  {one.text}"
            if asked.number
            else one.text
        )
    console.answer_in_words("\n\n".join(shown))


def tell_storyboard(console: Console, board: Storyboard) -> None:
    """Print the scenes of a storyboard, whoever divided it."""
    lines: list[str] = []
    for number, draft in enumerate(board.drafts, start=1):
        console.event(
            "scene",
            number=number,
            title=draft.title,
            prompt=draft.prompt,
            duration_s=draft.duration_s,
            camera=draft.camera,
            characters=list(draft.characters),
            words=draft.words,
        )
        facts = [f"{draft.duration_s:g} s", (draft.camera or "").replace("_", " ")]
        facts += [", ".join(draft.characters)]
        lines.append(f"{number:>3}. {' · '.join(filter(None, facts))}")
        lines.append(wrapped(draft.prompt, first="     ", rest="     "))
    console.answer_in_words("\n".join(lines))
    for note in board.notes:
        console.note(note)
    console.tell(f"{count_text(len(board.drafts), 'scene')}, {board.total_s:g} s in all.")
