"""Every kind of film file that is offered is what it claims to be, and the others are refused."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from core.film.build.encoding import pixel_format
from core.film.build.hardware_encoders import HARDWARE, choose
from core.film.model.delivery import (
    CODECS,
    CONTAINERS,
    PRESETS,
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    Hardware,
    ProResProfile,
    Quality,
    VideoCodec,
    settings_problems,
)
from core.film.model.film import Clip, Film, Fit
from core.film.model.layout import lay_out
from core.film.model.source import read_source
from core.film.picture.assembler import Overlays, stretch
from core.film.picture.graph import arguments
from core.film.picture.picture import Look as ImageLook
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.render_cache import RenderCache
from tests.film.exporting import (
    CLICK_S,
    HEIGHT,
    HZ,
    NO_AUDIO,
    WIDTH,
    export,
    film_of,
    look_at,
    make_clip,
    psnr,
    two_clips,
    usual_name,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.film.exporting import Look

NUM_FRAMES = 25
BT709 = (1, 1, 1, 1)
PADDING = {
    AudioCodec.AAC: 1024,
    AudioCodec.MP3: 1152,
    AudioCodec.OPUS: 960,
    AudioCodec.PCM: 48,
    AudioCodec.FLAC: 48,
}
PROFILES = {
    (VideoCodec.H264, 8): "High",
    (VideoCodec.H264, 10): "High 10",
    (VideoCodec.HEVC, 8): "Main",
    (VideoCodec.HEVC, 10): "Main 10",
    (VideoCodec.VP9, 8): "Profile 0",
    (VideoCodec.VP9, 10): "Profile 2",
    (VideoCodec.AV1, 8): "Main",
    (VideoCodec.AV1, 10): "Main",
    (VideoCodec.PRORES, 10): "HQ",
}
REAL = [kind for kind in Container if not kind.is_images]


def _depth(codec: VideoCodec) -> int:
    return CODECS[codec].bit_depths[0]


def _kinds() -> list[ExportSettings]:
    every = [
        ExportSettings(
            container=kind, video_codec=video, audio_codec=audio, bit_depth=_depth(video)
        )
        for kind in REAL
        for video in CONTAINERS[kind].video
        for audio in CONTAINERS[kind].audio
    ]
    deep = [
        ExportSettings(container=kind, video_codec=video, audio_codec=audio, bit_depth=10)
        for kind in REAL
        for video in CONTAINERS[kind].video
        for audio in (CONTAINERS[kind].audio[0], NO_AUDIO)
        if 8 in CODECS[video].bit_depths
    ]
    return [*every, *deep]


def _kind_name(settings: ExportSettings) -> str:
    codecs = f"{settings.video_codec}-{settings.audio_codec}"
    return f"{settings.container}-{codecs}-{settings.bit_depth}"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two clips; pieces of their film are kept beside them."""
    folder = tmp_path_factory.mktemp("kinds")
    two_clips(folder)
    return folder


@pytest.fixture(scope="module")
def film(room: Path) -> Film:
    return film_of(room / "ball.mp4", room / "bars.mp4")


@pytest.fixture(scope="module")
def frames(room: Path, film: Film) -> list[Any]:
    """The film's frames as RGB, from its own graph and from no encoder."""
    raw = _raw_frames(film, room / "frames.rgb", "yuv420p", "rgb24")
    return list(raw.reshape(-1, HEIGHT, WIDTH, 3))


def _raw_frames(film: Film, path: Path, form: str, written: str) -> np.ndarray:
    sources = [read_source(clip.path) for clip in film.clips]
    timeline = lay_out(film, sources, FrameFormat())
    image = stretch(timeline, 0, timeline.num_frames, Overlays(ImageLook(form)))
    options = {"f": "rawvideo", "pix_fmt": written, "fps_mode": "passthrough"}
    run_ffmpeg(arguments(image, str(path), options), CancelToken())
    return np.fromfile(path, np.uint8)


@pytest.mark.parametrize("settings", _kinds(), ids=_kind_name)
def test_every_pair_of_codecs_in_every_container_is_what_it_says(
    settings: ExportSettings, room: Path, film: Film, tmp_path: Path
) -> None:
    out = tmp_path / "out" / usual_name(settings)

    look = look_at(export(film, settings, out, store=room / "store").path)

    assert len(look.frames) == NUM_FRAMES
    assert look.size == (WIDTH, HEIGHT)
    assert look.codec == settings.video_codec
    assert look.pixel_format == pixel_format(settings)
    assert look.profile == PROFILES[settings.video_codec, settings.bit_depth]
    assert look.colours == {BT709}
    # FFmpeg takes H.264 in AVI, which has no times, for delayed by a frame: only steps count there.
    origin = float(look.frames[0].time) if settings.container is Container.AVI else 0
    assert [float(frame.time) - origin for frame in look.frames] == pytest.approx(
        [number / 25 for number in range(NUM_FRAMES)], abs=0.0011
    )
    assert look.rate == 25
    if settings.video_codec is VideoCodec.HEVC and settings.container is not Container.MKV:
        assert look.tag == "hvc1"
    _assert_audio(look, settings)


def _assert_audio(look: Look, settings: ExportSettings) -> None:
    codec = settings.audio_codec
    if codec is AudioCodec.NONE:
        assert look.audio_codec == ""
        return
    deep_pcm = "pcm_s24le" if settings.bit_depth == 10 else "pcm_s16le"
    assert look.audio_codec == (deep_pcm if codec is AudioCodec.PCM else codec)
    assert look.audio_rate == HZ
    assert look.audio.shape[1] == 2
    padding = PADDING[codec]
    assert look.click_s == pytest.approx(CLICK_S, abs=0.001)
    if settings.container is Container.AVI:
        # AVI cannot say where in its last packet the sound ends.
        padding *= 2
    assert HZ - 48 <= len(look.audio) <= HZ + padding
    assert np.abs(look.audio).max() > 0.3


def test_every_illegal_pair_is_refused_with_the_reason_and_something_legal() -> None:
    illegal = [
        (kind, codec)
        for kind in REAL
        for codec in (*VideoCodec, *AudioCodec)
        if codec not in (*CONTAINERS[kind].video, *CONTAINERS[kind].audio, AudioCodec.NONE)
    ]
    assert len(illegal) > 15
    for kind, codec in illegal:
        field = "video_codec" if isinstance(codec, VideoCodec) else "audio_codec"
        legal = CONTAINERS[kind]
        usual = {"video_codec": legal.video[0], "audio_codec": legal.audio[0], field: codec}
        depth = _depth(usual["video_codec"])

        [(messages, sentence)] = settings_problems(
            ExportSettings(container=kind, bit_depth=depth, **usual)
        )

        assert messages == field
        assert codec.value in sentence
        taken = legal.video if field == "video_codec" else legal.audio
        assert all(item.value in sentence for item in taken)


def test_depths_and_qualities_that_a_codec_has_not_are_refused_together() -> None:
    asked = ExportSettings(
        container=Container.MOV,
        video_codec=VideoCodec.PRORES,
        bit_depth=8,
        quality=Quality.LOSSLESS,
        crf=20,
        video_kbps=500,
    )

    messages = {field for field, _ in settings_problems(asked)}

    assert messages == {"bit_depth", "quality", "crf", "video_kbps"}


@pytest.mark.parametrize("hardware_encoder", [Hardware.AUTO, Hardware.NVENC])
def test_lossless_is_never_left_to_a_chip(hardware_encoder: Hardware) -> None:
    asked = ExportSettings(quality=Quality.LOSSLESS, hardware=hardware_encoder)
    by_rate = asked.model_copy(update={"video_kbps": 5000})

    assert [field for field, _ in settings_problems(asked)] == ["hardware"]
    assert settings_problems(by_rate) == ()


@pytest.mark.parametrize("profile", ProResProfile)
def test_each_prores_flavour_is_the_one_that_was_asked_for(
    profile: ProResProfile, room: Path, film: Film, tmp_path: Path
) -> None:
    settings = PRESETS["prores-master"].settings.model_copy(update={"prores_profile": profile})

    look = look_at(export(film, settings, tmp_path / "out" / "film.mov", store=room / "s").path)

    tags = {"proxy": "apco", "lt": "apcs", "422": "apcn", "hq": "apch", "4444": "ap4h"}
    assert look.tag == tags[profile]
    full = profile is ProResProfile.P4444
    # FFmpeg decodes all of 4444 to twelve bits.
    assert look.pixel_format in (("yuv444p12le", "yuv444p10le") if full else ("yuv422p10le",))
    assert look.colours == {BT709}


@pytest.mark.parametrize(
    ("codec", "bits"),
    [*itertools.product((VideoCodec.H264, VideoCodec.HEVC, VideoCodec.VP9), (8, 10))],
)
def test_lossless_keeps_every_bit_of_every_frame(
    codec: VideoCodec, bits: int, film: Film, tmp_path: Path
) -> None:
    settings = ExportSettings(
        container=Container.MKV,
        video_codec=codec,
        audio_codec=NO_AUDIO,
        bit_depth=bits,
        quality=Quality.LOSSLESS,
    )
    form = pixel_format(settings)
    expected = _raw_frames(film, tmp_path / "frames.raw", form, form)

    made = export(film, settings, tmp_path / "out" / "film.mkv").path

    raw = tmp_path / "again.raw"
    run_ffmpeg(["-i", str(made), "-f", "rawvideo", "-pix_fmt", form, str(raw)], CancelToken())
    assert len(look_at(made).frames) == NUM_FRAMES
    assert look_at(made).pixel_format == form
    assert np.array_equal(np.fromfile(raw, np.uint8), expected)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder = tmp_path_factory.mktemp("noisy")
    noise = ["-vf", "noise=alls=40:allf=t"]
    clip = make_clip(folder / "noise.mp4", 3, size="160x90", has_audio=False, more=noise)
    return Film(clips=(Clip(path=clip),))


def _size(film: Film, folder: Path, **changes: Any) -> int:
    settings = ExportSettings(container=Container.MKV, audio_codec=NO_AUDIO, **changes)
    name = "-".join(str(value) for value in changes.values())
    return export(film, settings, folder / "out" / f"{name}.mkv").path.stat().st_size


@pytest.mark.parametrize("codec", [c for c in VideoCodec if c is not VideoCodec.PRORES])
def test_quality_and_constant_quality_change_the_size_in_the_right_order(
    codec: VideoCodec, film: Film, tmp_path: Path
) -> None:
    by_quality = [
        _size(film, tmp_path, video_codec=codec, quality=quality)
        for quality in (Quality.HIGH, Quality.MEDIUM, Quality.LOW)
    ]
    by_number = [_size(film, tmp_path, video_codec=codec, crf=crf) for crf in (5, 45)]

    assert by_quality[0] > by_quality[1] > by_quality[2]
    assert by_number[0] > by_quality[0]
    assert by_number[1] < by_quality[2]


@pytest.mark.parametrize("kbps", [300, 900])
@pytest.mark.parametrize("codec", [c for c in VideoCodec if c is not VideoCodec.PRORES])
def test_an_asked_bitrate_is_met(codec: VideoCodec, kbps: int, noisy: Film, tmp_path: Path) -> None:
    size = _size(noisy, tmp_path, video_codec=codec, video_kbps=kbps)

    assert size * 8 / 3 / 1000 == pytest.approx(kbps, rel=0.2)


def test_a_gif_shows_the_film(room: Path, film: Film, frames: list[Any], tmp_path: Path) -> None:
    settings = ExportSettings(container=Container.GIF)

    made = export(film, settings, tmp_path / "out" / "film.gif", store=room / "store").path

    _assert_like(_animation(made, 1 / 25), frames)


def test_a_gif_has_the_colours_of_what_stands_still(tmp_path: Path) -> None:
    # One digit changes before coloured stripes that never do.
    clip = make_clip(tmp_path / "clip.mp4", 1.2, image="testsrc", size="128x96")
    film = Film(clips=(Clip(path=clip),))
    settings = ExportSettings(container=Container.GIF)

    made = export(film, settings, tmp_path / "out" / "film.gif").path

    frame = _raw_frames(film, tmp_path / "frames.rgb", "yuv420p", "rgb24").reshape(-1, 96, 128, 3)
    assert psnr(_animation(made, 1 / 25)[20], frame[20]) > 25


def test_a_webp_shows_every_frame_of_the_film(
    room: Path, film: Film, frames: list[Any], tmp_path: Path
) -> None:
    settings = ExportSettings(container=Container.WEBP)

    made = export(film, settings, tmp_path / "out" / "film.webp", store=room / "store").path

    _assert_like(_animation(made, 1 / 25), frames)


def _animation(path: Path, frame_s: float) -> list[Any]:
    """The pictures of an animation, one for each frame of the film that it lasts."""
    shown: list[Any] = []
    with Image.open(path) as image:
        assert image.info.get("loop") == 0
        for frame in ImageSequence.Iterator(image):
            pixels = np.asarray(frame.convert("RGB"))
            shown += [pixels] * round(frame.info["duration"] / 1000 / frame_s)
    return shown


def _assert_like(shown: list[Any], frames: list[Any]) -> None:
    assert len(shown) == len(frames) == NUM_FRAMES
    for number, (one, other) in enumerate(zip(shown, frames, strict=True)):
        # A GIF mixes its colours from dots, and WebP shares colours among pixels: the eye
        # takes them together.
        assert psnr(_shrunk(one), _shrunk(other)) > 25, f"frame {number}"


def _shrunk(pixels: Any) -> Any:
    height, width, _ = pixels.shape
    return pixels.reshape(height // 4, 4, width // 4, 4, 3).mean((1, 3))


def test_a_png_sequence_is_a_folder_of_numbered_frames(
    room: Path, film: Film, frames: list[Any], tmp_path: Path
) -> None:
    settings = ExportSettings(container=Container.PNG)

    made = export(film, settings, tmp_path / "out" / "film", store=room / "store").path

    images = sorted(made.iterdir())
    assert [path.name for path in images] == [
        f"frame_{number:06}.png" for number in range(1, NUM_FRAMES + 1)
    ]
    shown = []
    for path in images:
        with Image.open(path) as image:
            assert image.mode == "RGB"
            shown.append(np.asarray(image))
    assert min(psnr(one, other) for one, other in zip(shown, frames, strict=True)) > 40


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_legal_and_exports_at_its_size(name: str, tmp_path: Path) -> None:
    settings = PRESETS[name].settings
    clip = make_clip(tmp_path / "clip.mp4", 0.08, size="64x36")
    suffix = CONTAINERS[settings.container].suffix
    assert settings_problems(settings) == ()

    look = look_at(
        export(Film(clips=(Clip(path=clip),)), settings, tmp_path / "out" / f"film{suffix}").path
    )

    sizes = {
        "youtube-1080p": (1920, 1080),
        "youtube-4k": (3840, 2160),
        "vimeo-1080p": (1920, 1080),
        "instagram-square": (1080, 1080),
        "instagram-portrait": (1080, 1350),
        "shorts": (1080, 1920),
        "web-small": (1280, 720),
    }
    assert look.size == sizes.get(name, (64, 36))
    assert len(look.frames) == 2
    assert look.codec == settings.video_codec
    corner = look.frames[0].to_ndarray(format="rgb24")[:20, :20]
    # Filled or blurred, a preset leaves no black bars where it has a fit of its own.
    assert settings.fit not in (Fit.FILL, Fit.BLUR) or corner.mean() > 20


def test_a_chip_is_used_when_it_works() -> None:
    tried: list[Hardware] = []

    def only_qsv(hardware_encoder: Hardware) -> bool:
        tried.append(hardware_encoder)
        return hardware_encoder is Hardware.QSV

    assert choose(Hardware.QSV, VideoCodec.H264, only_qsv) == (Hardware.QSV, "")
    assert choose(Hardware.AUTO, VideoCodec.H264, only_qsv) == (Hardware.QSV, "")
    assert tried == [Hardware.QSV, *HARDWARE[: HARDWARE.index(Hardware.QSV) + 1]]


def test_no_chip_is_tried_when_none_is_asked_for() -> None:
    def never(hardware_encoder: Hardware) -> bool:
        raise AssertionError(hardware_encoder)

    assert choose(Hardware.OFF, VideoCodec.H264, never) == (Hardware.OFF, "")


@pytest.mark.parametrize("asked", [Hardware.AUTO, Hardware.NVENC])
def test_without_a_working_chip_the_processor_encodes_and_says_so(asked: Hardware) -> None:
    hardware_encoder, sentence = choose(asked, VideoCodec.HEVC, lambda _: False)

    assert hardware_encoder is Hardware.OFF
    assert "hevc" in sentence
    assert "processor" in sentence


def test_an_export_for_a_chip_that_is_not_there_is_made_and_noted(
    room: Path, film: Film, tmp_path: Path
) -> None:
    settings = ExportSettings(hardware=Hardware.VIDEOTOOLBOX, audio_codec=NO_AUDIO)

    made = export(film, settings, tmp_path / "out" / "film.mp4", store=RenderCache(room / "store"))

    assert any("videotoolbox" in note for note in made.notes)
    assert len(look_at(made.path).frames) == NUM_FRAMES
    with av.open(str(made.path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
