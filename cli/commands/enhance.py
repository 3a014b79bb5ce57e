"""`enhance` and `continuity`: prompts as an enhancer or a language model rewrites them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.console import wrapped
from cli.options import Kind, Option, argument, command
from cli.project_words import APPLY, SCENE, ProjectWords
from cli.render_command import at_option
from cli.render_options import CONTROL_OPTIONS, read_request
from cli.run_job import run_job
from cli.signals import EXIT_DONE
from cli.writing import DRY_RUN, JOB, OUTPUT, STYLE, WITH, WritingEnded, write
from core.errors import UnsupportedRequest
from core.language.tasks.prompts import ContinuityTask, EnhanceTask, ScenePrompt, prompt_problems
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
_CLEAR = Option("--clear", Kind.FLAG, "Take away what was written for the scenes.")
_OPTIONS = (
    *(CONTROL_OPTIONS[control] for control in _CONTROLS),
    WITH,
    STYLE,
    SCENE,
    APPLY,
    _CLEAR,
    JOB,
    DRY_RUN,
    *OUTPUT,
)
_OPTIONS_OF_ALL = (WITH, STYLE, SCENE, APPLY, JOB, DRY_RUN, *OUTPUT)


def _enhance(context: CliContext, typed: Typed) -> int:
    """Print a prompt as the model's own enhancer writes it, or a language model, named by --with.

    With a project its scenes' prompts are rewritten, before and after shown.
    """
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    if any(typed.words) or typed.flag(WITH.name):
        try:
            _enhance_by_words(context, typed)
        except WritingEnded as end:
            return end.code
        return EXIT_DONE
    for option in (STYLE, SCENE, APPLY, _CLEAR, JOB, DRY_RUN):
        if typed.flag(option.name):
            typed.refuse(option.name, f"{option.name} needs a project, or a model by {WITH.name}.")
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


def _enhance_by_words(context: CliContext, typed: Typed) -> None:
    """Have a language model rewrite a prompt, or those of a project.

    Raises:
        WritingEnded: nothing was written.
        StudioError: it cannot be done.
    """
    for control in _CONTROLS[1:]:
        name = CONTROL_OPTIONS[control].name
        if typed.flag(name):
            typed.refuse(name, f"{name} is for a model's own enhancer, not for {WITH.name}.")
    style = (typed.text(STYLE.name) or "").strip()
    prompt = typed.text(CONTROL_OPTIONS[Control.PROMPT].name)
    if any(typed.words):
        if prompt is not None:
            typed.refuse("-p", "Give a prompt, or a project whose prompts are rewritten.")
        words = ProjectWords(context, typed)
        if typed.flag(_CLEAR.name):
            words.clear()
            return
        words.write(
            lambda: EnhanceTask(
                prompts=words.prompts(is_own=True), project_id=words.project.id, style=style
            )
        )
        return
    for option in (SCENE, APPLY, _CLEAR, JOB):
        if typed.flag(option.name):
            typed.refuse(option.name, f"{option.name} needs a project, which none is named.")
    prompts = (ScenePrompt(prompt=(prompt or "").strip()),)
    typed.problems += prompt_problems(prompts)
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    write(context, typed, EnhanceTask(prompts=prompts, style=style))


def _continuity(context: CliContext, typed: Typed) -> int:
    """Propose prompts in one style for all scenes, drawn from them or given by --style."""
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    words = ProjectWords(context, typed)
    try:
        words.write(
            lambda: ContinuityTask(
                prompts=words.prompts(is_own=False),
                project_id=words.project.id,
                style=(typed.text(STYLE.name) or "").strip(),
            )
        )
    except WritingEnded as end:
        return end.code
    return EXIT_DONE


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
_FOLDER = argument("project", str | None, "The project's folder.")
_PROJECT = argument("project", str | None, "A project's folder: with --with, its scenes.")
enhance.command()(command(_enhance, _OPTIONS, words=_PROJECT))
continuity = typer.Typer(rich_markup_mode=None, add_completion=False)
continuity.command()(command(_continuity, _OPTIONS_OF_ALL, words=_FOLDER))
