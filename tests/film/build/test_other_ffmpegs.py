"""The same film by every FFmpeg that is accepted; what would make another is refused by name."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from core.errors import FFmpegMissing
from core.film.model.delivery import (
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    ProResProfile,
    Quality,
    Retime,
    VideoCodec,
)
from core.film.model.film import Clip, Film, Fit, Transition, Watermark
from core.media.ffmpeg_check import faults_of, version_of
from core.media.ffmpeg_choice import FFMPEG_VARIABLE
from core.media.ffmpeg_program import find_ffmpeg
from scripts.ffmpeg_builds import WHEELS, program_of
from tests.film.bundled import BUNDLED, run_bundled
from tests.film.counted_clips import FilmBench, Pulses, mark_of, raw_images, write_counted
from tests.film.exporting import CLICK_S, look_at, make_clip
from tests.film.seen import deep_frames_of, frames_of

ROOT = Path(__file__).resolve().parents[3]
# What a folder may be called, and what the image muxer and demuxer of FFmpeg make of it.
ODD_FOLDER = "100%digital %03d"
SIZE, RATE, EACH = (96, 48), 25, 10
GREEN, RED = (40, 180, 60), (200, 40, 40)


def others() -> dict[str, Path | None]:
    """Every other FFmpeg to try: fetched ones, that of the PATH, and one that is named."""
    found = {f"imageio-ffmpeg {release}": program_of(ROOT, release) for release in WHEELS}
    on_path = shutil.which("ffmpeg")
    named = shutil.which(os.environ.get(FFMPEG_VARIABLE, ""))
    return {
        **found,
        **({"the PATH's": Path(on_path)} if on_path else {}),
        **({"named": Path(named)} if named else {}),
    }


@pytest.fixture(params=others())
def build(request: pytest.FixtureRequest) -> Path:
    """One of them."""
    program = others()[request.param]
    if program is None:
        pytest.skip(f"the FFmpeg of {request.param} is not here; scripts/test.py fetches it")
    return program


@pytest.fixture
def accepted(build: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that is accepted, and named; the others are proven to be refused by name."""
    monkeypatch.setenv(FFMPEG_VARIABLE, str(build))
    if faults := faults_of(build):
        with pytest.raises(FFmpegMissing) as refused:
            find_ffmpeg()
        for word in (str(build), version_of(build), *faults, f"Unset {FFMPEG_VARIABLE}"):
            assert word in str(refused.value)
        pytest.skip(f"refused by name: {refused.value.message}")
    return build


@dataclass(frozen=True)
class Room:
    """Clips of many kinds in a folder with an odd name, and the film of them by the bundled one."""

    folder: Path
    film: Film

    def made_by(self, program: Path, settings: ExportSettings, film: Film | None = None) -> Path:
        """The film by that FFmpeg, in a new place."""
        before = os.environ.get(FFMPEG_VARIABLE)
        os.environ[FFMPEG_VARIABLE] = str(program)
        try:
            place = self.folder / f"{version_of(program)}-{len(list(self.folder.iterdir()))}"
            place.mkdir()
            return FilmBench(place).export(film or self.film, settings)
        finally:
            os.environ.pop(FFMPEG_VARIABLE)
            if before is not None:
                os.environ[FFMPEG_VARIABLE] = before


def lossless(**more: object) -> ExportSettings:
    settings = ExportSettings(
        container=Container.MOV,
        audio_codec=AudioCodec.PCM,
        quality=Quality.LOSSLESS,
        frame=FrameFormat(width=SIZE[0], height=SIZE[1], rate=Fraction(RATE)),
    )
    return settings.model_copy(update=more)


def alike(one: Path, other: Path, most: int = 23) -> None:
    """Two films have the same frames, no value further apart than that, and the same sound."""
    a, b = frames_of(one).astype(int), frames_of(other).astype(int)
    assert a.shape == b.shape
    assert np.abs(a - b).mean(axis=(1, 2, 3)).max() < 0.7
    assert np.abs(a - b).max() <= most
    with av.open(str(one)) as first, av.open(str(other)) as second:
        heard = [
            np.concatenate([f.to_ndarray().reshape(-1, 2) for f in container.decode(audio=0)])
            if container.streams.audio
            else np.zeros((0, 2))
            for container in (first, second)
        ]
    assert heard[0].shape == heard[1].shape
    assert np.abs(heard[0].astype(int) - heard[1]).max(initial=0) <= 2


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    folder = tmp_path_factory.mktemp("builds") / ODD_FOLDER
    folder.mkdir()
    clips = [
        write_counted(folder / "counted.mov", num_frames=EACH, size=SIZE, pulses=Pulses()).path,
        _patches(folder / "small-without-tags.mp4"),
        _moving(folder / "moving.gif", "format=rgb24"),
        _moving(folder / "alpha.mov", "format=argb,colorkey=black", "-c:v", "qtrle"),
        _moving(
            folder / "alpha.webm", "format=rgba,colorkey=black,format=yuva420p",
            "-c:v", "libvpx-vp9", "-lossless", "1",
        ),
        _moving(
            folder / "alpha-10.mov", "format=rgba,colorkey=black,format=yuva444p10le",
            "-c:v", "prores_ks", "-profile:v", "4444",
        ),
        write_counted(folder / "stream.ts", 2, num_frames=EACH, size=SIZE).path,
        _hdr(folder / "hdr.mkv"),
        write_counted(folder / "fast.mkv", 3, rate=60, num_frames=24, size=SIZE).path,
        write_counted(folder / "slow.mp4", 4, rate=12, num_frames=5, size=(64, 64)).path,
        write_counted(folder / "last.mov", 5, num_frames=EACH, size=SIZE, pulses=Pulses()).path,
    ]  # fmt: skip
    mark = folder / "mark.png"
    Image.new("RGBA", (16, 8), (250, 200, 10, 128)).save(mark)
    film = Film(
        clips=tuple(Clip(path=path) for path in clips),
        transition=Transition(kind="dissolve", duration_s=0.12),
        watermark=Watermark(path=mark, size=0.15, margin=0.0),
        fit=Fit.BLUR,
        background="#204060",
    )
    return Room(folder, film)


def _patches(path: Path) -> Path:
    """A small clip without colour tags, coded as small ones are: green beside red."""
    rgb = np.repeat(np.array([GREEN, RED], float), 48, axis=0) / 255
    y = rgb @ (0.299, 0.587, 0.114)
    blue, red = (rgb[:, 2] - y) / 1.772, (rgb[:, 0] - y) / 1.402
    planes = [16 + 219 * y, 128 + 224 * blue, 128 + 224 * red]
    raw = b"".join(
        np.tile(np.round(plane[::step]).astype("u1"), 48 // step).tobytes()
        for plane, step in zip(planes, (1, 2, 2), strict=True)
    )
    frames = path.with_suffix(".yuv")
    frames.write_bytes(raw * EACH)
    form = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "96x48", "-framerate", "25"]
    run_bundled([*form, "-i", str(frames), "-c:v", "libx264", "-qp", "0", str(path)])
    return path


def _moving(path: Path, filters: str, *coding: str) -> Path:
    source = "color=black:s=96x48:r=25:d=0.4[a];color=orange:s=24x24:r=25:d=0.4[b]"
    graph = f"{source};[a][b]overlay=x=n*7:y=12,{filters}"
    run_bundled(["-filter_complex", graph, *coding, "-frames:v", str(EACH), str(path)])
    return path


def _hdr(path: Path) -> Path:
    raw = raw_images(path.with_suffix(".yuv"), [np.full((48, 96), 110, np.uint8)] * EACH, RATE)
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=limited"
    coding = ["-vf", f"format=yuv420p10le,{tags}", "-c:v", "ffv1"]
    run_bundled([*raw, *coding, str(path)])
    return path


@pytest.fixture(scope="module")
def by_bundled(room: Room) -> Path:
    return room.made_by(BUNDLED, lossless())


def test_film_of_many_kinds_of_clips_is_what_was_planned(by_bundled: Path) -> None:
    frames = frames_of(by_bundled)
    luma = [mark_of(frame.mean(axis=2)) for frame in frames[:7]]
    assert [mark.frame if mark else None for mark in luma] == list(range(7))
    # Behind the first dissolve: green on the left, red on the right.
    for x, wanted in ((24, GREEN), (72, RED)):
        assert np.abs(frames[12, 24, x].astype(int) - wanted).max() <= 6


def test_clip_that_lets_something_through_keeps_its_colour(accepted: Path, room: Room) -> None:
    orange = frames_of(room.made_by(accepted, lossless(), Film(clips=(room.film.clips[4],))))
    assert np.abs(orange[3, 24, 40].astype(int) - (255, 165, 0)).max() <= 2


def test_same_film_comes_of_every_accepted_ffmpeg(
    accepted: Path, room: Room, by_bundled: Path
) -> None:
    alike(room.made_by(accepted, lossless()), by_bundled)


@pytest.mark.parametrize(
    "coding",
    [
        pytest.param({}, id="H.264"),
        pytest.param(
            {
                "video_codec": VideoCodec.PRORES,
                "prores_profile": ProResProfile.P4444,
                "quality": Quality.HIGH,
            },
            id="ProRes 4444",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["dissolve", "fade-white"])
def test_same_film_of_10_bits_comes_of_every_accepted_ffmpeg(
    accepted: Path, room: Room, coding: dict[str, object], kind: str
) -> None:
    """With a mark, a blurred surrounding and clips that let something through."""
    film = room.film.model_copy(
        update={
            "clips": tuple(room.film.clips[number] for number in (0, 5, 9, 3)),
            "transition": Transition(kind=kind, duration_s=0.2),
        }
    )
    settings = lossless(bit_depth=10, **coding)
    made, wanted = (
        deep_frames_of(room.made_by(program, settings, film)).astype(int)
        for program in (accepted, BUNDLED)
    )
    assert made.shape == wanted.shape
    # Two levels of 10 bits; one of 8 is four.
    assert np.abs(made - wanted).max() <= 2 * 64


@pytest.mark.parametrize("retime", [Retime.BLEND, Retime.MOTION])
def test_same_frames_are_made_in_between(accepted: Path, room: Room, retime: Retime) -> None:
    """Also of RGB, of what lets something through and of 10 bits, which FFmpeg has to convert."""
    film = Film(clips=tuple(room.film.clips[number] for number in (2, 3, 5, 7, 0, 9)))
    frame = FrameFormat(width=SIZE[0], height=SIZE[1], rate=Fraction(2 * RATE))
    settings = lossless(retime=retime, frame=frame)
    made = room.made_by(accepted, settings, film)
    alike(made, room.made_by(BUNDLED, settings, film), 2)
    frame = frame.model_copy(update={"rate": Fraction(RATE)})
    plain = room.made_by(accepted, lossless(retime=retime, frame=frame), film)
    # What falls on the time of a frame is that frame; of the last clip, of another rate, none may.
    count = 5 * (EACH - 1)
    difference = frames_of(made)[::2][:count].astype(int) - frames_of(plain)[:count]
    assert np.abs(difference).max() <= 4


@pytest.mark.parametrize("container", [Container.GIF, Container.WEBP, Container.PNG])
def test_same_pictures_come_in_every_kind_of_file(
    accepted: Path, room: Room, container: Container
) -> None:
    film = room.film.model_copy(update={"clips": room.film.clips[:2]})
    settings = lossless(container=container, audio_codec=AudioCodec.NONE)
    made, wanted = (room.made_by(program, settings, film) for program in (accepted, BUNDLED))
    if container is Container.PNG:
        names = [sorted(path.name for path in folder.iterdir()) for folder in (made, wanted)]
        assert names[0] == names[1] == [f"frame_{n:06d}.png" for n in range(1, 18)]
        made, wanted = made / names[0][-1], wanted / names[1][-1]
    with Image.open(made) as one, Image.open(wanted) as other:
        assert getattr(one, "n_frames", 1) == getattr(other, "n_frames", 1)
        last = getattr(one, "n_frames", 1) - 1
        one.seek(last)
        other.seek(last)
        a, b = (np.asarray(image.convert("RGB"), int) for image in (one, other))
    assert np.abs(a - b).mean() < 1


@pytest.mark.parametrize("container", [Container.MP4, Container.MKV, Container.WEBM, Container.AVI])
def test_same_film_lies_in_every_container(
    accepted: Path, room: Room, container: Container
) -> None:
    coding = {
        Container.MP4: ExportSettings(),
        Container.MKV: ExportSettings(container=Container.MKV, audio_codec=AudioCodec.FLAC),
        Container.WEBM: ExportSettings.model_validate(
            {"container": "webm", "video_codec": "vp9", "audio_codec": "opus"}
        ),
        Container.AVI: ExportSettings(container=Container.AVI, audio_codec=AudioCodec.PCM),
    }[container]
    film = room.film.model_copy(update={"clips": (room.film.clips[0], room.film.clips[-1])})
    paths = [room.made_by(program, coding, film) for program in (accepted, BUNDLED)]
    a, b = (frames_of(path).astype(int) for path in paths)
    assert a.shape == b.shape == (17, 48, 96, 3)
    assert np.abs(a - b).mean() < 3
    lengths: list[float] = []
    for path in paths:
        with av.open(str(path)) as container_file:
            lengths.append(sum(frame.samples for frame in container_file.decode(audio=0)))
    assert lengths[0] == lengths[1]


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        (Container.MP4, AudioCodec.AAC),
        (Container.MP4, AudioCodec.FLAC),
        (Container.MKV, AudioCodec.AAC),
        (Container.MKV, AudioCodec.MP3),
        (Container.MKV, AudioCodec.OPUS),
        (Container.WEBM, AudioCodec.OPUS),
        (Container.AVI, AudioCodec.MP3),
    ],
)
def test_sound_is_heard_in_time_whichever_ffmpeg_makes_it(
    accepted: Path, room: Room, tmp_path: Path, container: Container, codec: AudioCodec
) -> None:
    film = Film(clips=(Clip(path=make_clip(tmp_path / "click.mp4")),))
    coding = VideoCodec.VP9 if container is Container.WEBM else VideoCodec.H264
    settings = ExportSettings(container=container, video_codec=coding, audio_codec=codec)
    look = look_at(room.made_by(accepted, settings, film))
    assert look.click_s == pytest.approx(CLICK_S, abs=0.001)
    if container is not Container.AVI:
        # An AVI has no times: its reader takes H.264 for delayed.
        assert float(look.frames[0].time) == pytest.approx(0, abs=0.001)


def test_ffmpeg_4_is_refused_and_7_is_accepted() -> None:
    found = others()
    old, newer = found["imageio-ffmpeg 0.4.2"], found["imageio-ffmpeg 0.6.0"]
    if old is None or newer is None:
        pytest.skip("the FFmpegs of old wheels are not here; scripts/test.py fetches them")
    assert faults_of(old)[0] == "is older than 5.1"
    assert faults_of(newer) == ()
