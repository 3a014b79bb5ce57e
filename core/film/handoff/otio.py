"""A film as an OpenTimelineIO file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.film.handoff.document import (
    Document,
    audio_losses,
    common_losses,
    fit_losses,
    readable,
    relative_url,
    start_s,
    title_of,
)
from core.film.handoff.music import music_rows
from core.film.model.edit_points import parts_of
from core.film.model.timeline import SAMPLE_RATE_HZ, nearest
from core.film.model.transitions import DISSOLVE

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from core.film.handoff.music import MusicRow
    from core.film.model.edit_points import EditedShot
    from core.film.model.timeline import Timeline

NAMESPACE = "imageai"

# The format is JSON with a schema named in every object. Clip.1 is what programs of every age
# read; the library itself turns it into its newer form.
Json = dict[str, object]


def otio(timeline: Timeline, folder: Path) -> Document:
    """The film's picture, its clips' sound and its music as tracks of one timeline.

    Raises:
        UnreadableMusic: a file of music cannot be read.
    """
    parts = parts_of(timeline)
    rows = music_rows(timeline)
    tracks = [_shot_track("Picture", "Video", timeline, parts, folder)]
    if any(not part.shot.is_silent for part in parts):
        tracks.append(_shot_track("Sound of clips", "Audio", timeline, parts, folder))
    tracks += [_music_track(row, folder) for row in rows]
    marked = [
        ("caption", "YELLOW", one.caption.text, one.first, one.end) for one in timeline.titles
    ]
    if timeline.film.has_chapters:
        chapters = [("chapter", "GREEN", one.shot.title, one.first, one.end) for one in parts]
        marked = chapters + marked
    document: Json = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": readable(timeline.film.title),
        "global_start_time": None,
        "metadata": {
            NAMESPACE: {
                "width": timeline.width,
                "height": timeline.height,
                "rate": f"{timeline.rate.numerator}/{timeline.rate.denominator}",
            }
        },
        "tracks": _item(
            "Stack.1",
            "tracks",
            children=tracks,
            markers=[
                {
                    "OTIO_SCHEMA": "Marker.2",
                    "name": readable(name),
                    "color": colour,
                    "marked_range": _range(first, end - first, timeline.rate),
                    "metadata": {NAMESPACE: {"kind": kind}},
                }
                for kind, colour, name, first, end in marked
            ],
        ),
    }
    text = json.dumps(document, ensure_ascii=False, indent=4) + "\n"
    return Document(text, tuple(_notes(timeline, parts, rows)))


def _notes(
    timeline: Timeline, parts: tuple[EditedShot, ...], rows: tuple[MusicRow, ...]
) -> list[str]:
    notes = [
        f"The transition {part.join.kind.name!r} into clip {part.shot.number} is written under "
        "its name; programs that do not know it show a dissolve."
        for part in parts
        if part.join and part.join.kind.name != DISSOLVE
    ]
    if any(part.shot.gain_db for part in parts if not part.shot.is_silent) or any(
        row.cue.music.volume_db for row in rows
    ):
        notes.append(
            "OTIO has no word for volume; it is kept as metadata, which editors do not apply."
        )
    if timeline.titles:
        notes.append("Captions are markers; write them to an .srt file to get them as text.")
    notes += [row.silence for row in rows if row.silence]
    return notes + audio_losses(timeline.film) + fit_losses(timeline) + common_losses(timeline)


def _shot_track(
    name: str, kind: str, timeline: Timeline, parts: tuple[EditedShot, ...], folder: Path
) -> Json:
    rate = timeline.rate
    children: list[Json] = []
    was_audible = False
    for part in parts:
        is_audible = kind == "Video" or not part.shot.is_silent
        # Between two silences there is nothing to fade.
        if part.join and (is_audible or was_audible):
            children.append(_transition(part.join.kind.name, part.lead, part.lag, rate))
        children.append(_clip(part, rate, folder) if is_audible else _gap(part.num_frames, rate))
        was_audible = is_audible
    return _item("Track.1", name, children=children, kind=kind)


def _clip(part: EditedShot, rate: Fraction, folder: Path) -> Json:
    shot, facts = part.shot, part.shot.source.facts
    effects: list[Json] = []
    if shot.speed != 1:
        effects.append(
            {
                "OTIO_SCHEMA": "LinearTimeWarp.1",
                "name": "",
                "effect_name": "LinearTimeWarp",
                "time_scalar": float(shot.speed),
                "metadata": {},
            }
        )
    start = start_s(shot.source)
    available = _range(start * facts.rate, nearest(facts.duration_s * facts.rate), facts.rate)
    return _item(
        "Clip.1",
        title_of(shot),
        # The start is a time of the file: between two frames when the speed leads there. The
        # length is one of the film, which a time warp leaves alone.
        source_range=_range(start * rate + part.skipped * shot.speed, part.num_frames, rate),
        media_reference=_media(shot.source.path, folder, available),
        effects=effects,
        metadata={
            NAMESPACE: {
                "number": shot.number,
                "gain_db": shot.gain_db,
                "is_silent": shot.is_silent,
                "fit": shot.fit.value,
            }
        },
    )


def _music_track(row: MusicRow, folder: Path) -> Json:
    music = row.cue.music
    name = readable(music.path.name)
    children: list[Json] = []
    if row.parts and row.parts[0].first:
        children.append(_gap(row.parts[0].first, SAMPLE_RATE_HZ))
    for part in row.parts:
        if part.seam:
            children.append(_transition(DISSOLVE, 0, part.seam, SAMPLE_RATE_HZ))
        children.append(
            _item(
                "Clip.1",
                name,
                source_range=_range(part.skipped, part.end - part.first, SAMPLE_RATE_HZ),
                media_reference=_media(
                    music.path, folder, _range(0, row.facts.num_samples, SAMPLE_RATE_HZ)
                ),
                metadata={NAMESPACE: {"volume_db": music.volume_db}},
            )
        )
    metadata: Json = {
        "volume_db": music.volume_db,
        "fade_in_s": music.fade_in_s,
        "fade_out_s": music.fade_out_s,
        "duck_db": music.duck_db,
        "is_looped": music.is_looped,
    }
    return _item(
        "Track.1",
        f"Music: {name}",
        children=children,
        kind="Audio",
        metadata={NAMESPACE: metadata},
    )


def _transition(name: str, lead: int, lag: int, rate: Fraction | int) -> Json:
    is_dissolve = name == DISSOLVE
    return {
        "OTIO_SCHEMA": "Transition.1",
        "name": name,
        "transition_type": "SMPTE_Dissolve" if is_dissolve else "Custom_Transition",
        "in_offset": _time(lead, rate),
        "out_offset": _time(lag, rate),
        "metadata": {NAMESPACE: {"kind": name}},
    }


def _item(schema: str, name: str, **fields: object) -> Json:
    """Something with a place in the timeline; the format wants its empty fields too."""
    empty: Json = {"source_range": None, "effects": [], "markers": [], "metadata": {}}
    return {"OTIO_SCHEMA": schema, "name": name, **empty, **fields}


def _gap(duration: int, rate: Fraction | int) -> Json:
    return _item("Gap.1", "", source_range=_range(0, duration, rate))


def _media(path: Path, folder: Path, available: Json) -> Json:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "name": readable(path.name),
        "available_range": available,
        "target_url": relative_url(path, folder),
        "metadata": {},
    }


def _range(start: Fraction | int, duration: int, rate: Fraction | int) -> Json:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": _time(start, rate),
        "duration": _time(duration, rate),
    }


def _time(value: Fraction | int, rate: Fraction | int) -> Json:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}
