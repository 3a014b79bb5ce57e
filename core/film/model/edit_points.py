"""The cut between each two shots, for programs and players that know no overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.film.model.timeline import Shot, Timeline, TransitionSpan


@dataclass(frozen=True)
class EditedShot:
    """A shot from the cut into it to the cut out of it.

    Attributes:
        first: the film's frame of the cut into it.
        end: the film's frame of the cut out of it.
        join: the transition around the cut into it; None for a plain cut.
        lead: frames of that transition before the cut; the others come after it.
    """

    shot: Shot
    first: int
    end: int
    join: TransitionSpan | None
    lead: int

    @property
    def num_frames(self) -> int:
        """Frames from cut to cut."""
        return self.end - self.first

    @property
    def lag(self) -> int:
        """Frames of the transition into it that come after the cut."""
        return self.join.num_frames - self.lead if self.join else 0

    @property
    def skipped(self) -> int:
        """Frames of the clip before the cut, at the film's rate and the shot's speed."""
        return self.shot.skipped + self.first - self.shot.start


def parts_of(timeline: Timeline, *, is_cut_first: bool = False) -> tuple[EditedShot, ...]:
    """The shots of a film without overlap: contiguous, and together as long as the film.

    A transition's first frame shows only the shot that goes, so one of a single frame is a plain
    cut after that frame; a shot that has no other frame is never seen and has no part.

    Chapters and scenes begin at the middle of a transition too: where it begins, the picture is
    still wholly that of the shot before, and who jumps there would see a scene go that they did not
    ask for.

    Args:
        timeline: the film.
        is_cut_first: whether the cut lies where the transition begins, not in its middle.
    """
    cuts = [shot.start + _lead(shot, is_cut_first) for shot in timeline.shots]
    ends = [*cuts[1:], timeline.num_frames]
    return tuple(
        EditedShot(
            shot,
            first,
            end,
            shot.join if shot.incoming > 1 else None,
            _lead(shot, is_cut_first) if shot.incoming > 1 else 0,
        )
        for shot, first, end in zip(timeline.shots, cuts, ends, strict=True)
        if is_seen(shot)
    )


def is_seen(shot: Shot) -> bool:
    """Whether any frame of the film shows the shot."""
    return shot.num_frames > 1 or shot.incoming != 1


def _lead(shot: Shot, is_cut_first: bool) -> int:
    if shot.incoming == 1:
        return 1
    return 0 if is_cut_first else shot.incoming // 2
