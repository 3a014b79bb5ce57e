"""What kind of file a film becomes: containers, codecs, qualities, presets, all as tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from pydantic import AliasChoices, Field

from core.film.model.film import Film, Fit
from core.frozen import Frozen


class Container(StrEnum):
    """The kinds of file."""

    MP4 = "mp4"
    MOV = "mov"
    MKV = "mkv"
    WEBM = "webm"
    AVI = "avi"
    GIF = "gif"
    WEBP = "webp"
    PNG = "png"

    @property
    def is_images(self) -> bool:
        """Whether it holds pictures only, made by one encoder run over the whole film."""
        return self in (Container.GIF, Container.WEBP, Container.PNG)


class VideoCodec(StrEnum):
    """How pictures are coded."""

    H264 = "h264"
    HEVC = "hevc"
    VP9 = "vp9"
    AV1 = "av1"
    PRORES = "prores"


class AudioCodec(StrEnum):
    """How sound is coded; NONE for a film without any."""

    AAC = "aac"
    MP3 = "mp3"
    OPUS = "opus"
    PCM = "pcm"
    FLAC = "flac"
    NONE = "none"


class Quality(StrEnum):
    """How good the pictures are, for people who do not want to think in numbers."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    LOSSLESS = "lossless"


class ProResProfile(StrEnum):
    """The flavours of ProRes, from the smallest to the best."""

    PROXY = "proxy"
    LT = "lt"
    STANDARD = "422"
    HQ = "hq"
    P4444 = "4444"


class Retime(StrEnum):
    """How frames are made for another rate."""

    NEAREST = "nearest"
    BLEND = "blend"
    MOTION = "motion"


class Hardware(StrEnum):
    """Which chip encodes; AUTO is the first that works here, else the processor."""

    OFF = "off"
    AUTO = "auto"
    NVENC = "nvenc"
    QSV = "qsv"
    VIDEOTOOLBOX = "videotoolbox"
    VAAPI = "vaapi"


class FrameFormat(Frozen):
    """Size and rate of the film; None is that of most clips. `rate` is exact: 30000/1001."""

    width: int | None = Field(default=None, ge=16)
    height: int | None = Field(default=None, ge=16)
    rate: Fraction | None = None


class ExportSettings(Frozen):
    """How a film is delivered.

    Attributes:
        crf: constant quality in the codec's own numbers; overrules `quality`.
        video_kbps: average bitrate; overrules `quality` and `crf`.
        bit_depth: 8 or 10 bits a channel.
        audio_kbps: None for the codec's usual rate.
        loudness_lufs: the programme loudness to bring the film's sound to; None leaves it alone.
        is_marked_ai: the file says that models made its pictures; None: when one of its clips does.
    """

    container: Container = Container.MP4
    video_codec: VideoCodec = VideoCodec.H264
    audio_codec: AudioCodec = AudioCodec.AAC
    frame: FrameFormat = FrameFormat()
    fit: Fit | None = None
    retime: Retime = Retime.NEAREST
    quality: Quality = Quality.HIGH
    crf: int | None = Field(default=None, ge=0, le=63)
    video_kbps: int | None = Field(default=None, ge=50, le=800_000)
    bit_depth: int = Field(default=8, ge=8, le=10)
    prores_profile: ProResProfile = ProResProfile.HQ
    hardware: Hardware = Hardware.OFF
    audio_kbps: int | None = Field(default=None, ge=16, le=1536)
    loudness_lufs: float | None = Field(default=None, ge=-40, le=-5)
    is_marked_ai: bool | None = None

    @property
    def has_audio(self) -> bool:
        """Whether the file will have sound."""
        return not self.container.is_images and self.audio_codec is not AudioCodec.NONE


@dataclass(frozen=True)
class Pairing:
    """Which codecs a container takes here."""

    suffix: str
    label: str
    video: tuple[VideoCodec, ...]
    audio: tuple[AudioCodec, ...]


_V, _A = VideoCodec, AudioCodec
CONTAINERS: dict[Container, Pairing] = {
    Container.MP4: Pairing(
        ".mp4", "MP4", (_V.H264, _V.HEVC, _V.AV1, _V.VP9), (_A.AAC, _A.MP3, _A.OPUS, _A.FLAC)
    ),
    Container.MOV: Pairing(
        ".mov", "QuickTime", (_V.H264, _V.HEVC, _V.PRORES), (_A.AAC, _A.PCM, _A.MP3)
    ),
    Container.MKV: Pairing(
        ".mkv", "Matroska",
        (_V.H264, _V.HEVC, _V.VP9, _V.AV1, _V.PRORES),
        (_A.AAC, _A.OPUS, _A.FLAC, _A.PCM, _A.MP3),
    ),
    Container.WEBM: Pairing(".webm", "WebM", (_V.VP9, _V.AV1), (_A.OPUS,)),
    Container.AVI: Pairing(".avi", "AVI", (_V.H264,), (_A.PCM, _A.MP3)),
    Container.GIF: Pairing(".gif", "animated GIF", (), ()),
    Container.WEBP: Pairing(".webp", "animated WebP", (), ()),
    Container.PNG: Pairing(".png", "PNG sequence", (), ()),
}  # fmt: skip
"""The first codecs of a container are its usual ones."""

WHY_NOT: dict[tuple[Container, VideoCodec | AudioCodec], str] = {
    (Container.MP4, _V.PRORES): "ProRes is not part of the MP4 standard; use MOV",
    (Container.MP4, _A.PCM): "few players read PCM from MP4; use MOV or FLAC",
    (Container.MOV, _V.VP9): "QuickTime has no name for VP9; use WebM or MP4",
    (Container.MOV, _V.AV1): "QuickTime files with AV1 play almost nowhere; use MP4",
    (Container.MOV, _A.OPUS): "QuickTime has no Opus; use AAC",
    (Container.MOV, _A.FLAC): "QuickTime has no FLAC; use PCM",
    (Container.AVI, _V.HEVC): "AVI has no name for HEVC, and players show noise; use MP4",
    (Container.AVI, _V.VP9): "AVI with VP9 plays almost nowhere; use WebM",
    (Container.AVI, _V.AV1): "AVI has no name for AV1; use MP4 or WebM",
    (Container.AVI, _V.PRORES): "editors look for ProRes in MOV; use MOV",
    (Container.AVI, _A.AAC): "AAC in AVI starts late by 21 ms; use PCM",
    (Container.AVI, _A.OPUS): "AVI cannot hold Opus; use PCM",
    (Container.AVI, _A.FLAC): "FLAC in AVI plays almost nowhere; use PCM",
    **{
        (Container.WEBM, codec): "WebM holds only VP9, AV1 and Opus; use MP4 or MKV"
        for codec in (_V.H264, _V.HEVC, _V.PRORES, _A.AAC, _A.MP3, _A.PCM, _A.FLAC)
    },
}
"""Why a container does not take a codec, and what does."""


@dataclass(frozen=True)
class CodecTraits:
    """What one video codec can do here; `crf` is that of high, medium and low quality."""

    label: str
    encoder: str
    crf: tuple[int, int, int]
    max_crf: int
    bit_depths: tuple[int, ...]
    is_lossless_possible: bool
    bits_per_pixel: float


CODECS: dict[VideoCodec, CodecTraits] = {
    _V.H264: CodecTraits("H.264", "libx264", (18, 22, 27), 51, (8, 10), True, 0.11),
    _V.HEVC: CodecTraits("H.265/HEVC", "libx265", (20, 25, 30), 51, (8, 10), True, 0.07),
    _V.VP9: CodecTraits("VP9", "libvpx-vp9", (24, 31, 38), 63, (8, 10), True, 0.07),
    _V.AV1: CodecTraits("AV1", "libsvtav1", (24, 32, 42), 63, (8, 10), False, 0.06),
    _V.PRORES: CodecTraits("ProRes", "prores_ks", (0, 0, 0), 0, (10,), False, 3.4),
}
AUDIO_ENCODERS: dict[AudioCodec, str] = {
    _A.AAC: "aac",
    _A.MP3: "libmp3lame",
    _A.OPUS: "libopus",
    _A.PCM: "pcm_s16le",
    _A.FLAC: "flac",
}
IMAGE_ENCODERS: dict[Container, str] = {
    Container.GIF: "gif",
    Container.WEBP: "libwebp_anim",
    Container.PNG: "png",
}
USUAL_AUDIO_KBPS: dict[AudioCodec, int] = {_A.AAC: 192, _A.MP3: 192, _A.OPUS: 128}


@dataclass(frozen=True)
class Preset:
    """A ready choice, named for where the film goes."""

    name: str
    label: str
    settings: ExportSettings
    max_duration_s: float | None = None


def _for_web(width: int | None, height: int, **changes: object) -> ExportSettings:
    frame = FrameFormat(width=width, height=height)
    settings = ExportSettings(frame=frame, loudness_lufs=-14.0, audio_kbps=192)
    return settings.model_copy(update=changes)


_PRESETS = (
    Preset("youtube-1080p", "YouTube 1080p", _for_web(1920, 1080)),
    Preset("youtube-4k", "YouTube 4K", _for_web(3840, 2160)),
    Preset("vimeo-1080p", "Vimeo 1080p", _for_web(1920, 1080, audio_kbps=320)),
    Preset("instagram-square", "Instagram 1:1", _for_web(1080, 1080, fit=Fit.FILL)),
    Preset("instagram-portrait", "Instagram 4:5", _for_web(1080, 1350, fit=Fit.FILL)),
    Preset(
        "shorts", "TikTok, Shorts, Reels 9:16",
        _for_web(1080, 1920, fit=Fit.BLUR), max_duration_s=180.0,
    ),
    Preset(
        "web-small", "Small, for the web",
        _for_web(None, 720, quality=Quality.LOW, audio_kbps=96),
    ),
    Preset(
        "prores-master", "ProRes master",
        ExportSettings(
            container=Container.MOV, video_codec=_V.PRORES, audio_codec=_A.PCM, bit_depth=10
        ),
    ),
    Preset(
        "archive", "Archive, lossless",
        ExportSettings(
            container=Container.MKV, quality=Quality.LOSSLESS, audio_codec=_A.FLAC
        ),
    ),
)  # fmt: skip
PRESETS: dict[str, Preset] = {preset.name: preset for preset in _PRESETS}


def settings_problems(settings: ExportSettings) -> tuple[tuple[str, str], ...]:
    """Everything in the settings that does not go together, as pairs of field and sentence."""
    if settings.container.is_images:
        return ()
    found: list[tuple[str, str]] = []
    pairing = CONTAINERS[settings.container]
    traits = CODECS[settings.video_codec]
    for field, codec, taken in (
        ("video_codec", settings.video_codec, pairing.video),
        ("audio_codec", settings.audio_codec, (*pairing.audio, AudioCodec.NONE)),
    ):
        if codec not in taken:
            why = WHY_NOT[settings.container, codec]
            known = ", ".join(item.value for item in taken)
            found.append(
                (field, f"{pairing.label} does not take {codec.value}: {why}. It takes {known}.")
            )
    if settings.bit_depth not in traits.bit_depths:
        depths = " or ".join(str(depth) for depth in traits.bit_depths)
        found.append(("bit_depth", f"{traits.label} is written with {depths} bits here."))
    if settings.quality is Quality.LOSSLESS and not traits.is_lossless_possible:
        found.append(
            ("quality", f"{traits.label} is never lossless here. Use h264, hevc or vp9, or high.")
        )
    is_lossless = settings.quality is Quality.LOSSLESS and not (settings.crf or settings.video_kbps)
    if is_lossless and settings.hardware is not Hardware.OFF:
        found.append(
            ("hardware", "Chips do not keep every bit: turn hardware encoding off for lossless.")
        )
    if settings.crf is not None and not settings.crf <= traits.max_crf:
        sentence = (
            f"{traits.label} has no constant quality number. Choose a ProRes profile."
            if traits.max_crf == 0
            else f"The crf of {traits.label} goes from 0 to {traits.max_crf}, not {settings.crf}."
        )
        found.append(("crf", sentence))
    if settings.video_kbps is not None and settings.video_codec is _V.PRORES:
        found.append(("video_kbps", "ProRes has fixed rates. Choose a ProRes profile."))
    return tuple(found)


def container_of(suffix: str) -> Container | None:
    """The container whose files end so; None where there is none."""
    return next((kind for kind, pair in CONTAINERS.items() if pair.suffix == suffix.lower()), None)


def with_container(settings: ExportSettings, container: Container) -> ExportSettings:
    """The settings for another container; a codec that it does not take gives way to its usual."""
    if container is settings.container:
        return settings
    changes: dict[str, object] = {"container": container}
    pairing = CONTAINERS[container]
    if pairing.video and settings.video_codec not in pairing.video:
        changes["video_codec"] = pairing.video[0]
    if pairing.audio and settings.audio_codec not in (*pairing.audio, AudioCodec.NONE):
        changes["audio_codec"] = pairing.audio[0]
    return settings.model_copy(update=changes)


class ExportOrder(Frozen):
    """All that an export needs: what the journal keeps.

    Attributes:
        path: the file to be written; a folder for a PNG sequence.
        overwrite: replace it when it exists.
        makes_folder: the folder of `path` is made when it is missing.
        skips_bad_clips: leave out, with a note, clips that cannot be read.
        poster_s: also write the picture at that moment, as a PNG beside the film.
        project_id: the project that it is the film of; empty for a film of no project.
        known_notes: notes of the plan, which the user has read already.
    """

    film: Film
    settings: ExportSettings
    path: Path
    overwrite: bool = False
    makes_folder: bool = False
    skips_bad_clips: bool = False
    poster_s: float | None = Field(default=None, ge=0)
    project_id: str = ""
    # Jobs of earlier versions call it "told".
    known_notes: tuple[str, ...] = Field(
        default=(), validation_alias=AliasChoices("known_notes", "told")
    )

    @property
    def poster(self) -> Path | None:
        """Where the poster goes."""
        if self.poster_s is None:
            return None
        return poster_of(self.path)


def poster_of(film: Path) -> Path:
    """Where the poster of a film goes: beside it."""
    return film.with_name(f"{film.stem}-poster.png")
