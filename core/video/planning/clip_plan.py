"""From what is asked to what will be done: every problem at once, every adjustment told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.platform.units import count_text
from core.video.allowed import find_value, listed
from core.video.control_row import Control
from core.video.controls import CONTROLS, ROWS
from core.video.inputs import AS_LONG, KEPT, ROLES, CheckedInputs, field_of, limit_problems
from core.video.placement import (
    crop_notes,
    place_problems,
    placed_images,
    soft_keyframe_note,
    strength_problems,
)
from core.video.plan import RenderPlan
from core.video.planning.asked_audio import AskedAudio
from core.video.planning.asked_kept import AskedKept
from core.video.planning.asked_mask import mask_problems
from core.video.planning.asked_size import AskedSize
from core.video.planning.asked_tool import AskedTool
from core.video.planning.asked_video import AskedVideo, RoleVideo
from core.video.planning.prompt_parts import AskedPrompt, prompt_problems
from core.video.price import Billed, sent_megapixels
from core.video.spec import ANOTHER_MODEL
from core.video.terms import OutputKind, RetakePart, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.video.plan import ClipPart
    from core.video.planning.asked_kept import PartlyNew
    from core.video.planning.prompt_parts import ReadPrompt
    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec

# Judged where size, length, move and work are chosen, because they depend on one another.
_JUDGED_TOGETHER = (Control.RESOLUTION, Control.ASPECT, Control.CAMERA_SPEED, Control.TOOL)


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
    draft = _Draft(request, spec, _taken(inputs or CheckedInputs(), spec))
    chosen = draft.choose()
    if draft.problems or chosen is None:
        raise UnsupportedRequest(draft.problems)

    asked, partly = request.sampling, chosen.partly
    return RenderPlan(
        request=request,
        spec=spec,
        prompt=chosen.words.prompt,
        parts=chosen.words.parts,
        negative_prompt=request.negative_prompt,
        width=chosen.size.width,
        height=chosen.size.height,
        num_frames=chosen.num_frames,
        least_frames=draft.video.open_length(chosen.num_frames, chosen.fps),
        fps=chosen.fps,
        kept_frames=partly.kept if partly else 0,
        context_frames=partly.context if partly else 0,
        passes=partly.passes if partly else 1,
        retake=partly.retake if partly else None,
        interpolated_fps=chosen.interpolated_fps,
        seed=new_seed() if request.known_seed is None else request.known_seed,
        num_inference_steps=spec.steps.default
        if spec.steps and asked.num_inference_steps is None
        else asked.num_inference_steps,
        guidance_scale=spec.guidance_scale.default
        if spec.guidance_scale and asked.guidance_scale is None
        else asked.guidance_scale,
        quality=draft.quality,
        refine_steps=chosen.refine_steps,
        has_audio=chosen.has_audio,
        cost_usd=spec.price.cost_usd(draft.billed(chosen)),
        notes=tuple(draft.notes),
    )


def _taken(known: CheckedInputs, spec: ModelSpec) -> CheckedInputs:
    """Without the videos and the sound that the model does not take: refused whatever they are."""
    videos = {role: facts for role, facts in known.videos.items() if spec.limit(role)}
    return replace(known, videos=videos, audio=known.audio if spec.limit(Role.AUDIO) else None)


@dataclass(frozen=True)
class _Chosen:
    """What a plan says of a clip or an image, as far as it follows from what is asked."""

    size: FrameSize
    fps: int
    num_frames: int
    words: ReadPrompt
    partly: PartlyNew | None
    has_audio: bool
    refine_steps: int
    interpolated_fps: int | None


class _Draft:
    """Collects problems and notes while the parts of a plan are chosen one after the other."""

    def __init__(self, request: RenderRequest, spec: ModelSpec, known: CheckedInputs) -> None:
        self.request = request
        self.spec = spec
        self.known = known
        self.kept = RoleVideo.kept(known.videos)
        self.pacing = RoleVideo.pacing(known.videos)
        self.is_image = request.output is OutputKind.IMAGE
        # Who asks for a clip where none is made is told so, and the rest is judged all the same.
        self.is_one_frame = self.is_image or not spec.fps
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.size = AskedSize(request, spec, self.problems, self.notes)
        self.video = AskedVideo(request, spec, self.problems, self.notes)
        self.kept_video = AskedKept(request, spec, self.problems, self.notes)
        self.audio = AskedAudio(request, spec, self.problems, self.notes)
        self.prompt = AskedPrompt(request, spec, self.problems, self.notes)
        self.tool = AskedTool(request, spec, self.problems, self.notes)

    def choose(self) -> _Chosen | None:
        """All that is chosen, each with what was chosen before it; None where that cannot be."""
        if self.tool.needs_prompt:
            self.problems += prompt_problems(self.request)
        self.check_inputs()
        self.check_controls()
        size = self.choose_size()
        fps = 0 if self.is_one_frame else self.choose_fps()
        kept = None if self.is_one_frame else self.kept
        partly = self.kept_video.partly_new(size, fps, kept)
        duration_s = 0.0 if self.is_one_frame else self.choose_duration(size, fps)
        has_audio = self.choose_audio(partly)
        words = self.prompt.read(
            size, fps, makes_audio=self.makes_audio(partly, has_audio=has_audio)
        )
        if self.prompt.has_parts and not words.parts:
            duration_s = None  # as long as its parts, and what is wrong with these is told
        refine_steps = self.choose_stages(size)
        num_frames = 1
        if duration_s is not None and not self.is_one_frame:
            num_frames = self.count_frames(duration_s, fps, words.parts, partly)
            self.place_images(size, num_frames, fps, partly)
            self.audio.follow_audio(self.known.audio, num_frames, fps)
        interpolated_fps = None
        if not self.is_one_frame:
            interpolated_fps = self.video.choose_interpolation(num_frames, fps, kept)
        if size is None or duration_s is None:
            return None
        return _Chosen(
            size, fps, num_frames, words, partly, has_audio, refine_steps, interpolated_fps
        )

    def billed(self, chosen: _Chosen) -> Billed:
        """What the price of a clip goes by."""
        return Billed(
            output=self.request.output,
            resolution=chosen.size.resolution,
            width=chosen.size.width,
            height=chosen.size.height,
            num_frames=chosen.num_frames,
            duration_s=chosen.num_frames / chosen.fps if chosen.fps else 0.0,
            has_audio=chosen.has_audio,
            input_s=self.known.length_s,
            quality=self.quality,
            input_images=len(self.known.image_sizes)
            + self.spec.sees_mask * len(self.request.of_role(Role.MASK)),
            input_megapixels=sent_megapixels(self.known.image_sizes.values()),
        )

    @property
    def quality(self) -> str | None:
        """The word for it that is asked for, as the model writes it, or its usual one."""
        asked, known = self.request.quality, self.spec.qualities
        if asked is None:
            return next(iter(known), None)
        found = find_value(asked, known)
        return None if found is None else str(found)

    def _refuse(self, field: str, message: str) -> None:
        self.problems.append(Problem(field, message))

    def check_inputs(self) -> None:
        """The model must take the files, and do this kind of work."""
        task, refused = self.request.task, limit_problems(self.request, self.spec)
        self.problems += refused
        self.problems += strength_problems(self.request)
        self.problems += mask_problems(self.request, self.known, self.spec)
        self.tool.check(self.known)
        videos = [item.role for item in self.request.of_role(Role.SOURCE_VIDEO, *KEPT)]
        if len(set(videos)) > 1:
            self._refuse(
                field_of(videos[-1]),
                "A clip is made from a source video, goes on, has a part retaken or gets another "
                "aspect, not two at once. Leave all but one video out.",
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
        if task in self.spec.tasks or (refused and self.request.editing.tool is None):
            return
        offered = ", ".join(task.value for task in self.spec.tasks)
        self._refuse(
            self.tool.field,
            f"{self.spec.label} does no {task.value}. Ask for {offered} {ANOTHER_MODEL}.",
        )

    def check_controls(self) -> None:
        """Every control that is set must be one of the model's, with a value that it takes."""
        for row in CONTROLS:
            if not row.is_set(self.request):
                continue
            unfit = self.tool.unfit(row)
            if unfit is not None:
                self._refuse(row.path, unfit)
                continue
            if row.role is not None or row.id in _JUDGED_TOGETHER:
                continue
            if row.id in (Control.PROMPT, Control.DURATION) and self.prompt.has_parts:
                # May be longer than for one prompt; judged part by part.
                continue
            if row.id is Control.DURATION and self.request.of_role(*AS_LONG):
                continue  # not used, which is said
            if row.id is Control.PROMPT and self.tool.reads_no_prompt:
                continue  # likewise
            needs = row.image_needs if self.is_image else row.needs
            if needs is not None and not self.request.of_role(needs):
                article = "An" if row.noun[0] in "aeiou" else "A"
                needed = ROLES[needs].name
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

    def choose_size(self) -> FrameSize | None:
        """A line of the model's size table; that of a video whose own frames stay as they are."""
        if self.kept is not None and self.kept.role is not Role.REFRAME_VIDEO:
            return self.kept_video.size_of_kept(self.kept)
        if not self.tool.has_own_size:
            size = self.tool.size(self.known)
        else:
            size = self.size.choose(self.known)
        if size is not None:
            self.tool.check_mask(self.known, size)
        return size

    def choose_fps(self) -> int:
        """The frame rate that is asked for, else that of the video it goes by, or the usual one."""
        asked = self.request.frame.fps
        if self.kept is not None:
            return self.kept_video.fps_of_kept(self.kept)
        if asked in self.spec.fps:
            return asked
        # One that is refused is told already, and the rest is judged at the usual one.
        fps = None if self.pacing is None else self.pacing.facts.fps
        if fps is None or round(fps, 2) not in self.spec.fps:
            return self.spec.default_fps
        return round(fps)

    def choose_duration(self, size: FrameSize | None, fps: int) -> float | None:
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
        audio = self.known.audio
        if audio is not None and self.spec.follows_whole_audio:
            return self.audio.length_of_audio(audio, longest_s)
        if audio is not None:
            usual_s = allowed.nearest(audio.duration_s, longest_s)
        duration_s = usual_s if asked is None else asked
        if self.kept is not None:
            # Judged with the video: of one that is extended it is the length of the new part.
            return duration_s
        if self.pacing is not None and not allowed.choices:
            if asked is None or min(asked, self.pacing.facts.duration_s) <= longest_s:
                return self.video.length_of_pacing(self.pacing, fps, longest_s)
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

    def count_frames(
        self, duration_s: float, fps: int, parts: tuple[ClipPart, ...], partly: PartlyNew | None
    ) -> int:
        """The frames of all parts or of a video and its new ones, or as many as the grid has."""
        if parts:
            return sum(part.num_frames for part in parts)
        return partly.num_frames if partly else self._snap_frames(duration_s, fps)

    def _snap_frames(self, duration_s: float, fps: int) -> int:
        """The frame count on the model's grid; told where it changes the length."""
        if self.request.frame.auto_duration:
            return self.spec.frame_grid.at_most(round(duration_s * fps))
        num_frames = self.spec.frame_grid.frames(duration_s, fps)
        # As long as a file, and told with it.
        is_given = self.pacing is not None or (
            self.known.audio is not None and self.request.frame.duration_s is None
        )
        if num_frames != duration_s * fps and not is_given:
            exact = num_frames / fps
            self.notes.append(
                f"{duration_s:g} s at {fps} fps → {count_text(num_frames, 'frame')}, {exact:.2f} s."
            )
        return num_frames

    def place_images(
        self, size: FrameSize | None, num_frames: int, fps: int, partly: PartlyNew | None
    ) -> None:
        """Each image must be a frame of its own; which one it is, is told."""
        new = partly.new if partly else None
        images = placed_images(self.request, self.spec, num_frames, fps, new)
        self.problems += place_problems(images, num_frames, fps, new)
        for image in images:
            cuts: tuple[str, ...] = ()
            if size is not None and image.place in self.known.image_sizes:
                cuts = (*crop_notes(image.label, size, self.known.image_sizes[image.place]),)
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
        if self.request.of_role(Role.SOURCE_VIDEO, *KEPT):
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

    def choose_audio(self, partly: PartlyNew | None) -> bool:
        """Whether the file gets sound: asked, or wherever the model makes it."""
        if self.is_one_frame:
            return False
        asked, videos = self.request.audio, self.known.videos
        for role in (Role.SOURCE_VIDEO, Role.REFRAME_VIDEO):
            if self.spec.keeps_source_audio and self.request.of_role(role):
                return self.audio.audio_of_source(videos.get(role))
        if self.spec.keeps_source_audio and Role.EXTEND_VIDEO in videos:
            return self.audio.audio_of_extended(videos[Role.EXTEND_VIDEO])
        if Role.RETAKE_VIDEO in videos:
            part = partly.retake.part if partly and partly.retake else None
            return self.audio.audio_of_retaken(videos[Role.RETAKE_VIDEO], part)
        if self.known.audio is not None:
            return self.audio.audio_of_file()
        return self.spec.audio is not None if asked is None else asked

    def makes_audio(self, partly: PartlyNew | None, *, has_audio: bool) -> bool:
        """Whether the model makes any of the sound itself."""
        given = self.request.of_role(Role.AUDIO, Role.SOURCE_VIDEO)
        retake = partly.retake if partly else None
        keeps_all = retake is not None and retake.part is RetakePart.VIDEO
        return has_audio and self.spec.audio is not None and not given and not keeps_all
