"""`enhance`: the prompt as the model's own enhancer writes it, before a clip is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.console import wrapped
from cli.options import Kind, Option, command
from cli.render_command import at_option
from cli.render_options import CONTROL_OPTIONS, read_request
from cli.run_job import run_job
from core.errors import UnsupportedRequest
from core.video.control_row import Control
from core.video.enhance_job import read_enhancement

if TYPE_CHECKING:
    from pathlib import Path

    from cli.console import Console
    from cli.context import CliContext
    from cli.options import Typed
    from core.jobs.job_record import JobRecord

# What the words depend on; the rest of a clip is chosen when it is made.
_CONTROLS = (
    Control.PROMPT,
    Control.PROVIDER,
    Control.DEPLOYMENT,
    Control.TARGET,
    Control.START_IMAGE,
    Control.RESOLUTION,
    Control.ASPECT,
    Control.SEED,
    Control.MEMORY,
    Control.TEXT_ENCODER,
)
_OPTIONS = (
    *(CONTROL_OPTIONS[control] for control in _CONTROLS),
    Option("--json", Kind.FLAG, "One event a line on stdout."),
    Option("--quiet", Kind.FLAG, "Errors only.", others=("-q",)),
)


def _enhance(context: CliContext, typed: Typed) -> int:
    """Print the prompt as the model's own enhancer writes it; nothing else is made."""
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    studio, console = context.studio, context.console
    request = read_request(typed, studio.settings.render, studio.registry.infos)
    try:
        planned = studio.plan_enhancement(request)
    except UnsupportedRequest as error:
        found = (at_option(problem, typed) for problem in error.problems)
        raise UnsupportedRequest([*typed.problems, *found]) from error
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    plan = planned.plan
    console.tell(f"{plan.spec.label} ({plan.target}), seed {plan.seed}")
    return run_job(context, lambda: studio.submit_enhancement(planned))


def tell_words(console: Console, record: JobRecord, file: Path) -> None:
    """Print what an enhancer wrote, whichever command ran its job.

    Raises:
        JournalError: the words are gone.
    """
    found = read_enhancement(record.payload, file)
    console.event("enhanced", prompt=found.prompt, enhanced_prompt=found.text, seed=found.seed)
    console.answer_in_words(found.text)
    console.tell(
        wrapped(
            "Give these words, or what you make of them, with '--enhanced-prompt', besides the "
            "prompt. '--enhance-prompt' with the same seed and start image has them written again."
        )
    )


enhance = typer.Typer(rich_markup_mode=None, add_completion=False)
enhance.command()(command(_enhance, _OPTIONS))
