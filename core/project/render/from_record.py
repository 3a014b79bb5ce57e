"""From a finished clip back to what was chosen for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.project.model.project import RenderChoices

if TYPE_CHECKING:
    from core.video.record import ClipRecord
    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec


@dataclass(frozen=True)
class FromRecord:
    """What a clip was made from, as a scene holds it.

    A record names files without their folders: `read_metadata.find_start_image` finds the
    start frame again. The LoRAs among the choices have such bare names too.

    Attributes:
        start_image, end_image: names of pictures; empty for none.
        references: names of pictures.
    """

    prompt: str
    choices: RenderChoices
    start_image: str = ""
    end_image: str = ""
    references: tuple[str, ...] = ()


def choices_of(record: ClipRecord, spec: ModelSpec | None = None) -> FromRecord:
    """The prompt and the choices that give the same clip again, seed included.

    Args:
        record: of the clip.
        spec: of its model, where that is still known: names its size, and its length on the grid.
    """
    asked = record.request
    size = _size(record, spec)
    choices = RenderChoices(
        target=asked.target,
        resolution=size.resolution if size else asked.frame.resolution,
        aspect=size.aspect.value if size else asked.frame.aspect,
        fps=record.fps,
        duration_s=_duration_s(record, spec, size),
        audio=record.has_audio,
        audio_prompt=asked.audio_prompt or "",
        camera=asked.motion.camera,
        camera_speed=asked.motion.speed,
        negative_prompt=record.negative_prompt or "",
        num_inference_steps=record.num_inference_steps,
        guidance_scale=record.guidance_scale,
        seed=record.seed,
        loras=asked.loras,
    )
    start, end = asked.inputs.start_image, asked.inputs.end_image
    return FromRecord(
        prompt=asked.prompt,
        choices=choices,
        start_image=start.name if start else "",
        end_image=end.name if end else "",
        references=tuple(path.name for path in asked.inputs.reference_images),
    )


def request_again(record: ClipRecord) -> RenderRequest:
    """The request for the very same clip: what was left open then is now asked for.

    Pictures are named without their folders, as the record does; `find_start_image` finds them.
    """
    asked = record.request
    frame = asked.frame.model_copy(
        update={"resolution": f"{record.width}x{record.height}", "aspect": None, "fps": record.fps}
    )
    sampling = asked.sampling.model_copy(
        update={
            "seed": record.seed,
            "num_inference_steps": record.num_inference_steps,
            "guidance_scale": record.guidance_scale,
        }
    )
    return asked.model_copy(update={"frame": frame, "sampling": sampling})


def _size(record: ClipRecord, spec: ModelSpec | None) -> FrameSize | None:
    sizes = spec.sizes if spec else ()
    made = (record.width, record.height)
    return next((size for size in sizes if (size.width, size.height) == made), None)


def _duration_s(record: ClipRecord, spec: ModelSpec | None, size: FrameSize | None) -> float | None:
    asked_s = record.request.frame.duration_s
    if asked_s is not None or spec is None:
        return asked_s
    # Without the frames beyond the grid, which would make it longer than the longest clip.
    exact_s = (record.num_frames - spec.frame_grid.offset) / record.fps
    longest_s = size.max_duration_s if size else None
    longest_s = min(spec.duration_s.maximum, longest_s or spec.duration_s.maximum)
    return min(max(exact_s, spec.duration_s.minimum), longest_s)
