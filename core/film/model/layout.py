"""From a film as asked to the exact timeline: every problem at once, every adjustment told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from statistics import mode
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.film.model.colour import conversion_note
from core.film.model.frame_rate import MAX_RATE, broadcast_rate, film_rate
from core.film.model.scan import deinterlacing_of, scan_note
from core.film.model.source_notes import rate_notes, source_notes
from core.film.model.timeline import (
    SAMPLE_RATE_HZ,
    MusicCue,
    Shot,
    TimedCaption,
    Timeline,
    TransitionSpan,
    exact,
    nearest,
)
from core.film.model.transitions import NONE, TRANSITIONS
from core.platform.suggestions import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.delivery import FrameFormat
    from core.film.model.film import Caption, Clip, Film, Music
    from core.film.model.scan import Deinterlacing
    from core.film.model.source import Source, SourceFacts

MAX_SIDE = 8192


def lay_out(
    film: Film,
    sources: Sequence[Source],
    frame: FrameFormat,
) -> Timeline:
    """The exact timeline of a film; reads no file.

    Args:
        film: as asked.
        sources: what lies behind each of its clips, in the same order.
        frame: size and rate; what it leaves open is that of most clips.

    Raises:
        UnsupportedRequest: with every problem there is.
    """
    if not film.clips:
        raise UnsupportedRequest(
            [Problem("clips", "The film has no clips. Name at least one clip.")]
        )
    return _TimelineLayout(film, sources, frame).timeline()


class _TimelineLayout:
    def __init__(self, film: Film, sources: Sequence[Source], frame: FrameFormat) -> None:
        self.film = film
        self.sources = sources
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        usual = film_rate([source.facts for source in sources])
        self.rate = self._checked_rate(frame.rate or usual.rate)
        if frame.rate is None:
            self.notes += rate_notes(usual, sources)
        self.width, self.height = self._size(frame)

    def timeline(self) -> Timeline:
        lengths = [
            self._length(number, clip, source)
            for number, (clip, source) in enumerate(
                zip(self.film.clips, self.sources, strict=True), start=1
            )
        ]
        joins = [self._join(number, clip) for number, clip in enumerate(self.film.clips, start=1)]
        self._check_colours()
        self._check_joins([count for _, count in lengths], joins)
        if self.problems:
            raise UnsupportedRequest(self.problems)
        shots = self._shots(lengths, joins)
        self.notes += [note for shot in shots for note in source_notes(shot, self.rate)]
        timeline = Timeline(self.film, self.width, self.height, self.rate, shots)
        titles = self._titles(timeline.num_frames)
        music_cues = tuple(
            MusicCue(music, *span)
            for music in self.film.music
            if (span := self._music_span(music, timeline.num_samples))
        )
        if self.problems:
            raise UnsupportedRequest(self.problems)
        return replace(timeline, titles=titles, music_cues=music_cues, notes=tuple(self.notes))

    def _refuse(self, field: str, message: str) -> None:
        self.problems.append(Problem(field, message))

    def _checked_rate(self, rate: Fraction) -> Fraction:
        if 1 <= rate <= MAX_RATE:
            # 2997/100 means the broadcast rate that is next to it.
            return broadcast_rate(rate)
        kept = min(max(rate, Fraction(1)), Fraction(MAX_RATE))
        self._refuse(
            "fps", f"{float(rate):g} frames per second is outside 1 to {MAX_RATE}. Choose another."
        )
        return kept

    def _size(self, frame: FrameFormat) -> tuple[int, int]:
        moving = [source for source in self.sources if not source.facts.is_still]
        # Of several that are as common, it is the first.
        common = mode(map(_display_size, moving or self.sources))
        width, height = frame.width, frame.height
        if width is None and height is None:
            width, height = common
        elif width is None:
            assert height is not None
            width = nearest(Fraction(height * common[0], common[1]))
        elif height is None:
            height = nearest(Fraction(width * common[1], common[0]))
        even = (max(2, width - width % 2), max(2, height - height % 2))
        if even != (width, height):
            self.notes.append(
                f"{width}x{height} → {even[0]}x{even[1]}: video codecs want even sizes."
            )
        if max(even) > MAX_SIDE:
            self._refuse(
                "size",
                f"{even[0]}x{even[1]} is more than {MAX_SIDE} on a side. Choose a smaller size.",
            )
        return even

    def _length(self, number: int, clip: Clip, source: Source) -> tuple[int, int]:
        """Frames that are skipped, and frames that are seen."""
        facts = source.facts
        name = f"Clip {number} ({clip.path.name})"
        if facts.is_still:
            return self._still_length(name, clip)
        end = facts.duration_s
        if clip.end_s is not None:
            end = exact(clip.end_s)
            # A frame's worth too much is rounding of whoever measured it.
            if end > facts.duration_s + 1 / facts.rate:
                self._refuse(
                    "clips",
                    f"{name} ends at {float(facts.duration_s):.2f} s, so it cannot be cut at "
                    f"{clip.end_s:g} s. Choose an earlier end.",
                )
            end = min(end, facts.duration_s)
        start = exact(clip.start_s)
        speed = exact(clip.speed)
        first = nearest(start / speed * self.rate)
        last = nearest(end / speed * self.rate)
        if start >= facts.duration_s:
            self._refuse(
                "clips",
                f"{name} is {float(facts.duration_s):.2f} s long, so it cannot begin at "
                f"{clip.start_s:g} s. Choose an earlier start.",
            )
        elif start >= end:
            self._refuse(
                "clips",
                f"{name} would begin at {clip.start_s:g} s and end at {float(end):g} s. "
                "The end must come after the start.",
            )
        elif last <= first:
            if facts.num_frames == 1 or clip.end_s is None:
                return first, 1
            self._refuse(
                "clips",
                f"{name} is cut to less than one frame at {float(self.rate):g} fps. "
                "Leave more of it.",
            )
        return first, max(1, last - first)

    def _still_length(self, name: str, clip: Clip) -> tuple[int, int]:
        """A photo has no times of its own: a cut says how long it is held, as `still_s` does."""
        seconds = exact(clip.still_s or self.film.still_s)
        if clip.end_s is not None:
            seconds = exact(clip.end_s) - exact(clip.start_s)
            if seconds <= 0:
                self._refuse(
                    "clips",
                    f"{name} would begin at {clip.start_s:g} s and end at {clip.end_s:g} s. "
                    "The end must come after the start.",
                )
        return 0, max(1, nearest(seconds * self.rate))

    def _join(self, number: int, clip: Clip) -> TransitionSpan | None:
        asked = clip.transition if clip.transition is not None else self.film.transition
        kind = TRANSITIONS.get(asked.kind)
        if kind is None:
            self._refuse("transition", unknown_name("transition", asked.kind, TRANSITIONS))
            return None
        if kind.name == NONE:
            return None
        if number == 1:
            if clip.transition is not None:
                self._refuse(
                    "transition",
                    "Clip 1 has no clip before it, so there is no transition into it. "
                    "Give it to clip 2.",
                )
            return None
        count = nearest(exact(asked.duration_s) * self.rate)
        return TransitionSpan(kind, count) if count > 0 else None

    def _check_joins(self, counts: Sequence[int], joins: Sequence[TransitionSpan | None]) -> None:
        spans = [join.num_frames if join else 0 for join in joins] + [0]
        for index, count in enumerate(counts):
            incoming, outgoing = spans[index], spans[index + 1]
            if incoming + outgoing <= count:
                continue
            name = f"Clip {index + 1} ({self.film.clips[index].path.name})"
            needed = " and ".join(
                f"{span / float(self.rate):.2f} s {way}"
                for span, way in ((incoming, "into it"), (outgoing, "out of it"))
                if span
            )
            most = count if not (incoming and outgoing) else count // 2
            self._refuse(
                "transition",
                f"{name} is seen for {count / float(self.rate):.2f} s, too short for its "
                f"transitions ({needed}). Shorten them to {_floor(most / float(self.rate))} s or "
                "less, or use more of the clip.",
            )

    def _shots(
        self, lengths: Sequence[tuple[int, int]], joins: Sequence[TransitionSpan | None]
    ) -> tuple[Shot, ...]:
        shots: list[Shot] = []
        start = 0
        parts = zip(self.film.clips, self.sources, lengths, joins, strict=True)
        for number, (clip, source, (skipped, count), join) in enumerate(parts, start=1):
            start -= join.num_frames if join else 0
            is_silent = clip.is_muted or not self.film.has_clip_sound
            shots.append(
                Shot(
                    number=number,
                    title=clip.title or clip.path.stem,
                    source=source,
                    skipped=skipped,
                    num_frames=count,
                    start=start,
                    speed=exact(clip.speed),
                    fit=clip.fit or self.film.fit,
                    gain_db=clip.volume_db + self.film.clip_volume_db,
                    is_silent=is_silent or source.facts.audio_sample_rate_hz is None,
                    join=join,
                    deinterlacing=self._deinterlacing(number, clip, source.facts),
                )
            )
            start += count
        return tuple(shots)

    def _deinterlacing(self, number: int, clip: Clip, facts: SourceFacts) -> Deinterlacing | None:
        asked = clip.deinterlace or self.film.deinterlace
        name = f"Clip {number} ({clip.path.name})"
        # A field at a time, where the film has room for more pictures than the clip has frames.
        is_doubled = facts.rate * exact(clip.speed) < self.rate
        found = deinterlacing_of(asked, facts.scan, facts.codec, is_doubled=is_doubled)
        if found is not None and facts.rotation:
            # The fields' lines are no longer the picture's once it is turned.
            self.notes.append(
                f"{name} is interlaced and turned by {facts.rotation % 360} degrees, so it stays "
                "interlaced. If you see combs, deinterlace it before it is turned."
            )
            return None
        if note := scan_note(name, asked, facts.scan):
            self.notes.append(note)
        return found

    def _check_colours(self) -> None:
        for number, (clip, source) in enumerate(
            zip(self.film.clips, self.sources, strict=True), start=1
        ):
            name, colour = f"Clip {number} ({clip.path.name})", source.facts.colour
            if not colour.has_readable_matrix:
                self._refuse(
                    "clips",
                    f"The colours of {name} are coded in a way that cannot be read here "
                    f"({colour.matrix}), and would come out wrong. Convert it to BT.709.",
                )
            elif note := conversion_note(name, source.facts):
                self.notes.append(note)

    def _titles(self, num_frames: int) -> tuple[TimedCaption, ...]:
        titles: list[TimedCaption] = []
        for number, caption in enumerate(self.film.captions, start=1):
            if not caption.text.strip():
                self._refuse(
                    "captions", f"Text {number} is empty. Write something or leave it out."
                )
                continue
            span = self._span("captions", f"Text {number}", caption, self.rate, num_frames)
            if span is not None:
                titles.append(TimedCaption(caption, *span))
        return tuple(titles)

    def _music_span(self, music: Music, num_samples: int) -> tuple[int, int] | None:
        name = f"The music {music.path.name!r}"
        return self._span("music", name, music, SAMPLE_RATE_HZ, num_samples)

    def _span(
        self,
        field: str,
        name: str,
        part: Caption | Music,
        rate: Fraction | int,
        length: int,
    ) -> tuple[int, int] | None:
        """The frames or samples of a text or a piece of music; None where there are none."""
        start_s, end_s = part.start_s, part.end_s
        first = nearest(exact(start_s) * rate)
        end = length if end_s is None else nearest(exact(end_s) * rate)
        film_s = length / float(rate)
        if first >= length:
            self._refuse(
                field,
                f"{name} begins at {start_s:g} s, and the film ends at {film_s:.2f} s. "
                "Begin it earlier.",
            )
            return None
        if end <= first:
            self._refuse(
                field,
                f"{name} would begin at {start_s:g} s and end at {end_s:g} s. "
                "The end must come after the start.",
            )
            return None
        if end > length:
            self.notes.append(f"{name} goes on to {end_s:g} s; the film ends at {film_s:.2f} s.")
        return first, min(end, length)


def _display_size(source: Source) -> tuple[int, int]:
    """Width and height with square pixels."""
    facts = source.facts
    if facts.sample_aspect >= 1:
        return nearest(facts.width * facts.sample_aspect), facts.height
    return facts.width, nearest(facts.height / facts.sample_aspect)


def _floor(seconds: float) -> str:
    return f"{int(seconds * 100) / 100:g}"
