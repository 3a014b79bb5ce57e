"""What an entry of the history tells in full, as names and values to read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.film.model.delivery import CONTAINERS, AudioCodec
from gui.history.history_model import kind_of, length_of, size_of

if TYPE_CHECKING:
    from core.film.build.export import ExportOrder
    from core.history.history_entry import HistoryEntry
    from core.video.record import ClipRecord

_SHOWN_CLIPS = 30


@dataclass(frozen=True)
class Fact:
    """One line of the table; `name` is empty where a value goes on."""

    name: str
    value: str


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
        Fact("Kind", kind_of(entry)),
        Fact("Made", f"{moment:%Y-%m-%d %H:%M:%S}"),
        Fact("Size", size_of(entry)),
        Fact("Length", length_of(entry)),
        *own,
        Fact("Folder", str(entry.path.parent)),
    ]
    return tuple(fact for fact in facts if fact.value)


def notes_of(entry: HistoryEntry) -> tuple[str, ...]:
    """What the program said when it planned the file."""
    record, order = entry.clip_record, entry.export_order
    if record is not None:
        return record.notes
    return order.told if order is not None else ()


def _of_record(record: ClipRecord) -> list[Fact]:
    asked = record.request
    image = asked.inputs.start_image
    end = asked.inputs.end_image
    memory = record.memory_plan
    speed = asked.motion.speed
    camera = (asked.motion.camera or "").replace("_", " ")
    frames = f"{record.num_frames} at {record.fps} per second"
    sound = "yes" if record.has_audio else "no"
    if record.still_frame is not None:
        frames = f"number {record.still_frame + 1} of {frames}"
    return [
        Fact("Frames", frames),
        Fact("Sound", sound if record.still_frame is None else ""),
        Fact("Model", record.model_label),
        Fact("Made by", str(asked.target)),
        Fact("Seed", str(record.seed)),
        Fact("Steps", _number(record.num_inference_steps)),
        Fact("Guidance", _number(record.guidance_scale)),
        Fact("Not wanted", record.negative_prompt or ""),
        Fact("Camera", f"{camera}, {speed:g}×" if camera and speed else camera),
        Fact("Sound words", asked.audio_prompt or ""),
        Fact("Read by the model", record.prompt if record.prompt != asked.prompt.strip() else ""),
        Fact("Start frame", image.name if image else ""),
        Fact("End frame", end.name if end else ""),
        Fact("References", ", ".join(path.name for path in asked.inputs.reference_images)),
        Fact("LoRAs", ", ".join(f"{item.path.name} {item.scale:g}" for item in asked.loras)),
        Fact("Cost", _cost(record.cost_usd)),
        Fact("Memory", f"{memory.residency.value}, {memory.precision.value}" if memory else ""),
        Fact("Licence", record.licence),
        Fact("Program", record.program),
        Fact("Versions", ", ".join(f"{n} {v}" for n, v in record.provenance.versions.items())),
        Fact("Job", record.job_id),
    ]


def _of_order(order: ExportOrder) -> list[Fact]:
    settings, film = order.settings, order.film
    container = CONTAINERS[settings.container].label
    sound = "" if settings.audio_codec is AudioCodec.NONE else settings.audio_codec
    codecs = (settings.video_codec, sound)
    parts = [container, *(codec.value.upper() for codec in codecs if codec)]
    return [
        Fact("File kind", ", ".join(parts)),
        Fact("Clips", str(len(film.clips))),
        *_listed([clip.path.name for clip in film.clips]),
        Fact("Music", ", ".join(track.path.name for track in film.music)),
        Fact("Captions", str(len(film.captions)) if film.captions else ""),
    ]


def _of_film(entry: HistoryEntry) -> list[Fact]:
    """What a film says of itself, whose order is not known any more."""
    try:
        told: Any = json.loads(entry.record)
        clips = [str(clip["file"]) for clip in told["clips"]]
        program = str(told["program"])
    except (ValueError, TypeError, KeyError):
        return []
    return [Fact("Clips", str(len(clips))), *_listed(clips), Fact("Program", program)]


def _listed(names: list[str]) -> list[Fact]:
    shown = [Fact(" ", name) for name in names[:_SHOWN_CLIPS]]
    more = len(names) - _SHOWN_CLIPS
    return [*shown, Fact(" ", f"and {more} more")] if more > 0 else shown


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _cost(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "unknown"
    return f"${cost_usd:.2f}" if cost_usd else "free"
