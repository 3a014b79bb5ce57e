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
    title_of,
)
from core.film.handoff.music import music_rows
from core.film.model.edit_points import chapters_of, parts_of
from core.film.model.timeline import SAMPLE_RATE_HZ, nearest
from core.film.model.transitions import DISSOLVE

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from core.film.handoff.music import MusicPart, MusicRow
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
    film = timeline.film
    document: Json = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": readable(film.title),
        "global_start_time": None,
        "metadata": {
            NAMESPACE: {
                "width": timeline.width,
                "height": timeline.height,
                "rate": f"{timeline.rate.numerator}/{timeline.rate.denominator}",
            }
        },
        "tracks": {
            **_composed("Stack.1", "tracks", tracks),
            "markers": [*_chapter_markers(timeline), *_caption_markers(timeline)],
        },
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
            children.append(
                _transition(
                    part.join.kind.name,
                    _time(part.lead, rate),
                    _time(part.lag, rate),
                )
            )
        children.append(
            _clip(part, timeline, folder) if is_audible else _gap(_time(part.num_frames, rate))
        )
        was_audible = is_audible
    return {**_composed("Track.1", name, children), "kind": kind}


def _clip(part: EditedShot, timeline: Timeline, folder: Path) -> Json:
    shot, rate = part.shot, timeline.rate
    facts = shot.source.facts
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
    return {
        "OTIO_SCHEMA": "Clip.1",
        "name": title_of(shot),
        # The start is a time of the file: between two frames when the speed leads there. The
        # length is one of the film, which a time warp leaves alone.
        "source_range": _range(
            _time(part.skipped * shot.speed, rate), _time(part.num_frames, rate)
        ),
        "media_reference": _media(
            shot.source.path,
            folder,
            _range(_time(0, facts.rate), _time(nearest(facts.duration_s * facts.rate), facts.rate)),
        ),
        "effects": effects,
        "markers": [],
        "metadata": {
            NAMESPACE: {
                "number": shot.number,
                "gain_db": shot.gain_db,
                "is_silent": shot.is_silent,
                "fit": shot.fit.value,
            }
        },
    }


def _music_track(row: MusicRow, folder: Path) -> Json:
    music = row.cue.music
    name = readable(music.path.name)
    children: list[Json] = []
    if row.parts and row.parts[0].first:
        children.append(_gap(_time(row.parts[0].first, SAMPLE_RATE_HZ)))
    for part in row.parts:
        if part.seam:
            children.append(
                _transition(DISSOLVE, _time(0, SAMPLE_RATE_HZ), _time(part.seam, SAMPLE_RATE_HZ))
            )
        children.append(_music_clip(name, row, part, folder))
    metadata: Json = {
        "volume_db": music.volume_db,
        "fade_in_s": music.fade_in_s,
        "fade_out_s": music.fade_out_s,
        "duck_db": music.duck_db,
        "is_looped": music.is_looped,
    }
    return {
        **_composed("Track.1", f"Music: {name}", children),
        "kind": "Audio",
        "metadata": {NAMESPACE: metadata},
    }


def _music_clip(name: str, row: MusicRow, part: MusicPart, folder: Path) -> Json:
    whole = _range(_time(0, SAMPLE_RATE_HZ), _time(row.facts.num_samples, SAMPLE_RATE_HZ))
    return {
        "OTIO_SCHEMA": "Clip.1",
        "name": name,
        "source_range": _range(
            _time(part.skipped, SAMPLE_RATE_HZ), _time(part.end - part.first, SAMPLE_RATE_HZ)
        ),
        "media_reference": _media(row.cue.music.path, folder, whole),
        "effects": [],
        "markers": [],
        "metadata": {NAMESPACE: {"volume_db": row.cue.music.volume_db}},
    }


def _chapter_markers(timeline: Timeline) -> list[Json]:
    if not timeline.film.has_chapters:
        return []
    return [
        _marker(chapter.title, chapter.first, chapter.end, timeline.rate, "GREEN", "chapter")
        for chapter in chapters_of(timeline)
    ]


def _caption_markers(timeline: Timeline) -> list[Json]:
    return [
        _marker(title.caption.text, title.first, title.end, timeline.rate, "YELLOW", "caption")
        for title in timeline.titles
    ]


def _marker(name: str, first: int, end: int, rate: Fraction, colour: str, kind: str) -> Json:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "name": readable(name),
        "color": colour,
        "marked_range": _range(_time(first, rate), _time(end - first, rate)),
        "metadata": {NAMESPACE: {"kind": kind}},
    }


def _transition(name: str, lead: Json, lag: Json) -> Json:
    is_dissolve = name == DISSOLVE
    return {
        "OTIO_SCHEMA": "Transition.1",
        "name": name,
        "transition_type": "SMPTE_Dissolve" if is_dissolve else "Custom_Transition",
        "in_offset": lead,
        "out_offset": lag,
        "metadata": {NAMESPACE: {"kind": name}},
    }


def _composed(schema: str, name: str, children: list[Json]) -> Json:
    return {
        "OTIO_SCHEMA": schema,
        "name": name,
        "source_range": None,
        "effects": [],
        "markers": [],
        "metadata": {},
        "children": children,
    }


def _gap(duration: Json) -> Json:
    start = {**duration, "value": 0.0}
    return {
        "OTIO_SCHEMA": "Gap.1",
        "name": "",
        "source_range": _range(start, duration),
        "effects": [],
        "markers": [],
        "metadata": {},
    }


def _media(path: Path, folder: Path, available: Json) -> Json:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "name": readable(path.name),
        "available_range": available,
        "target_url": relative_url(path, folder),
        "metadata": {},
    }


def _range(start: Json, duration: Json) -> Json:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": start, "duration": duration}


def _time(value: Fraction | int, rate: Fraction | int) -> Json:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}
