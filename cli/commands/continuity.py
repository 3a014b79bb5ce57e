"""`continuity`: one style through all scenes of a project, shown before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.options import argument, command
from cli.project_words import APPLY, SCENE, ProjectWords
from cli.signals import EXIT_DONE
from cli.writing import DRY_RUN, JOB, OUTPUT, STYLE, WITH, Ended
from core.language.tasks.prompts import ContinuityTask

if TYPE_CHECKING:
    from cli.context import CliContext
    from cli.options import Typed

_OPTIONS = (WITH, STYLE, JOB, SCENE, APPLY, DRY_RUN, *OUTPUT)


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
    except Ended as end:
        return end.code
    return EXIT_DONE


continuity = typer.Typer(rich_markup_mode=None, add_completion=False)
_PROJECT = argument("project", str | None, "The project's folder.")
continuity.command()(command(_continuity, _OPTIONS, words=_PROJECT))
