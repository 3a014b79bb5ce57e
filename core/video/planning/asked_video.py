"""Clips made from a video: how long they are, and at which higher rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.platform.units import count_text
from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.inputs import KEPT, PACING, ROLES, field_of
from core.video.plan import interpolated_frames
from core.video.planning.judge import Judge
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.media.source_clip import VideoFacts
    from core.video.spec import FrameSize


@dataclass(frozen=True)
class RoleVideo:
    """A video of a request, and what it is for."""

    role: Role
    facts: VideoFacts

    @classmethod
    def kept(cls, videos: Mapping[Role, VideoFacts]) -> RoleVideo | None:
        """The one whose own frames are in the clip; None where there is none."""
        return cls._among(videos, KEPT)

    @classmethod
    def pacing(cls, videos: Mapping[Role, VideoFacts]) -> RoleVideo | None:
        """The one that the clip goes by from its first frame on; None where there is none."""
        return cls._among(videos, PACING)

    @classmethod
    def _among(cls, videos: Mapping[Role, VideoFacts], roles: tuple[Role, ...]) -> RoleVideo | None:
        return next((cls(role, videos[role]) for role in roles if role in videos), None)

    @property
    def name(self) -> str:
        """What sentences call it."""
        return ROLES[self.role].name


@dataclass(frozen=True)
class AskedVideo(Judge):
    """Judges a request by the video that it names, and adds to its plan's words."""

    def longest_open(self, size: FrameSize, fps: int, *, has_parts: bool) -> float | None:
        """The most seconds that a model may choose which chooses itself; None where it cannot."""
        row, request = ROWS[Control.AUTO_DURATION], self.request
        if self.spec.shortest_auto_s is None:
            return None
        placed = (Role.END, Role.KEYFRAME, Role.REFERENCE)
        settled = [
            ROLES[item.role].name for item in request.of_role(*placed, *PACING, *KEPT, Role.AUDIO)
        ]
        settled += ["duration"] if request.frame.duration_s is not None else []
        settled += ["prompt of several parts"] if has_parts else []
        for name in dict.fromkeys(settled):
            article = "an" if name[0] in "aeiou" else "a"
            self.refuse(
                row.path,
                f"With {article} {name} it is settled how long the clip is. Leave that or the "
                f"{row.noun} out.",
            )
        return None if settled else self.spec.durations.longest(size.resolution, fps)

    def open_length(self, most: int, fps: int) -> int | None:
        """The fewest frames of a length that is left to the model, told; None of any other."""
        if not self.request.frame.auto_duration or self.spec.shortest_auto_s is None:
            return None
        least = self.spec.frame_grid.at_least(round(self.spec.shortest_auto_s * fps))
        self.notes.append(
            f"The model chooses how long the clip is: {least} to {most} frames, {least / fps:.2f} "
            f"to {most / fps:.2f} s. Time and memory are planned for the longest."
        )
        return least

    def length_of_pacing(self, video: RoleVideo, fps: int, longest_s: float) -> float | None:
        """As long as the video that it goes by, or as much of it as is asked for or possible."""
        grid = self.spec.frame_grid
        asked_s, there = self.request.frame.duration_s, video.facts.frames_at(fps)
        length = f"The {video.name} is {video.facts.duration_s:.2f} s long"
        fewest = max(grid.step + grid.offset, math.ceil(self.spec.durations.minimum * fps))
        if there < fewest:
            self.refuse(
                field_of(video.role),
                f"{length}, and {self.spec.label} makes clips of at least {fewest / fps:.2f} s. "
                "Choose a longer one.",
            )
            return None
        if asked_s is not None and asked_s * fps > there + grid.step / 2:
            self.refuse_length(
                f"{length}, not {asked_s:g} s. Leave the duration out: the clip is then as long as "
                f"its {video.name}.",
            )
            return None
        wanted_s = longest_s if asked_s is None else asked_s
        most = (there - grid.offset) // grid.step * grid.step + grid.offset
        num_frames = min(most, grid.frames(wanted_s, fps))
        rest = there - num_frames
        left_out = f"; its last {rest} are left out" if rest else ""
        goes_by = "follows" if video.role is Role.CONTROL else "is made of"
        own_fps = video.facts.fps
        rate = "" if own_fps is None or round(own_fps, 2) == fps else f" at {own_fps:g} fps"
        converted = "read as " if rate else ""
        self.notes.append(
            f"{length}{rate}, {converted}{count_text(there, 'frame')} at {fps} fps: the clip "
            f"{goes_by} {num_frames} of them{left_out}."
        )
        return (num_frames - grid.offset) / fps

    def choose_interpolation(self, num_frames: int, fps: int, kept: RoleVideo | None) -> int | None:
        """The higher rate that is asked for; None where none is, or where it is refused."""
        row = ROWS[Control.INTERPOLATED_FPS]
        wanted = self.request.frame.interpolated_fps
        if wanted is None or row.problem(wanted, self.spec) is not None:
            return None
        if kept is not None:
            self.refuse(
                row.path,
                f"The clip keeps the very frames of the {kept.name}, so none are made between "
                "them. Leave the interpolation out.",
            )
        elif wanted <= fps:
            self.refuse(
                row.path,
                f"The clip has {fps} frames per second, so there is nothing to make for {wanted}. "
                "Choose a higher rate, or leave the interpolation out.",
            )
        else:
            count = interpolated_frames(num_frames, fps, wanted)
            self.notes.append(
                f"{self.spec.label} makes the clip at {fps} fps. Afterwards FFmpeg makes the "
                f"frames between, {count} at {wanted} fps in all: the estimate leaves out the time "
                "for that, and what moves fast may smear."
            )
            return wanted
        return None
