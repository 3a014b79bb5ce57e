"""The plan of an export in words for people and as one object for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.console import wrapped
from core.film.model.delivery import CODECS, CONTAINERS, AudioCodec
from core.platform.units import bytes_text

if TYPE_CHECKING:
    from fractions import Fraction

    from core.film.build.export_plan import PlannedExport


def describe(planned: PlannedExport) -> str:
    """The plan in lines of at most 80 columns."""
    timeline, settings = planned.timeline, planned.order.settings
    pairing = CONTAINERS[settings.container]
    codecs = ""
    if not settings.container.is_images:
        audio = settings.audio_codec
        heard = "no sound" if audio is AudioCodec.NONE else audio.value.upper()
        codecs = f", {CODECS[settings.video_codec].label} and {heard}"
    count = len(timeline.shots)
    lines = [
        f"A film of {count} {'clip' if count == 1 else 'clips'}, on this machine, free",
        f"  {timeline.width}x{timeline.height}, {timeline.num_frames} frames at "
        f"{rate_text(timeline.rate)} fps, {float(timeline.duration_s):.2f} s",
        f"  {pairing.label}{codecs}, at most about {bytes_text(planned.size_bytes)}",
        f"  to {planned.order.path}",
    ]
    lines += [wrapped(note, first="  note: ", rest="        ") for note in planned.notes]
    return "\n".join(lines)


def as_event(planned: PlannedExport) -> dict[str, Any]:
    """The plan as the fields of a JSON event, exact."""
    timeline = planned.timeline
    return {
        "out": str(planned.order.path),
        "width": timeline.width,
        "height": timeline.height,
        "fps": str(timeline.rate),
        "num_frames": timeline.num_frames,
        "num_samples": timeline.num_samples,
        "duration_s": float(timeline.duration_s),
        "size_bytes": planned.size_bytes,
        "clips": [
            {
                "number": shot.number,
                "path": str(shot.source.path),
                "start": shot.start,
                "num_frames": shot.num_frames,
                "transition": shot.join.kind.name if shot.join else None,
                "transition_frames": shot.incoming,
            }
            for shot in timeline.shots
        ],
        "notes": list(planned.notes),
        "film": planned.order.film.model_dump(mode="json"),
        "settings": planned.order.settings.model_dump(mode="json"),
    }


def rate_text(rate: Fraction) -> str:
    """A frame rate as people write it."""
    return f"{float(rate):g}" if rate.denominator == 1 else f"{float(rate):.3f}".rstrip("0")
