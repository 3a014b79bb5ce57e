"""The whole film, small and quick: cut, mixed and dressed by the very steps of its export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.film.build.export import ExportJob
from core.film.build.export_inputs import prepare
from core.film.model.delivery import (
    AudioCodec,
    Container,
    ExportOrder,
    ExportSettings,
    FrameFormat,
    Quality,
    Retime,
)
from core.film.model.edit_points import parts_of
from core.film.model.film_file import files_of
from core.jobs.job import JobContext, Notice, Progressed, Report
from core.media.render_cache import key_of
from core.platform.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.film.model.film import Film
    from core.film.model.timeline import Timeline
    from core.film.picture.text_overlays import TextRenderer
    from core.jobs.job import CancelToken
    from core.media.render_cache import RenderCache

MAX_HEIGHT = 360
_SUFFIX = ".mp4"


@dataclass(frozen=True)
class SceneStart:
    """Where a scene of a film begins, in seconds: in the middle of the transition into it."""

    title: str
    start_s: float


@dataclass(frozen=True)
class PreviewFilm:
    """A finished preview.

    Attributes:
        path: a file in the store of previews, which may go once others are made.
        scenes: one for each clip of the film that is seen.
        notes: what the user should know about the film.
    """

    path: Path
    scenes: tuple[SceneStart, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PreviewStores:
    """Where previews lie.

    Attributes:
        cache: parts of films, shared with the exports.
        films: finished previews.
        cache_bytes: how much of `cache` may stay.
        films_bytes: how much of `films` may stay.
    """

    cache: RenderCache
    films: RenderCache
    cache_bytes: int
    films_bytes: int


def make_preview(
    film: Film,
    settings: ExportSettings,
    stores: PreviewStores,
    text_renderer: TextRenderer | None,
    cancel: CancelToken,
    report: Callable[[Progressed], None],
    *,
    skips_bad_clips: bool = False,
) -> PreviewFilm:
    """The preview of a film as `settings` would deliver it; one that is there is not made again.

    Raises:
        UnsupportedRequest: with everything that is wrong with the film.
        StudioError: it cannot be made.
        JobCancelled: asked to stop.
    """
    timeline = prepare(film, settings, stores.cache, cancel, skips_bad_clips=skips_bad_clips)
    notes = list(timeline.notes)
    small = preview_settings(timeline, settings)

    def make(place: Path) -> None:
        def tell(event: Report) -> None:
            if isinstance(event, Progressed):
                report(event)
            elif isinstance(event, Notice):
                notes.append(event.message)

        order = ExportOrder(
            film=film,
            settings=small,
            path=place,
            overwrite=True,
            skips_bad_clips=skips_bad_clips,
            known_notes=tuple(notes),
        )
        with scratch_folder("preview") as work:
            context = JobContext(work, cancel, tell, job_id="preview")
            ExportJob(order, stores.cache, text_renderer, stores.cache_bytes).run(context)

    key = key_of(
        {
            "preview": film.model_dump(mode="json"),
            "settings": small.model_dump(mode="json"),
            "skips": skips_bad_clips,
            "files": [_state(path) for path in files_of(film)],
        }
    )
    path = stores.films.keep(key, _SUFFIX, make)
    # The one that is to be played stays, however large it is.
    stores.films.trim(max(stores.films_bytes, path.stat().st_size))
    scenes = tuple(
        SceneStart(part.shot.title, float(part.first / timeline.rate))
        for part in parts_of(timeline)
    )
    return PreviewFilm(path, scenes, tuple(dict.fromkeys(notes)))


def preview_settings(timeline: Timeline, settings: ExportSettings) -> ExportSettings:
    """The quickest settings that still show and sound as the export will."""
    height = min(timeline.height, MAX_HEIGHT)
    width = round(timeline.width * height / timeline.height / 2) * 2
    return ExportSettings(
        container=Container.MP4,
        audio_codec=AudioCodec.AAC if settings.has_audio else AudioCodec.NONE,
        frame=FrameFormat(width=max(width, 16), height=max(height, 16), rate=timeline.rate),
        fit=settings.fit,
        quality=Quality.LOW,
        # Following the motion takes minutes, and is hardly seen at this size.
        retime=Retime.BLEND if settings.retime is Retime.MOTION else settings.retime,
        loudness_lufs=settings.loudness_lufs,
        is_marked_ai=settings.is_marked_ai,
    )


def _state(path: Path) -> Sequence[str | int]:
    try:
        facts = path.stat()
    except OSError:
        return (str(path),)
    return (str(path), facts.st_size, facts.st_mtime_ns)
