"""The command line's parser and its one boundary between errors and exit codes."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import typer

from cli.commands import COMMANDS
from cli.console import PROGRAM, Console
from cli.context import CliContext, Parts
from cli.signals import (
    EXIT_CANCELLED,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_NOT_CONFIGURED,
    EXIT_USAGE,
    NOT_CONFIGURED,
    SignalHandler,
)
from core.errors import (
    NoSuchProject,
    Problem,
    SettingsError,
    StudioError,
    UnsupportedRequest,
    outside_cause,
    shortened,
)
from core.platform.log import start_log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.film.picture.text_overlays import TextRenderer
    from core.language.provider import LanguageEntry
    from core.studio import Studio
    from core.video.packages import PackageInstaller
    from core.video.provider import ProviderEntry

log = logging.getLogger(__name__)


def main(
    argv: Sequence[str],
    entries: Sequence[ProviderEntry],
    *,
    open_text_renderer: Callable[[], TextRenderer] | None = None,
    package_installer: PackageInstaller | None = None,
    open_studio: Callable[..., Studio] | None = None,
    language: Sequence[LanguageEntry] = (),
) -> int:
    """Run one command line and give its exit code; `Parts` says what the arguments are."""
    parts = Parts(entries, open_text_renderer, package_installer, open_studio, language)
    signals = SignalHandler()
    console = Console()
    try:
        context = CliContext(parts, console, signals)
    except StudioError as error:
        console.is_json = "--json" in argv
        _tell(error, console)
        return _exit_code(error)
    with signals.caught():
        try:
            code = translate(partial(_run, list(argv), context), context)
        finally:
            context.close()
    console.tell_unwritten()
    return code or (EXIT_DONE if console.unwritten is None else EXIT_FAILED)


def _run(argv: list[str], context: CliContext) -> int:
    if argv and argv[0] in COMMANDS:
        context.set_output(is_json="--json" in argv)
        command = typer.main.get_command(COMMANDS[argv[0]].load())
        name, words = f"{PROGRAM} {argv[0]}", argv[1:]
        answer = command.main(args=words, prog_name=name, standalone_mode=False, obj=context)
        return int(answer or 0)
    # Imported late: the other commands make no clip.
    from cli.main_command import run_main_command

    return run_main_command(argv, context)


def translate(run: Callable[[], int], context: CliContext) -> int:
    """Run a command; whatever ends it becomes a sentence and an exit code, never a traceback."""
    console = context.console
    try:
        return run()
    except (KeyboardInterrupt, typer.Abort):
        console.event("cancelled")
        console.tell("Cancelled.")
        return EXIT_CANCELLED
    except typer.Exit as end:
        return end.exit_code
    except typer.TyperException as error:
        problem = Problem("command", _usage(error))
        _tell(UnsupportedRequest([problem]), console)
        return EXIT_USAGE
    except UnsupportedRequest as error:
        _tell(error.with_replacing("use --force"), console)
        is_asked_well = all(problem.is_of_setup for problem in error.problems)
        return EXIT_NOT_CONFIGURED if is_asked_well else EXIT_USAGE
    except StudioError as error:
        _tell(error, console)
        return _exit_code(error)
    except Exception as error:
        # What fails before anything is opened belongs into the log as well, not on the terminal.
        if not logging.getLogger().handlers:
            start_log(context.paths.log_file)
        known = outside_cause(error)
        if known is not None:
            log.exception("the command failed")
            _tell(known, console)
            return EXIT_FAILED
        # The last resort, with the traceback in the log: whoever types a command gets a sentence.
        log.exception("an unexpected error ended the command")
        reason = shortened(f"{type(error).__name__}: {error}")
        unexpected = StudioError(
            f"An unexpected error ended this command: {reason}",
            hint=f"This is a defect of the program. The details are in {context.paths.log_file}.",
        )
        _tell(unexpected, console, kind=type(error).__name__)
        return EXIT_FAILED


def _tell(error: StudioError, console: Console, *, kind: str = "") -> None:
    """Tell why nothing came of a command; `kind` is what the error is called, where not its own."""
    # Imported late: jobs and their events are much to load, and most commands succeed.
    from core.jobs.job import ErrorReport

    report = ErrorReport.of(error)
    problems = error.problems if isinstance(error, UnsupportedRequest) else ()
    console.fail(report.model_copy(update={"kind": kind}) if kind else report, problems)


def _usage(error: typer.TyperException) -> str:
    sentence = error.format_message().strip().rstrip(".")
    return f"{sentence}. '{PROGRAM} --help' and '{PROGRAM} COMMAND --help' list what there is."


def _exit_code(error: StudioError) -> int:
    if isinstance(error, SettingsError | NoSuchProject):
        return EXIT_USAGE
    return EXIT_NOT_CONFIGURED if type(error).__name__ in NOT_CONFIGURED else EXIT_FAILED
