"""The render job: plan, provider, proof of what came, file in place, record."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import model_validator

from core.errors import JournalError, OutOfMemory, OutputError, RenderFailed
from core.frozen import Frozen, older_fields
from core.jobs.job import CancelToken, JobContext, Notice, Progressed, Report, Subject, SubjectKind
from core.jobs.job_inputs import StoredInput, digest_of, find_input, store_input
from core.jobs.lanes import Lane, Stage
from core.media.output import Output, partial_files, place_clip, taken_names
from core.platform.files import write_text_atomically
from core.video.inputs import ROLES
from core.video.plan import Fallback, RenderPlan
from core.video.proof import as_made, interpolated, is_as_it_came, with_record, within_mask
from core.video.record import ClipRecord, Origin, make_record, read_settings_of
from core.video.terms import OutputKind, Role

if TYPE_CHECKING:
    from core.video.registry import ProviderRegistry
    from core.video.rendered import Rendered
    from core.video.request import Input

KIND = "render"
STILL_KIND = "still"
"""What renders of images were called in the journals of earlier versions."""

_PROVIDER_SHARE = 0.97


class RenderPayload(Frozen):
    """A render job as it is stored.

    Attributes:
        inputs: of each input of the request, in the same order, what it was when it was queued.
        fallbacks: who makes it instead, in their order, where this target cannot.
    """

    plan: RenderPlan
    path: Path
    is_named: bool
    overwrite: bool
    inputs: tuple[StoredInput, ...] = ()
    origin: Origin | None = None
    fallbacks: tuple[Fallback, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_one_input(cls, stored: object) -> object:
        """Earlier versions stored the start image alone, under its own name."""
        fields = older_fields(stored, "start_image_sha256")
        if fields is None:
            return stored
        sha256 = fields.pop("start_image_sha256")
        if sha256 is None:
            return fields
        image = Path(fields["plan"]["request"]["inputs"]["start_image"])
        return {**fields, "inputs": [{"name": image.name, "sha256": sha256}]}


class StillPayload(Frozen):
    """A render of an image as earlier versions stored it: the clip that it was to be taken from."""

    render: str
    frame: int

    def payload(self) -> RenderPayload:
        """The same as an image of its own."""
        stored = RenderPayload.model_validate_json(self.render)
        request = stored.plan.request.model_copy(update={"output": OutputKind.IMAGE})
        image = {"request": request, "num_frames": 1, "fps": 0, "has_audio": False}
        return stored.model_copy(update={"plan": stored.plan.model_copy(update=image)})


@dataclass(frozen=True)
class RenderJob:
    """Makes one clip or image and puts it in place.

    Attributes:
        inputs: of each input of the request what it was when the job was queued.
        origin: the scene that it is made for, which its record names.
        fallbacks: who makes it instead, in their order, where this target cannot.
    """

    plan: RenderPlan
    output: Output
    lane: Lane
    registry: ProviderRegistry
    inputs: tuple[StoredInput, ...] = ()
    origin: Origin | None = None
    fallbacks: tuple[Fallback, ...] = ()

    kind = KIND

    @classmethod
    def of(
        cls,
        plan: RenderPlan,
        output: Output,
        registry: ProviderRegistry,
        origin: Origin | None = None,
    ) -> RenderJob:
        """The job that carries out a plan, with its inputs as they are now.

        Raises:
            JournalError: an input cannot be read.
        """
        given = plan.request.inputs
        names = [item.path.name for item in given]
        inputs = tuple(
            # A LoRA is large, and people keep it where it is.
            _in_its_place(item)
            if item.role is Role.LORA
            else _in_its_place(item).model_copy(update={"name": _own_name(names, place)})
            for place, item in enumerate(given)
        )
        return cls(plan, output, registry.find(plan.target).lane, registry, inputs, origin)

    @classmethod
    def from_payload(cls, payload: str, registry: ProviderRegistry) -> RenderJob:
        """The job that wrote this payload."""
        return cls._of_stored(RenderPayload.model_validate_json(payload), registry)

    @classmethod
    def from_still_payload(cls, payload: str, registry: ProviderRegistry) -> RenderJob:
        """The job of an earlier version that wrote this payload for an image."""
        return cls._of_stored(StillPayload.model_validate_json(payload).payload(), registry)

    @classmethod
    def _of_stored(cls, stored: RenderPayload, registry: ProviderRegistry) -> RenderJob:
        output = Output(stored.path, is_named=stored.is_named, overwrite=stored.overwrite)
        lane = registry.find(stored.plan.target).lane
        return cls(
            stored.plan, output, lane, registry, stored.inputs, stored.origin, stored.fallbacks
        )

    def at(self, plan: RenderPlan, fallbacks: tuple[Fallback, ...]) -> RenderJob:
        """The same clip by the plan of another target, made from what was stored for this one.

        Raises:
            JournalError: that target reads a file besides, such as a LoRA, which is not there.
        """
        before = zip(self.plan.request.inputs, self.inputs, strict=True)
        stored = {(item.role, item.path): one for item, one in before}
        inputs = tuple(
            stored.get((item.role, item.path)) or _in_its_place(item)
            for item in plan.request.inputs
        )
        lane = self.registry.find(plan.target).lane
        return replace(self, plan=plan, lane=lane, inputs=inputs, fallbacks=fallbacks)

    @property
    def title(self) -> str:
        """Model and first words of the prompt, or what is done without words."""
        words = " ".join(self.plan.request.prompt.split()) or self.plan.task.value
        return f"{self.plan.target.model}: {words[:60]}"

    @property
    def subject(self) -> Subject:
        """The scene that it is for, or the clip or image by its place."""
        if self.origin is not None:
            return self.origin.subject
        kind = SubjectKind.IMAGE if self.plan.is_image else SubjectKind.CLIP
        return Subject(kind, str(self.output.path))

    @property
    def loads(self) -> str:
        """What its provider has to load; nothing where it costs money, or may do so elsewhere."""
        plans = (self.plan, *(one.plan for one in self.fallbacks))
        return self.plan.loads if all(plan.cost_usd == 0 for plan in plans) else ""

    def payload(self) -> str:
        """The plan and the place, as JSON."""
        stored = RenderPayload(
            plan=self.plan,
            path=self.output.path,
            is_named=self.output.is_named,
            overwrite=self.output.overwrite,
            inputs=self.inputs,
            origin=self.origin,
            fallbacks=self.fallbacks,
        )
        return stored.model_dump_json()

    def store_inputs(self, folder: Path) -> None:
        """Keep what it is made from: it can be made again whatever becomes of the files."""
        for item, stored in zip(self.plan.request.inputs, self.inputs, strict=True):
            store_input(item.path, ROLES[item.role].name, stored, folder)

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half copy that a kill may leave in the output folder."""
        return partial_files(self.output.path.parent, job_id)

    def run(self, ctx: JobContext) -> Path:
        """Make it; gives its final path."""
        placed = self._placed_before_interruption(ctx)
        if placed is not None:
            return placed
        started_at = datetime.now(UTC)
        plan, rendered = self._render(ctx)
        may_stop = ctx
        if not plan.spec.is_exact:
            # It was paid for and is here: whoever asks to stop now gets it all the same.
            ctx = replace(ctx, cancel=CancelToken())
        ctx.report(Progressed(stage=Stage.WRITE, fraction=_PROVIDER_SHARE))
        plan = as_made(plan, rendered, self.output, ctx)
        if plan.interpolated_fps is not None:
            plan, rendered = interpolated(plan, rendered, may_stop)
        as_it_came = rendered.path
        if plan.request.of_role(Role.MASK):
            plan, rendered = within_mask(plan, rendered, ctx)
        is_kept_to_the_byte = is_as_it_came(plan, rendered)
        record = make_record(
            # The files by the names that they had, not by those of their copies.
            plan.with_inputs(self.plan.request.inputs),
            rendered,
            job_id=ctx.job_id,
            created_at=started_at,
            inputs_sha256=tuple(stored.sha256 for stored in self.inputs),
            origin=self.origin,
        )
        finished = rendered.path
        if not is_kept_to_the_byte:
            holds_prompt = self.registry.settings.images.holds_prompt
            finished = with_record(plan, rendered.path, record, ctx, holds_prompt=holds_prompt)
        ctx.cancel.check()
        path = place_clip(finished, self.output, ctx.job_id)
        if path != self.output.path and self.output.is_named:
            ctx.report(
                Notice(
                    message=f"{self.output.path.name!r} was taken while the {plan.noun} was made, "
                    f"so it is named {path.name!r}."
                )
            )
        self._write_sidecar(replace(self.output, path=path), record, ctx)
        if plan.is_image and not (plan.spec.is_exact or is_kept_to_the_byte):
            self._keep_original(as_it_came, path, ctx)
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return path

    def _render(self, ctx: JobContext) -> tuple[RenderPlan, Rendered]:
        """Let the provider work, one step cheaper each time the memory does not suffice."""
        provider = self.registry.open(self.plan.target)
        if provider.uses_network and ctx.ticket is None:
            self.registry.network.check(
                f"{self.plan.spec.label} is not asked", target=str(self.plan.target)
            )
        self.registry.install_packages(self.plan.target, ctx)

        def report(event: Report) -> None:
            ctx.report(_scaled(event))

        inner = replace(ctx, report=report)
        try:
            plan = self._plan_with_stored_inputs(ctx)
        except JournalError:
            if ctx.ticket is None:
                raise
            # What was bought is fetched, or ended: that sends no file any more.
            plan = self.plan
        while True:
            if ctx.ticket is None:
                # With a ticket it is the provider's to end what runs elsewhere.
                ctx.cancel.check()
            try:
                rendered = provider.render(plan, inner)
            except OutOfMemory as error:
                cheaper = provider.cheaper(plan)
                if cheaper is None:
                    raise
                ctx.report(Notice(message=f"{error.message} Trying again with a cheaper plan."))
                plan = cheaper
                continue
            if not rendered.path.resolve().is_relative_to(ctx.workdir.resolve()):
                raise RenderFailed(
                    f"{plan.spec.label} wrote its file outside the job's folder.",
                    target=str(plan.target),
                    hint="This is a defect of the provider.",
                )
            return plan, rendered

    def _plan_with_stored_inputs(self, ctx: JobContext) -> RenderPlan:
        if not self.inputs:
            return self.plan
        assert ctx.inputs_dir is not None, "clips are made by the queue alone"
        folder, given = ctx.inputs_dir, self.plan.request.inputs
        found = tuple(
            item.model_copy(
                update={"path": find_input(item.path, ROLES[item.role].name, stored, folder)}
            )
            # Earlier versions stored the first one only.
            for item, stored in zip(given, self.inputs, strict=False)
        )
        return self.plan.with_inputs((*found, *given[len(found) :]))

    def _placed_before_interruption(self, ctx: JobContext) -> Path | None:
        """What an earlier run of this very job put in place just before it was killed."""
        for path in taken_names(self.output.path):
            record = read_settings_of(path)
            if record is None or record.job_id != ctx.job_id:
                continue
            output = replace(self.output, path=path)
            if not output.sidecar.exists():
                self._write_sidecar(output, record, ctx)
            return path
        return None

    def _keep_original(self, original: Path, path: Path, ctx: JobContext) -> None:
        """Put the file of a service beside the one that was made of it; failing to is told."""
        aside = path.with_name(f"{path.stem}-original{original.suffix}")
        try:
            kept = place_clip(original, Output(aside, is_named=False), ctx.job_id)
        except OutputError as error:
            ctx.report(Notice(message=f"What the service sent is not kept: {error.message}"))
            return
        ctx.report(Notice(message=f"What {self.plan.spec.label} sent is kept as {kept.name!r}."))

    def _write_sidecar(self, output: Output, record: ClipRecord, ctx: JobContext) -> None:
        """Write the record beside the file; failing to is told and costs no file."""
        sidecar, what = output.sidecar, self.plan.noun
        if sidecar.exists() and not output.overwrite:
            message = f"{sidecar.name!r} exists, so the record is only inside the {what}."
            ctx.report(Notice(message=message))
            return
        try:
            write_text_atomically(sidecar, record.model_dump_json(indent=2) + "\n")
        except OSError as error:
            message = (
                f"The record {sidecar.name!r} could not be written ({error.strerror}); it is only "
                f"inside the {what}."
            )
            ctx.report(Notice(message=message))


@dataclass(frozen=True)
class PlannedTime:
    """What a queued render was expected to take, and on what it is made.

    Attributes:
        seconds: with everything loaded, since those before it load it; None where nobody knew.
    """

    target: str = ""
    seconds: float | None = None


@lru_cache(maxsize=1024)
def planned_time(payload: str) -> PlannedTime:
    """The time in a stored job; nothing is known of what is no render."""
    try:
        plan = json.loads(payload)["plan"]
        target = plan["request"]["target"]
        made_on = "/".join(map(str, target.values()))
        known = [plan.get(name) for name in ("est_next_seconds", "est_seconds")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return PlannedTime()
    seconds = next((float(value) for value in known if isinstance(value, int | float)), None)
    return PlannedTime(made_on, seconds)


def _in_its_place(item: Input) -> StoredInput:
    """A file that is not copied: it is known by its content."""
    return StoredInput(name="", sha256=digest_of(item.path, ROLES[item.role].name))


def _own_name(names: list[str], place: int) -> str:
    name = names[place]
    return f"{place}-{name}" if name in names[:place] else name


def _scaled(event: Report) -> Report:
    """Keep the last part of the bar for proof and placing, so that 1 means "file in hand"."""
    if not isinstance(event, Progressed) or event.fraction is None:
        return event
    return event.model_copy(update={"fraction": event.fraction * _PROVIDER_SHARE})
