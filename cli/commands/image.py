"""`image`: one or several images from words, other images and a mask."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from cli.consent import YES, agrees_to_price
from cli.grid_command import GRID_OPTIONS, is_grid, make_grid
from cli.options import Kind, Option, Unreadable, command, file
from cli.render_command import as_event, at_option, describe, reasons_against, tell_resumable
from cli.render_options import CONTROL_OPTIONS, TARGETS, read_request
from cli.run_job import run_job
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_NOT_CONFIGURED
from core.errors import NotConfigured, StudioError, UnreadableText, UnsupportedRequest
from core.platform.units import count_text, price
from core.video.control_row import Control
from core.video.controls import CONTROLS, ROWS
from core.video.editing.tools import IMAGE_TOOLS
from core.video.editing.variations import VARIATIONS, variation_of
from core.video.planning.render_planner import total_usd
from core.video.record import read_settings_of
from core.video.request import MAX_COUNT, images_as_inputs, in_batch
from core.video.terms import OutputKind, Role

if TYPE_CHECKING:
    from pathlib import Path

    from cli.context import CliContext
    from cli.options import Typed
    from core.video.planning.render_planner import PlannedRender
    from core.video.request import RenderRequest

_IMAGE = Option(
    "--image",
    Kind.MANY,
    "The image that is edited; several are the one that is edited and others to look at.",
    "FILE",
)
_COUNT = Option(
    "--count",
    Kind.TEXT,
    f"How many images, 1 to {MAX_COUNT}; each is an order of its own, and 1 when not given, or "
    f"{VARIATIONS} variations.",
    "NUMBER",
    others=("-n",),
)
_VARY = Option(
    "--vary",
    Kind.TEXT,
    "An image of which variations are made: by the words, the model and the next seeds of its "
    "record, changed a little. What is given besides counts before its record.",
    "FILE",
)
_TOOL = replace(
    CONTROL_OPTIONS[Control.TOOL],
    help=f"{ROWS[Control.TOOL].tip}: {', '.join(IMAGE_TOOLS)}",
)
_TARGET_OPTIONS = ("--provider", "--deployment", "--model")
_OWN_OPTIONS = {Control.START_IMAGE: _IMAGE, Control.TOOL: _TOOL}
_SETTINGS_FROM = Option(
    "--settings-from",
    Kind.TEXT,
    "A file whose settings are taken where nothing else is typed: an image of this program, of "
    "AUTOMATIC1111, ComfyUI, InvokeAI and others. 'main.py inspect FILE' shows them.",
    "FILE",
)
_OPTIONS = (
    *(
        _OWN_OPTIONS.get(row.id, CONTROL_OPTIONS[row.id])
        for row in CONTROLS
        if row.is_for_images and row.id in CONTROL_OPTIONS
    ),
    _VARY,
    _COUNT,
    _SETTINGS_FROM,
    *GRID_OPTIONS,
    Option(
        "--out",
        Kind.TEXT,
        "The file (.png) or an existing folder; of several images each name gets its number. "
        "Without it, the output folder, under a name of date, prompt and seed.",
        "PATH",
        others=("-o",),
    ),
    Option("--dry-run", Kind.FLAG, "Show the exact plan, or all that speaks against it, and stop."),
    YES,
    Option("--force", Kind.FLAG, "Replace output files that exist."),
    Option("--json", Kind.FLAG, "Write events to stdout, one JSON object a line, and no text."),
    Option("--quiet", Kind.FLAG, "Show neither plan nor progress.", others=("-q",)),
)


def _make_images(context: CliContext, typed: Typed) -> int:
    """Make images from words, other images and a mask, and print their paths."""
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    console, studio = context.console, context.studio
    is_dry = typed.flag("--dry-run")
    if is_grid(typed):
        return make_grid(context, typed, _read_request(context, typed))
    renders = _plan(context, typed)
    if not is_dry:
        tell_resumable(context)
    for planned in renders:
        console.event("plan", **as_event(planned))
    first = renders[0]
    console.tell(describe(first, studio.registry.find(first.plan.target)))
    for planned in renders[1:]:
        console.tell(f"  to {planned.output.path}")
    cost_usd = total_usd(renders)
    if len(renders) > 1:
        console.tell(f"{len(renders)} images, {price(cost_usd)} in all.")
    reasons = reasons_against(first)
    if is_dry:
        try:
            studio.check_caps(renders)
        except StudioError as error:
            reasons.append(str(error))
        said = " ".join(["This cannot be made here:", *reasons])
        console.tell(said if reasons else "Only planned; nothing was made.")
        return EXIT_NOT_CONFIGURED if reasons else EXIT_DONE
    if reasons:
        raise NotConfigured(" ".join(reasons), target=str(first.plan.target))
    studio.check_caps(renders)
    what = "the image" if len(renders) == 1 else count_text(len(renders), "image")
    if not agrees_to_price(console, what, cost_usd, is_agreed=typed.flag(YES.name)):
        return EXIT_CANCELLED
    for planned in renders:
        code = run_job(context, lambda planned=planned: studio.submit_render(planned))
        if code != EXIT_DONE:
            # What one of them lacks the others lack as well.
            return code
    return EXIT_DONE


def _plan(context: CliContext, typed: Typed) -> list[PlannedRender]:
    """The plans of all of them.

    Raises:
        UnsupportedRequest: with everything that is wrong with words, values and plan.
    """
    studio = context.studio
    out, is_forced = typed.read("--out", file), typed.flag("--force")
    usual = VARIATIONS if typed.text(_VARY.name) else 1
    count = typed.read(_COUNT.name, _read_count) or usual
    requests = in_batch(_read_request(context, typed).several(count))
    planned: list[PlannedRender] = []
    try:
        for number, request in enumerate(requests, start=1):
            place = out if out is None or count == 1 else _numbered(out, number)
            planned.append(studio.plan(request, out=place, overwrite=is_forced))
    except UnsupportedRequest as error:
        found = (at_option(problem, typed) for problem in error.problems)
        raise UnsupportedRequest([*typed.problems, *found]) from error
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    return planned


def _read_request(context: CliContext, typed: Typed) -> RenderRequest:
    studio = context.studio
    infos = studio.registry.infos
    request = read_request(typed, studio.settings.render, infos, but=(Control.START_IMAGE,))
    images = [typed.convert(_IMAGE.name, text, file) for text in typed.texts(_IMAGE.name)]
    given = images_as_inputs([path for path in images if path is not None])
    request = request.with_inputs((*given, *request.inputs)).model_copy(
        update={"output": OutputKind.IMAGE}
    )
    file_with_settings = typed.read(_SETTINGS_FROM.name, file)
    if file_with_settings is not None:
        request = _with_settings(context, typed, request, file_with_settings)
    original = typed.read(_VARY.name, file)
    return request if original is None else _varied(context, typed, request, original)


def _varied(
    context: CliContext, typed: Typed, request: RenderRequest, original: Path
) -> RenderRequest:
    """The first variation of an image, with what was typed in place of what its record says."""
    record = read_settings_of(original)
    if record is None and not request.prompt:
        context.console.note(
            f"{_VARY.name}: {str(original)!r} does not say how it was made, so describe it with -p."
        )
    made = request if record is None else record.request
    if record is None or any(typed.text(option) for option in _TARGET_OPTIONS):
        made = made.model_copy(update={"target": request.target})
    specs = context.studio.registry.open(made.target).models()
    varied = variation_of(made, original, specs, None if record is None else record.seed)
    if varied.path_of(Role.START) != original:
        who = context.studio.registry.find(made.target).label
        context.console.note(
            f"No model of {who} changes images: the same words are used with other seeds. "
            "'--provider' names who does."
        )
    for row in CONTROLS:
        is_own = row.path.startswith("target") or row.role is not None
        if not is_own and row.is_set(request) and row.value(request) != "":
            varied = row.with_value(varied, row.value(request))
    return varied.with_inputs((*varied.inputs, *request.inputs))


def _with_settings(
    context: CliContext, typed: Typed, request: RenderRequest, path: Path
) -> RenderRequest:
    """The request with what a file says where nothing is typed; what it cannot take is told."""
    # Imported late: few images are made by another's settings.
    from core.video.planning.named_targets import concrete_target
    from core.video.planning.settings_of_file import fill_request, read_found_settings

    registry = context.studio.registry
    try:
        found = read_found_settings(path)
        is_target_typed = any(typed.texts(CONTROL_OPTIONS[control].name) for control in TARGETS)
        if found.target is not None and not is_target_typed:
            request = request.model_copy(update={"target": found.target})
        spec = registry.spec(concrete_target(registry, request))
    except UnreadableText as error:
        typed.refuse(_SETTINGS_FROM.name, f"{_SETTINGS_FROM.name}: {error}")
        return request
    except UnsupportedRequest:
        return request  # no such model, which the plan tells
    filled = fill_request(found, request, spec, context.studio.paths.lora_dirs)
    for note in filled.notes:
        context.console.note(note)
    return filled.request


def _numbered(out: Path, number: int) -> Path:
    return out if out.is_dir() else out.with_name(f"{out.stem}-{number}{out.suffix}")


def _read_count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= MAX_COUNT:
        raise Unreadable(f"{count} images at a time are not made, only 1 to {MAX_COUNT}.")
    return count


image = typer.Typer(rich_markup_mode=None, add_completion=False)
image.command()(command(_make_images, _OPTIONS))
