"""A film as Final Cut Pro XML, version 1.10."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from fractions import Fraction
from typing import TYPE_CHECKING

from core.film.handoff.document import (
    Document,
    audio_losses,
    clips,
    common_losses,
    decimal,
    fit_losses,
    one_line,
    readable,
    start_of,
    start_s,
    title_of,
)
from core.film.handoff.fcpxml_resources import Resources, seconds
from core.film.handoff.music import music_rows
from core.film.model.edit_points import parts_of
from core.film.model.film import Fit
from core.film.model.timecode import is_drop_frame
from core.film.model.timeline import SAMPLE_RATE_HZ, nearest
from core.film.model.transitions import DISSOLVE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.film.handoff.music import MusicRow
    from core.film.model.edit_points import EditedShot
    from core.film.model.timeline import Shot, Timeline

VERSION = "1.10"
_CONFORM = {Fit.FIT: "fit", Fit.FILL: "fill"}
_RATES = ("23.98", "24", "25", "29.97", "30", "47.95", "48", "50", "59.94", "60")
# Final Cut counts a time's denominator in 32 bits.
_LARGEST_DENOMINATOR = 2**31 - 1


def fcpxml(timeline: Timeline, folder: Path) -> Document:
    """The film as a project in an event, its music connected below the clips.

    Raises:
        UnreadableMusic: a file of music cannot be read.
    """
    project = _Project(timeline, folder)
    root = project.root()
    ET.indent(root, "    ")
    text = ET.tostring(root, encoding="unicode")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
    return Document(f"{head}{text}\n", tuple(project.notes()))


class _Project:
    def __init__(self, timeline: Timeline, folder: Path) -> None:
        self.timeline = timeline
        self.parts = parts_of(timeline)
        self.rows = music_rows(timeline)
        self.resources = Resources(timeline, folder)

    def root(self) -> ET.Element:
        timeline = self.timeline
        name = one_line(timeline.film.title) or "Film"
        root = ET.Element("fcpxml", version=VERSION)
        root.append(self.resources.element)
        event = ET.SubElement(root, "event", name=name)
        project = ET.SubElement(event, "project", name=name)
        sequence = ET.SubElement(
            project,
            "sequence",
            format=self.resources.film_format,
            duration=self._at(timeline.num_frames),
            tcStart="0s",
            tcFormat="DF" if is_drop_frame(timeline.rate) else "NDF",
            audioLayout="stereo",
            audioRate="48k",
        )
        spine = ET.SubElement(sequence, "spine")
        for part in self.parts:
            if part.join:
                spine.append(self._transition(part))
            spine.append(self._clip(part))
        return root

    def _at(self, frames: int) -> str:
        return seconds(frames / self.timeline.rate)

    def _within(self, part: EditedShot, frames: int) -> str:
        """A time of the clip itself, which counts from its start timecode."""
        return seconds(start_s(part.shot.source) + frames / self.timeline.rate)

    def _transition(self, part: EditedShot) -> ET.Element:
        assert part.join is not None
        name = "Cross Dissolve"
        transition = ET.Element(
            "transition",
            name=name,
            offset=self._at(part.first - part.lead),
            duration=self._at(part.join.num_frames),
        )
        ET.SubElement(transition, "filter-video", ref=self.resources.dissolve(), name=name)
        return transition

    def _clip(self, part: EditedShot) -> ET.Element:
        shot = part.shot
        clip = ET.Element(
            "asset-clip",
            ref=self.resources.clip(shot.source),
            name=title_of(shot),
            offset=self._at(part.first),
            start=self._within(part, part.skipped),
            duration=self._at(part.num_frames),
        )
        if shot.source.facts.timecode:
            clip.set("tcFormat", "DF" if start_of(shot.source).is_drop else "NDF")
        if shot.is_silent and shot.source.facts.audio_sample_rate_hz is not None:
            clip.set("srcEnable", "video")
        self._add_timing(clip, shot)
        if shot.fit in _CONFORM:
            ET.SubElement(clip, "adjust-conform", type=_CONFORM[shot.fit])
        if shot.gain_db and not shot.is_silent:
            ET.SubElement(clip, "adjust-volume", amount=f"{shot.gain_db:g}dB")
        for lane, row in enumerate(self.rows, start=1):
            clip.extend(self._music(row, -lane, part))
        self._add_markers(clip, part)
        return clip

    def _add_timing(self, clip: ET.Element, shot: Shot) -> None:
        facts, rate = shot.source.facts, self.timeline.rate
        if facts.rate != rate:
            # Without this, Final Cut makes 24 frames a second run at 25 instead of keeping time.
            conform = ET.SubElement(clip, "conform-rate", scaleEnabled="0")
            if (name := _rate_name(facts.rate)) in _RATES:
                conform.set("srcFrameRate", name)
            conform.set("frameSampling", "nearest-neighbor")
        if shot.speed != 1:
            # The clip's own times then count as played, so they stay whole frames of the film.
            frames = -(-self.resources.duration_of(shot.source) * rate // shot.speed)
            if (frames * shot.speed / rate).denominator > _LARGEST_DENOMINATOR:
                frames = -(-frames // shot.speed.denominator) * shot.speed.denominator
            start = start_s(shot.source)
            time_map = ET.SubElement(clip, "timeMap", frameSampling="nearest-neighbor")
            for frame in (0, frames):
                ET.SubElement(
                    time_map,
                    "timept",
                    time=seconds(start + frame / rate),
                    value=seconds(start + frame * shot.speed / rate),
                    interp="linear",
                )

    def _music(self, row: MusicRow, lane: int, part: EditedShot) -> Iterator[ET.Element]:
        """The rounds of a piece of music that begin during the shot."""
        rate = self.timeline.rate
        music = row.cue.music
        for played in row.parts:
            first = nearest(played.first * rate / SAMPLE_RATE_HZ)
            end = nearest(played.end * rate / SAMPLE_RATE_HZ)
            left = (row.facts.num_samples - played.skipped) * rate / SAMPLE_RATE_HZ
            end = min(end, first + left // 1)
            if not part.first <= first < part.end or end <= first:
                continue
            clip = ET.Element(
                "asset-clip",
                ref=self.resources.music(music.path, row.facts),
                lane=str(lane),
                name=one_line(music.path.name),
                offset=self._within(part, part.skipped + first - part.first),
                start=seconds(Fraction(played.skipped, SAMPLE_RATE_HZ)),
                duration=self._at(end - first),
                audioRole="music",
            )
            if music.volume_db:
                ET.SubElement(clip, "adjust-volume", amount=f"{music.volume_db:g}dB")
            yield clip

    def _add_markers(self, clip: ET.Element, part: EditedShot) -> None:
        chapters = self.parts if self.timeline.film.has_chapters else ()
        marked = [("chapter-marker", one.first, one.shot.title) for one in chapters]
        marked += [("marker", title.first, title.caption.text) for title in self.timeline.titles]
        for tag, frame, words in marked:
            if part.first <= frame < part.end:
                ET.SubElement(
                    clip,
                    tag,
                    start=self._within(part, part.skipped + frame - part.first),
                    duration=self._at(1),
                    value=readable(words),
                )

    def notes(self) -> list[str]:
        """What the file does not carry."""
        timeline = self.timeline
        notes = [
            f"The transition {part.join.kind.name!r} into clip {part.shot.number} is written as a "
            "dissolve; choose its like in the editor."
            for part in self.parts
            if part.join and part.join.kind.name != DISSOLVE
        ]
        if _rate_name(timeline.rate) not in _RATES:
            notes.append(
                f"Final Cut Pro has no projects with {decimal(timeline.rate)} frames a second."
            )
        if uneven := [
            part.shot for part in self.parts if not part.shot.source.facts.is_constant_rate
        ]:
            notes.append(
                f"The frames of {clips(uneven)} last unequally long; editors take their average."
            )
        if self.rows:
            notes.append(
                "Music begins and ends on whole frames, and the rounds of a loop meet without a "
                "crossfade."
            )
        if timeline.titles:
            notes.append("Captions are markers; write them to an .srt file to get them as text.")
        notes += [row.silence for row in self.rows if row.silence]
        carried = tuple(_CONFORM)
        return [
            *notes,
            *audio_losses(timeline.film),
            *fit_losses(timeline, carried),
            *common_losses(timeline),
        ]


def _rate_name(rate: Fraction) -> str:
    return f"{float(rate):.2f}".rstrip("0").rstrip(".")
