"""A still: one exact frame of the shortest clip that a model makes, as a PNG with its record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import FFmpegFailed, OutputError, RenderFailed
from core.frozen import Frozen
from core.jobs.job import JobContext, Lane, Notice, Progressed, Stage
from core.media.ffmpeg import run_ffmpeg
from core.media.output import Output, place_clip
from core.video.read_metadata import read_settings_of
from core.video.render import RenderJob, write_sidecar
from core.video.still_file import read_still_record, write_still_record

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan
    from core.video.record import ClipRecord
    from core.video.registry import ProviderRegistry
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec

KIND = "still"
_CLIP_SHARE = 0.98


class StillPayload(Frozen):
    """A still as it is stored: its render, as that stores itself, and the frame to take."""

    render: str
    frame: int


def shortest(request: RenderRequest, spec: ModelSpec) -> RenderRequest:
    """The request for the shortest clip of a model, without sound: what a still is taken from."""
    length_s = spec.durations.minimum
    # The fewest frames are the least work; of rates that cost the same, the model's usual one.
    fps = min(
        spec.fps,
        key=lambda rate: (spec.frame_grid.frames(length_s, rate), rate != spec.default_fps),
    )
    frame = request.frame.model_copy(update={"duration_s": length_s, "fps": fps})
    audio = False if spec.audio is not None else None
    return request.model_copy(update={"frame": frame, "audio": audio, "audio_prompt": None})


def still_frame(num_frames: int) -> int:
    """Which frame of a clip its still is, from 0: the middle one.

    A model's first frame is its least certain one, and towards the end things have moved on.
    """
    return num_frames // 2


def still_note(plan: RenderPlan) -> str:
    """One sentence: where the picture comes from."""
    return (
        f"The picture is frame {still_frame(plan.num_frames) + 1} of the {plan.num_frames} of the "
        f"shortest clip that {plan.spec.label} makes."
    )


@dataclass(frozen=True)
class StillJob:
    """Renders the shortest clip and keeps one frame of it.

    Attributes:
        render: the clip; its output is the place of the picture.
        frame: which frame, from 0.
    """

    render: RenderJob
    frame: int

    @classmethod
    def from_payload(cls, payload: str, registry: ProviderRegistry) -> StillJob:
        """The job that wrote this payload."""
        stored = StillPayload.model_validate_json(payload)
        return cls(RenderJob.from_payload(stored.render, registry), stored.frame)

    @property
    def kind(self) -> str:
        """The name of this kind of job in the journal."""
        return KIND

    @property
    def lane(self) -> Lane:
        """The lane of the provider that makes the clip."""
        return self.render.lane

    @property
    def title(self) -> str:
        """Model and first words of the prompt."""
        return self.render.title

    def payload(self) -> str:
        """The render and the frame, as JSON."""
        return StillPayload(render=self.render.payload(), frame=self.frame).model_dump_json()

    def keep(self, folder: Path) -> None:
        """Keep what the clip is made from."""
        self.render.keep(folder)

    def partial_files(self, job_id: str) -> tuple[Path, ...]:
        """The half copy that a kill may leave in the output folder."""
        return self.render.partial_files(job_id)

    def run(self, ctx: JobContext) -> Path:
        """Make the picture; gives its final path."""
        output = self.render.output
        placed = self._placed_before_interruption(ctx)
        if placed is not None:
            return placed
        clip = self._render(ctx)
        ctx.report(Progressed(stage=Stage.WRITE, fraction=_CLIP_SHARE))
        record = _record_of(clip, self.render.plan).model_copy(update={"still_frame": self.frame})
        bare, finished = ctx.workdir / "frame.png", ctx.workdir / "still.png"
        self._extract(clip, bare, ctx)
        try:
            write_still_record(bare, record, finished)
        except OSError as error:
            raise OutputError(
                f"The picture cannot be written in {str(ctx.workdir)!r}: {error.strerror}.",
                hint="Free some space, then resume the job.",
            ) from error
        ctx.cancel.check()
        path = place_clip(finished, output, ctx.job_id)
        if path != output.path and output.is_named:
            ctx.report(
                Notice(
                    message=f"{output.path.name!r} was taken while the picture was made, so it is "
                    f"named {path.name!r}."
                )
            )
        write_sidecar(replace(output, path=path), record, ctx)
        ctx.report(Progressed(stage=Stage.WRITE, fraction=1.0))
        return path

    def _render(self, ctx: JobContext) -> Path:
        """The whole clip, proven to be as planned, inside the work folder."""

        def report(event: Progressed | Notice) -> None:
            ctx.report(_scaled(event))

        whole = Output(ctx.workdir / "whole.mp4", is_named=False)
        return replace(self.render, output=whole).run(replace(ctx, report=report))

    def _extract(self, clip: Path, image: Path, ctx: JobContext) -> None:
        select = f"select=eq(n\\,{self.frame})"
        options = ["-fps_mode", "passthrough", "-frames:v", "1", "-update", "1"]
        arguments = ["-i", str(clip), "-vf", select, *options, "-pix_fmt", "rgb24", str(image)]
        try:
            run_ffmpeg(arguments, ctx.cancel)
        except FFmpegFailed as error:
            if error.is_disk_full:
                raise OutputError(
                    f"The disk of {str(ctx.workdir)!r} is full.",
                    hint="Free some space, then resume the job.",
                ) from error
            raise self._no_frame() from error
        if not image.is_file():
            raise self._no_frame()

    def _no_frame(self) -> RenderFailed:
        plan = self.render.plan
        return RenderFailed(
            f"Frame {self.frame + 1} of the clip of {plan.spec.label} cannot be taken out.",
            target=str(plan.target),
            hint="Try again; the log file has the details.",
        )

    def _placed_before_interruption(self, ctx: JobContext) -> Path | None:
        """The picture that an earlier run of this very job put in place before it was killed."""
        path = self.render.output.path
        record = read_still_record(path)
        if record is None or record.job_id != ctx.job_id:
            return None
        if not self.render.output.sidecar.exists():
            write_sidecar(self.render.output, record, ctx)
        return path


def _record_of(clip: Path, plan: RenderPlan) -> ClipRecord:
    record = read_settings_of(clip)
    if record is None:
        raise RenderFailed(
            f"The record of the clip of {plan.spec.label} cannot be read back.",
            target=str(plan.target),
            hint="Try again; if it happens again, it is a defect of the program.",
        )
    return record


def _scaled(event: Progressed | Notice) -> Progressed | Notice:
    """Keep the last part of the bar for the picture."""
    if isinstance(event, Notice) or event.fraction is None:
        return event
    return event.model_copy(update={"fraction": event.fraction * _CLIP_SHARE})
