"""What no other program takes from a film, as sentences."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from core.film.handoff.plain_text import clips
from core.film.model.edit_points import is_seen
from core.film.model.film import Fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.film.model.film import Film
    from core.film.model.timeline import Shot, Timeline

BLACK = "#000000"


def common_losses(timeline: Timeline) -> list[str]:
    """What is lost in every format."""
    film = timeline.film
    notes: list[str] = []
    if film.lut is not None:
        notes.append(
            f"The colour table {film.lut.path.name!r} is not in the file; apply it in the editor."
        )
    if film.watermark is not None:
        notes.append(
            f"The watermark {film.watermark.path.name!r} is not in the file; "
            "place it in the editor."
        )
    if film.subtitles is not None:
        notes.append(f"The subtitles stay in {film.subtitles.path.name!r}; give that file along.")
    if unseen := [shot for shot in timeline.shots if not is_seen(shot)]:
        notes.append(
            f"The transition covers all of {clips(unseen)}, so nothing of it is seen "
            "and it is left out."
        )
    if short := [shot for shot in timeline.shots if shot.incoming == 1]:
        notes.append(
            f"The transition into {clips(short)} lasts one frame, which shows only the clip "
            "before, so it is written as a cut."
        )
    return notes


def fit_losses(timeline: Timeline, carried: Sequence[Fit] = ()) -> list[str]:
    """What is lost of how pictures of another shape fill the frame."""
    film = timeline.film
    shots = [shot for shot in timeline.shots if _has_other_shape(timeline, shot)]
    notes: list[str] = []
    for fit in Fit:
        lost = [shot for shot in shots if shot.fit is fit]
        if lost and fit not in carried:
            notes.append(
                f"The fit {fit.value!r} of {clips(lost)} is not in the file; set it in the editor."
            )
    if film.background != BLACK and any(shot.fit is Fit.FIT for shot in shots):
        notes.append(
            f"The background colour {film.background} is not in the file; the editor shows black."
        )
    return notes


def audio_losses(film: Film) -> list[str]:
    """What is lost of how music fades and gives way."""
    notes: list[str] = []
    for music in film.music:
        if music.fade_in_s or music.fade_out_s:
            notes.append(f"The fades of the music {music.path.name!r} are not in the file.")
        if music.duck_db:
            notes.append(f"The ducking of the music {music.path.name!r} is not in the file.")
    return notes


def _has_other_shape(timeline: Timeline, shot: Shot) -> bool:
    facts = shot.source.facts
    shape = facts.sample_aspect * Fraction(facts.width, facts.height)
    return shape != Fraction(timeline.width, timeline.height)
