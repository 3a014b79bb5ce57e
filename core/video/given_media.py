"""Clips made from a video or a sound: how long they are, at which size and rate, and the sound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem
from core.video.allowed import find_size, listed, nearest_in_pixels
from core.video.inputs import field_of
from core.video.request import ExtendDirection, Role

if TYPE_CHECKING:
    from core.media.source_clip import AudioFacts, VideoFacts
    from core.video.request import RenderRequest
    from core.video.spec import FrameSize, ModelSpec

# How many steps of the grid the model sees of a video that it extends, where it may: a second.
_MOST_CONTEXT = 3


@dataclass(frozen=True)
class Extension:
    """An extended video; all of it is empty for other clips.

    Attributes:
        num_frames: of the whole clip.
        kept: those of them that are the video's own.
        context: how many of these the model sees.
    """

    num_frames: int = 0
    kept: range = range(0)
    context: int = 0


@dataclass(frozen=True)
class GivenMedia:
    """Judges a request by the video or the sound that it names, and adds to its plan's words."""

    request: RenderRequest
    spec: ModelSpec
    problems: list[Problem]
    notes: list[str]

    def _refuse(self, field: str, message: str) -> None:
        self.problems.append(Problem(field, message))

    def length_of_source(self, source: VideoFacts, fps: int, longest_s: float) -> float | None:
        """As long as the source video, or as much of it as is asked for or possible."""
        grid, field = self.spec.frame_grid, "frame.duration_s"
        asked_s, there = self.request.frame.duration_s, source.frames_at(fps)
        length = f"The source video is {source.duration_s:.2f} s long"
        fewest = max(grid.step + grid.offset, math.ceil(self.spec.durations.minimum * fps))
        if there < fewest:
            self._refuse(
                field_of(Role.SOURCE_VIDEO),
                f"{length}, and {self.spec.label} makes clips of at least {fewest / fps:.2f} s. "
                "Choose a longer one.",
            )
            return None
        if asked_s is not None and asked_s * fps > there + grid.step / 2:
            self._refuse(
                field,
                f"{length}, not {asked_s:g} s. Leave the duration out: the clip is then as long as "
                "its source.",
            )
            return None
        wanted_s = longest_s if asked_s is None else asked_s
        most = (there - grid.offset) // grid.step * grid.step + grid.offset
        num_frames = min(most, grid.frames(wanted_s, fps))
        rest = there - num_frames
        left_out = f"; its last {rest} are left out" if rest else ""
        self.notes.append(
            f"{length}, {there} frames at {fps} fps: the clip is made of {num_frames} of "
            f"them{left_out}."
        )
        return (num_frames - grid.offset) / fps

    def extend(self, size: FrameSize | None, fps: int, facts: VideoFacts | None) -> Extension:
        """How the video is extended: by eights of frames, as long as the model makes at a time."""
        if facts is None or size is None:
            return Extension()
        grid, field = self.spec.frame_grid, field_of(Role.EXTEND_VIDEO)
        least = grid.step + grid.offset
        if facts.num_frames < least:
            self._refuse(
                field,
                f"The video to extend has {facts.num_frames} frames, and {self.spec.label} must "
                f"see {least} of it. Use a frame of it as a start image instead.",
            )
            return Extension()
        longest_s = self.spec.durations.longest(size.resolution, fps)
        at_once = grid.frames(longest_s, fps)
        asked_s = self.request.frame.duration_s
        wanted_s = min(self.spec.durations.default, longest_s) if asked_s is None else asked_s
        new = max(1, round(wanted_s * fps / grid.step)) * grid.step
        most = at_once - least
        if new > most and asked_s is not None:
            self._refuse(
                "frame.duration_s",
                f"At {size} and {fps} fps {self.spec.label} adds at most {most / fps:.2f} s at a "
                f"time, not {asked_s:g} s. Shorten it, and extend the longer clip once more.",
            )
            return Extension()
        new = min(new, most)
        there = (facts.num_frames - grid.offset) // grid.step * grid.step + grid.offset
        context = min(_MOST_CONTEXT * grid.step + grid.offset, there, at_once - new)
        is_backward = self.request.editing.direction is ExtendDirection.BACKWARD
        kept = range(new, new + facts.num_frames) if is_backward else range(facts.num_frames)
        num_frames, where = new + facts.num_frames, "before" if is_backward else "behind"
        self.notes.append(
            f"{new} new frames ({new / fps:.2f} s; they come by {grid.step}) {where} the "
            f"{facts.num_frames} of the video: {num_frames} frames, {num_frames / fps:.2f} s. The "
            f"model sees {context} frames of the video, and all of it is kept."
        )
        return Extension(num_frames, kept, context)

    def size_of_extended(self, facts: VideoFacts) -> FrameSize | None:
        """The very size of the video that is extended."""
        frame, shown = self.request.frame, facts.size
        size = find_size(shown, self.spec.sizes)
        if size is None:
            near = nearest_in_pixels((facts.width, facts.height), self.spec.sizes)
            self._refuse(
                field_of(Role.EXTEND_VIDEO),
                f"The video to extend is {shown}, which {self.spec.label} does not make; the "
                f"nearest is {near}. Export it at that size first, or start a new clip from its "
                "last frame.",
            )
            return None
        names = (size.resolution.casefold(), shown)
        if frame.resolution is not None and frame.resolution.strip().casefold() not in names:
            self._refuse(
                "frame.resolution",
                f"The video to extend is {shown}, and so is the clip. Leave the resolution out.",
            )
        if frame.aspect is not None and frame.aspect.strip() != size.aspect.value:
            self._refuse(
                "frame.aspect",
                f"The video to extend is {size.aspect.value}, and so is the clip. Leave the aspect "
                "out.",
            )
        return size

    def fps_of_extended(self, facts: VideoFacts) -> int:
        """The very rate of the video that is extended; the usual one where that is refused."""
        field, rates = field_of(Role.EXTEND_VIDEO), self.spec.fps
        fps = 0.0 if facts.fps is None else round(facts.fps, 2)
        if fps not in rates:
            what = f"has {fps:g} frames per second" if fps else "has no steady frame rate"
            self._refuse(
                field,
                f"The video to extend {what}, and {self.spec.label} makes {listed(rates)}. Export "
                "it at one of these first.",
            )
            return self.spec.default_fps
        if self.request.frame.fps not in (None, fps):
            self._refuse(
                "frame.fps",
                f"The video to extend has {fps:g} frames per second, and so has the clip. Leave "
                "the frame rate out.",
            )
        return round(fps)

    def follow_audio(self, audio: AudioFacts | None, num_frames: int, fps: int) -> None:
        """How much of the audio file the clip follows, and how it compares to the clip."""
        if audio is None:
            return
        clip_s = num_frames / fps
        length = f"The audio file is {audio.duration_s:.2f} s long"
        if audio.silent_s >= min(clip_s, audio.duration_s):
            self._refuse(
                field_of(Role.AUDIO),
                f"{length} and silent as far as a clip of {clip_s:.2f} s goes, so there is nothing "
                "to follow. Cut its beginning off, or leave it out.",
            )
        rest_s = audio.duration_s - clip_s
        if rest_s > 1 / fps:
            self.notes.append(f"{length}: the clip follows its first {clip_s:.2f} s.")
        elif rest_s < -1 / fps:
            self.notes.append(f"{length}: behind that the clip of {clip_s:.2f} s is silent.")
        else:
            self.notes.append(f"{length}, and so is the clip.")

    def audio_of_file(self) -> bool:
        """Whether the clip has the sound that it follows."""
        has_audio = self.request.audio is not False
        what = "is its sound, as it is" if has_audio else "is followed and left out"
        self.notes.append(f"The audio file {what}; {self.spec.label} makes no sound for the clip.")
        return has_audio

    def audio_of_extended(self, facts: VideoFacts) -> bool:
        """Whether there is sound: the video keeps its own, and the new part has the model's."""
        makes_audio, has_audio = self.spec.audio is not None, facts.has_audio
        if self.request.audio is False or not (makes_audio or has_audio):
            return False
        old = "keeps its sound" if has_audio else "stays silent"
        new = "has new sound" if makes_audio else "is silent"
        self.notes.append(f"The video {old}, and the new part {new}.")
        return True

    def audio_of_source(self, source: VideoFacts | None) -> bool:
        """Whether the clip keeps the sound of the video that it is made from."""
        asked, has_audio = self.request.audio, source is not None and source.has_audio
        if asked and source is not None and not has_audio:
            self._refuse(
                "audio",
                f"The source video has no sound, and {self.spec.label} makes none for a clip that "
                "is made from another. Leave the sound out.",
            )
        has_audio = has_audio and asked is not False
        what = "keeps the sound of its source video" if has_audio else "is silent"
        self.notes.append(f"The clip {what}; {self.spec.label} makes no new sound for it.")
        return has_audio
