"""The tables of the film guide, from what the export itself reads."""

from __future__ import annotations

from core.film.model.delivery import CONTAINERS, PRESETS, WHY_NOT, AudioCodec, VideoCodec
from core.film.model.transitions import TRANSITIONS
from scripts.markdown import markdown_table


def transitions() -> str:
    """Every transition, the common ones first."""
    rows = [(f"`{kind.name}`", kind.label) for kind in TRANSITIONS.values()]
    return markdown_table(("name", "what it does"), rows)


def containers() -> str:
    """What each kind of file takes."""
    rows = [
        (
            f"`{kind.value}`",
            pairing.label,
            _names(pairing.video),
            _names(pairing.audio),
        )
        for kind, pairing in CONTAINERS.items()
    ]
    return markdown_table(("container", "file", "video codecs", "audio codecs"), rows)


def refusals() -> str:
    """Every pair that is refused, and why."""
    rows = [
        (f"`{container.value}` with `{codec.value}`", why)
        for (container, codec), why in WHY_NOT.items()
    ]
    return markdown_table(("pair", "why not, and what instead"), rows)


def presets() -> str:
    """Every preset and what it sets."""
    rows: list[tuple[str, ...]] = []
    for preset in PRESETS.values():
        settings = preset.settings
        frame = settings.frame
        size = f"{frame.width or '-'}x{frame.height or '-'}" if frame.height else "as most clips"
        loudness = "as mixed" if settings.loudness_lufs is None else f"{settings.loudness_lufs:g}"
        coding = f"{settings.video_codec.value}, {settings.audio_codec.value}"
        rows.append(
            (
                f"`{preset.name}`",
                preset.label,
                settings.container.value,
                coding,
                size,
                settings.fit.value if settings.fit else "-",
                settings.quality.value,
                loudness,
            )
        )
    head = ("preset", "for", "file", "codecs", "size", "fit", "quality", "LUFS")
    return markdown_table(head, rows)


def _names(codecs: tuple[VideoCodec, ...] | tuple[AudioCodec, ...]) -> str:
    return ", ".join(f"`{codec.value}`" for codec in codecs) or "-"
