"""When the pictures of clips may go into the film as they are, without being encoded again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.film.model.colour import Colour
from core.film.model.delivery import Container, Hardware, Quality, VideoCodec
from core.film.model.scan import Scan
from core.media.ffmpeg import run_ffmpeg
from core.media.ffmpeg_program import ffmpeg_version
from core.media.media_file import input_words
from core.media.render_cache import RenderCache, key_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.delivery import ExportSettings
    from core.film.model.source import Source
    from core.film.model.timeline import Shot, Timeline
    from core.film.picture.assembler import Overlays
    from core.jobs.job import CancelToken

_BT709 = Colour(primaries="bt709", transfer="bt709", matrix="bt709", range="tv")
_CONTAINERS = (Container.MP4, Container.MOV, Container.MKV)


def may_copy(timeline: Timeline, settings: ExportSettings, overlays: Overlays) -> bool:
    """Whether every clip's stream can be joined untouched, and nobody could tell.

    All or none: a film in which copied and encoded parts alternate has changing codec headers,
    which not every player follows.
    """
    if overlays.look.lut is not None or overlays.watermark is not None or overlays.rendered_texts:
        return False
    return (
        _asks_for_the_best(settings)
        and all(_is_untouched(shot, timeline, overlays) for shot in timeline.shots)
        and len({shot.source.facts.extradata_sha256 for shot in timeline.shots}) == 1
    )


def _asks_for_the_best(settings: ExportSettings) -> bool:
    """A copy is the best there is; whoever asks for a size or a number does not want a copy."""
    is_free = settings.crf is None and settings.video_kbps is None
    return (
        is_free
        and settings.video_codec is VideoCodec.H264
        and settings.container in _CONTAINERS
        and settings.quality in (Quality.HIGH, Quality.LOSSLESS)
        and settings.hardware is Hardware.OFF
    )


def _is_untouched(shot: Shot, timeline: Timeline, overlays: Overlays) -> bool:
    facts = shot.source.facts
    return (
        shot.join is None
        and timeline.outgoing(shot) == 0
        and shot.speed == 1
        and shot.skipped == 0
        and shot.num_frames == facts.num_frames
        and facts.rate == timeline.rate
        and facts.is_constant_rate
        and facts.first_frame_s == 0
        and facts.num_hidden == 0
        and len(facts.clock.video) == 1
        and not facts.sizes
        and facts.codec == "h264"
        and facts.starts_clean
        and (facts.width, facts.height) == (timeline.width, timeline.height)
        and facts.sample_aspect == 1
        and facts.rotation == 0
        and facts.scan is Scan.PROGRESSIVE
        and shot.deinterlacing is None
        and facts.pixel_format == overlays.look.pixel_format
        and facts.colour == _BT709
    )


def copied_images(source: Source, ticks: int, store: RenderCache, cancel: CancelToken) -> Path:
    """A piece with a clip's own pictures; only the ticks a second that count its times change.

    Raises:
        FFmpegFailed: it cannot be written.
        JobCancelled: asked to stop.
    """

    def write(place: Path) -> None:
        words = [*input_words(source.path), "-map", f"0:{source.facts.video_index}"]
        words += ["-c", "copy", "-map_metadata", "-1", "-video_track_timescale", str(ticks)]
        run_ffmpeg([*words, str(place)], cancel)

    key = key_of(
        {
            "copy": source.sha256,
            "of": source.facts.video_index,
            "ticks": ticks,
            "program": ffmpeg_version(),
        }
    )
    return store.keep(key, ".mp4", write)
