"""What a film's file says about itself: title, chapters, and where its pictures come from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

import core
from core.film.model.delivery import CONTAINERS, AudioCodec, Container
from core.film.model.edit_points import parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.delivery import ExportSettings
    from core.film.model.source import Source
    from core.film.model.timeline import Timeline

# IPTC's name for pictures that were made by a trained model.
AI_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_AI_SENTENCE = "Contains pictures made by generative AI models."
# JSON may hold these as they are, and a metadata file may not.
_TO_SPELL_OUT = re.compile(r"[\x7f\ud800-\udfff]")
_SPECIAL = re.compile(r"[=;#\\\n]")
# FFmpeg ends a line at each of these, escaped or not, or cannot write them.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def write_metadata(timeline: Timeline, settings: ExportSettings, path: Path) -> Path:
    """Write the film's metadata in FFmpeg's format; gives the path."""
    tags = {
        "title": timeline.film.title,
        "comment": _as_json(provenance(timeline, settings)),
        "encoder": f"{core.NAME} {core.VERSION}",
    }
    if is_marked(timeline, settings):
        tags["description"] = _AI_SENTENCE
    lines = [";FFMETADATA1", *(f"{name}={escaped(text)}" for name, text in tags.items() if text)]
    if timeline.film.has_chapters:
        base = 1 / timeline.rate
        for part in parts_of(timeline):
            lines += ["[CHAPTER]", f"TIMEBASE={base.numerator}/{base.denominator}"]
            lines += [f"START={part.first}", f"END={part.end}"]
            lines.append(f"title={escaped(part.shot.title)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def left_unsaid(timeline: Timeline, settings: ExportSettings) -> list[str]:
    """Sentences about all that was asked for and that the container cannot say."""
    container = settings.container
    label = CONTAINERS[container].label
    lost: list[str] = []
    if container.is_images:
        lost += ["the title"] if timeline.film.title else []
        speaks = any(shot.source.facts.comment for shot in timeline.shots)
        lost += ["what the clips say about themselves"] if speaks else []
        lost += ["the mark of AI"] if is_marked(timeline, settings) else []
    if timeline.film.has_chapters and (container.is_images or container is Container.AVI):
        lost.append("chapters")
    notes = [f"The {label} cannot hold {', '.join(lost)}. MP4 and MKV can."] if lost else []
    if (container, settings.audio_codec) == (Container.AVI, AudioCodec.MP3):
        notes.append(
            "AVI with MP3 cannot hold the first 0.023 s of the sound, which are silent. "
            "With PCM it can."
        )
    return notes


def is_marked(timeline: Timeline, settings: ExportSettings) -> bool:
    """Whether the file says that models made its pictures."""
    if settings.is_marked_ai is not None:
        return settings.is_marked_ai
    return any(_record(shot.source) is not None for shot in timeline.shots)


def provenance(timeline: Timeline, settings: ExportSettings) -> dict[str, Any]:
    """Which clips the film is made of, each with what it says about itself, word for word."""
    clips: dict[str, dict[str, Any]] = {}
    for shot in timeline.shots:
        source = shot.source
        entry: dict[str, Any] = {"file": source.path.name, "sha256": source.sha256}
        if source.facts.comment:
            record = _record(source)
            entry["says"] = source.facts.comment if record is None else record
        clips[source.sha256] = entry
    marker = {"digital_source_type": AI_SOURCE_TYPE} if is_marked(timeline, settings) else {}
    program = f"{core.NAME} {core.VERSION}"
    return {"program": program, **marker, "clips": list(clips.values())}


def _record(source: Source) -> dict[str, Any] | None:
    """The record that this program has put into a clip, or None."""
    try:
        found: Any = json.loads(source.facts.comment)
    except ValueError:
        return None
    if not isinstance(found, dict) or "program" not in found:
        return None
    return cast("dict[str, Any]", found)


def _as_json(tags: dict[str, Any]) -> str:
    text = json.dumps(tags, ensure_ascii=False)
    return _TO_SPELL_OUT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def escaped(text: str) -> str:
    """A text as it stands in a metadata file; what cannot stand in one becomes a space."""
    one_kind = text.replace("\r\n", "\n").replace("\r", "\n")
    if one_kind.endswith("\\"):
        # FFmpeg (9.0) takes any backslash before a line's end for an escape of that end, also an
        # escaped one, and would read the next line as part of this text.
        one_kind += " "
    return _SPECIAL.sub(r"\\\g<0>", _UNSPEAKABLE.sub(" ", one_kind))
