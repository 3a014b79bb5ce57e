"""The pieces in which a film is encoded, and the names by which they are found again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.film.model.colour import conversion_of
from core.film.model.source import PROBE_VERSION
from core.media.render_cache import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.film.model.timeline import Shot, Timeline
    from core.film.picture.assembler import Overlays


@dataclass(frozen=True)
class Segment:
    """Frames `first` up to `end` of the film: a shot from where the transition into it is over.

    The transition out of a shot is part of its segment, so a changed clip costs its own segment and
    the one before.
    """

    shot: Shot
    first: int
    end: int

    @property
    def num_frames(self) -> int:
        """How many frames it has."""
        return self.end - self.first


def segments_of(timeline: Timeline) -> tuple[Segment, ...]:
    """The film's segments, in order, with nothing between them."""
    return tuple(
        Segment(shot, first, shot.end)
        for shot in timeline.shots
        if (first := shot.start + shot.incoming) < shot.end
    )


def segment_key(
    timeline: Timeline,
    segment: Segment,
    overlays: Overlays,
    encoding: Mapping[str, Any],
    program: str,
    digest: Mapping[Path, str],
) -> str:
    """The name of a segment: equal when, and only when, the encoder would get the same frames.

    Args:
        timeline: the film.
        segment: one of its segments.
        overlays: what lies on the pictures.
        encoding: the encoder's options.
        program: which FFmpeg it is.
        digest: the SHA-256 of each drawn text and table of the overlays.
    """
    shots = [segment.shot]
    overlap = timeline.outgoing(segment.shot)
    if overlap:
        shots.append(timeline.shots[segment.shot.number])
    look = overlays.look
    watermark = overlays.watermark
    return key_of(
        {
            "probe": PROBE_VERSION,
            "shots": [_shot(shot, segment) for shot in shots],
            "colours": [
                digest[look.conversions[conversion].path] if conversion else ""
                for conversion in (conversion_of(shot.source.facts) for shot in shots)
            ],
            "overlap": overlap,
            "join": shots[1].join.kind.name if overlap and shots[1].join else "",
            "frames": segment.num_frames,
            "size": [timeline.width, timeline.height],
            "rate": timeline.rate,
            "background": timeline.film.background,
            "look": [look.pixel_format, look.retime, digest[look.lut.path] if look.lut else ""],
            "watermark": [digest[watermark.path], watermark.x, watermark.y] if watermark else "",
            "titles": [
                [
                    digest[rendered.path], rendered.x, rendered.y,
                    title.first - segment.first, title.end - segment.first,
                    title.caption.fade_in_s, title.caption.fade_out_s,
                ]
                for title, rendered in zip(timeline.titles, overlays.rendered_texts, strict=True)
                if title.first < segment.end and segment.first < title.end
            ],
            "encoding": dict(encoding),
            "program": program,
        }
    )  # fmt: skip


def _shot(shot: Shot, segment: Segment) -> list[Any]:
    return [
        shot.source.sha256,
        shot.source.facts.video_index,
        shot.skipped,
        shot.num_frames,
        segment.first - shot.start,
        shot.speed,
        shot.fit,
        shot.deinterlacing,
    ]
