"""Films that are laid out without a file behind them, one by one and at random."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from core.film.model.delivery import FrameFormat
from core.film.model.film import Clip, Film, Transition
from core.film.model.layout import lay_out
from core.film.model.source import Colour, Source, SourceFacts
from core.film.model.timeline import exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.timeline import Timeline

RATES = tuple(Fraction(rate) for rate in ("24", "25", "30", "24000/1001", "30000/1001", "50", "60"))
KINDS = ("dissolve", "wipe-right", "wipe-left", "fade", "circle-open")
SPEEDS = (1.0, 2.0, 0.5, 1.5, 0.75, 1.1, 0.333, 4.25)

_NAMES = partial(st.lists, st.sampled_from("abcdefgh"), max_size=5)


def source(path: Path, num_frames: int, rate: Fraction, **facts: Any) -> Source:
    known: dict[str, Any] = {
        "width": 96,
        "height": 64,
        "num_frames": num_frames,
        "rate": rate,
        "duration_s": num_frames / rate,
        "first_frame_s": Fraction(0),
        "codec": "h264",
        "profile": "High",
        "pixel_format": "yuv420p",
        "bit_depth": 8,
        "has_alpha": False,
        "sample_aspect": Fraction(1),
        "rotation": 0,
        "colour": Colour(),
        "audio_sample_rate_hz": None,
    }
    return Source(path=path, sha256="", facts=SourceFacts(**{**known, **facts}))


def film_of(
    clips: Sequence[Clip],
    num_frames: int | Sequence[int] = 100,
    rate: Fraction = Fraction(24),
    *,
    has_audio: bool = False,
    **film: Any,
) -> Timeline:
    """A film whose clips all run at its own rate, `num_frames` long each."""
    counts = [num_frames] * len(clips) if isinstance(num_frames, int) else num_frames
    audio = {"audio_sample_rate_hz": 48_000, "audio_channels": 2} if has_audio else {}
    sources = [
        source(clip.path, count, rate, **audio) for clip, count in zip(clips, counts, strict=True)
    ]
    return lay_out(Film(clips=tuple(clips), **film), sources, FrameFormat(rate=rate))


def joined(path: str | Path, frames: int, kind: str = "dissolve", **clip: Any) -> Clip:
    """A clip that a transition of so many frames at 24 leads into."""
    transition = Transition(kind=kind, duration_s=frames / 24)
    return Clip(path=Path(path), transition=transition, **clip)


@st.composite
def timelines(draw: st.DrawFn, *, alone: int = 0) -> Timeline:
    """Films of one to five clips of any rate, trimmed, at any speed, with cuts and transitions.

    `alone` is how many frames of each shot no transition covers, at the least.
    """
    rate = draw(st.sampled_from(RATES))
    has_audio = draw(st.booleans())
    audio = {"audio_sample_rate_hz": 44_100, "audio_channels": 1} if has_audio else {}
    names = draw(st.one_of(_NAMES(min_size=3), _NAMES(min_size=1)))
    files: dict[str, Source] = {}
    clips: list[Clip] = []
    for name in names:
        length = draw(st.one_of(st.integers(30, 80), st.integers(1, 30)))
        of = draw(st.sampled_from((rate, *RATES)))
        path = Path("clips", f"{name}.mp4")
        files.setdefault(name, source(path, length, of, **audio))
        facts = files[name].facts
        first = draw(st.one_of(st.just(0), st.integers(0, facts.num_frames - 1)))
        speed = draw(st.sampled_from(SPEEDS))
        # An end that leaves less than a frame of the film would be refused.
        least = first + math.ceil(2 * exact(speed) * facts.rate / rate)
        ends = [st.integers(least, facts.num_frames)] if least <= facts.num_frames else []
        end = draw(st.one_of(st.none(), *ends))
        clips.append(
            Clip(
                path=path,
                start_s=float(first / facts.rate),
                end_s=None if end is None else float(end / facts.rate),
                speed=speed,
            )
        )
    return _with_joins(draw, clips, [files[name] for name in names], rate, alone)


def _with_joins(
    draw: st.DrawFn, clips: list[Clip], sources: list[Source], rate: Fraction, alone: int
) -> Timeline:
    cut = lay_out(Film(clips=tuple(clips)), sources, FrameFormat(rate=rate))
    into = 0
    changed = [clips[0]]
    for before, shot, clip in zip(cut.shots, cut.shots[1:], clips[1:], strict=False):
        room = min(before.num_frames - into, shot.num_frames) - alone
        most = max(0, room)
        into = draw(st.one_of(st.integers(min(2, most), most), st.integers(0, min(1, most))))
        transition = Transition(kind=draw(st.sampled_from(KINDS)), duration_s=float(into / rate))
        changed.append(clip.model_copy(update={"transition": transition}))
    return lay_out(Film(clips=tuple(changed)), sources, FrameFormat(rate=rate))


def shown(timeline: Timeline, frame: int) -> dict[int, Fraction]:
    """For each shot that is seen: the frame of its file, counted at the film's rate.

    The first frame of a transition shows nothing of the shot that comes, but other programs count
    it in; of a transition that is only one frame long they are told nothing.
    """
    found = {
        shot.number: (shot.skipped + frame - shot.start) * shot.speed
        for shot in timeline.shots
        if shot.start + (shot.incoming == 1) <= frame < shot.end
    }
    assert found, f"the film shows nothing in frame {frame}"
    return found
