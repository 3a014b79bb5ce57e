"""From a request to a render that can be queued: its model, plan, place and readiness."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from core.errors import FFMPEG_FIELD, FFmpegMissing, NotConfigured, Problem, UnsupportedRequest
from core.media.ffmpeg_program import find_ffmpeg
from core.media.output import (
    STILL_SUFFIX,
    SUFFIX,
    Output,
    default_name,
    find_place,
    space_problems,
    writing_problems,
)
from core.platform.files import exists
from core.platform.network import SWITCH_ON, sentence
from core.prompts.wildcards import Wildcards, may_have_wildcards
from core.prompts.word_lists import WordLists
from core.video.control_row import Control
from core.video.controls import ROWS, taken_by
from core.video.inputs import (
    ROLES,
    CheckedInputs,
    check_inputs,
    with_absolute_paths,
    with_named_loras,
)
from core.video.planning.clip_plan import draw_seed, make_plan
from core.video.planning.other_models import name_other_models, plain_plan
from core.video.planning.prompt_parts import prompt_problems
from core.video.provider import NotReady, ReasonCode
from core.video.terms import AUTO, OutputKind, Role, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from core.config.settings import Settings
    from core.platform.paths import Paths
    from core.video.plan import Fallback, PassedOver, RenderPlan
    from core.video.provider import ProviderInfo, Readiness, VideoProvider
    from core.video.registry import ProviderRegistry
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec

T = TypeVar("T")

_SPARE_BYTES = 20_000_000
_ENHANCE_FIELD = ROWS[Control.ENHANCE_PROMPT].path
_OF_FILES = (ReasonCode.NOT_INSTALLED, ReasonCode.DAMAGED)


@dataclass(frozen=True)
class PlannedRender:
    """A plan, the place of what it makes, and whether it can start now.

    Attributes:
        fallbacks: who makes it instead, in their order, where this target cannot.
        refused: who stands in the list too, and why nobody goes on there.
    """

    plan: RenderPlan
    output: Output
    readiness: Readiness
    fallbacks: tuple[Fallback, ...] = ()
    refused: tuple[PassedOver, ...] = ()

    @property
    def most_usd(self) -> float | None:
        """What it costs at most, whoever makes it; None where nobody knows."""
        known = _known([self.plan.cost_usd, *(one.plan.cost_usd for one in self.fallbacks)])
        return None if known is None else max(known)


@dataclass(frozen=True)
class PlannedWords:
    """A plan of a clip whose prompt is to be enhanced, and whether that can start now."""

    plan: RenderPlan
    readiness: Readiness


def total_usd(renders: Iterable[PlannedRender]) -> float | None:
    """The price of all of them; None when that of one is not known."""
    known = _known([one.plan.cost_usd for one in renders])
    return None if known is None else sum(known)


def most_usd(renders: Iterable[PlannedRender]) -> float | None:
    """The price of all of them at most, whoever makes each; None when one is not known."""
    known = _known([one.most_usd for one in renders])
    return None if known is None else sum(known)


def _known(costs: Sequence[float | None]) -> list[float] | None:
    """The costs, if each of them is known."""
    known = [cost for cost in costs if cost is not None]
    return known if len(known) == len(costs) else None


@dataclass(frozen=True)
class RenderPlanner:
    """Plans renders with these providers, settings and places."""

    registry: ProviderRegistry
    settings: Settings
    paths: Paths
    free_bytes: Callable[[Path], int]

    def plan(self, request: RenderRequest, *, out: Path | None, overwrite: bool) -> PlannedRender:
        """The exact plan, its place, and whether it can start; see `Studio.plan`.

        Raises:
            UnsupportedRequest: with everything that is wrong, of request and place.
        """
        tried = self._try_plan(request)
        problems, plan = tried.problems, tried.plan
        place = partial(self._place, tried.request, plan, out, overwrite=overwrite)
        output = _collect(problems, place)
        _collect(problems, _need_ffmpeg)
        if tried.chosen is not None and plan is not None and output is not None and not problems:
            return PlannedRender(plan, output, self._readiness(tried.chosen))
        raise self._refused(tried)

    def plan_words(self, request: RenderRequest) -> PlannedWords:
        """The plan by which a prompt is enhanced; no clip is written, so it needs no place.

        Raises:
            UnsupportedRequest: with everything that is wrong.
        """
        tried = self._try_plan(request)
        chosen = tried.chosen
        if chosen is not None and tried.plan is not None and not tried.problems:
            return PlannedWords(tried.plan, self._readiness(chosen))
        if chosen is not None and not chosen.spec.enhances_prompt:
            no_enhancer = Problem(
                "target.model",
                f"{chosen.spec.label} brings no prompt enhancer. {self._models_that_enhance()}",
            )
            others = (one for one in tried.problems if one.field != _ENHANCE_FIELD)
            tried = replace(tried, problems=[no_enhancer, *others])
        raise self._refused(tried)

    def _models_that_enhance(self) -> str:
        """A sentence that names them."""
        found: list[str] = []
        for info in self.registry.infos:
            provider = self.registry.open(Target(provider=info.id, deployment=info.deployment))
            if provider.enhancer is not None:
                specs = (spec for spec in provider.models() if spec.enhances_prompt)
                found += [f"{spec.label} ({spec.id})" for spec in specs]
        return f"Choose a model that does: {', '.join(found)}." if found else "No model does."

    def _try_plan(self, request: RenderRequest) -> _TriedPlan:
        """The plan without its place, as far as it goes."""
        problems: list[Problem] = []
        lora_dirs = self.paths.lora_dirs
        request = with_absolute_paths(with_named_loras(request, lora_dirs))
        request = _collect(problems, partial(self._draw_words, request)) or request
        inputs = _collect(problems, partial(check_inputs, request, lora_dirs)) or CheckedInputs()
        chosen = _collect(problems, partial(self._choose_model, request))
        plan = None
        if chosen is None:
            problems += prompt_problems(request)
        else:
            plan = _collect(problems, partial(_fitted_plan, chosen, inputs))
        return _TriedPlan(request, inputs, chosen, plan, problems)

    def _draw_words(self, request: RenderRequest) -> RenderRequest:
        """The request with words in the place of wildcards; drawn once, they stay what they are."""
        if request.typed_prompt is not None or not may_have_wildcards(request.prompt):
            return request
        wildcards = Wildcards(request.prompt, WordLists(self.paths.wildcards_dir))
        if wildcards.is_plain:
            return request
        asked = (request.wildcard_seed, request.sampling.seed)
        seed = next((seed for seed in asked if seed is not None), None)
        seed = draw_seed() if seed is None else seed
        return request.with_words(wildcards.draw(seed), seed)

    def _refused(self, tried: _TriedPlan) -> UnsupportedRequest:
        """Everything that is wrong, with what the chosen model lacks on this machine."""
        problems, chosen = tried.problems, tried.chosen
        if chosen is not None:
            problems = name_other_models(problems, chosen.request, tried.inputs, self.registry)
            readiness = self._readiness(chosen)
            if isinstance(readiness, NotReady):
                message = f"{readiness.reason} {readiness.fix}"
                is_of_files = readiness.reason_code in _OF_FILES
                reason = readiness.reason if is_of_files and not chosen.spec.is_builtin else ""
                problems.append(Problem("target", message, is_of_setup=True, reason=reason))
        return UnsupportedRequest(problems)

    def _choose_model(self, request: RenderRequest) -> _ChosenModel:
        provider = self.registry.open(request.target)
        provider.refresh()
        request, notes = _with_real_name(request, self.registry.find(request.target))
        if request.target.model == AUTO:
            choice = provider.resolve(request)
            request, notes = request.with_model(choice.model), choice.notes
        else:
            provider.learn(request.target.model)
        spec = self.registry.spec(request.target)
        return _ChosenModel(provider, self._with_usual_memory(request, spec), spec, notes)

    def _readiness(self, chosen: _ChosenModel) -> Readiness:
        if chosen.provider.uses_network and self.registry.network.is_off:
            return network_is_off(f"{chosen.spec.label} is not asked")
        return self.registry.readiness(chosen.request.target)

    def _with_usual_memory(self, request: RenderRequest, spec: ModelSpec) -> RenderRequest:
        """The request with the layout of the settings, where it asks for none and may choose."""
        usual = self.settings.render.memory
        may_choose = Control.MEMORY in taken_by(spec) and usual in spec.residencies
        if usual is None or request.delivery.memory is not None or not may_choose:
            return request
        delivery = request.delivery.model_copy(update={"memory": usual})
        return request.model_copy(update={"delivery": delivery})

    def _place(
        self, request: RenderRequest, plan: RenderPlan | None, out: Path | None, *, overwrite: bool
    ) -> Output:
        seed = plan.seed if plan else 0
        day = datetime.now().astimezone().date()
        suffix = STILL_SUFFIX if request.output is OutputKind.IMAGE else SUFFIX
        name = default_name(_words_for(request), seed, day, suffix)
        output = find_place(out, self.paths.output_dir, name, overwrite=overwrite)
        _check_spares_inputs(request, output)
        if plan is not None:
            check_space(plan, output.path.parent, self.paths.work_dir, self.free_bytes)
        return output


def _words_for(request: RenderRequest) -> str:
    """What a file is named for: its prompt, or what was done to which image."""
    image = request.path_of(Role.START)
    if request.prompt.strip() or image is None:
        return request.prompt
    return f"{image.stem} {request.task.value}"


def _check_spares_inputs(request: RenderRequest, output: Output) -> None:
    """Compared as files and not as names: a link to an input is the input.

    Raises:
        UnsupportedRequest: the clip would take the place of a file that it is made from.
    """
    place = output.path
    for item in request.inputs if exists(place) else ():
        if exists(item.path) and place.samefile(item.path):
            message = (
                f"{str(place)!r} is the {ROLES[item.role].name} that this is made from. Choose "
                "another place for it."
            )
            raise UnsupportedRequest([Problem("out", message)])


def check_space(
    plan: RenderPlan, folder: Path, work_dir: Path, free_bytes: Callable[[Path], int]
) -> None:
    """The folder must take a file, and both disks must have room for what is written there.

    Changes nothing: for a folder that does not exist yet, its nearest parent must take one.

    Raises:
        UnsupportedRequest: with everything that is wrong.
    """
    # Two copies while working: the clip as the provider wrote it and the one with its record.
    needs = {
        folder: plan.clip_bytes + _SPARE_BYTES,
        work_dir: 2 * plan.clip_bytes + plan.scratch_bytes + _SPARE_BYTES,
    }
    found = [*writing_problems(folder), *space_problems("clip", needs, free_bytes)]
    if found:
        raise UnsupportedRequest([Problem("out", message) for message in found])


@dataclass(frozen=True)
class _ChosenModel:
    provider: VideoProvider
    request: RenderRequest
    spec: ModelSpec
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _TriedPlan:
    """A request as far as it could be planned; `plan` is None where something is wrong with it."""

    request: RenderRequest
    inputs: CheckedInputs
    chosen: _ChosenModel | None
    plan: RenderPlan | None
    problems: list[Problem]


def _with_real_name(
    request: RenderRequest, info: ProviderInfo
) -> tuple[RenderRequest, tuple[str, ...]]:
    """The request with the model that another name stands for, and a note that says so."""
    other = info.other_name(request.target.model)
    if other is None:
        return request, ()
    if other.model is None:
        raise UnsupportedRequest([Problem("target.model", other.meaning)])
    return request.with_model(other.model), (other.meaning,)


def check_can_run(planned: PlannedRender | PlannedWords, registry: ProviderRegistry) -> None:
    """Do nothing for a plan that can be carried out now.

    Raises:
        NotConfigured: the model is not installed, the network is switched off, or the machine or a
            key does not suffice.
    """
    plan, readiness = planned.plan, planned.readiness
    label, target = plan.spec.label, str(plan.target)
    if isinstance(readiness, NotReady):
        raise NotConfigured(readiness.reason, target=target, hint=readiness.fix)
    if registry.open(plan.target).uses_network:
        registry.network.check(f"{label} is not asked", target=target)
    memory = plan.memory_plan
    if memory is not None and not memory.fits:
        raise NotConfigured(
            f"{label} does not fit into this machine's memory: {' '.join(memory.reasons)}",
            target=target,
            hint="Choose a smaller size, a shorter clip or another model.",
        )


def network_is_off(what: str) -> NotReady:
    """Why something waits for the network to be switched on."""
    return NotReady(ReasonCode.NETWORK_OFF, sentence(what), SWITCH_ON)


def _fitted_plan(chosen: _ChosenModel, inputs: CheckedInputs) -> RenderPlan:
    try:
        plan = make_plan(chosen.request, chosen.spec, inputs)
    except UnsupportedRequest as error:
        hidden = _hidden_by(error, chosen, inputs)
        raise UnsupportedRequest([*error.problems, *hidden, *_too_large(chosen)]) from error
    try:
        notes = (*chosen.notes, *inputs.notes, *_drawn_note(plan))
        return chosen.provider.fit(plan.with_notes(*notes))
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*error.problems, *_too_large(chosen)]) from error


def _drawn_note(plan: RenderPlan) -> tuple[str, ...]:
    drawn = plan.request
    if drawn.typed_prompt is None:
        is_useless = drawn.wildcard_seed is not None
        return ("The prompt has no wildcards for that seed to decide.",) if is_useless else ()
    return (f"With wildcard seed {drawn.wildcard_seed} the prompt is: {drawn.prompt}",)


def _hidden_by(
    refused: UnsupportedRequest, chosen: _ChosenModel, inputs: CheckedInputs
) -> tuple[Problem, ...]:
    """What the provider would refuse besides, once what is refused already is left out."""
    fields = {problem.field for problem in refused.problems}
    request = chosen.request
    for row in ROWS.values():
        if row.path in fields and row.id not in (Control.PROMPT, Control.TOOL):
            request = row.with_value(request, None)
    try:
        chosen.provider.fit(make_plan(request, chosen.spec, inputs))
    except UnsupportedRequest as error:
        return tuple(one for one in error.problems if one.field not in fields)
    return ()


def _too_large(chosen: _ChosenModel) -> tuple[Problem, ...]:
    """Why not even a usual clip of the model can be made on this machine."""
    plan = plain_plan(chosen.request.target, chosen.spec)
    if plan is None or not chosen.provider.info.is_local:
        return ()
    try:
        memory = chosen.provider.fit(plan).memory_plan
    except UnsupportedRequest:
        return ()  # told with its files
    if memory is None or memory.fits:
        return ()
    message = f"{chosen.spec.label} does not run on this machine. {' '.join(memory.reasons)}"
    return (Problem("target", message, is_of_setup=True),)


def _collect(problems: list[Problem], step: Callable[[], T]) -> T | None:
    """Do one step; what is wrong with it joins the list instead of ending the others."""
    try:
        return step()
    except UnsupportedRequest as error:
        problems.extend(error.problems)
        return None


def _need_ffmpeg() -> None:
    try:
        find_ffmpeg()
    except FFmpegMissing as error:
        problem = Problem(FFMPEG_FIELD, str(error), is_of_setup=True)
        raise UnsupportedRequest([problem]) from error
