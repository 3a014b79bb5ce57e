"""The main command: read, plan, show the plan, render, give the path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cli.consent import YES, agrees_to_price
from cli.console import wrapped
from cli.options import file
from cli.render_options import FALLBACK, FALLBACK_TO_PAID, read_request
from cli.run_job import run_job
from cli.signals import EXIT_CANCELLED, EXIT_DONE, EXIT_NOT_CONFIGURED
from core.errors import NotConfigured, Problem, StudioError, UnsupportedRequest
from core.platform.units import clock, price
from core.routing.route_plan import Fallbacks, parse_fallbacks, route_sentences
from core.video.control_row import Control
from core.video.controls import ROWS, option_of
from core.video.inputs import field_of
from core.video.provider import NotReady, Ready
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.context import CliContext
    from cli.options import Typed
    from core.studio import Studio
    from core.video.memory import MemoryPlan
    from core.video.plan import RenderPlan
    from core.video.planning.render_planner import PlannedRender
    from core.video.provider import ProviderInfo


_NOBODY = "none"
_AUTO_DURATION = ROWS[Control.AUTO_DURATION]


def render(context: CliContext, typed: Typed, problems: Sequence[Problem]) -> int:
    """Make one clip, or only plan it; gives the exit code.

    Args:
        context: what every command works with.
        typed: the options.
        problems: what was wrong with the words of the command line.

    Raises:
        UnsupportedRequest: with everything that is wrong with words, values and plan.
        NotConfigured: the plan is sound, but this machine cannot carry it out.
    """
    planned = _plan(context, typed, problems)
    is_dry = typed.flag("--dry-run")
    if not is_dry:
        tell_resumable(context)
    context.console.event("plan", **as_event(planned))
    context.console.tell(describe(planned, context.studio.registry.find(planned.plan.target)))
    if is_dry:
        reasons = [*reasons_against(planned), *_caps_against(context, planned)]
        context.console.tell(
            "\n".join(["This cannot be made here:", *map(_item, reasons)])
            if reasons
            else "Only planned; nothing was made."
        )
        return EXIT_NOT_CONFIGURED if reasons else EXIT_DONE
    _refuse_what_cannot_run(planned)
    context.studio.check_caps([planned])
    # Where it is made elsewhere after all, nobody is asked once more.
    what, cost_usd = f"the {planned.plan.noun}", planned.most_usd
    if not agrees_to_price(context.console, what, cost_usd, is_agreed=typed.flag(YES.name)):
        return EXIT_CANCELLED
    return run_job(context, lambda: context.studio.submit_render(planned))


def _plan(context: CliContext, typed: Typed, problems: Sequence[Problem]) -> PlannedRender:
    studio = context.studio
    request = read_request(typed, studio.settings.render, studio.registry.infos)
    out = typed.read("--out", file)
    fallbacks = _read_fallbacks(typed, studio)
    found = [*problems, *typed.problems]
    try:
        planned = studio.plan(
            request, out=out, overwrite=typed.flag("--force"), fallbacks=fallbacks
        )
    except UnsupportedRequest as error:
        # What is wrong with a value that could not even be read follows from that.
        unread = {problem.field for problem in typed.problems}
        others = (one for one in error.problems if option_of(one.field) not in unread)
        at_options = (at_option(problem, typed) for problem in others)
        raise UnsupportedRequest([*found, *at_options]) from error
    if found:
        raise UnsupportedRequest(found)
    return planned


def _read_fallbacks(typed: Typed, studio: Studio) -> Fallbacks:
    """Who makes it otherwise: as typed, else as set; what cannot be read is told with the rest."""
    usual = Fallbacks.of(studio.settings.render)
    texts = typed.texts(FALLBACK.name)
    named = parse_fallbacks([] if texts == (_NOBODY,) else texts, studio.registry)
    for problem in named.problems:
        typed.refuse(FALLBACK.name, f"{FALLBACK.name}: {problem}")
    to_paid = typed.switch(FALLBACK_TO_PAID)
    return Fallbacks(
        targets=named.targets if texts else usual.targets,
        to_paid=usual.to_paid if to_paid is None else to_paid,
    )


def _refuse_what_cannot_run(planned: PlannedRender) -> None:
    """Refuse before the queue is opened, which would leave a journal behind for nothing.

    Raises:
        NotConfigured: with every reason.
    """
    reasons = reasons_against(planned)
    if reasons:
        fix = planned.readiness.fix if isinstance(planned.readiness, NotReady) else ""
        message = " ".join(reason.removesuffix(fix).strip() for reason in reasons)
        raise NotConfigured(message, target=str(planned.plan.target), hint=fix)


def _caps_against(context: CliContext, planned: PlannedRender) -> list[str]:
    try:
        context.studio.check_caps([planned])
    except StudioError as error:
        return [str(error)]
    return []


def _item(text: str) -> str:
    return wrapped(text, first="  - ", rest="    ")


def at_option(problem: Problem, typed: Typed) -> Problem:
    """The problem with the option in front that was typed, so that it is plain what to change."""
    option = {"task": "--image", "out": "--out"}.get(problem.field, option_of(problem.field))
    if problem.field == field_of(Role.END) and not typed.texts(option or ""):
        # A keyframe at the end of the clip is its end image.
        option = option_of(field_of(Role.KEYFRAME))
    if problem.field == _AUTO_DURATION.path and not typed.texts(option or ""):
        # Who left the length to the model said so in place of a number.
        option = option_of(ROWS[Control.DURATION].path)
    if option is None or not typed.has(option) or option in problem.message:
        return problem
    if problem.is_of_setup:
        return problem  # no other value of an option mends that
    return replace(problem, message=f"{option}: {problem.message}")


def tell_resumable(context: CliContext) -> None:
    """Say in one line that earlier processes left jobs unfinished, and what finishes them."""
    if not context.studio.paths.journal_file.exists():
        return
    jobs = context.queue.resumable()
    if len(jobs) == 1:
        context.console.note(
            f"An interrupted job can be resumed: 'main.py jobs resume {jobs[0].id}'."
        )
    elif jobs:
        context.console.note(
            f"{len(jobs)} interrupted jobs can be resumed: 'main.py jobs resume --all'."
        )


def reasons_against(planned: PlannedRender) -> list[str]:
    """Every reason why this plan cannot be carried out here, with what to do about it."""
    reasons: list[str] = []
    if isinstance(planned.readiness, NotReady):
        reasons.append(f"{planned.readiness.reason} {planned.readiness.fix}".strip())
    memory = planned.plan.memory_plan
    if memory is not None and not memory.fits:
        reasons += memory.reasons or (
            "It needs more memory than this machine has. Choose a smaller size or model.",
        )
    return list(dict.fromkeys(reasons))


def describe(planned: PlannedRender, info: ProviderInfo) -> str:
    """The plan in lines of at most 80 columns, what cannot be read off the request included."""
    plan = planned.plan
    cloud = "" if info.is_own_server else ", in the cloud"
    place = "on this machine" if info.is_local else f"at {info.label}{cloud}"
    lines = [
        f"{plan.spec.label} ({plan.target}), {plan.task.value} {place}",
        f"  {_image(plan)}",
        *([f"  {sampling}"] if (sampling := _sampling(plan)) else []),
        f"  {_effort(plan)}",
    ]
    if plan.loras_text:
        lines.insert(-1, wrapped(f"with {plan.loras_text}", first="  ", rest="    "))
    if plan.memory_plan is not None:
        lines.append(wrapped(_memory(plan.memory_plan), first="  ", rest="    "))
    if isinstance(planned.readiness, Ready) and planned.readiness.installs is not None:
        lines.append(
            wrapped(f"installs first: {planned.readiness.installs}", first="  ", rest="    ")
        )
    lines.append(f"  to {planned.output.path}")
    lines += [wrapped(step, first="  ", rest="    ") for step in route_sentences(planned)]
    lines += [wrapped(note, first="  note: ", rest="        ") for note in plan.notes]
    return "\n".join(lines)


def as_event(planned: PlannedRender) -> dict[str, Any]:
    """The plan as the fields of a JSON event: exact, and whether it can be carried out."""
    plan = planned.plan
    reasons = reasons_against(planned)
    installs = planned.readiness.installs if isinstance(planned.readiness, Ready) else None
    return {
        "target": str(plan.target),
        "duration_s": plan.duration_s,
        "out": str(planned.output.path),
        "can_run": not reasons,
        "lack": planned.readiness.reason_code.value
        if isinstance(planned.readiness, NotReady)
        else None,
        "reasons": reasons,
        "installs": list(installs.names) if installs else [],
        "fallbacks": [
            {
                "target": str(one.plan.target),
                "cost_usd": one.plan.cost_usd,
                "limit_usd": one.limit_usd,
            }
            for one in planned.fallbacks
        ],
        "refused": [{"target": str(one.target), "reason": one.reason} for one in planned.refused],
        "plan": plan.model_dump(mode="json", exclude={"spec"}),
    }


def _image(plan: RenderPlan) -> str:
    if plan.is_image:
        return f"{plan.width}x{plan.height}, an image"
    audio = "with sound" if plan.has_audio else "silent"
    return f"{plan.width}x{plan.height}, {plan.frames_text} = {plan.seconds_text}, {audio}"


def _sampling(plan: RenderPlan) -> str:
    parts = [f"seed {plan.seed}"] if plan.spec.takes_seed else []
    if plan.quality is not None:
        parts.append(f"quality {plan.quality}")
    if plan.request.background is not None:
        parts.append(f"{plan.request.background} background")
    if plan.steps_text:
        parts.append(plan.steps_text)
    if plan.guidance_scale is not None:
        parts.append(f"guidance {plan.guidance_scale:g}")
    return ", ".join(parts)


def _effort(plan: RenderPlan) -> str:
    parts = [price(plan.cost_usd)]
    if plan.est_seconds is not None:
        parts.append(f"about {clock(plan.est_seconds)}")
    elif plan.memory_plan is not None:
        # Clips of services are not timed: their first one would tell nothing of the next.
        parts.append("time unknown until the first clip of this kind")
    return ", ".join(parts)


def _memory(memory: MemoryPlan) -> str:
    return f"up to {memory.peaks_text}; {memory.weights_text}"
