"""The exact plan of one render, shown before it costs time or money."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

from pydantic import Field

from core.frozen import Frozen
from core.platform.units import count_text
from core.video.editing.tools import WITH_STRENGTH
from core.video.memory import MemoryPlan
from core.video.request import Input, RenderRequest
from core.video.spec import FrameGrid, ModelSpec
from core.video.terms import ExtendDirection, OutputKind, RetakePart, Role, Target, Task

_BYTES_PER_PIXEL = 0.25
_AUDIO_BYTES_PER_S = 48_000


class Retake(Frozen):
    """A part of a clip that is made anew, as frames of the clip; each range without its end.

    Attributes:
        first, stop: which are made anew.
        seen_first, seen_stop: on which the model works; it may make some behind the clip's end,
            which are left out.
        part: what of them is made anew.
    """

    first: int = Field(ge=0)
    stop: int
    seen_first: int = Field(ge=0)
    seen_stop: int
    part: RetakePart


class ClipPart(Frozen):
    """A part of a clip with a prompt of its own.

    Attributes:
        prompt: what the model reads, camera words included.
        first: which frame of the clip it begins with, from 0.
        seen_frames: how many before that one the model works on too.
    """

    prompt: str
    first: int = Field(ge=0)
    num_frames: int = Field(gt=0)
    seen_frames: int = 0


def frames_before(new: int, direction: ExtendDirection | None, grid: FrameGrid) -> int:
    """How many of the new frames of an extended video come before it.

    At both ends they come by the steps of the model's grid, of which the end gets the odd one.
    """
    match direction:
        case None | ExtendDirection.FORWARD:
            return 0
        case ExtendDirection.BACKWARD:
            return new
        case ExtendDirection.BOTH:
            return new // grid.step // 2 * grid.step
        case _:
            assert_never(direction)


def interpolated_frames(num_frames: int, fps: int, wanted_fps: int) -> int:
    """How many frames a clip has at another rate, of the same length to half a frame."""
    return round(Fraction(num_frames * wanted_fps, fps))


class PassedOver(Frozen):
    """A target that did not make the clip, and why."""

    target: Target
    label: str
    reason: str

    def __str__(self) -> str:
        return f"{self.label} ({self.target}) was passed over: {self.reason}"


class ClipSettings(Frozen):
    """What is settled about a clip, word for word the same in its plan and in its record.

    Attributes:
        prompt: what the model reads, camera words included.
        parts: of a clip of several prompts, each with its own; empty of any other.
        negative_prompt: None leaves the model's own default.
        num_inference_steps, guidance_scale, quality: None where the model leaves no choice.
        refine_steps: of a second stage at the full size, after a first one at half of it.
        num_frames, fps: 1 and 0 of an image.
        steps_taken: of the steps, how many are; None for all of them. A strong source video is a
            clip that is half made.
        kept_frames: of an extended or retaken video, how many of the frames are its own.
        context_frames: how many of these the model sees.
        passes: in how many the model makes it, each with so many frames of the video in sight; two
            of a video that is extended at both ends and cannot be seen as a whole.
        retake: the part of a video that is made anew.
        motion_speed: how fast everything moves by the model's own clock; 1 is real time, and where
            words ask for it.
        interpolated_fps: which the finished clip has, where that is more than the model made.
        reference_downscale: how many times smaller than the clip the video is that the model sees
            beside it, maps of a control video or a sheet of reference images; 0 where none is.
        has_reference_sheet: whether the reference images are such a sheet.
        has_audio: whether the file gets sound.
        cost_usd: None is unknown.
        memory_plan: None for models that do not run on this machine.
        notes: every adjustment and choice that the user did not spell out.
        passed_over: the targets that were to make it before this one, in their order.
        feather_px: of an image that was made within a mask and laid over the original: how wide
            the hard edges of the mask were made soft, inside of it; None where none was laid over.
    """

    prompt: str
    parts: tuple[ClipPart, ...] = ()
    negative_prompt: str | None
    width: int
    height: int
    num_frames: int
    fps: int
    kept_frames: int = 0
    context_frames: int = 0
    passes: int = Field(default=1, ge=1, le=2)
    retake: Retake | None = None
    motion_speed: float = 1.0
    interpolated_fps: int | None = None
    reference_downscale: int = 0
    has_reference_sheet: bool = False
    num_inference_steps: int | None
    steps_taken: int | None = None
    guidance_scale: float | None
    quality: str | None = None
    refine_steps: int = 0
    has_audio: bool
    cost_usd: float | None
    memory_plan: MemoryPlan | None = None
    notes: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    feather_px: int | None = None

    @property
    def final_fps(self) -> int:
        """Of the finished clip."""
        return self.interpolated_fps or self.fps

    @property
    def final_frames(self) -> int:
        """How many the finished clip has."""
        if self.interpolated_fps is None:
            return self.num_frames
        return interpolated_frames(self.num_frames, self.fps, self.interpolated_fps)

    @property
    def frames_text(self) -> str:
        """Such as "33 frames at 16 fps", and what becomes of them afterwards."""
        made = f"{count_text(self.num_frames, 'frame')} at {self.fps} fps"
        if self.interpolated_fps is None:
            return made
        return f"{made}, interpolated to {self.final_frames} at {self.final_fps}"


class RenderPlan(ClipSettings):
    """Everything about a clip before it exists; the same plan gives the same clip.

    Attributes:
        request: as asked, with the model that `auto` stood for filled in.
        least_frames: where the model chooses the length, the fewest that it may choose;
            `num_frames` is the most then. None where the length is known.
        est_seconds: from this machine's own history; None where there is none.
        est_next_seconds: of the same made right after it, when what it needs is loaded; None where
            that makes no difference.
        loads: what its provider must have loaded to begin, by a name that no other one gives;
            empty where that is nothing of this machine.
    """

    request: RenderRequest
    spec: ModelSpec
    seed: int
    least_frames: int | None = None
    est_seconds: float | None = None
    est_next_seconds: float | None = None
    loads: str = ""

    @property
    def target(self) -> Target:
        """The concrete target, never `auto`."""
        return self.request.target

    @property
    def task(self) -> Task:
        """The kind of work."""
        return self.request.task

    @property
    def is_image(self) -> bool:
        """Whether an image comes of it."""
        return self.request.output is OutputKind.IMAGE

    @property
    def enhances_prompt(self) -> bool:
        """Whether the model's enhancer is asked before anything is made."""
        return bool(self.request.enhance_prompt) and self.request.enhanced_prompt is None

    @property
    def noun(self) -> str:
        """What sentences call that which comes of it."""
        return "picture" if self.is_image else "clip"

    def with_length(self, num_frames: int) -> RenderPlan:
        """The same plan with the length that was left open."""
        return self.model_copy(update={"num_frames": num_frames, "least_frames": None})

    @property
    def frames_text(self) -> str:
        """How many frames it has at which rate, such as "25 to 233 frames at 24 fps"."""
        made = super().frames_text
        return made if self.least_frames is None else f"{self.least_frames} to {made}"

    @property
    def seconds_text(self) -> str:
        """How long it is, such as "2.00 s" or "1.04 to 9.71 s"."""
        seconds = f"{self.duration_s:.2f} s"
        if self.least_frames is not None:
            seconds = f"{self.least_frames / self.fps:.2f} to {seconds}"
        return seconds

    @property
    def duration_s(self) -> float:
        """The exact length of the clip; 0 of an image."""
        return self.num_frames / self.fps if self.fps else 0.0

    def with_inputs(self, inputs: tuple[Input, ...]) -> RenderPlan:
        """The same plan with its files in other places."""
        return self.model_copy(update={"request": self.request.with_inputs(inputs)})

    @property
    def made_frames(self) -> int:
        """The frames of the clip that the model works on; those it only sees are among them."""
        if self.retake is not None:
            return self.retake.seen_stop - self.retake.seen_first
        return self.num_frames - self.kept_frames + self.passes * self.context_frames

    @property
    def new(self) -> tuple[range, ...]:
        """Which frames of the clip are not those of a video that is extended or retaken."""
        if self.retake is not None:
            return (range(self.retake.first, self.retake.stop),)
        before, stop = self.new_before, self.num_frames
        both = (range(before), range(before + self.kept_frames, stop))
        return tuple(part for part in both if part)

    @property
    def first_made(self) -> int:
        """Which frame of the clip the first of them is, from 0."""
        if self.retake is not None:
            return self.retake.seen_first
        return 0 if self.new_before else self.first_seen

    @property
    def first_seen(self) -> int:
        """Which frame of a video that is extended the first is that the model sees, from 0."""
        return 0 if self.new_before else self.kept_frames - self.context_frames

    @property
    def num_new(self) -> int:
        """How many frames of the clip are not those of a video that is extended or retaken."""
        return sum(map(len, self.new))

    @property
    def new_before(self) -> int:
        """How many new frames come before those of a video."""
        new = self.num_frames - self.kept_frames
        if self.kept_frames == 0 or self.retake is not None:
            return 0
        return frames_before(new, self.request.editing.direction, self.spec.frame_grid)

    @property
    def new_after(self) -> int:
        """How many new frames come after those of a video."""
        return self.num_frames - self.kept_frames - self.new_before

    @property
    def strength(self) -> float | None:
        """How much of the source video or the image is made anew; None where nobody chooses."""
        of_image = self.task in WITH_STRENGTH and self.request.of_role(Role.START)
        is_given = of_image or self.request.of_role(Role.SOURCE_VIDEO)
        if self.spec.strength is None or not is_given:
            return None
        asked = self.request.editing.strength
        usual = self.spec.strength
        # Within a mask all is made anew where nobody says otherwise.
        unasked = usual.maximum if self.request.of_role(Role.MASK) else usual.default
        return unasked if asked is None else asked

    @property
    def upscale_factor(self) -> float | None:
        """How many times as wide and high an image becomes; None where nobody chooses."""
        if self.spec.upscale_factor is None or self.task is not Task.UPSCALE:
            return None
        asked = self.request.editing.upscale_factor
        return self.spec.upscale_factor.default if asked is None else asked

    @property
    def makes_audio(self) -> bool:
        """Whether sound that the model makes is in the clip."""
        is_given = self.strength is not None or bool(self.request.of_role(Role.AUDIO))
        is_kept = self.retake is not None and self.retake.part is RetakePart.VIDEO
        return self.has_audio and self.spec.audio is not None and not (is_given or is_kept)

    @property
    def makes_video(self) -> bool:
        """Whether the model makes any of the picture."""
        return self.retake is None or self.retake.part is not RetakePart.AUDIO

    @property
    def steps_text(self) -> str:
        """How many steps are taken, such as "8 steps"; empty where nobody knows."""
        steps, taken = self.num_inference_steps or self.spec.fixed_steps, self.steps_taken
        if steps is None:
            return ""
        if self.refine_steps:
            return f"{steps} + {count_text(self.refine_steps, 'step')}"
        if self.passes > 1:
            return f"{count_text(steps, 'step')} in each of {self.passes} passes"
        if self.parts:
            return f"{count_text(steps, 'step')} for each part"
        return (
            f"{count_text(steps, 'step')}"
            if taken is None
            else f"{taken} of {count_text(steps, 'step')}"
        )

    @property
    def loras_text(self) -> str:
        """Its LoRAs by name, such as "LoRA ink, LoRA paper at 0.5"; empty where there is none."""
        loras = self.request.of_role(Role.LORA)
        return ", ".join(
            f"LoRA {item.path.stem}" + ("" if item.strength is None else f" at {item.strength:g}")
            for item in loras
        )

    @property
    def clip_bytes(self) -> int:
        """A generous estimate of the finished file's size."""
        pixels = self.width * self.height * self.final_frames
        audio = self.duration_s * _AUDIO_BYTES_PER_S if self.has_audio else 0
        return int(pixels * _BYTES_PER_PIXEL + audio)

    @property
    def scratch_bytes(self) -> int:
        """What the model writes to the disk while it works."""
        return int(self.memory_plan.scratch_disk_gb * 1e9) if self.memory_plan else 0

    def with_notes(self, *notes: str) -> RenderPlan:
        """The same plan with more to tell the user."""
        return self.model_copy(update={"notes": self.notes + notes})

    def passed_over_for(self, reason: str) -> PassedOver:
        """Its target as one that did not make the clip."""
        return PassedOver(target=self.target, label=self.spec.label, reason=reason)


class Fallback(Frozen):
    """The plan of the same clip at another target.

    Attributes:
        limit_usd: the most that it may cost there; None where only the caps are such a limit.
    """

    plan: RenderPlan
    limit_usd: float | None = None
