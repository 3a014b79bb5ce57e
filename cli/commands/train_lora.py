"""`train-lora`: a folder, manifest or project becomes a LoRA of one's own collection."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.console import wrapped
from cli.options import Kind, Option, argument, chooser, command, file, number, seconds
from cli.render_command import tell_resumable
from cli.render_options import choose_target
from cli.run_job import run_job
from cli.signals import EXIT_DONE
from core.errors import OutputError, Problem, UnsupportedRequest
from core.lora.training import SET_CONTROLS, TRAINING_CONTROLS, Targets, TrainingControl
from core.lora.training_set import MANIFEST_SUFFIXES, write_manifest
from core.media.output import file_problems
from core.platform.units import clock, count_text
from core.project.render.training_takes import list_set
from core.video.lora_training import TrainingRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.context import CliContext
    from cli.options import Typed
    from core.lora.training_set import TrainingList
    from core.video.lora_training import TrainingPlan

_SET_HELP = (
    "A folder of images and clips with a .txt caption beside each, a .csv or .jsonl manifest with "
    "'path' and 'caption', or a project, whose chosen takes are learned."
)
_METAVARS = {int: "N", float: "NUMBER", str: "TEXT", Targets: "LAYERS"}
_SET = "The set"
_HOW = "How it is learned"


def _option_of(control: TrainingControl) -> Option:
    help_text = control.help
    if control.kind is Targets:
        help_text += f" {' or '.join(targets.value for targets in Targets)}."
    elif control.maximum:
        help_text += f" {control.minimum:.10g} to {control.maximum:.10g}."
    return Option(control.option, Kind.TEXT, help_text, _METAVARS[control.kind], _HOW)


_OF_SET = {control.field: control for control in SET_CONTROLS}
_OPTIONS = (
    Option("--provider", Kind.TEXT, "Whose model is the base.", "NAME"),
    Option("--deployment", Kind.TEXT, "Where it runs.", "NAME"),
    Option(
        "--model", Kind.TEXT, "The base; without it the usual one, or the best there is.", "NAME"
    ),
    Option("--name", Kind.TEXT, "What the LoRA is called; else as the set is.", "NAME"),
    Option("--resolution", Kind.TEXT, _OF_SET["resolution"].help, "NAME", _SET),
    Option("--length", Kind.TEXT, f"{_OF_SET['length'].help} Usually 2.", "SECONDS", _SET),
    Option(
        "--write-manifest",
        Kind.TEXT,
        "Only write the set as a .jsonl manifest, to be looked through and edited.",
        "FILE",
        _SET,
    ),
    *map(_option_of, TRAINING_CONTROLS),
    Option("--dry-run", Kind.FLAG, "Look at the set, show the plan, and stop."),
    Option("--force", Kind.FLAG, "Replace a LoRA of that name."),
    Option("--json", Kind.FLAG, "One event a line on stdout."),
    Option("--quiet", Kind.FLAG, "Errors only.", others=("-q",)),
)


def _train(context: CliContext, typed: Typed) -> int:
    """Train a LoRA on images and clips of your own; it goes into your collection."""
    context.set_output(is_json=typed.flag("--json"), is_quiet=typed.flag("--quiet"))
    if not typed.words:
        raise UnsupportedRequest([Problem("set", f"Name what to learn from. {_SET_HELP}")])
    listed = list_set(Path(typed.words[0]))
    manifest = typed.read("--write-manifest", file)
    if manifest is not None:
        return _write_manifest(context, listed, manifest, overwrite=typed.flag("--force"))
    plan = _plan(context, typed, listed)
    context.console.event("plan", **_as_event(plan))
    context.console.tell(_describe(plan))
    if typed.flag("--dry-run"):
        context.console.tell("Only planned; nothing was trained.")
        return EXIT_DONE
    tell_resumable(context)
    code = run_job(context, lambda: context.studio.submit_training(plan))
    if code == EXIT_DONE:
        trigger = f" Say {plan.recipe.trigger!r} in the prompt." if plan.recipe.trigger else ""
        context.console.tell(f"Use it with '--lora {plan.name}'.{trigger}")
    return code


train_lora = typer.Typer(rich_markup_mode=None, add_completion=False)
train_lora.command()(command(_train, _OPTIONS, argument("set", str | None, _SET_HELP)))


def _plan(context: CliContext, typed: Typed, listed: TrainingList) -> TrainingPlan:
    studio = context.studio
    request = TrainingRequest(
        target=choose_target(typed, studio.settings.render, studio.registry.infos),
        listed=listed,
        choices={
            control.field: typed.read(control.option, _reader(control))
            for control in TRAINING_CONTROLS
        },
        resolution=typed.text("--resolution"),
        length_s=typed.read("--length", seconds),
        name=typed.text("--name"),
        overwrite=typed.flag("--force"),
    )
    try:
        plan = studio.plan_training(request)
    except UnsupportedRequest as error:
        found = map(_at_option, error.problems)
        raise UnsupportedRequest([*typed.problems, *found]) from error
    if typed.problems:
        raise UnsupportedRequest(typed.problems)
    return plan


def _at_option(problem: Problem) -> Problem:
    """The problem with the option in front that it is about."""
    controls = (*SET_CONTROLS, *TRAINING_CONTROLS)
    option = next((one.option for one in controls if one.field == problem.field), "")
    return replace(problem, message=f"{option}: {problem.message}") if option else problem


def _reader(control: TrainingControl) -> Callable[[str], Any]:
    if control.kind is Targets:
        return chooser(Targets)
    return {int: int, float: number, str: str}[control.kind]


def _write_manifest(
    context: CliContext, listed: TrainingList, path: Path, *, overwrite: bool
) -> int:
    problems = list(listed.problems)
    if path.suffix.casefold() != MANIFEST_SUFFIXES[-1]:
        problems.append(Problem("manifest", f"--write-manifest writes {MANIFEST_SUFFIXES[-1]}."))
    problems += file_problems("manifest", path, overwrite=overwrite)
    if problems:
        raise UnsupportedRequest(problems)
    try:
        write_manifest(listed, path)
    except OSError as error:
        raise OutputError(
            f"The manifest {str(path)!r} cannot be written: {error.strerror}.",
            hint="Name another place.",
        ) from error
    context.console.event("manifest", path=str(path), items=len(listed.entries))
    context.console.answer_in_words(str(path))
    return EXIT_DONE


def _describe(plan: TrainingPlan) -> str:
    """The plan in lines of at most 80 columns."""
    recipe = plan.recipe
    time = (
        "time unknown until the first training of this model"
        if plan.est_seconds is None
        else f"about {clock(plan.est_seconds)}"
    )
    lines = [
        f"The LoRA {plan.name} for {plan.spec.label}, trained on this machine, free",
        f"  {plan.set_text}",
        wrapped(
            f"{count_text(recipe.steps, 'step')} of {recipe.batch_size}, rank {recipe.rank}, "
            f"learning rate {recipe.learning_rate:g}, {time}",
            first="  ",
            rest="    ",
        ),
        f"  {plan.parameters / 1e6:.1f} million parameters in its {recipe.targets.value} layers",
    ]
    if plan.memory_plan is not None:
        memory = plan.memory_plan
        where = f"{memory.device.value}, {memory.precision.value}"
        lines.append(wrapped(f"up to {memory.peaks_text}; {where}", first="  ", rest="    "))
    lines.append(f"  to {plan.path}")
    lines += [wrapped(note, first="  note: ", rest="        ") for note in plan.notes]
    return "\n".join(lines)


def _as_event(plan: TrainingPlan) -> dict[str, Any]:
    """The plan as the fields of a JSON event."""
    return {
        "target": str(plan.target),
        "name": plan.name,
        "out": str(plan.path),
        "images": plan.num_images,
        "clips": plan.num_clips,
        "buckets": plan.num_buckets,
        "plan": plan.model_dump(mode="json", exclude={"spec"}),
    }
