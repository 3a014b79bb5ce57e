"""The render job: plan, provider, proof that the clip is as planned, file in place, record."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import core
from core.errors import (
    FFmpegFailed,
    JournalError,
    OutOfMemory,
    OutputError,
    RenderFailed,
    UnreadableClip,
)
from core.frozen import Frozen
from core.jobs.job import JobContext, Lane, Notice, Progressed, Stage
from core.media.ffmpeg import ClipFacts, probe_clip
from core.media.output import Output, aside_path, place_clip
from core.platform.files import write_text_atomically
from core.video.plan import RenderPlan
from core.video.record import (
    ClipRecord,
    Origin,
    embed_record,
    make_record,
    read_embedded_record,
)
from core.video.request import Input, Role

if TYPE_CHECKING:
    from core.video.registry import ProviderRegistry

KIND = "render"
_PROVIDER_SHARE = 0.97
_AUDIO_TOLERANCE_S = 0.25
_FPS_TOLERANCE = 0.01


class RenderPayload(Frozen):
    """A render job as it is stored."""

    plan: RenderPlan
    path: Path
    is_named: bool
    overwrite: bool
    start_image_sha256: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True)
class _Rendered:
    plan: RenderPlan
    clip: Path


@dataclass(frozen=True)
class RenderJob:
    """Makes one clip and puts it in place.

    Attributes:
        start_image_sha256: of the start image as it was when the job was queued.
        origin: the scene that the clip is made for, which its record names.
    """

    plan: RenderPlan
    output: Output
    lane: Lane
    registry: ProviderRegistry
    start_image_sha256: str | None = None
    origin: Origin | None = None

    @classmethod
    def of(
        cls,
        plan: RenderPlan,
        output: Output,
        registry: ProviderRegistry,
        origin: Origin | None = None,
    ) -> RenderJob:
        """The job that carries out a plan, with its start image as it is now.

        Raises:
            JournalError: the start image cannot be read.
        """
        image = plan.request.path_of(Role.START)
        sha256 = None if image is None else hashlib.sha256(_read(image)).hexdigest()
        return cls(plan, output, registry.find(plan.target).lane, registry, sha256, origin)

    @property
    def kind(self) -> str:
        """The name of this kind of job in the journal."""
        return KIND

    @property
    def title(self) -> str:
        """Model and first words of the prompt."""
        words = " ".join(self.plan.request.prompt.split())
        return f"{self.plan.target.model}: {words[:60]}"

    @classmethod
    def from_payload(cls, payload: str, registry: ProviderRegistry) -> RenderJob:
        """The job that wrote this payload."""
        stored = RenderPayload.model_validate_json(payload)
        output = Output(stored.path, is_named=stored.is_named, overwrite=stored.overwrite)
        lane = registry.find(stored.plan.target).lane
        return cls(stored.plan, output, lane, registry, stored.start_image_sha256, stored.origin)

    def payload(self) -> str:
        """The plan and the place, as JSON."""
        stored = RenderPayload(
            plan=self.plan,
            path=self.output.path,
            is_named=self.output.is_named,
            overwrite=self.output.overwrite,
            start_image_sha256=self.start_image_sha256,
            origin=self.origin,
        )
        return stored.model_dump_json()

    def keep(self, folder: Path) -> None:
        """Keep the start image: the clip can be made again whatever becomes of the file."""
        image = self.plan.request.path_of(Role.START)
        if image is None:
            return
        content = _read(image)
        if hashlib.sha256(content).hexdigest() != self.start_image_sha256:
            raise JournalError(
                f"The start image {str(image)!r} was changed just now.",
                hint="Give the command again.",
            )
        try:
            folder.mkdir(parents=True)
            (folder / image.name).write_bytes(content)
        except OSError as error:
            raise JournalError(
                f"The start image cannot be kept in {str(folder)!r}: {error.strerror}.",
                hint="Free some space there, then give the command again.",
            ) from error

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half copy that a kill may leave in the output folder."""
        return (aside_path(self.output.path, job_id),)

    def run(self, ctx: JobContext) -> Path:
        """Make the clip; gives its final path."""
        placed = self._placed_before_interruption(ctx)
        if placed is not None:
            return placed
        started_at = datetime.now(UTC)
        rendered = self._render(ctx)
        plan = rendered.plan
        ctx.report(Progressed(stage=Stage.WRITE, fraction=_PROVIDER_SHARE))
        record = make_record(
            plan,
            self.registry.open(plan.target).provenance(plan),
            program=f"{core.NAME} {core.VERSION}",
            job_id=ctx.job_id,
            created_at=started_at,
            start_image_sha256=self.start_image_sha256,
            origin=self.origin,
        )
        finished = ctx.workdir / "finished.mp4"
        try:
            embed_record(rendered.clip, record, finished, ctx.cancel)
            facts = probe_clip(finished, ctx.cancel)
        except (FFmpegFailed, UnreadableClip) as error:
            if isinstance(error, FFmpegFailed) and error.is_disk_full:
                raise OutputError(
                    f"The disk of {str(ctx.workdir)!r} is full.",
                    hint="Free some space, then resume the job.",
                ) from error
            raise RenderFailed(
                f"{plan.spec.label} gave a clip that cannot be read: {error.message}",
                target=str(plan.target),
                hint="Try again; the log file has the details.",
            ) from error
        _verify(plan, facts)
        ctx.cancel.check()
        path = place_clip(finished, self.output, ctx.job_id)
        if path != self.output.path and self.output.is_named:
            ctx.report(
                Notice(
                    message=f"{self.output.path.name!r} was taken while the clip was made, so it "
                    f"is named {path.name!r}."
                )
            )
        write_sidecar(replace(self.output, path=path), record, ctx)
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return path

    def _render(self, ctx: JobContext) -> _Rendered:
        """Let the provider work, one step cheaper each time the memory does not suffice."""
        if self.lane is Lane.CLOUD:
            self.registry.network.check(
                f"{self.plan.spec.label} is not asked", target=str(self.plan.target)
            )
        provider = self.registry.open(self.plan.target)

        def report(event: Progressed | Notice) -> None:
            ctx.report(_scaled(event))

        inner = replace(ctx, report=report)
        plan = self._plan_with_kept_image(ctx)
        while True:
            ctx.cancel.check()
            try:
                clip = provider.render(plan, inner)
            except OutOfMemory as error:
                cheaper = provider.cheaper(plan)
                if cheaper is None:
                    raise
                ctx.report(Notice(message=f"{error.message} Trying again with a cheaper plan."))
                plan = cheaper
                continue
            if not clip.resolve().is_relative_to(ctx.workdir.resolve()):
                raise RenderFailed(
                    f"{plan.spec.label} wrote its clip outside the job's folder.",
                    target=str(plan.target),
                    hint="This is a defect of the provider.",
                )
            return _Rendered(plan, clip)

    def _plan_with_kept_image(self, ctx: JobContext) -> RenderPlan:
        image = self.plan.request.path_of(Role.START)
        if image is None:
            return self.plan
        assert ctx.inputs_dir is not None, "clips are made by the queue alone"
        kept = ctx.inputs_dir / image.name
        with suppress(OSError):
            if hashlib.sha256(kept.read_bytes()).hexdigest() == self.start_image_sha256:
                start = Input(role=Role.START, path=kept)
                return self.plan.with_inputs(
                    self.plan.request.with_role(Role.START, (start,)).inputs
                )
        raise JournalError(
            f"The copy of the start image that was kept for this job, {str(kept)!r}, is gone or "
            "damaged, so the clip cannot be made as it was planned.",
            hint="Give the command again, with the picture.",
        )

    def _placed_before_interruption(self, ctx: JobContext) -> Path | None:
        """The clip that an earlier run of this very job put in place just before it was killed."""
        path = self.output.path
        if not path.is_file():
            return None
        with suppress(UnreadableClip):
            record = read_embedded_record(probe_clip(path, ctx.cancel))
            if record is not None and record.job_id == ctx.job_id:
                if not self.output.sidecar.exists():
                    write_sidecar(self.output, record, ctx)
                return path
        return None


def _scaled(event: Progressed | Notice) -> Progressed | Notice:
    """Keep the last part of the bar for proof and placing, so that 1 means "file in hand"."""
    if isinstance(event, Notice) or event.fraction is None:
        return event
    return event.model_copy(update={"fraction": event.fraction * _PROVIDER_SHARE})


def _verify(plan: RenderPlan, facts: ClipFacts) -> None:
    """The clip must be exactly what was planned.

    Raises:
        RenderFailed: naming every difference.
    """
    found: list[str] = []
    if (facts.width, facts.height) != (plan.width, plan.height):
        found.append(f"{facts.width}x{facts.height} instead of {plan.width}x{plan.height}")
    if facts.num_frames != plan.num_frames:
        found.append(f"{facts.num_frames} frames instead of {plan.num_frames}")
    if abs(facts.fps - plan.fps) > _FPS_TOLERANCE:
        found.append(f"{facts.fps:g} frames per second instead of {plan.fps}")
    if facts.has_audio != plan.has_audio:
        found.append("sound that was not planned" if facts.has_audio else "no sound")
    elif facts.audio_duration_s is not None:
        difference = abs(facts.audio_duration_s - plan.duration_s)
        if difference > _AUDIO_TOLERANCE_S:
            found.append(f"{facts.audio_duration_s:.2f} s of sound, not {plan.duration_s:.2f} s")
    if found:
        raise RenderFailed(
            f"{plan.spec.label} gave a clip with {', '.join(found)}.",
            target=str(plan.target),
            hint="It was not kept. Try again; if it happens again, it is a defect of the provider.",
        )


def write_sidecar(output: Output, record: ClipRecord, ctx: JobContext) -> None:
    """Write the record beside the file; failing to is told and costs no file."""
    sidecar = output.sidecar
    if sidecar.exists() and not output.overwrite:
        ctx.report(
            Notice(message=f"{sidecar.name!r} exists, so the record is only inside the clip.")
        )
        return
    try:
        write_text_atomically(sidecar, record.model_dump_json(indent=2) + "\n")
    except OSError as error:
        ctx.report(
            Notice(
                message=f"The record {sidecar.name!r} could not be written ({error.strerror}); it "
                "is only inside the clip."
            )
        )


def _read(image: Path) -> bytes:
    try:
        return image.read_bytes()
    except OSError as error:
        raise JournalError(
            f"The start image {str(image)!r} cannot be read any more: {error.strerror}.",
            hint="Put it back and give the command again.",
        ) from error
