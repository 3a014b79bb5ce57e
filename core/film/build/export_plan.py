"""From a film as asked to an order that can be carried out: every problem before any work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.film.build.export_inputs import prepare, size_estimate_bytes
from core.film.build.film_output import place_of_film_problems
from core.film.picture.overlays import prepare_overlays
from core.film.picture.picture import Look
from core.media.output import space_problems
from core.platform.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.film.model.delivery import ExportOrder
    from core.film.model.timeline import Timeline
    from core.film.picture.text_overlays import TextRenderer
    from core.jobs.job import CancelToken
    from core.media.render_cache import RenderCache

_SPARE_BYTES = 20_000_000
# Raw samples of the film's sound and of every clip's, as they lie in the store.
_AUDIO_BYTES_PER_S = 2 * 2 * 4 * 48_000


@dataclass(frozen=True)
class PlannedExport:
    """An order, what it will make, and what the user should know about it."""

    order: ExportOrder
    timeline: Timeline
    size_bytes: int
    notes: tuple[str, ...]


def plan_export(
    order: ExportOrder,
    store: RenderCache,
    text_renderer: TextRenderer | None,
    work_dir: Path,
    free_bytes: Callable[[Path], int],
    cancel: CancelToken,
) -> PlannedExport:
    """The plan of an export; reads the clips and keeps nothing but what it found in them.

    Words are drawn once to see that they can be: with fonts that exist, and within the picture.

    Raises:
        UnsupportedRequest: with everything that is wrong, of film, settings and place.
        StudioError: words cannot be drawn on this machine.
        JobCancelled: asked to stop.
    """
    problems = place_of_film_problems(order)
    try:
        timeline = prepare(
            order.film, order.settings, store, cancel, skips_bad_clips=order.skips_bad_clips
        )
    except UnsupportedRequest as error:
        raise UnsupportedRequest([*problems, *error.problems]) from error
    notes = list(timeline.notes)
    try:
        with scratch_folder() as folder:
            notes += prepare_overlays(timeline, Look(), text_renderer, folder, cancel).notes
    except UnsupportedRequest as error:
        problems += error.problems
    film_s = float(timeline.duration_s)
    if order.poster_s is not None and order.poster_s > film_s:
        problems.append(
            Problem(
                "poster",
                f"The film ends at {film_s:.2f} s, so it has no picture at {order.poster_s:g} s.",
            )
        )
    size = size_estimate_bytes(timeline, order.settings)
    audio = int(film_s * _AUDIO_BYTES_PER_S)
    needs = {
        order.path.parent: size + _SPARE_BYTES,
        store.folder: size + audio + _SPARE_BYTES,
        work_dir: size + audio + _SPARE_BYTES,
    }
    problems += [Problem("out", message) for message in space_problems("film", needs, free_bytes)]
    if problems:
        raise UnsupportedRequest(problems)
    order = order.model_copy(update={"known_notes": tuple(notes)})
    return PlannedExport(order, timeline, size, tuple(notes))
