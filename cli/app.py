"""The command line's parser and its one boundary between errors and exit codes."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

import core
from cli.arguments import RenderArguments
from cli.argv_check import OptionWord, sift
from cli.commands import cache, config, doctor, films, jobs, keys, models
from cli.console import Console
from cli.context import CliContext, context_of
from cli.render_command import render
from cli.root_help import root_help
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
from core.studio import Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.film.picture.text_overlays import TextRenderer
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
app.command("models")(models.models)
app.command("doctor")(doctor.doctor)
app.command("assemble")(films.assemble)
app.command("export")(films.export)
app.add_typer(cache.app, name="cache")
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")
app.add_typer(config.app, name="config")

# Every value is text here: what is wrong with it is told together with everything else.
_Text = str | None


@app.callback(invoke_without_command=True)
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
    if ctx.invoked_subcommand is not None:
        return 0
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
    open_studio: Callable[..., Studio] = Studio,
    text_renderer: TextRenderer | None = None,
    package_installer: PackageInstaller | None = None,
) -> int:
    """Run one command line with these providers and give its exit code.

    Args:
        argv: the words of the command line.
        entries: the providers.
        open_studio: makes the studio.
        text_renderer: draws words on films.
        package_installer: brings what a provider needs when a render begins; None for nobody.
    """
    open_studio = partial(
        open_studio, text_renderer=text_renderer, package_installer=package_installer
    )
    signals = SignalHandler()
    context = CliContext(entries, Console(), signals, open_studio)
    with signals.caught():
        try:
            return translate(partial(_run, list(argv), context), context)
        finally:
            context.close()


def _run(argv: list[str], context: CliContext) -> int:
    command = typer.main.get_command(app)
    sifted = sift(argv, option_words(), tuple(_subcommands(command)))
    given = sifted.values
    context.speak_as(is_json="--json" in (given if sifted.command is None else sifted.words))
    if sifted.command is None and "--help" in given:
        context.console.answer(root_help(context, given))
        return 0
    if sifted.command is None and "--version" in given:
        context.console.answer(f"{core.NAME} {core.VERSION}")
        return 0
    if sifted.command is not None and sifted.problems:
        raise UnsupportedRequest(sifted.problems)
    context.problems = tuple(sifted.problems)
    answer = command.main(args=sifted.words, prog_name=PROGRAM, standalone_mode=False, obj=context)
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


def _subcommands(command: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", cast("Any", command).commands)


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
