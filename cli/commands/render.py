"""`render`: scenes of a project become clips, linked ones after each other, as in the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.consent import YES_HELP
from cli.context import CliContext, JsonOption, context_of
from cli.project_run import CommandHost, RunChoice, run_offer, scenes_by_number, show_offer
from core.errors import Problem, UnsupportedRequest
from core.project.files.project_file import project_folder
from core.project.render.planning import all_to_render, fingerprint_of, missing_or_stale
from core.project.render.rendering import SceneRendering, plan_scenes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.model.project import Scene

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def render(
    ctx: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's folder.")],
    scene: Annotated[
        list[int] | None,
        typer.Option("--scene", metavar="N", help="This scene, from 1; may be given repeatedly."),
    ] = None,
    missing: Annotated[
        bool,
        typer.Option(
            "--missing", help="Scenes without a clip or with one out of date; the usual choice."
        ),
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="Every scene once more.")] = False,
    skip: Annotated[
        bool,
        typer.Option("--skip", help="Leave out scenes that cannot be rendered, and say which."),
    ] = False,
    group: Annotated[
        bool | None,
        typer.Option(
            "--group-by-model/--no-group-by-model",
            help="Clips of one model after each other, so that it is loaded once; the usual choice "
            "is the setting queue.groups_by_model.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=YES_HELP)] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> int:
    """Render scenes of a project, exactly as the window does; the clips become takes."""
    context = context_of(ctx, is_json=json, is_quiet=quiet)
    if sum((bool(scene), missing, all_)) > 1:
        message = "Say either --scene, --missing or --all."
        raise UnsupportedRequest([Problem("scene", message)])
    host = CommandHost(context, project_folder(Path(project)), is_dry=dry_run)
    try:
        wanted = _wanted(context, host, scene or [], is_all=all_)
        studio = context.studio
        offer = plan_scenes(studio, host.project, host.folder, wanted, set(), host.cancel)
        show_offer(context, host, offer, skips=skip)
        if group is not None and not dry_run:
            context.queue.set_grouping(group)
        choice = RunChoice(dry_run, yes, "clip", "render", "Every scene has its clip")
        return run_offer(context, host, SceneRendering(studio, host), offer, choice)
    finally:
        host.close()


def _wanted(
    context: CliContext, host: CommandHost, numbers: Sequence[int], *, is_all: bool
) -> set[str]:
    if numbers:
        return {scene.id for scene in scenes_by_number(host, numbers)}
    scenes = host.project.scenes
    chosen: Sequence[Scene] = all_to_render(host.project)
    if not is_all:
        fingerprints = {
            scene.id: fingerprint_of(context.studio, host.project, scene, host.folder)
            for scene in scenes
        }
        chosen = missing_or_stale(host.project, fingerprints, scenes)
    return {scene.id for scene in chosen}
