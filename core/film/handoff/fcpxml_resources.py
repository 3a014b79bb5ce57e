"""What a Final Cut Pro XML file lists before its project: formats, media, effects."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from fractions import Fraction
from typing import TYPE_CHECKING

from core.film.handoff.document import file_name, relative_url, start_s
from core.film.model.timeline import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.handoff.music import MusicFacts
    from core.film.model.source import Source
    from core.film.model.timeline import Timeline

# Final Cut's own name for its effect.
_DISSOLVE_UID = "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265"


def seconds(value: Fraction) -> str:
    """A time as the format writes it: "1001/30000s", "2s"."""
    if value.denominator == 1:
        return f"{value.numerator}s"
    return f"{value.numerator}/{value.denominator}s"


class Resources:
    """Collects what the project refers to; each thing is listed once."""

    def __init__(self, timeline: Timeline, folder: Path) -> None:
        self.element = ET.Element("resources")
        self._timeline = timeline
        self._folder = folder
        self._ids: dict[object, str] = {}
        self.film_format = self._format(timeline.width, timeline.height, timeline.rate)

    def duration_of(self, source: Source) -> Fraction:
        """How long the file is, up to its last whole frame and to all that the film uses of it."""
        used = [
            (shot.skipped + shot.num_frames) * shot.speed / self._timeline.rate
            for shot in self._timeline.shots
            if shot.source.path == source.path
        ]
        # The last frame of a shot may begin within the file and end after it.
        rate = source.facts.rate
        return math.ceil(max(source.facts.duration_s, *used) * rate) / rate

    def clip(self, source: Source) -> str:
        """The id of a clip's file."""
        facts = source.facts
        if source.path not in self._ids:
            attributes = {
                "hasVideo": "1",
                "videoSources": "1",
                "format": self._format(facts.width, facts.height, facts.rate),
            }
            if facts.audio_sample_rate_hz is not None:
                attributes |= _audio(facts.audio_channels, facts.audio_sample_rate_hz)
            attributes["start"] = seconds(start_s(source))
            self._add_asset(source.path, source.path, self.duration_of(source), attributes)
        return self._ids[source.path]

    def music(self, path: Path, facts: MusicFacts) -> str:
        """The id of a file of music."""
        key = ("music", path)
        if key not in self._ids:
            duration = Fraction(facts.num_samples, SAMPLE_RATE_HZ)
            self._add_asset(key, path, duration, _audio(facts.channels, facts.rate_hz))
        return self._ids[key]

    def dissolve(self) -> str:
        """The id of the dissolve."""
        if _DISSOLVE_UID not in self._ids:
            identity = self._new_id(_DISSOLVE_UID)
            ET.SubElement(
                self.element, "effect", id=identity, name="Cross Dissolve", uid=_DISSOLVE_UID
            )
        return self._ids[_DISSOLVE_UID]

    def _add_asset(
        self, key: object, path: Path, duration: Fraction, attributes: dict[str, str]
    ) -> None:
        known = {"name": file_name(path), "start": "0s", "duration": seconds(duration)}
        asset = ET.SubElement(
            self.element, "asset", {"id": self._new_id(key), **known, **attributes}
        )
        url = relative_url(path, self._folder)
        is_below = not url.startswith(("../", "file:"))
        ET.SubElement(
            asset, "media-rep", kind="original-media", src=f"./{url}" if is_below else url
        )

    def _format(self, width: int, height: int, rate: Fraction) -> str:
        key = (width, height, rate)
        if key not in self._ids:
            ET.SubElement(
                self.element,
                "format",
                id=self._new_id(key),
                frameDuration=seconds(1 / rate),
                width=str(width),
                height=str(height),
                colorSpace="1-1-1 (Rec. 709)",
            )
        return self._ids[key]

    def _new_id(self, key: object) -> str:
        self._ids[key] = f"r{len(self._ids) + 1}"
        return self._ids[key]


def _audio(channels: int, rate_hz: int) -> dict[str, str]:
    return {
        "hasAudio": "1",
        "audioSources": "1",
        "audioChannels": str(channels),
        "audioRate": str(rate_hz),
    }
