"""`start-frames`: an image for each scene of a project, which its clip begins with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.consent import YES
from cli.options import Kind, Option, argument, command
from cli.project_run import CommandHost, RunChoice, run_offer, scenes_by_number, show_offer
from cli.render_options import CONTROL_OPTIONS, choose_target, read_request
from cli.signals import EXIT_DONE, EXIT_FAILED
from core.errors import UnsupportedRequest
from core.project.files.project_file import project_folder
from core.project.render.start_frames import (
    StartFrames,
    frame_scenes,
    plan_start_frames,
    without_frame,
)
from core.video.control_row import Control
from core.video.request import RenderChoices

if TYPE_CHECKING:
    from cli.context import CliContext
    from cli.options import Typed
    from core.project.model.project import Scene, VideoProject

_WHO = (Control.PROVIDER, Control.DEPLOYMENT, Control.TARGET)
_HOW = (Control.RESOLUTION, Control.ASPECT, Control.QUALITY, Control.SEED)
_SCENE = Option("--scene", Kind.MANY, "This scene, from 1; may be given repeatedly.", "N")
_OPTIONS = (
    *(CONTROL_OPTIONS[control] for control in (*_WHO, *_HOW)),
    _SCENE,
    Option("--missing", Kind.FLAG, "Scenes that start from words alone; the usual choice."),
    Option("--all", Kind.FLAG, "Every scene but those that go on from the one before."),
    Option("--skip", Kind.FLAG, "Leave out scenes that get no image, and say which."),
    YES,
    Option("--dry-run", Kind.FLAG, "Only show the plan."),
    Option("--json", Kind.FLAG, "Write events to stdout, one JSON object a line, and no text."),
    Option("--quiet", Kind.FLAG, "Errors only.", others=("-q",)),
)
_PROJECT_HELP = "The project's folder."


def _make_frames(context: CliContext, typed: Typed) -> int:
    """Make a start frame for scenes of a project; without a model, as the last time there.

    An image has the aspect of its scene's clip. The one that a scene started from before is kept.
    """
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    numbers = [typed.convert(_SCENE.name, text, int) for text in typed.texts(_SCENE.name)]
    if sum((bool(numbers), typed.flag("--missing"), typed.flag("--all"))) > 1:
        typed.refuse("scene", "Say either --scene, --missing or --all.")
    if not typed.words:
        typed.refuse("project", "Name the project's folder.")
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    is_dry, studio = typed.flag("--dry-run"), context.studio
    host = CommandHost(context, project_folder(Path(typed.words[0])), is_dry=is_dry)
    try:
        choices = _choices(context, typed, host.project)
        wanted = _wanted(host, [number for number in numbers if number is not None], typed)
        offer = plan_start_frames(
            studio, host.project, host.folder, {one.id for one in wanted}, choices, host.cancel
        )
        show_offer(context, host, offer, skips=typed.flag("--skip"), noun="image")
        run = RunChoice(
            is_dry, typed.flag(YES.name), "image", "make", "Every scene starts from an image"
        )
        code = run_offer(context, host, StartFrames(studio, host), offer, run)
        if offer.planned and not is_dry and code in (EXIT_DONE, EXIT_FAILED):
            host.save(host.project.model_copy(update={"images": choices}))
        return code
    finally:
        host.close()


def _choices(context: CliContext, typed: Typed, project: VideoProject) -> RenderChoices:
    """What was typed over what the project's images were made with the last time."""
    studio = context.studio
    before = project.images or RenderChoices(
        target=choose_target(typed, studio.settings.render, studio.registry.infos)
    )
    asked = read_request(typed, studio.settings.render, studio.registry.infos)
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    if any(typed.flag(CONTROL_OPTIONS[control].name) for control in _WHO):
        before = RenderChoices(target=asked.target)
    frame = before.frame.model_copy(
        update={
            "resolution": asked.frame.resolution or before.frame.resolution,
            "aspect": asked.frame.aspect or before.frame.aspect,
        }
    )
    return before.model_copy(
        update={
            "frame": frame,
            "quality": asked.quality or before.quality,
            "sampling": asked.sampling,
        }
    )


def _wanted(host: CommandHost, numbers: list[int], typed: Typed) -> tuple[Scene, ...]:
    if numbers:
        return scenes_by_number(host, numbers)
    scenes = frame_scenes(host.project)
    return scenes if typed.flag("--all") else without_frame(scenes)


start_frames = typer.Typer(rich_markup_mode=None, add_completion=False)
start_frames.command()(command(_make_frames, _OPTIONS, argument("project", str, _PROJECT_HELP)))
