"""From one request and several targets to a comparison that can be begun: all problems at once."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.comparison.report.comparison import (
    COMPARISON_FILE,
    FILM_FILE,
    PAGE_FILE,
    ComparedTarget,
    TargetState,
    clip_name,
    read_comparison,
)
from core.comparison.report.comparison_job import seconds_of
from core.errors import (
    JournalError,
    Problem,
    StudioError,
    UnsupportedRequest,
)
from core.jobs.awaited import may_be_fetched
from core.jobs.job_record import JobState
from core.media.output import group_folder
from core.platform.files import exists
from core.prompts.wildcards import may_have_wildcards
from core.video.inputs import with_absolute_paths, with_named_loras
from core.video.planning.adapted_request import adapted_to
from core.video.planning.named_targets import FIELD, concrete_target
from core.video.planning.prompt_parts import prompt_problems
from core.video.planning.render_planner import total_usd
from core.video.provider import NotReady
from core.video.record import digests_of, portable, read_settings_of
from core.video.render import KIND, RenderPayload
from core.video.terms import DEFAULT_TARGET, OutputKind, Target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.comparison.report.comparison import Comparison
    from core.jobs.job import CancelToken
    from core.jobs.job_record import JobRecord
    from core.studio import Studio
    from core.video.plan import RenderPlan
    from core.video.planning.render_planner import PlannedRender
    from core.video.request import RenderRequest

# Below what every service takes: the largest signed number of 32 bits.
_MOST_SEEDS = 2**31
_FEWEST = 2


@dataclass(frozen=True)
class ComparisonRequest:
    """What a person asks for.

    Attributes:
        request: of each clip; its own target is of no account.
        targets: as typed or ticked, in their order.
        folder: where everything goes; None for a new one in the usual place.
        audio_of: whose sound the film has, as its target; empty for the first that has any, None
            for a silent film.
        skips: a target that cannot make it stands on the page with its reason.
        overwrite: make, and buy, what is there already once more.
    """

    request: RenderRequest
    targets: tuple[Target, ...]
    folder: Path | None = None
    audio_of: str | None = ""
    skips: bool = False
    overwrite: bool = False


@dataclass(frozen=True)
class PlannedTarget:
    """One target, and what is to be done for it: nothing, where `planned` is None.

    Attributes:
        entry: what is known of it so far.
        planned: the render that is to be made for it.
        resumes: the job that has bought it already, and only has to be taken up again.
        problems: why it cannot be made.
    """

    entry: ComparedTarget
    planned: PlannedRender | None = None
    resumes: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether its clip is there from before."""
        return self.entry.state is TargetState.MADE


@dataclass(frozen=True)
class ComparisonPlan:
    """Everything about a comparison before it begins."""

    asked: ComparisonRequest
    folder: Path
    seed: int
    targets: tuple[PlannedTarget, ...]
    created_at: datetime
    inputs_sha256: tuple[str, ...] = ()

    @property
    def to_buy(self) -> tuple[PlannedRender, ...]:
        """The renders that are ordered when it begins."""
        ordered = (one.planned for one in self.targets if not one.resumes)
        return tuple(planned for planned in ordered if planned is not None)

    @property
    def cost_usd(self) -> float | None:
        """What is bought when it begins; None where a part of it is not known."""
        return total_usd(self.to_buy)

    @property
    def refused(self) -> tuple[PlannedTarget, ...]:
        """The targets that are left out."""
        return tuple(one for one in self.targets if one.problems)


def plan_comparison(
    studio: Studio, asked: ComparisonRequest, cancel: CancelToken
) -> ComparisonPlan:
    """The exact plan of every target; costs nothing, and reads only what the folder holds.

    Raises:
        UnsupportedRequest: with everything that is wrong, of all targets and of the folder.
        JobCancelled: asked to stop.
    """
    return _Planner(studio, asked, cancel).plan()


def look_at_targets(
    studio: Studio, asked: ComparisonRequest, cancel: CancelToken
) -> tuple[PlannedTarget, ...]:
    """What each target would make and cost; what is wrong with one stands with it.

    Raises:
        JobCancelled: asked to stop.
    """
    return tuple(_Planner(studio, asked, cancel).plan_each())


class _Planner:
    def __init__(self, studio: Studio, asked: ComparisonRequest, cancel: CancelToken) -> None:
        lora_dirs = studio.paths.lora_dirs
        request = with_absolute_paths(with_named_loras(asked.request, lora_dirs))
        self.studio = studio
        self.asked = replace(asked, request=request)
        self.cancel = cancel
        self.problems: list[Problem] = []
        self.inputs_sha256 = digests_of(request.inputs)
        self.folder = self._folder()
        self.before = self._read_before()
        self.seed = self._seed()

    def plan(self) -> ComparisonPlan:
        self._check()
        planned = self.plan_each()
        self._check_twice(planned)
        self._check_audio_of(planned)
        refused = [
            replace(problem, message=f"{one.entry.target}: {problem.message}")
            for one in planned
            for problem in one.problems
            # What is wrong whoever makes it is told once.
            if problem not in self.problems
        ]
        if self.problems or (refused and not self.asked.skips):
            raise UnsupportedRequest([*self.problems, *refused])
        if refused and all(one.problems for one in planned):
            raise UnsupportedRequest(refused)
        return ComparisonPlan(
            self.asked,
            self.folder,
            self.seed,
            tuple(planned),
            self.before.created_at if self.before else datetime.now(UTC),
            self.inputs_sha256,
        )

    def plan_each(self) -> list[PlannedTarget]:
        return [self._plan_target(target) for target in self.asked.targets]

    def _folder(self) -> Path:
        named, prompt = self.asked.folder, self.asked.request.prompt
        folder, problem = group_folder(named, self.studio.paths.output_dir, prompt, "comparison")
        if problem:
            self._refuse("out", problem)
        return folder

    def _read_before(self) -> Comparison | None:
        """The comparison that lies in the folder, which must be of the same request."""
        try:
            before = read_comparison(self.folder)
        except StudioError as error:
            self._refuse("out", str(error))
            return None
        if before is None:
            for name in (PAGE_FILE, FILM_FILE):
                if exists(self.folder / name):
                    where = f"{str(self.folder / name)!r} exists, and {COMPARISON_FILE!r} does not"
                    self._refuse("out", f"{where}. Name another folder.")
            return None
        if (
            _without_seed(before.request) != _without_seed(self.asked.request)
            or before.inputs_sha256 != self.inputs_sha256
            or self.asked.request.sampling.seed not in (None, before.seed)
        ):
            self._refuse(
                "out",
                f"{str(self.folder)!r} holds another comparison, of "
                f"{before.request.prompt[:60]!r} with seed {before.seed}. Name another folder.",
            )
        return before

    def _seed(self) -> int:
        asked = self.asked.request.sampling.seed
        if asked is not None:
            return asked
        return self.before.seed if self.before else secrets.randbelow(_MOST_SEEDS)

    def _check(self) -> None:
        request = self.asked.request
        self.problems += prompt_problems(request)
        if len(self.asked.targets) < _FEWEST:
            self._refuse(
                FIELD,
                "A comparison needs two targets or more. Name them as provider/deployment/model, "
                f"divided by commas, for example {DEFAULT_TARGET.with_model('ltx-mini')}. "
                "'main.py models' lists what there is.",
            )
        if request.output is not OutputKind.VIDEO:
            self._refuse("output", "Clips are compared, and not images.")

    def _check_twice(self, planned: Sequence[PlannedTarget]) -> None:
        targets = [one.entry.target for one in planned]
        for target in dict.fromkeys(targets):
            if targets.count(target) > 1:
                self._refuse(FIELD, f"{target} is named twice. Name each target once.")

    def _check_audio_of(self, planned: Sequence[PlannedTarget]) -> None:
        audio_of, names = self.asked.audio_of, [str(one.entry.target) for one in planned]
        if audio_of and audio_of not in names and names:
            self._refuse(
                "audio_of",
                f"{audio_of!r} is not among the targets, so its sound cannot be that of the film. "
                f"Name one of {', '.join(names)}, or none.",
            )

    def _plan_target(self, target: Target) -> PlannedTarget:
        self.cancel.check()
        studio = self.studio
        info = studio.registry.find(target)
        place = "this machine" if info.is_local else info.label
        entry = ComparedTarget(target=target, label=target.model, place=place, file="")
        request = self.asked.request.model_copy(update={"target": target})
        if request.wildcard_seed is None and may_have_wildcards(request.prompt):
            # All get the same words, those too that take no seed.
            request = request.model_copy(update={"wildcard_seed": self.seed})
        seeded = request.sampling.model_copy(update={"seed": self.seed})
        request = request.model_copy(update={"sampling": seeded})
        notes: tuple[str, ...] = ()
        try:
            spec = studio.registry.spec(concrete_target(studio.registry, request))
            entry = entry.model_copy(
                update={"target": target.with_model(spec.id), "label": spec.label}
            )
            is_drawn = self.asked.request.sampling.seed is None
            adapted = adapted_to(request.with_model(spec.id), spec, is_seed_drawn=is_drawn)
            notes = adapted.notes
            planned = studio.plan(adapted.request)
        except UnsupportedRequest as error:
            return _refused(entry.model_copy(update={"notes": notes}), error.problems)
        entry = entry.model_copy(
            update={
                "file": clip_name(entry.target),
                "notes": (*notes, *planned.plan.notes),
                "settings": settings_of(planned.plan),
                "cost_usd": planned.plan.cost_usd,
            }
        )
        return self._placed(entry, planned)

    def _placed(self, entry: ComparedTarget, planned: PlannedRender) -> PlannedTarget:
        """The render with its place in the folder, or the clip that is there already."""
        path = self.folder / entry.file
        if not self.asked.overwrite:
            made = self._find_made(entry, planned.plan)
            if made is not None:
                return PlannedTarget(made)
            job = self._earlier_job(entry, planned.plan)
            if job is not None and job.state in (JobState.QUEUED, JobState.RUNNING):
                message = f"Job {job.id} is making its clip. Wait for it, and compare again."
                return _refused(entry, (Problem(FIELD, message),))
            if job is not None and may_be_fetched(job):
                entry = entry.model_copy(update={"job_id": job.id})
                return PlannedTarget(entry, planned, resumes=job.id)
            if exists(path) or exists(path.with_suffix(".json")):
                message = (
                    f"{str(path)!r} exists and was not made by this request. Name another folder."
                )
                return _refused(entry, (Problem("out", message, is_taken=True),))
        if isinstance(planned.readiness, NotReady):
            message = f"{planned.readiness.reason} {planned.readiness.fix}".strip()
            return _refused(entry, (Problem("target", message, is_of_setup=True),))
        memory = planned.plan.memory_plan
        if memory is not None and not memory.fits:
            message = " ".join(memory.reasons) or "It needs more memory than this machine has."
            return _refused(entry, (Problem("target", message, is_of_setup=True),))
        output = replace(planned.output, path=path, is_named=True, overwrite=self.asked.overwrite)
        return PlannedTarget(entry, replace(planned, output=output))

    def _find_made(self, entry: ComparedTarget, plan: RenderPlan) -> ComparedTarget | None:
        """The target with the clip that its own record proves to be of this very request."""
        path = self.folder / entry.file
        record = read_settings_of(path) if exists(path) else None
        if record is None or record.inputs_sha256 != digests_of(plan.request.inputs):
            return None
        asked = portable(plan.request)
        made = record.request.model_copy(update={"enhanced_prompt": asked.enhanced_prompt})
        if made != asked:
            return None
        before = self.before.entry(entry.target) if self.before else None
        job = self._job_of(before.job_id) if before and before.job_id else None
        return entry.model_copy(
            update={
                "state": TargetState.MADE,
                "job_id": record.job_id,
                "cost_usd": record.cost_usd,
                "notes": tuple(dict.fromkeys((*entry.notes, *record.notes))),
                "seconds": (before.seconds if before else None) or (job and seconds_of(job)),
            }
        )

    def _earlier_job(self, entry: ComparedTarget, plan: RenderPlan) -> JobRecord | None:
        """The job of an earlier run for this target, where it is for the same clip."""
        before = self.before.entry(entry.target) if self.before else None
        job = self._job_of(before.job_id) if before and before.job_id else None
        if job is None or job.kind != KIND:
            return None
        stored = RenderPayload.model_validate_json(job.payload)
        digests = tuple(one.sha256 for one in stored.inputs)
        is_same = portable(stored.plan.request) == portable(plan.request)
        return job if is_same and digests == digests_of(plan.request.inputs) else None

    def _job_of(self, job_id: str) -> JobRecord | None:
        with suppress(JournalError):
            return self.studio.queue.job(job_id)
        return None

    def _refuse(self, field: str, message: str) -> None:
        self.problems.append(Problem(field, message))


def settings_of(plan: RenderPlan) -> tuple[tuple[str, str], ...]:
    """How a clip is made, as names and values to read."""
    rows = {
        "Size": f"{plan.width}x{plan.height}",
        "Length": plan.seconds_text,
        "Frames": plan.frames_text,
        "Sound": "yes" if plan.has_audio else "no",
        "Seed": str(plan.seed) if plan.spec.takes_seed else "draws its own",
        "Steps": plan.steps_text,
        "Guidance": "" if plan.guidance_scale is None else f"{plan.guidance_scale:g}",
        "Negative prompt": plan.negative_prompt or "",
        "LoRAs": plan.loras_text,
        "Memory": "" if plan.memory_plan is None else plan.memory_plan.weights_text,
        "Licence": str(plan.spec.licence),
    }
    return tuple((name, text) for name, text in rows.items() if text)


def _refused(entry: ComparedTarget, problems: Sequence[Problem]) -> PlannedTarget:
    reason = " ".join(problem.message for problem in problems)
    refused = entry.model_copy(update={"state": TargetState.REFUSED, "reason": reason})
    return PlannedTarget(refused, problems=tuple(problems))


def _without_seed(request: RenderRequest) -> RenderRequest:
    """The request as two of them are held against each other: wherever its files lie."""
    bare = request.sampling.model_copy(update={"seed": None})
    return portable(request).model_copy(update={"sampling": bare, "target": DEFAULT_TARGET})
