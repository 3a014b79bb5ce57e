"""Clips with a video's own frames: extended, retaken, reframed; what of them is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.units import count_text
from core.video.allowed import (
    Moment,
    find_size,
    is_allowed,
    listed,
    nearest_in_pixels,
    pixels_of,
)
from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.inputs import field_of
from core.video.plan import Retake, frames_before
from core.video.planning.judge import Judge
from core.video.spec import ANOTHER_MODEL
from core.video.terms import ExtendDirection, RetakePart, Role

if TYPE_CHECKING:
    from core.media.source_clip import VideoFacts
    from core.video.planning.asked_video import RoleVideo
    from core.video.spec import FrameGrid, FrameSize

# How many steps of the grid the model sees of a video beside what it makes, where it may: a second.
_MOST_CONTEXT = 3
# Within this much of one another shapes are told by the same name.
_SAME_SHAPE = 0.04
_UNSTEADY = "has no steady frame rate (or is cut off at its end)"
_IMAGES = (Role.START, Role.END, Role.KEYFRAME, Role.REFERENCE)
_RETAKEN = {
    RetakePart.VIDEO: "the picture",
    RetakePart.AUDIO: "the sound",
    RetakePart.BOTH: "picture and sound",
}


def _grown(grid: FrameGrid) -> str:
    """Why there are more frames than asked for; empty where the model counts them one by one."""
    return f"; they come by {grid.step}" if grid.step > 1 else ""


@dataclass(frozen=True)
class PartlyNew:
    """A clip with frames of a video that is extended, retaken or reframed.

    Attributes:
        num_frames: of the whole clip.
        new: those of them that are made.
        context: how many of the others the model sees in each pass.
        passes: in how many it is made.
        retake: the part of a video that is made anew.
    """

    num_frames: int
    new: tuple[range, ...]
    context: int
    passes: int = 1
    retake: Retake | None = None

    @property
    def kept(self) -> int:
        """How many frames are the video's own."""
        return self.num_frames - sum(map(len, self.new))


@dataclass(frozen=True)
class AskedKept(Judge):
    """Judges a request by the video whose frames it keeps, and adds to its plan's words."""

    def partly_new(
        self, size: FrameSize | None, fps: int, kept: RoleVideo | None
    ) -> PartlyNew | None:
        """What is made of a video whose own frames are kept; None where there is none to judge."""
        if kept is None:
            return None
        if size is None:
            if kept.role is Role.RETAKE_VIDEO and kept.facts.fps == fps:
                # What is wrong with the times is told with what is wrong with the size.
                self._frames_to_retake(fps, kept.facts)
            return None
        least = self.spec.frame_grid.step + self.spec.frame_grid.offset
        if kept.facts.num_frames < least:
            self.refuse(
                field_of(kept.role),
                f"The {kept.name} has {count_text(kept.facts.num_frames, 'frame')}, and "
                f"{self.spec.label} must see {least} of it. Use a frame of it as a start "
                "image instead.",
            )
            return None
        if kept.role is Role.REFRAME_VIDEO:
            return self._reframe(size, fps, kept.facts)
        if kept.role is Role.RETAKE_VIDEO:
            return self._retake(size, fps, kept.facts)
        return self._extend(size, fps, kept.facts)

    def _extend(self, size: FrameSize, fps: int, facts: VideoFacts) -> PartlyNew | None:
        """Extended by eights of frames, at each end as long as the model makes at a time."""
        grid, there = self.spec.frame_grid, facts.num_frames
        direction = self.request.editing.direction
        ends = 2 if direction is ExtendDirection.BOTH else 1
        least = grid.step + grid.offset
        longest_s = self.spec.durations.longest(size.resolution, fps)
        at_once = grid.frames(longest_s, fps)
        asked_s = self.request.frame.duration_s
        wanted_s = min(self.spec.durations.default, longest_s) if asked_s is None else asked_s
        new = max(ends, round(wanted_s * fps / grid.step)) * grid.step
        most = (at_once if self.spec.sees_whole_video else at_once - least) * ends
        if new > most and asked_s is not None:
            self.refuse_length(
                f"At {size} and {fps} fps {self.spec.label} adds at most {most / fps:.2f} s at a "
                f"time, not {asked_s:g} s. Shorten it, and extend the longer clip once more.",
            )
            return None
        new = min(new, most)
        before = frames_before(new, direction, grid)
        after, num_frames = new - before, new + there
        on_grid = (there - grid.offset) // grid.step * grid.step + grid.offset
        seen = min(_MOST_CONTEXT * grid.step + grid.offset, on_grid)
        seen = min(seen, at_once - max(before, after))
        is_seen_whole = ends == 2 and there == on_grid and num_frames <= at_once
        passes = 1 if is_seen_whole else ends
        sees = f"The model sees {count_text(seen, 'frame')} of the video"
        if self.spec.sees_whole_video:
            seen, passes, sees = 0, 1, "The service sees the video as a whole"
        elif is_seen_whole:
            seen, sees = there, "The model sees the video as a whole, in one pass"
        elif ends == 2:
            why = f"it has not {grid.step}k + {grid.offset} frames"
            if there == on_grid:
                why = f"together they are more than the {at_once} frames that it works on"
            sees = f"In each of two passes, as {why}, the model sees {seen} frames of the video"
        if ends == 2:
            where = f"{before} before and {after} after"
        else:
            where = "before" if before else "after"
        self.notes.append(
            f"{new} new frames ({new / fps:.2f} s{_grown(grid)}) {where} the {there} "
            f"of the video: {num_frames} frames, {num_frames / fps:.2f} s. {sees}, and all of it "
            "is kept."
        )
        new_frames = tuple(filter(None, (range(before), range(before + there, num_frames))))
        return PartlyNew(num_frames, new_frames, seen, passes)

    def _reframe(self, size: FrameSize, fps: int, facts: VideoFacts) -> PartlyNew | None:
        """Every frame of the video, at the size that is asked for."""
        frame, there = self.request.frame, facts.num_frames
        aspect = ROWS[Control.ASPECT]
        if frame.aspect is None and pixels_of(frame.resolution or "") is None:
            self.refuse(
                aspect.path,
                f"Say which aspect the clip gets: {listed(self.spec.aspects)}.",
            )
            return None
        if math.isclose(facts.width * size.height, facts.height * size.width, rel_tol=_SAME_SHAPE):
            self.refuse(
                aspect.path,
                f"The video to reframe is {facts.size}, which is {size.aspect.value} already, so "
                "there is nothing to make beside its picture. Choose another aspect.",
            )
            return None
        longest_s = self.spec.durations.longest(size.resolution, fps)
        if there > longest_s * fps:
            self.refuse(
                field_of(Role.REFRAME_VIDEO),
                f"The video to reframe is {facts.duration_s:.2f} s long, and at {fps} fps "
                f"{self.spec.label} takes at most {longest_s:g} s. Cut it first.",
            )
            return None
        self.notes.append(
            f"The whole picture of all {count_text(there, 'frame')} is kept in the middle, as "
            f"large as it fits into {size}; what is beside it is made."
        )
        self._tell_unused_length()
        return PartlyNew(there, (range(there),), 0)

    def _tell_unused_length(self) -> None:
        if self.request.frame.duration_s is not None:
            self.notes.append("The clip is as long as the video; its duration is not used.")

    def _retake(self, size: FrameSize, fps: int, facts: VideoFacts) -> PartlyNew | None:
        """The part that is made anew, from its very first frame on, by eights of frames."""
        asked = self._frames_to_retake(fps, facts)
        part = self._part_to_retake(facts)
        if asked is None or part is None:
            return None
        grid, there = self.spec.frame_grid, facts.num_frames
        # The frame before it stands alone in the model's grid; at the beginning its own first does.
        alone = grid.offset if asked.start == 0 else 0
        made = alone + math.ceil((len(asked) - alone) / grid.step) * grid.step
        begin = asked.start - grid.offset if asked.start else 0
        end = asked.start + made
        at_once = grid.frames(self.spec.durations.longest(size.resolution, fps), fps)
        before, behind = begin // grid.step, max(0, there - end) // grid.step
        most = 0 if self.spec.sees_whole_video else _MOST_CONTEXT
        before, behind = min(before, most), min(behind, most)
        while (before or behind) and end - begin + (before + behind) * grid.step > at_once:
            before, behind = (before - 1, behind) if before > behind else (before, behind - 1)
        if end - begin > at_once:
            self.refuse(
                "editing.retake_to_s",
                f"At {size} and {fps} fps {self.spec.label} makes at most {at_once / fps:.2f} s "
                f"again at a time, and this part has {len(asked) / fps:.2f} s. Choose a shorter "
                "one, and then the next.",
            )
            return None
        retake = Retake(
            first=asked.start,
            stop=min(asked.start + made, there),
            seen_first=begin - before * grid.step,
            seen_stop=end + behind * grid.step,
            part=part,
        )
        new = range(retake.first, retake.stop)
        context = min(retake.seen_stop, there) - retake.seen_first - len(new)
        grown = _grown(grid) if len(new) > len(asked) else ""
        seen = (
            f"The model sees {count_text(context, 'frame')} next to them, and all"
            if context
            else "All"
        )
        self.notes.append(
            f"Made again: {_RETAKEN[part]} of frames {new[0] + 1} to {new[-1] + 1} of {there} "
            f"({new[0] / fps:.2f} to {(new[-1] + 1) / fps:.2f} s{grown}). {seen} else of the video "
            "is kept."
        )
        self._tell_unused_length()
        return PartlyNew(there, (new,), context, retake=retake)

    def _frames_to_retake(self, fps: int, facts: VideoFacts) -> range | None:
        """The frames that are asked for, or what is wrong with them."""
        editing, there = self.request.editing, facts.num_frames
        from_s, to_s = editing.retake_from_s, editing.retake_to_s
        length = f"The video to retake is {there / fps:.2f} s long"
        if any(time is not None and not is_allowed(time, Moment()) for time in (from_s, to_s)):
            return None  # told with its control
        if from_s is None and to_s is None and editing.retake_part is not RetakePart.AUDIO:
            self.refuse(
                "editing.retake_from_s",
                f"{length}: say from when to when it is made again. To remake all of it, use it "
                "as a source video.",
            )
            return None
        first = round((from_s or 0.0) * fps)
        stop = there if to_s is None else round(to_s * fps)
        if first >= there and stop > there and to_s is not None:
            self.refuse(
                "editing.retake_from_s",
                f"{length}, and {from_s:g} to {to_s:g} s is after its end. Choose a part of it.",
            )
        elif stop > there:
            self.refuse(
                "editing.retake_to_s",
                f"{length}, and {to_s:g} s is after its end. Choose an earlier end, or leave it "
                "out.",
            )
        elif first >= there:
            self.refuse(
                "editing.retake_from_s",
                f"{length}, and {from_s:g} s is not before its end. Choose an earlier beginning.",
            )
        elif first >= stop:
            self.refuse(
                "editing.retake_to_s",
                f"There is no frame from {first / fps:.2f} to {stop / fps:.2f} s. Choose a later "
                "end.",
            )
        else:
            return range(first, stop)
        return None

    def _part_to_retake(self, facts: VideoFacts) -> RetakePart | None:
        """What is made anew: the sound too, where model and video have one."""
        asked, is_silent = self.request.editing.retake_part, self.request.audio is False
        if asked is None:
            has_audio = self.spec.audio is not None and facts.has_audio and not is_silent
            return RetakePart.BOTH if has_audio else RetakePart.VIDEO
        if is_silent and asked is not RetakePart.VIDEO:
            self.refuse(
                "editing.retake_part",
                "A silent clip has no sound to make again. Retake the picture, or let the clip "
                "have sound.",
            )
            return None
        if asked is RetakePart.AUDIO and self.request.of_role(*_IMAGES):
            self.refuse(
                "editing.retake_part",
                "Only the sound is made again, so images would have no effect. Leave them out, or "
                "retake the picture too.",
            )
            return None
        return asked

    def size_of_kept(self, kept: RoleVideo) -> FrameSize | None:
        """The very size of the video."""
        facts, name = kept.facts, kept.name
        frame, shown = self.request.frame, facts.size
        size = find_size(shown, self.spec.sizes)
        if size is None:
            near = nearest_in_pixels((facts.width, facts.height), self.spec.sizes)
            way = "or start a new clip from its last frame"
            if kept.role is Role.RETAKE_VIDEO:
                way = ANOTHER_MODEL
            self.refuse(
                field_of(kept.role),
                f"The {name} is {shown}, which {self.spec.label} does not make; the nearest is "
                f"{near}. Export it at that size first {way}.",
            )
            return None
        names = (size.resolution.casefold(), shown)
        if frame.resolution is not None and frame.resolution.strip().casefold() not in names:
            self.refuse_anew(
                "frame.resolution",
                f"The {name} is {shown}, and so is the clip. Leave the resolution out.",
            )
        if frame.aspect is not None and frame.aspect.strip() != size.aspect.value:
            self.refuse_anew(
                "frame.aspect",
                f"The {name} is {size.aspect.value}, and so is the clip. Leave the aspect out.",
            )
        return size

    def fps_of_kept(self, kept: RoleVideo) -> int:
        """The very rate of the video; the usual one where that is refused."""
        facts, name = kept.facts, kept.name
        field, rates = field_of(kept.role), self.spec.fps
        fps = 0.0 if facts.fps is None else round(facts.fps, 2)
        if kept.role is Role.REFRAME_VIDEO:
            # Nothing is made between its frames, so 29.97 is as good as 30.
            fps = round(fps)
        if fps not in rates:
            what = f"has {fps:g} frames per second" if fps else _UNSTEADY
            self.refuse(
                field,
                f"The {name} {what}, and {self.spec.label} makes {listed(rates)}. Export "
                "it at one of these first.",
            )
            return self.spec.default_fps
        if self.request.frame.fps not in (None, fps):
            self.refuse_anew(
                "frame.fps",
                f"The {name} has {fps:g} frames per second, and so has the clip. Leave "
                "the frame rate out.",
            )
        return round(fps)
