"""What people should know of their clips: what of a file is changed, chosen or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.film.model.frame_rate import is_usual

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from core.film.model.frame_rate import FilmRate
    from core.film.model.source import Source
    from core.film.model.timeline import Shot

_MOST_NAMED = 3


def rate_notes(chosen: FilmRate, sources: Sequence[Source]) -> list[str]:
    """Why the film gets its frame rate, where the clips do not all have it."""
    others = [
        f"{source.path.name!r} has {_rate(source)}"
        for source in dict.fromkeys(sources)
        if not source.facts.is_still
        and (source.facts.rate != chosen.rate or not source.facts.is_constant_rate)
    ]
    if not others:
        return []
    named = "; ".join(others[:_MOST_NAMED])
    if len(others) > _MOST_NAMED:
        named += f"; so do {len(others) - _MOST_NAMED} more"
    return [
        f"The film has {_number(chosen.rate)} frames a second, {chosen.why}: {named}. "
        "Each frame is shown at its time."
    ]


def _rate(source: Source) -> str:
    facts = source.facts
    length_s = facts.duration_s - facts.first_frame_s
    if not facts.is_constant_rate:
        average = _number(facts.num_frames / length_s) if length_s else _number(facts.rate)
        return f"uneven frame times, {average} frames a second on average"
    if facts.rate < 1:
        return f"a frame each {_number(1 / facts.rate)} s"
    odd = "" if is_usual(facts.rate) else ", which is unusual"
    return f"{_number(facts.rate)}{odd}"


def source_notes(shot: Shot, rate: Fraction) -> Iterator[str]:
    """What is told of one shot's file; `rate` is the film's."""
    facts = shot.source.facts
    name = f"Clip {shot.number} ({shot.source.path.name})"
    if facts.is_still:
        held_s = shot.num_frames / rate
        yield f"{name} is a photo and is held for {_number(held_s)} s."
        return
    if len(facts.clock.video) > 1:
        times = len(facts.clock.video) - 1
        yield (
            f"{name} was joined or restarted: its clock starts over {_times(times)}. All "
            f"{facts.num_frames} frames are shown, one after the other."
        )
    if facts.sizes:
        met = ", ".join(f"{width}x{height}" for width, height in facts.sizes)
        yield (
            f"{name} changes its size on the way ({met}); all of it is scaled to "
            f"{facts.width}x{facts.height}."
        )
    if facts.video_tracks > 1:
        yield (
            f"{name} has {facts.video_tracks} tracks of pictures; track {facts.video_track} is "
            "shown, the others are left out. Another can be chosen as the clip's video track."
        )
    if not shot.is_silent and facts.audio_tracks > 1:
        yield f"{name} {_audio_note(shot.source)}"


def _audio_note(source: Source) -> str:
    facts = source.facts
    silent = [number for number in facts.silent_tracks if number != facts.audio_track]
    is_silent = facts.audio_track in facts.silent_tracks
    quiet = ""
    if silent:
        quiet = f", and {_listed(silent)} {'is' if len(silent) == 1 else 'are'} silent"
    return (
        f"has {facts.audio_tracks} sound tracks; track {facts.audio_track} is "
        f"{'taken, which is silent' if is_silent else 'heard'}{quiet}. The others are left out. "
        "Another can be chosen as the clip's audio track."
    )


def _listed(numbers: Sequence[int]) -> str:
    shown = [str(number) for number in numbers]
    if len(shown) == 1:
        return f"track {shown[0]}"
    return f"tracks {', '.join(shown[:-1])} and {shown[-1]}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _number(value: Fraction) -> str:
    return f"{float(value):.3f}".rstrip("0").rstrip(".")
