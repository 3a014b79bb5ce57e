"""What the export's choices are called, and short sentences about what is chosen."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from core.film.model.delivery import (
    CODECS,
    CONTAINERS,
    PRESETS,
    AudioCodec,
    Container,
    Hardware,
    ProResProfile,
    Quality,
    Retime,
    VideoCodec,
)
from core.film.model.film import Alignment, Fit
from core.film.model.scan import Deinterlace
from core.film.model.transitions import NONE, TRANSITIONS
from core.platform.units import count_text
from gui.export.film_edits import RateControl, fit_of, rate_control_of
from gui.widgets.choice_field import Choice

if TYPE_CHECKING:
    from core.film.model.delivery import ExportSettings, FrameFormat
    from core.film.model.film import Caption, Music, Transition
    from core.project.model.project import FilmChoices

FITS = {
    Fit.FIT: "Fit, with bars",
    Fit.FILL: "Fill, cut the edges",
    Fit.STRETCH: "Stretch",
    Fit.BLUR: "Fit, over a blur",
}
DEINTERLACES = {
    Deinterlace.AUTO: "Deinterlace",
    Deinterlace.OFF: "Leave as they are",
    Deinterlace.TOP: "All, top field first",
    Deinterlace.BOTTOM: "All, bottom field first",
}
PLACES = {place: place.value.replace("-", " ").capitalize() for place in Alignment}
QUALITIES = {
    Quality.HIGH: "High",
    Quality.MEDIUM: "Medium",
    Quality.LOW: "Low, small file",
    Quality.LOSSLESS: "Lossless",
}
RATE_CONTROLS = {
    RateControl.QUALITY: "Quality",
    RateControl.CRF: "Constant quality (CRF)",
    RateControl.BITRATE: "Average bitrate",
}
AUDIO_CODECS = {
    AudioCodec.AAC: "AAC",
    AudioCodec.MP3: "MP3",
    AudioCodec.OPUS: "Opus",
    AudioCodec.PCM: "PCM, uncompressed",
    AudioCodec.FLAC: "FLAC, lossless",
    AudioCodec.NONE: "No sound",
}
PROFILES = {
    ProResProfile.PROXY: "Proxy",
    ProResProfile.LT: "LT",
    ProResProfile.STANDARD: "422",
    ProResProfile.HQ: "422 HQ",
    ProResProfile.P4444: "4444",
}
BITS = {8: "8", 10: "10, finer shades"}
RETIMES = {
    Retime.NEAREST: "Nearest frame",
    Retime.BLEND: "Blend two frames",
    Retime.MOTION: "Follow the motion (slow)",
}
HARDWARE = {
    Hardware.OFF: "Processor",
    Hardware.AUTO: "First chip that works",
    Hardware.NVENC: "NVIDIA (NVENC)",
    Hardware.QSV: "Intel (Quick Sync)",
    Hardware.VIDEOTOOLBOX: "Apple (VideoToolbox)",
    Hardware.VAAPI: "VA-API",
}
RATES = {
    None: "As most clips",
    Fraction(24000, 1001): "23.976",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "29.97",
    Fraction(30): "30",
    Fraction(48): "48",
    Fraction(50): "50",
    Fraction(60000, 1001): "59.94",
    Fraction(60): "60",
}
AI_MARKS = {None: "When a clip says so", True: "Always", False: "Never"}


def transition_choices() -> tuple[Choice, ...]:
    """Every transition, the common ones first, the rest in groups."""
    return tuple(Choice(kind.name, kind.label, group=kind.group) for kind in TRANSITIONS.values())


def rate_text(rate: Fraction | None) -> str:
    """A frame rate as people write it."""
    if rate is None or rate in RATES:
        return RATES[rate]
    return str(rate) if rate.denominator == 1 else f"{float(rate):.6g}"


def frame_text(frame: FrameFormat) -> str:
    """Size and rate in a few words."""
    match frame.width, frame.height:
        case None, None:
            size = "size of the clips"
        case None, height:
            size = f"{height} high"
        case width, None:
            size = f"{width} wide"
        case width, height:
            size = f"{width}×{height}"
    return size if frame.rate is None else f"{size}, {rate_text(frame.rate)} fps"


def settings_text(settings: ExportSettings) -> str:
    """What kind of file it becomes, in one line."""
    said = [frame_text(settings.frame).capitalize(), CONTAINERS[settings.container].label]
    if not settings.container.is_images:
        said += [CODECS[settings.video_codec].label, image_text(settings)]
        said.append(AUDIO_CODECS[settings.audio_codec].partition(",")[0])
    if settings.has_audio and settings.loudness_lufs is not None:
        said.append(f"{settings.loudness_lufs:g} LUFS")
    return " · ".join(said)


def image_text(settings: ExportSettings) -> str:
    """How good the pictures are."""
    if settings.video_codec is VideoCodec.PRORES:
        return PROFILES[settings.prores_profile]
    match rate_control_of(settings):
        case RateControl.BITRATE:
            return f"{settings.video_kbps} kbit/s"
        case RateControl.CRF:
            return f"CRF {settings.crf}"
        case RateControl.QUALITY:
            return f"{settings.quality.value} quality"


def preset_choices() -> tuple[Choice, ...]:
    """Where a film can go."""
    found = [Choice("", "As my clips", tip="Size and rate of most clips, high quality, MP4.")]
    for preset in PRESETS.values():
        tip = settings_text(preset.settings)
        if preset.max_duration_s is not None:
            tip += f" · at most {preset.max_duration_s / 60:g} min"
        found.append(Choice(preset.name, preset.label, tip=tip))
    return tuple(found)


def transition_text(transition: Transition) -> str:
    """A transition in a few words."""
    kind = TRANSITIONS.get(transition.kind)
    if transition.kind == NONE:
        return "Cuts"
    label = kind.label if kind else transition.kind
    return f"{label}, {transition.duration_s:g} s"


def summaries(choices: FilmChoices) -> dict[str, str]:
    """A few words for the heading of each section."""
    film, settings = choices.film, choices.settings
    return {
        "coding": ""
        if settings.container.is_images
        else f"{CODECS[settings.video_codec].label}, {image_text(settings)}",
        "sound": _audio_text(choices) if settings.has_audio else "No sound",
        "cuts": f"{transition_text(film.transition)} · {FITS[fit_of(choices)].partition(',')[0]}",
        "music": _counted(len(film.music), "piece"),
        "captions": _counted(len(film.captions), "text"),
        "subtitles": film.subtitles.path.name if film.subtitles else "None",
        "look": " · ".join(
            name
            for name, is_there in (("LUT", film.lut), ("Watermark", film.watermark))
            if is_there
        )
        or "Unchanged",
        "about": film.title or "The project's name",
    }


def music_text(music: Music) -> str:
    """A piece of music in a list."""
    when = f"from {music.start_s:g} s" if music.start_s else "from the start"
    volume = f", {music.volume_db:+g} dB" if music.volume_db else ""
    return f"{_shown(music.path.name)} · {when}{volume}"


def caption_text(caption: Caption) -> str:
    """Words on the picture in a list."""
    words = " ".join(caption.text.split()) or "(empty)"
    end = "the end" if caption.end_s is None else f"{caption.end_s:g} s"
    return f"{caption.start_s:g} s to {end} · {_shown(words)}"


def file_filters(container: Container) -> tuple[str, ...]:
    """The kinds of file for a dialog, the chosen one first."""
    kinds = [container, *(kind for kind in Container if kind is not container)]
    return tuple(
        # A sequence of pictures is a folder, which has no suffix.
        "PNG sequence, a folder (*)"
        if kind is Container.PNG
        else f"{CONTAINERS[kind].label} (*{CONTAINERS[kind].suffix})"
        for kind in kinds
    )


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _counted(count: int, one: str) -> str:
    return count_text(count, one) if count else "None"


def _audio_text(choices: FilmChoices) -> str:
    codec = AUDIO_CODECS[choices.settings.audio_codec].partition(",")[0]
    clips = "" if choices.film.has_clip_sound else ", clips muted"
    loudness = choices.settings.loudness_lufs
    return f"{codec}{clips}" + ("" if loudness is None else f", {loudness:g} LUFS")
