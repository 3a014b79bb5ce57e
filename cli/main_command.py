"""The main command's parser: typer takes the words apart, and every mistake in them is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

import core
from cli.commands import COMMANDS
from cli.console import PROGRAM
from cli.options import command
from cli.render_options import OPTIONS
from cli.signals import EXIT_DONE
from core.errors import Problem, UnsupportedRequest
from core.platform.suggestions import nearest_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.context import CliContext
    from cli.options import Typed


def run_main_command(argv: Sequence[str], context: CliContext) -> int:
    """Run the main command.

    Raises:
        UnsupportedRequest: with everything that is wrong with words, values and plan.
        NotConfigured: the plan is sound, but this machine cannot carry it out.
    """
    parser: Any = typer.main.get_command(app)
    words = list(argv)
    problems: list[Problem] = []
    while True:
        try:
            parsed = parser.make_context(PROGRAM, list(words), obj=context)
            break
        except typer.TyperException as error:
            # typer ends at the first option with a value too few or too many: on without it.
            problems.append(_take_out(words, str(getattr(error, "option_name", "")), error))
    context.problems = tuple(problems)
    with parsed:
        return int(parser.invoke(parsed) or 0)


def _take_out(words: list[str], name: str, error: typer.TyperException) -> Problem:
    joined = next((word for word in words if name and word.startswith(f"{name}=")), None)
    if joined is not None:
        words.remove(joined)
        return Problem(name, f"{name} takes no value. Write it alone.")
    if name and words and words[-1].startswith(name):
        words.pop()
        return Problem(name, f"{name} needs a value, and none follows it.")
    raise error


def _main_command(context: CliContext, typed: Typed) -> int:
    """Make one clip, or only plan it."""
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    if typed.flag("--help"):
        # Imported late, as the rest: a page of help makes no clip.
        from cli.root_help import root_help

        context.console.answer(root_help(context, typed))
        return EXIT_DONE
    if typed.flag("--version"):
        context.console.answer(f"{core.NAME} {core.VERSION}")
        return EXIT_DONE
    problems = [*context.problems, *_word_problems(typed)]
    from cli.render_command import render

    return render(context, typed, problems)


app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
# What typer does not know stays behind as words, so that all of it is told at once.
app.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": [],
    }
)(command(_main_command, OPTIONS))


def _word_problems(typed: Typed) -> list[Problem]:
    """What is wrong with the words that no option took.

    Raises:
        UnsupportedRequest: one of them is a command, so the rest was meant for it.
    """
    known = [spelling for option in OPTIONS for spelling in option.spellings]
    found: list[Problem] = []
    is_value = False
    for word in typed.words:
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        if word in COMMANDS:
            raise UnsupportedRequest([*found, _misplaced(word, typed)])
        if word.startswith("-") and len(word) > 1 and name not in known:
            near = nearest_name(name, known)
            guess = f"Did you mean {near}?" if near else "'main.py --help' lists them all."
            found.append(Problem(name, f"There is no option {name}. {guess}"))
            # The next word would be the value of this option.
            is_value = "=" not in word
        elif is_value and not word.startswith("-"):
            is_value = False
        else:
            near = nearest_name(word, COMMANDS) if " " not in word else None
            guess = f"Did you mean {near!r}? " if near else ""
            message = f"{word!r} is no command. {guess}A prompt is given with -p."
            found.append(Problem("command", message))
    return found


def _misplaced(name: str, typed: Typed) -> Problem:
    given = ", ".join(option.name for option in OPTIONS if typed.flag(option.name))
    if not given:
        return Problem("command", f"{name!r} is a command of its own. Write it first.")
    return Problem(
        given,
        f"{name!r} is a command of its own, so {given} before it has no meaning. Put the command's "
        f"own options after it: 'main.py {name} --help' lists them.",
    )
