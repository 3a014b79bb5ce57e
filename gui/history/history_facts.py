"""What an entry of the history tells in full, as names and values to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from core.film.model.delivery import CONTAINERS, AudioCodec
from core.platform.units import price
from core.project.render.rerender import request_again
from core.video.control_row import Control, ControlKind
from core.video.controls import CONTROLS
from core.video.record import HIDDEN_MARK
from core.video.request import Input
from core.video.spec import shown_name
from gui.history.history_model import kind_of, length_of, size_of

if TYPE_CHECKING:
    from core.film.model.delivery import ExportOrder
    from core.history.history_entry import HistoryEntry
    from core.video.control_row import ControlRow
    from core.video.record import ClipRecord, Origin

_SHOWN_CLIPS = 30
Fact = tuple[str, str]
"""Its name, of one blank where a value goes on, and what there is to say."""
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
    Control.TEXT_ENCODER,
    Control.WEBHOOK,
)


def facts_of(entry: HistoryEntry) -> tuple[Fact, ...]:
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
        ("Kind", kind_of(entry)),
        ("Made", f"{moment:%Y-%m-%d %H:%M:%S}"),
        ("Size", size_of(entry)),
        ("Length", length_of(entry)),
        *own,
        ("Stars", "★" * entry.rating),
        ("Tags", ", ".join(entry.tags)),
        (
            "Of an order",
            "" if entry.batch is None else f"{entry.batch.number} of {entry.batch.count}",
        ),
        ("Folder", str(entry.path.parent)),
    ]
    return tuple((name, text) for name, text in facts if text)


def notes_of(entry: HistoryEntry) -> tuple[str, ...]:
    """What the program said when it planned the file."""
    record, order = entry.clip_record, entry.export_order
    if record is not None:
        return (*map(str, record.passed_over), *record.notes)
    return order.known_notes if order is not None else ()


def _of_record(record: ClipRecord) -> list[Fact]:
    asked, memory = record.request, record.memory_plan
    frames = f"{record.final_frames} at {record.final_fps} per second"
    audio = "yes" if record.has_audio else "no"
    if record.is_image and record.still_frame is None:
        frames = record.facts.get("frame", "")
    elif record.still_frame is not None:
        frames = f"number {record.still_frame + 1} of {frames}"
    made = request_again(record).model_copy(update={"negative_prompt": record.negative_prompt})
    return [
        ("Frames", frames),
        ("Sound", "" if record.is_image else audio),
        ("Model", record.model_label),
        ("Made by", str(asked.target)),
        ("Prompt as typed", asked.typed_prompt or ""),
        ("Read by the model", record.prompt if record.prompt != asked.prompt.strip() else ""),
        *_of_origin(record.origin),
        *(
            (row.label, _text(row, row.value(made)))
            for row in CONTROLS
            if row.id not in _SHOWN_ELSEWHERE
        ),
        ("Cost", _cost(record.cost_usd)),
        ("Memory", memory.layout_text if memory else ""),
        ("Invisible mark", record.facts.get(HIDDEN_MARK, "")),
        ("Licence", record.licence),
        ("Program", record.program),
        ("Versions", ", ".join(f"{n} {v}" for n, v in record.provenance.versions.items())),
        ("Job", record.job_id),
    ]


def _of_origin(origin: Origin | None) -> list[Fact]:
    """The prompt as it was typed, and whom the references show."""
    if origin is None:
        return []
    whose = [f"{place}: {name}" for place, name in enumerate(origin.whose, start=1) if name]
    return [("Typed", origin.prompt), ("References show", ", ".join(whose))]


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
            return shown_name(str(value)) if row.kind is ControlKind.CHOICE else str(value)


def _of_order(order: ExportOrder) -> list[Fact]:
    settings, film = order.settings, order.film
    container = CONTAINERS[settings.container].label
    audio = "" if settings.audio_codec is AudioCodec.NONE else settings.audio_codec
    codecs = (settings.video_codec, audio)
    parts = [container, *(codec.value.upper() for codec in codecs if codec)]
    return [
        ("File kind", ", ".join(parts)),
        ("Clips", str(len(film.clips))),
        *_listed([clip.path.name for clip in film.clips]),
        ("Music", ", ".join(track.path.name for track in film.music)),
        ("Captions", str(len(film.captions)) if film.captions else ""),
    ]


def _of_film(entry: HistoryEntry) -> list[Fact]:
    """What a film says of itself, whose order is not known any more."""
    try:
        stored: Any = json.loads(entry.record)
        clips = [str(clip["file"]) for clip in stored["clips"]]
        program = str(stored["program"])
    except (ValueError, TypeError, KeyError):
        return []
    return [("Clips", str(len(clips))), *_listed(clips), ("Program", program)]


def _listed(names: list[str]) -> list[Fact]:
    shown = [(" ", name) for name in names[:_SHOWN_CLIPS]]
    more = len(names) - _SHOWN_CLIPS
    return [*shown, (" ", f"and {more} more")] if more > 0 else shown


def _cost(cost_usd: float | None) -> str:
    return "unknown" if cost_usd is None else price(cost_usd)
