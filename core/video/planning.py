"""From what is asked to what will be done: every problem at once, every adjustment told."""

from __future__ import annotations

import math
import re
import secrets
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.video.extras import extras_problems
from core.video.plan import RenderPlan
from core.video.spec import AspectRatio, FloatRange, FrameSize, IntRange, ModelSpec, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.video.request import RenderRequest

MAX_SEED = 2**32 - 1
_SLOW_BELOW = 0.8
_QUICK_ABOVE = 1.25
_PIXEL_SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)", re.IGNORECASE)
_SAME_ASPECT = 0.02


def draw_seed() -> int:
    """A seed from the system's random source, 0 to 2^31 - 1."""
    return secrets.randbelow(2**31)


def make_plan(
    request: RenderRequest,
    spec: ModelSpec,
    *,
    start_image_size: tuple[int, int] | None = None,
    end_image_size: tuple[int, int] | None = None,
    new_seed: Callable[[], int] = draw_seed,
) -> RenderPlan:
    """The exact plan for a request on one model; reads no file and asks nobody.

    Args:
        request: what is asked, with a concrete model.
        spec: that model.
        start_image_size: upright width and height of the start image, where there is one.
        end_image_size: likewise of the end image.
        new_seed: called when the request names no seed.

    Raises:
        UnsupportedRequest: with every problem there is.
    """
    draft = _Draft(request, spec)
    draft.check_words()
    draft.check_task()
    size = draft.choose_size(start_image_size, end_image_size)
    fps = draft.choose_fps()
    duration_s = draft.choose_duration(size)
    steps = draft.choose_number(
        "sampling.num_inference_steps",
        "number of steps",
        request.sampling.num_inference_steps,
        spec.steps,
    )
    guidance_scale = draft.choose_number(
        "sampling.guidance_scale",
        "guidance scale",
        request.sampling.guidance_scale,
        spec.guidance_scale,
    )
    prompt = draft.join_camera(request.prompt.strip())
    has_audio = draft.choose_audio()
    draft.check_seed()
    draft.problems += extras_problems(request, spec)
    if draft.problems or size is None or fps is None or duration_s is None:
        raise UnsupportedRequest(draft.problems)

    num_frames = draft.snap_frames(duration_s, fps)
    asked_seed = request.sampling.seed
    return RenderPlan(
        request=request,
        spec=spec,
        prompt=prompt,
        negative_prompt=request.negative_prompt,
        width=size.width,
        height=size.height,
        num_frames=num_frames,
        fps=fps,
        seed=new_seed() if asked_seed is None else asked_seed,
        num_inference_steps=None if steps is None else int(steps),
        guidance_scale=guidance_scale,
        has_audio=has_audio,
        cost_usd=spec.price.cost_usd(num_frames / fps),
        notes=tuple(draft.notes),
    )


def prompt_problems(request: RenderRequest) -> tuple[Problem, ...]:
    """What is wrong with the prompt whatever the model is."""
    if request.prompt.strip():
        return ()
    return (Problem("prompt", "The prompt is empty. Describe the clip in a few words."),)


class _Draft:
    """Collects problems and notes while the parts of a plan are chosen one after the other."""

    def __init__(self, request: RenderRequest, spec: ModelSpec) -> None:
        self.request = request
        self.spec = spec
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def _refuse(self, field: str, message: str) -> None:
        self.problems.append(Problem(field, message))

    def check_words(self) -> None:
        """The prompt must say something and not be longer than the model reads."""
        self.problems += prompt_problems(self.request)
        limit = self.spec.max_prompt_tokens
        for field, text in (
            ("prompt", self.request.prompt),
            ("negative_prompt", self.request.negative_prompt or ""),
            ("audio_prompt", self.request.audio_prompt or ""),
        ):
            words = len(text.split())
            if words > limit:
                name = field.replace("_", " ")
                self._refuse(
                    field,
                    f"The {name} has {words} words, and {self.spec.label} reads at most {limit} "
                    "tokens (a word is one or more). Shorten it.",
                )
        if self.request.negative_prompt is not None and not self.spec.takes_negative_prompt:
            self._refuse(
                "negative_prompt",
                f"{self.spec.label} takes no negative prompt. Leave it out, and say in the prompt "
                "what there should be instead.",
            )

    def check_task(self) -> None:
        """The model must do this kind of work."""
        if self.request.task in self.spec.tasks:
            return
        offered = ", ".join(task.value for task in self.spec.tasks)
        field = "inputs.start_image" if self.request.task is Task.IMAGE_TO_VIDEO else "task"
        self._refuse(
            field,
            f"{self.spec.label} does no {self.request.task.value}; it does {offered}. "
            "Choose another model.",
        )

    def choose_size(
        self, start_image_size: tuple[int, int] | None, end_image_size: tuple[int, int] | None
    ) -> FrameSize | None:
        """A line of the size table; a given image decides the aspect where nothing else does."""
        frame = self.request.frame
        if frame.resolution is not None and _PIXEL_SIZE.fullmatch(frame.resolution.strip()):
            size = self._size_in_pixels(frame.resolution, frame.aspect)
        else:
            size = self._size_by_name(start_image_size or end_image_size)
        if size is not None and start_image_size is not None:
            self._tell_crop("start image", size, start_image_size)
        if size is not None and end_image_size is not None:
            self._tell_crop("end image", size, end_image_size)
        return size

    def _size_in_pixels(self, text: str, aspect: str | None) -> FrameSize | None:
        match = _PIXEL_SIZE.fullmatch(text.strip())
        assert match is not None, "called only for text of this form"
        width, height = int(match[1]), int(match[2])
        for size in self.spec.sizes:
            if (size.width, size.height) == (width, height):
                if aspect is None or aspect.strip() == size.aspect.value:
                    return size
                self._refuse(
                    "frame.aspect",
                    f"{size} is {size.aspect.value}, not {aspect}. Leave the aspect out.",
                )
                return None
        nearest = min(
            self.spec.sizes,
            key=lambda size: abs(size.width - width) + abs(size.height - height),
        )
        self._refuse(
            "frame.resolution",
            f"{self.spec.label} does not make {width}x{height}. The nearest size is {nearest} "
            f"({nearest.resolution}, {nearest.aspect.value}).",
        )
        return None

    def _size_by_name(self, image_size: tuple[int, int] | None) -> FrameSize | None:
        spec, frame = self.spec, self.request.frame
        resolution = self._known_resolution(frame.resolution)
        aspect = self._known_aspect(frame.aspect)
        if (frame.resolution and not resolution) or (frame.aspect and not aspect):
            return None
        fitting = [
            size
            for size in spec.sizes
            if (resolution is None or size.resolution == resolution)
            and (aspect is None or size.aspect is aspect)
        ]
        if not fitting:
            assert resolution is not None, "a known aspect alone is in the table"
            assert aspect is not None, "a known resolution alone is in the table"
            offered = ", ".join(
                size.aspect.value for size in spec.sizes if size.resolution == resolution
            )
            self._refuse(
                "frame.aspect",
                f"{spec.label} makes no {resolution} picture at {aspect.value}; at {resolution} "
                f"it makes {offered}.",
            )
            return None
        default = spec.default_size
        if resolution is None:
            fitting = [s for s in fitting if s.resolution == default.resolution] or fitting
        if aspect is None and image_size is not None:
            ratio = image_size[0] / image_size[1]
            return min(fitting, key=lambda s: abs(math.log(s.width / s.height / ratio)))
        return next((size for size in fitting if size.aspect is default.aspect), fitting[0])

    def _known_resolution(self, asked: str | None) -> str | None:
        if asked is None:
            return None
        by_folded = {name.casefold(): name for name in self.spec.resolutions}
        found = by_folded.get(asked.strip().casefold())
        if found is None:
            message = unknown_name("resolution", asked, self.spec.resolutions)
            self._refuse("frame.resolution", f"{self.spec.label}: {message}")
        return found

    def _known_aspect(self, asked: str | None) -> AspectRatio | None:
        if asked is None:
            return None
        for aspect in self.spec.aspects:
            if aspect.value == asked.strip():
                return aspect
        message = unknown_name("aspect ratio", asked, [a.value for a in self.spec.aspects])
        self._refuse("frame.aspect", f"{self.spec.label}: {message}")
        return None

    def _tell_crop(self, kind: str, size: FrameSize, image_size: tuple[int, int]) -> None:
        width, height = image_size
        shown = f"The {kind} of {width}x{height}"
        if abs(math.log(size.width / size.height * height / width)) > _SAME_ASPECT:
            self.notes.append(f"{shown} is cut at its edges to fill {size}.")
        elif (width, height) != (size.width, size.height):
            self.notes.append(f"{shown} is resized to {size}.")
        if width < size.width or height < size.height:
            self.notes.append("It is smaller than the clip, so it will look soft.")

    def choose_fps(self) -> int | None:
        """The frame rate, asked or default."""
        asked = self.request.frame.fps
        if asked is None:
            return self.spec.default_fps
        if asked in self.spec.fps:
            return asked
        nearest = min(self.spec.fps, key=lambda fps: abs(fps - asked))
        offered = ", ".join(str(fps) for fps in self.spec.fps)
        self._refuse(
            "frame.fps",
            f"{self.spec.label} does not make {asked} frames per second. It makes {offered}; "
            f"the nearest is {nearest}.",
        )
        return None

    def choose_duration(self, size: FrameSize | None) -> float | None:
        """The length in seconds, asked or default, within what the model and the size allow."""
        allowed = self.spec.duration_s
        asked = self.request.frame.duration_s
        duration_s = allowed.default if asked is None else asked
        if not math.isfinite(duration_s):
            self._refuse("frame.duration_s", f"A clip cannot be {duration_s} s long.")
            return None
        if not allowed.minimum <= duration_s <= allowed.maximum:
            nearest = allowed.minimum if duration_s < allowed.minimum else allowed.maximum
            self._refuse(
                "frame.duration_s",
                f"{self.spec.label} makes clips of {allowed.minimum:g} to {allowed.maximum:g} s, "
                f"not {duration_s:g} s. The nearest is {nearest:g} s.",
            )
            return None
        if size is not None and size.max_duration_s and duration_s > size.max_duration_s:
            if asked is None:
                self.notes.append(
                    f"At {size} {self.spec.label} makes at most {size.max_duration_s:g} s, "
                    "so the clip is that long."
                )
                return size.max_duration_s
            self._refuse(
                "frame.duration_s",
                f"At {size} {self.spec.label} makes at most {size.max_duration_s:g} s, not "
                f"{duration_s:g} s. Shorten the clip or choose a smaller size.",
            )
            return None
        return duration_s

    def snap_frames(self, duration_s: float, fps: int) -> int:
        """The frame count on the model's grid; told where it changes the length."""
        num_frames = self.spec.frame_grid.frames(duration_s, fps)
        if num_frames != duration_s * fps:
            exact = num_frames / fps
            self.notes.append(
                f"{duration_s:g} s at {fps} fps → {num_frames} frames, {exact:.2f} s."
            )
        return num_frames

    def choose_number(
        self, field: str, name: str, asked: float | None, allowed: IntRange | FloatRange | None
    ) -> float | None:
        """A number within its range, or the default; None where the model leaves no choice."""
        if allowed is None:
            if asked is not None:
                self._refuse(field, f"{self.spec.label} has a fixed {name}. Leave it out.")
            return None
        if asked is None:
            return allowed.default
        if not allowed.minimum <= asked <= allowed.maximum:
            nearest = allowed.minimum if asked < allowed.minimum else allowed.maximum
            self._refuse(
                field,
                f"{self.spec.label} takes a {name} of {allowed.minimum:g} to {allowed.maximum:g}, "
                f"not {asked:g}. The nearest is {nearest:g}.",
            )
        return asked

    def join_camera(self, prompt: str) -> str:
        """The prompt with the words for the camera move, where one is asked for."""
        asked = self.request.motion.camera
        if asked is not None and self.spec.camera is None:
            self._refuse(
                "motion.camera",
                f"{self.spec.label} has no camera moves to choose. Describe the move in the "
                "prompt.",
            )
            return prompt
        phrase = self._camera_phrase(asked)
        speed = self._speed_word(has_move=asked is not None)
        if phrase is None:
            return prompt
        words = phrase.replace("{speed}", speed).strip()
        self.notes.append(f"The camera move {asked} is asked for in words: {words!r}.")
        joint = "" if prompt.endswith((".", "!", "?")) else "."
        return f"{prompt}{joint} {words}"

    def _camera_phrase(self, asked: str | None) -> str | None:
        camera = self.spec.camera
        if asked is None or camera is None:
            return None
        wanted = asked.strip().replace("-", "_").replace(" ", "_").casefold()
        phrase = camera.phrase(wanted)
        if phrase is None:
            message = unknown_name("camera move", asked, camera.motions)
            self._refuse("motion.camera", f"{self.spec.label}: {message}")
        return phrase

    def _speed_word(self, *, has_move: bool) -> str:
        speed = self.request.motion.speed
        if speed is None:
            return ""
        allowed = self.spec.camera.speed if self.spec.camera else None
        if not has_move:
            self._refuse("motion.speed", "A camera speed needs a camera move. Name one.")
        elif allowed is None:
            self._refuse("motion.speed", f"{self.spec.label} has no camera speed. Leave it out.")
        elif not allowed.minimum <= speed <= allowed.maximum:
            self._refuse(
                "motion.speed",
                f"{self.spec.label} takes a camera speed of {allowed}, not {speed:g}.",
            )
        elif speed < _SLOW_BELOW:
            return " slowly"
        elif speed > _QUICK_ABOVE:
            return " quickly"
        else:
            self.notes.append(f"A camera speed of {speed:g} is the normal one.")
        return ""

    def choose_audio(self) -> bool:
        """Whether the file gets sound: asked, or wherever the model makes it."""
        asked = self.request.audio
        if asked and not self.spec.has_audio:
            self._refuse(
                "audio", f"{self.spec.label} makes no sound. Leave it out or choose another model."
            )
        has_audio = self.spec.has_audio if asked is None else asked
        if self.request.audio_prompt and self.spec.takes_audio_prompt and not has_audio:
            self.notes.append("The clip is silent, so its audio prompt is not used.")
        return has_audio

    def check_seed(self) -> None:
        """A seed must be one that every random source takes."""
        seed = self.request.sampling.seed
        if seed is not None and not 0 <= seed <= MAX_SEED:
            self._refuse("sampling.seed", f"A seed is 0 to {MAX_SEED}, not {seed}.")
