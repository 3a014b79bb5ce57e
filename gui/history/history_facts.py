"""What an entry of the history tells in full, as names and values to read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from core.film.model.delivery import CONTAINERS, AudioCodec
from core.project.render.rerender import request_again
from core.video.controls import CONTROLS, Control, ControlKind
from core.video.request import Input
from gui.history.history_model import kind_of, length_of, size_of

if TYPE_CHECKING:
    from core.film.model.delivery import ExportOrder
    from core.history.history_entry import HistoryEntry
    from core.video.controls import ControlRow
    from core.video.record import ClipRecord

_SHOWN_CLIPS = 30
# By the size, the frames, the model and the plan of the memory; an address may hold a secret.
_SHOWN_ELSEWHERE = (
    Control.PROMPT,
    Control.PROVIDER,
    Control.DEPLOYMENT,
    Control.TARGET,
    Control.RESOLUTION,
    Control.ASPECT,
    Control.DURATION,
    Control.FPS,
    Control.AUDIO,
    Control.MEMORY,
    Control.WEBHOOK,
)


@dataclass(frozen=True)
class HistoryFact:
    """One line of the table; `name` is empty where a value goes on."""

    name: str
    value: str


def facts_of(entry: HistoryEntry) -> tuple[HistoryFact, ...]:
    """Everything that is known of an entry, the most asked for first."""
    record, order = entry.clip_record, entry.export_order
    if record is not None:
        own = _of_record(record)
    elif order is not None:
        own = _of_order(order)
    else:
        own = _of_film(entry)
    moment = entry.created_at.astimezone()
    facts = [
        HistoryFact("Kind", kind_of(entry)),
        HistoryFact("Made", f"{moment:%Y-%m-%d %H:%M:%S}"),
        HistoryFact("Size", size_of(entry)),
        HistoryFact("Length", length_of(entry)),
        *own,
        HistoryFact("Folder", str(entry.path.parent)),
    ]
    return tuple(fact for fact in facts if fact.value)


def notes_of(entry: HistoryEntry) -> tuple[str, ...]:
    """What the program said when it planned the file."""
    record, order = entry.clip_record, entry.export_order
    if record is not None:
        return record.notes
    return order.known_notes if order is not None else ()


def _of_record(record: ClipRecord) -> list[HistoryFact]:
    asked, memory = record.request, record.memory_plan
    frames = f"{record.num_frames} at {record.fps} per second"
    audio = "yes" if record.has_audio else "no"
    if record.is_image and record.still_frame is None:
        frames = record.facts.get("frame", "")
    elif record.still_frame is not None:
        frames = f"number {record.still_frame + 1} of {frames}"
    made = request_again(record).model_copy(update={"negative_prompt": record.negative_prompt})
    return [
        HistoryFact("Frames", frames),
        HistoryFact("Sound", "" if record.is_image else audio),
        HistoryFact("Model", record.model_label),
        HistoryFact("Made by", str(asked.target)),
        HistoryFact(
            "Read by the model", record.prompt if record.prompt != asked.prompt.strip() else ""
        ),
        *(
            HistoryFact(row.label, _text(row, row.value(made)))
            for row in CONTROLS
            if row.id not in _SHOWN_ELSEWHERE
        ),
        HistoryFact("Cost", _cost(record.cost_usd)),
        HistoryFact(
            "Memory", f"{memory.residency.value}, {memory.precision.value}" if memory else ""
        ),
        HistoryFact("Licence", record.licence),
        HistoryFact("Program", record.program),
        HistoryFact(
            "Versions", ", ".join(f"{n} {v}" for n, v in record.provenance.versions.items())
        ),
        HistoryFact("Job", record.job_id),
    ]


def _text(row: ControlRow, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Input():
            strength = "" if value.strength is None else f" {value.strength:g}"
            return f"{value.path.name}{strength}"
        case tuple():
            return ", ".join(_text(row, item) for item in cast("tuple[object, ...]", value))
        case int() | float():
            return f"{value:g} {row.unit}".strip() if isinstance(value, float) else str(value)
        case _:
            return str(value).replace("_", " ") if row.kind is ControlKind.CHOICE else str(value)


def _of_order(order: ExportOrder) -> list[HistoryFact]:
    settings, film = order.settings, order.film
    container = CONTAINERS[settings.container].label
    audio = "" if settings.audio_codec is AudioCodec.NONE else settings.audio_codec
    codecs = (settings.video_codec, audio)
    parts = [container, *(codec.value.upper() for codec in codecs if codec)]
    return [
        HistoryFact("File kind", ", ".join(parts)),
        HistoryFact("Clips", str(len(film.clips))),
        *_listed([clip.path.name for clip in film.clips]),
        HistoryFact("Music", ", ".join(track.path.name for track in film.music)),
        HistoryFact("Captions", str(len(film.captions)) if film.captions else ""),
    ]


def _of_film(entry: HistoryEntry) -> list[HistoryFact]:
    """What a film says of itself, whose order is not known any more."""
    try:
        stored: Any = json.loads(entry.record)
        clips = [str(clip["file"]) for clip in stored["clips"]]
        program = str(stored["program"])
    except (ValueError, TypeError, KeyError):
        return []
    return [HistoryFact("Clips", str(len(clips))), *_listed(clips), HistoryFact("Program", program)]


def _listed(names: list[str]) -> list[HistoryFact]:
    shown = [HistoryFact(" ", name) for name in names[:_SHOWN_CLIPS]]
    more = len(names) - _SHOWN_CLIPS
    return [*shown, HistoryFact(" ", f"and {more} more")] if more > 0 else shown


def _cost(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "unknown"
    return f"${cost_usd:.2f}" if cost_usd else "free"
