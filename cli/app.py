"""The command line's parser and its one boundary between errors and exit codes."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

import core
from cli.arguments import RenderArguments
from cli.argv_check import OptionWord, sift
from cli.commands import COMMANDS
from cli.console import Console
from cli.context import CliContext, Parts, context_of
from cli.render_command import render
from cli.run_job import EXIT_FAILED, EXIT_NOT_CONFIGURED
from cli.signals import EXIT_CANCELLED, SignalHandler
from core.errors import (
    FFmpegMissing,
    KeyStoreError,
    NotConfigured,
    Problem,
    SettingsError,
    StudioError,
    TextRendererUnavailable,
    UnsupportedRequest,
)
from core.jobs.job import ErrorReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.film.picture.text_overlays import TextRenderer
    from core.studio import Studio
    from core.video.packages import PackageInstaller
    from core.video.provider import ProviderEntry

log = logging.getLogger(__name__)

PROGRAM = "main.py"
EXIT_USAGE = 2
_ALIASED = (
    "--deployment", "--model", "--resolution", "--aspect", "--fps", "--duration", "--image",
    "--camera-motion", "--guidance", "--steps", "--seed",
)  # fmt: skip

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

# Every value is text here: what is wrong with it is told together with everything else.
_Text = str | None


@app.command()
def _render(  # pyright: ignore[reportUnusedFunction] - typer calls it
    ctx: typer.Context,
    prompt: Annotated[_Text, typer.Option("--prompt", "-p")] = None,
    negative_prompt: Annotated[_Text, typer.Option("--negative-prompt")] = None,
    out: Annotated[_Text, typer.Option("--out", "-o")] = None,
    image: Annotated[_Text, typer.Option("--image")] = None,
    provider: Annotated[_Text, typer.Option("--provider")] = None,
    deployment: Annotated[_Text, typer.Option("--deployment")] = None,
    model: Annotated[_Text, typer.Option("--model")] = None,
    duration: Annotated[_Text, typer.Option("--duration")] = None,
    fps: Annotated[_Text, typer.Option("--fps")] = None,
    resolution: Annotated[_Text, typer.Option("--resolution")] = None,
    aspect: Annotated[_Text, typer.Option("--aspect")] = None,
    audio: Annotated[bool | None, typer.Option("--audio/--no-audio")] = None,
    camera_motion: Annotated[_Text, typer.Option("--camera-motion")] = None,
    camera_speed: Annotated[_Text, typer.Option("--camera-speed")] = None,
    seed: Annotated[_Text, typer.Option("--seed")] = None,
    steps: Annotated[_Text, typer.Option("--steps")] = None,
    guidance: Annotated[_Text, typer.Option("--guidance")] = None,
    force: Annotated[bool, typer.Option("--force")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    json: Annotated[bool, typer.Option("--json")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q")] = False,
    version: Annotated[bool, typer.Option("--version")] = False,
) -> int:
    context = context_of(ctx)
    typed = RenderArguments(
        provider=provider,
        deployment=deployment,
        model=model,
        prompt=prompt,
        negative_prompt=negative_prompt,
        out=out,
        image=image,
        duration=duration,
        fps=fps,
        resolution=resolution,
        aspect=aspect,
        seed=seed,
        steps=steps,
        guidance=guidance,
        audio=audio,
        camera_motion=camera_motion,
        camera_speed=camera_speed,
        force=force,
        dry_run=dry_run,
    )
    context.speak_as(is_json=json, is_quiet=quiet)
    return render(context, typed, context.problems)


def main(
    argv: Sequence[str],
    entries: Sequence[ProviderEntry],
    *,
    open_text_renderer: Callable[[], TextRenderer] | None = None,
    package_installer: PackageInstaller | None = None,
    open_studio: Callable[..., Studio] | None = None,
) -> int:
    """Run one command line and give its exit code; `Parts` says what the arguments are."""
    parts = Parts(entries, open_text_renderer, package_installer, open_studio)
    signals = SignalHandler()
    context = CliContext(parts, Console(), signals)
    with signals.caught():
        try:
            return translate(partial(_run, list(argv), context), context)
        finally:
            context.close()


def _run(argv: list[str], context: CliContext) -> int:
    if argv and argv[0] in COMMANDS:
        context.speak_as(is_json="--json" in argv)
        command = typer.main.get_command(COMMANDS[argv[0]].load())
        name, words = f"{PROGRAM} {argv[0]}", argv[1:]
    else:
        sifted = sift(argv, option_words(), tuple(COMMANDS))
        given = sifted.values
        context.speak_as(is_json="--json" in given)
        if "--help" in given:
            # Imported late: only this page is written from the model tables.
            from cli.root_help import root_help

            context.console.answer(root_help(context, given))
            return 0
        if "--version" in given:
            context.console.answer(f"{core.NAME} {core.VERSION}")
            return 0
        if sifted.command is not None and sifted.problems:
            raise UnsupportedRequest(sifted.problems)
        context.problems = tuple(sifted.problems)
        command = typer.main.get_command(app)
        name, words = PROGRAM, sifted.words
    answer = command.main(args=words, prog_name=name, standalone_mode=False, obj=context)
    return int(answer or 0)


def option_words() -> dict[str, OptionWord]:
    """Every spelling of every option of the main command."""
    command = cast("Any", typer.main.get_command(app))
    words = {
        "--help": OptionWord("--help", "--help", takes_value=False),
        "-h": OptionWord("--help", "--help", takes_value=False),
    }
    for parameter in command.params:
        first = str(parameter.opts[0])
        takes_value = not parameter.is_flag
        for spelling in parameter.opts:
            words[str(spelling)] = OptionWord(first, first, takes_value=takes_value)
        for spelling in parameter.secondary_opts:
            words[str(spelling)] = OptionWord(first, str(spelling), takes_value=takes_value)
    for name in _ALIASED:
        words[f"--ltx-{name.removeprefix('--')}"] = words[name]
    return words


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
        console.fail(ErrorReport.of(UnsupportedRequest([problem])), [problem])
        return EXIT_USAGE
    except UnsupportedRequest as error:
        console.fail(ErrorReport.of(error), error.problems)
        return EXIT_USAGE
    except StudioError as error:
        console.fail(ErrorReport.of(error))
        return _exit_code(error)
    except Exception as error:
        # The last resort, with the traceback in the log: whoever types a command gets a sentence.
        log.exception("an unexpected error ended the command")
        unexpected = StudioError(
            f"An unexpected error ended this command: {type(error).__name__}: {error}",
            hint=f"This is a defect of the program. The details are in {context.paths.log_file}.",
        )
        report = ErrorReport.of(unexpected).model_copy(update={"kind": type(error).__name__})
        console.fail(report)
        return EXIT_FAILED


def _usage(error: typer.TyperException) -> str:
    sentence = error.format_message().strip().rstrip(".")
    return f"{sentence}. '{PROGRAM} --help' and '{PROGRAM} COMMAND --help' list what there is."


def _exit_code(error: StudioError) -> int:
    match error:
        case SettingsError():
            return EXIT_USAGE
        case NotConfigured() | FFmpegMissing() | KeyStoreError() | TextRendererUnavailable():
            return EXIT_NOT_CONFIGURED
        case _:
            return EXIT_FAILED
