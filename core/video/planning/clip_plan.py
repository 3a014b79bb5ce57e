"""From what is asked to what will be done: every problem at once, every adjustment told."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.platform.units import count_text
from core.video.allowed import find_size, find_value, listed, pixels_of
from core.video.control_row import Control
from core.video.controls import CONTROLS, ROWS
from core.video.inputs import KEPT, PACING, ROLES, SHAPING, CheckedInputs, field_of, limit_problems
from core.video.placement import (
    crop_notes,
    place_problems,
    placed_images,
    soft_keyframe_note,
    strength_problems,
)
from core.video.plan import RenderPlan
from core.video.planning.asked_audio import AskedAudio
from core.video.planning.asked_video import AskedVideo, RoleVideo
from core.video.planning.prompt_parts import AskedPrompt, prompt_problems
from core.video.price import Billed
from core.video.request import OutputKind, Role
from core.video.spec import ANOTHER_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.video.planning.asked_video import PartlyNew
    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec

# Judged where size, length and move are chosen, because they depend on one another.
_JUDGED_TOGETHER = (Control.RESOLUTION, Control.ASPECT, Control.CAMERA_SPEED)


def draw_seed() -> int:
    """A seed from the system's random source, 0 to 2^31 - 1."""
    return secrets.randbelow(2**31)


def make_plan(
    request: RenderRequest,
    spec: ModelSpec,
    inputs: CheckedInputs | None = None,
    *,
    new_seed: Callable[[], int] = draw_seed,
) -> RenderPlan:
    """The exact plan for a request on one model; reads no file and asks nobody.

    Args:
        request: what is asked, with a concrete model.
        spec: that model.
        inputs: what is known of the files that the request names.
        new_seed: called when the request names no seed.

    Raises:
        UnsupportedRequest: with every problem there is.
    """
    known = inputs or CheckedInputs()
    # A video that the model does not take is refused whatever it is.
    taken = {role: facts for role, facts in known.videos.items() if spec.limit(role)}
    audio = known.audio if spec.limit(Role.AUDIO) else None
    known = replace(known, videos=taken, audio=audio)
    draft = _Draft(request, spec)
    draft.problems += prompt_problems(request)
    draft.check_inputs()
    draft.check_controls()
    size = draft.choose_size(known)
    is_image = request.output is OutputKind.IMAGE
    fps = 0 if is_image else draft.choose_fps(known)
    kept = None if is_image else RoleVideo.kept(known.videos)
    partly = draft.video.partly_new(size, fps, kept)
    duration_s = 0.0 if is_image else draft.choose_duration(size, fps, known)
    words = draft.prompt.read(size, fps)
    if draft.prompt.has_parts and not words.parts:
        duration_s = None  # as long as its parts, and what is wrong with these is told
    has_audio = draft.choose_audio(known, partly)
    refine_steps = draft.choose_stages(size)
    num_frames = 1
    if duration_s is not None and not is_image:
        num_frames = sum(part.num_frames for part in words.parts)
        if not words.parts:
            num_frames = partly.num_frames if partly else draft.snap_frames(duration_s, fps, known)
        draft.place_images(size, num_frames, fps, known, partly.new if partly else None)
        draft.audio.follow_audio(known.audio, num_frames, fps)
    interpolated_fps = None if is_image else draft.video.choose_interpolation(num_frames, fps, kept)
    if draft.problems or size is None or duration_s is None:
        raise UnsupportedRequest(draft.problems)

    asked = request.sampling
    return RenderPlan(
        request=request,
        spec=spec,
        prompt=words.prompt,
        parts=words.parts,
        negative_prompt=request.negative_prompt,
        width=size.width,
        height=size.height,
        num_frames=num_frames,
        least_frames=draft.video.open_length(num_frames, fps),
        fps=fps,
        kept_frames=partly.kept if partly else 0,
        context_frames=partly.context if partly else 0,
        passes=partly.passes if partly else 1,
        retake=partly.retake if partly else None,
        interpolated_fps=interpolated_fps,
        seed=new_seed() if asked.seed is None else asked.seed,
        num_inference_steps=spec.steps.default
        if spec.steps and asked.num_inference_steps is None
        else asked.num_inference_steps,
        guidance_scale=spec.guidance_scale.default
        if spec.guidance_scale and asked.guidance_scale is None
        else asked.guidance_scale,
        refine_steps=refine_steps,
        has_audio=has_audio,
        cost_usd=spec.price.cost_usd(
            Billed(
                output=request.output,
                resolution=size.resolution,
                width=size.width,
                height=size.height,
                num_frames=num_frames,
                duration_s=num_frames / fps if fps else 0.0,
                has_audio=has_audio,
                input_s=known.length_s,
            )
        ),
        notes=tuple(draft.notes),
    )


class _Draft:
    """Collects problems and notes while the parts of a plan are chosen one after the other."""

    def __init__(self, request: RenderRequest, spec: ModelSpec) -> None:
        self.request = request
        self.spec = spec
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.video = AskedVideo(request, spec, self.problems, self.notes)
        self.audio = AskedAudio(request, spec, self.problems, self.notes)
        self.prompt = AskedPrompt(request, spec, self.problems, self.notes)

    def _refuse(self, field: str, message: str) -> None:
        self.problems.append(Problem(field, message))

    def check_inputs(self) -> None:
        """The model must take the files, and do this kind of work."""
        task, refused = self.request.task, limit_problems(self.request, self.spec)
        self.problems += refused
        self.problems += strength_problems(self.request)
        videos = [item.role for item in self.request.of_role(Role.SOURCE_VIDEO, *KEPT)]
        if len(set(videos)) > 1:
            self._refuse(
                field_of(videos[-1]),
                "A clip is made from a source video, goes on or has a part retaken, not both at "
                "once. Leave all but one video out.",
            )
        control = self.request.of_role(Role.CONTROL)
        if control and videos:
            self._refuse(
                field_of(Role.CONTROL),
                "A clip follows a control video or is made of another one, not both at once. Leave "
                "one of them out.",
            )
        if control and self.spec.control_maps and self.request.editing.control_map is None:
            self._refuse(
                ROWS[Control.CONTROL_MAP].path,
                "Say what of the control video the clip follows: "
                f"{listed(self.spec.control_maps)}.",
            )
        if videos and self.request.of_role(Role.AUDIO):
            self._refuse(
                field_of(Role.AUDIO),
                "A clip follows an audio file or keeps the sound of a video, not both at once. "
                "Leave one of them out.",
            )
        if task in self.spec.tasks or refused:
            return
        offered = ", ".join(task.value for task in self.spec.tasks)
        self._refuse(
            "task",
            f"{self.spec.label} does no {task.value}. Ask for {offered} {ANOTHER_MODEL}.",
        )

    def check_controls(self) -> None:
        """Every control that is set must be one of the model's, with a value that it takes."""
        is_image = self.request.output is OutputKind.IMAGE
        for row in CONTROLS:
            if not row.is_set(self.request) or row.id in _JUDGED_TOGETHER:
                continue
            if is_image and not row.is_for_images:
                self._refuse(row.path, f"An image has no {row.noun}. Leave it out.")
                continue
            if row.role is not None:
                continue
            if row.id in (Control.PROMPT, Control.DURATION) and self.prompt.has_parts:
                # May be longer than for one prompt; judged part by part.
                continue
            if row.needs is not None and not self.request.of_role(row.needs):
                article = "An" if row.noun[0] in "aeiou" else "A"
                needed = ROLES[row.needs].name
                self._refuse(row.path, f"{article} {row.noun} needs a {needed}. Name one.")
                continue
            problem = row.problem(row.value(self.request), self.spec)
            if problem is not None:
                self._refuse(row.path, problem + self._other_way(row.id))

    def _other_way(self, control: Control) -> str:
        """How a rate that the model does not make is had all the same; empty where it is not."""
        fps, higher = self.request.frame.fps, ROWS[Control.INTERPOLATED_FPS]
        if control is not Control.FPS or higher.problem(fps, self.spec) is not None:
            return ""
        return f" Or have the frames between made afterwards: interpolate to {fps} fps."

    def choose_size(self, known: CheckedInputs) -> FrameSize | None:
        """A line of the size table; a given image decides the aspect where nothing else does."""
        frame = self.request.frame
        shaping = {role: known.sizes[role] for role in SHAPING if role in known.sizes}
        kept = RoleVideo.kept(known.videos)
        if kept is not None:
            return self.video.size_of_kept(kept)
        pacing = RoleVideo.pacing(known.videos)
        exact = None if pacing is None else find_size(pacing.facts.size, self.spec.sizes)
        if exact is not None and frame.resolution is None and frame.aspect is None:
            return exact
        if frame.resolution is not None and pixels_of(frame.resolution) is not None:
            size = self._size_in_pixels(frame.resolution, frame.aspect)
        else:
            size = self._size_by_name(next(iter(shaping.values()), None))
        if size is not None:
            for role, image_size in shaping.items():
                if role is not Role.KEYFRAME:
                    is_seen = role is not Role.CONTROL
                    name = ROLES[role].name
                    self.notes += crop_notes(name, size, image_size, is_seen=is_seen)
        return size

    def _size_in_pixels(self, text: str, aspect: str | None) -> FrameSize | None:
        size = find_size(text, self.spec.sizes)
        if size is None:
            self._known(Control.RESOLUTION, text, ())
            return None
        if aspect is None or aspect.strip() == size.aspect.value:
            return size
        self._refuse(
            "frame.aspect", f"{size} is {size.aspect.value}, not {aspect}. Leave the aspect out."
        )
        return None

    def _size_by_name(self, image_size: tuple[int, int] | None) -> FrameSize | None:
        spec, frame = self.spec, self.request.frame
        resolution = self._known(Control.RESOLUTION, frame.resolution, spec.resolutions)
        aspect = self._known(Control.ASPECT, frame.aspect, spec.aspects)
        if (frame.resolution and not resolution) or (frame.aspect and not aspect):
            return None
        fitting = [
            size
            for size in spec.sizes
            if resolution in (None, size.resolution) and aspect in (None, size.aspect)
        ]
        if not fitting:
            offered = ", ".join(
                size.aspect.value for size in spec.sizes if size.resolution == resolution
            )
            self._refuse(
                "frame.aspect",
                f"{spec.label} makes no {resolution} picture at {aspect}; at {resolution} "
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

    def _known(self, control: Control, asked: str | None, names: tuple[str, ...]) -> str | None:
        """The name as the model's table writes it; refused where it is not there."""
        if asked is None:
            return None
        found = find_value(asked, names)
        if found is not None:
            return str(found)
        row = ROWS[control]
        self._refuse(row.path, row.problem(asked, self.spec) or "")
        return None

    def choose_fps(self, known: CheckedInputs) -> int:
        """The frame rate that is asked for, else that of the video it goes by, or the usual one."""
        asked, pacing = self.request.frame.fps, RoleVideo.pacing(known.videos)
        kept = RoleVideo.kept(known.videos)
        if kept is not None:
            return self.video.fps_of_kept(kept)
        if asked in self.spec.fps:
            return asked
        # One that is refused is told already, and the rest is judged at the usual one.
        fps = None if pacing is None else pacing.facts.fps
        if fps is None or round(fps, 2) not in self.spec.fps:
            return self.spec.default_fps
        return round(fps)

    def choose_duration(
        self, size: FrameSize | None, fps: int, known: CheckedInputs
    ) -> float | None:
        """The length in seconds, asked or default, within what size and frame rate allow."""
        allowed, label = self.spec.durations, self.spec.label
        asked = self.request.frame.duration_s
        is_refused = any(problem.field == "frame.duration_s" for problem in self.problems)
        # What is too long for any size may be even more so for this one, and that is to be told.
        is_too_long = asked is not None and asked > allowed.maximum
        if size is None or (is_refused and not is_too_long):
            return None
        if self.request.frame.auto_duration:
            return self.video.longest_open(size, fps, has_parts=self.prompt.has_parts)
        if self.prompt.has_parts:
            # As long as its parts, which judge what is asked.
            return allowed.default
        longest_s = allowed.longest(size.resolution, fps)
        usual_s = allowed.default
        if known.audio is not None and self.spec.follows_whole_audio:
            return self.audio.length_of_audio(known.audio, longest_s)
        if known.audio is not None:
            usual_s = allowed.nearest(known.audio.duration_s, longest_s)
        duration_s = usual_s if asked is None else asked
        pacing = RoleVideo.pacing(known.videos)
        if RoleVideo.kept(known.videos) is not None:
            # Judged with the video: of one that is extended it is the length of the new part.
            return duration_s
        if pacing is not None and not allowed.choices:
            if asked is None or min(asked, pacing.facts.duration_s) <= longest_s:
                return self.video.length_of_pacing(pacing, fps, longest_s)
        elif duration_s <= longest_s:
            return duration_s
        if is_refused and longest_s >= allowed.maximum:
            return None
        is_rate = longest_s < allowed.longest(size.resolution)
        where = f"{size} and {fps} fps" if is_rate else f"{size}"
        nearest_s = allowed.nearest(duration_s, longest_s)
        if asked is None:
            self.notes.append(
                f"At {where} {label} makes at most {nearest_s:g} s, so the clip is that long."
            )
            return nearest_s
        advice = "a smaller size or a lower frame rate" if is_rate else "a smaller size"
        self.video.refuse_length(
            f"At {where} {label} makes at most {nearest_s:g} s, not {duration_s:g} s. Shorten the "
            f"clip or choose {advice}.",
        )
        return None

    def snap_frames(self, duration_s: float, fps: int, known: CheckedInputs) -> int:
        """The frame count on the model's grid; told where it changes the length."""
        if self.request.frame.auto_duration:
            return self.spec.frame_grid.at_most(round(duration_s * fps))
        num_frames = self.spec.frame_grid.frames(duration_s, fps)
        # As long as a file, and told with it.
        is_given = RoleVideo.pacing(known.videos) is not None or (
            known.audio is not None and self.request.frame.duration_s is None
        )
        if num_frames != duration_s * fps and not is_given:
            exact = num_frames / fps
            self.notes.append(
                f"{duration_s:g} s at {fps} fps → {count_text(num_frames, 'frame')}, {exact:.2f} s."
            )
        return num_frames

    def place_images(
        self,
        size: FrameSize | None,
        num_frames: int,
        fps: int,
        known: CheckedInputs,
        new: tuple[range, ...] | None,
    ) -> None:
        """Each image must be a frame of its own; which one it is, is told."""
        images = placed_images(self.request, self.spec, num_frames, fps, new)
        self.problems += place_problems(images, num_frames, fps, new)
        for image in images:
            cuts: tuple[str, ...] = ()
            if size is not None and image.place in known.image_sizes:
                cuts = (*crop_notes(image.label, size, known.image_sizes[image.place]),)
            if image.item.role is Role.REFERENCE:
                note = soft_keyframe_note(image, self.spec.label, num_frames, fps)
                self.notes.append(" ".join((note, *cuts)))
                continue
            self.notes += image.notes(num_frames, fps)
            if image.item.role is Role.KEYFRAME:
                self.notes += cuts

    def choose_stages(self, size: FrameSize | None) -> int:
        """The steps of a second stage: where it is asked for, or the size cannot be made in one."""
        spec, asked = self.spec, self.request.sampling.two_stage
        field = ROWS[Control.TWO_STAGE].path
        if size is None or not spec.refine_steps:
            return 0
        is_large = size.resolution in spec.large_resolutions
        if is_large and asked is False:
            self._refuse(
                field,
                f"{spec.label} makes {size.resolution} in two stages alone. Leave that to it, or "
                "choose a smaller size.",
            )
        if not (is_large or asked):
            return 0
        if self.request.of_role(*PACING, *KEPT):
            self._refuse(
                field,
                "A clip that is made of a video is made in one stage. Leave the two stages out, "
                "or choose a smaller size.",
            )
        if size.width % spec.refine_grid or size.height % spec.refine_grid:
            fitting = [
                str(other)
                for other in spec.sizes
                if not (other.width % spec.refine_grid or other.height % spec.refine_grid)
                and other.aspect is size.aspect
            ]
            offered = f"at {size.aspect.value}: {', '.join(fitting)}" if fitting else "at no such"
            self._refuse(
                field,
                f"{size} cannot be made in two stages, whose sizes are multiples of "
                f"{spec.refine_grid}; {offered}. Choose another size, or one stage.",
            )
        return spec.refine_steps

    def choose_audio(self, known: CheckedInputs, partly: PartlyNew | None) -> bool:
        """Whether the file gets sound: asked, or wherever the model makes it."""
        if self.request.output is OutputKind.IMAGE:
            return False
        asked = self.request.audio
        if self.spec.keeps_source_audio and self.request.of_role(Role.SOURCE_VIDEO):
            return self.audio.audio_of_source(known.videos.get(Role.SOURCE_VIDEO))
        if self.spec.keeps_source_audio and Role.EXTEND_VIDEO in known.videos:
            return self.audio.audio_of_extended(known.videos[Role.EXTEND_VIDEO])
        if Role.RETAKE_VIDEO in known.videos:
            part = partly.retake.part if partly and partly.retake else None
            return self.audio.audio_of_retaken(known.videos[Role.RETAKE_VIDEO], part)
        if known.audio is not None:
            return self.audio.audio_of_file()
        has_audio = self.spec.audio is not None if asked is None else asked
        if self.request.audio_prompt and self.spec.takes_audio_prompt and not has_audio:
            self.notes.append("The clip is silent, so its audio prompt is not used.")
        return has_audio
