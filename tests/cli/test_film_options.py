"""Every option of films, typed as a person types it, with a look at the film that comes out."""

from __future__ import annotations

import json
import shutil
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from cli import main
from cli.film_options import OPTIONS
from core.film.model.source import read_source
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from gui.text.text_renderer import QtTextRenderer
from tests.fakes.app import ENTRY
from tests.film.exporting import Look, look_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE, RATE, SECONDS = (96, 64), 24, 1.0
RED, BLUE, WHITE, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
USUAL = ("--codec", "h264", "--audio-codec", "pcm", "--quality", "high")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """red.mkv and blue.mkv with a tone each, tall.mkv (white), and files for the film's look."""
    folder = tmp_path_factory.mktemp("clips")
    for name, colour, size, tone in (
        ("red", "red", "96x64", 500),
        ("blue", "blue", "96x64", 1000),
        ("tall", "white", "64x96", 1500),
    ):
        image = f"color={colour}:s={size}:r={RATE}:d={SECONDS}"
        audio = f"sine=f={tone}:r=48000:d={SECONDS}"
        inputs = ["-f", "lavfi", "-i", image, "-f", "lavfi", "-i", audio]
        coding = ["-c:v", "ffv1", "-pix_fmt", "yuv420p", "-c:a", "flac"]
        run_ffmpeg([*inputs, *coding, str(folder / f"{name}.mkv")], CancelToken())
    both = [word for name in ("red", "blue") for word in ("-i", str(folder / f"{name}.mkv"))]
    run_ffmpeg(
        [*both, "-map", "0", "-map", "1", "-c", "copy", str(folder / "two.mkv")], CancelToken()
    )
    moving = f"testsrc2=s=96x64:r={RATE}:d={SECONDS}"
    run_ffmpeg(
        ["-f", "lavfi", "-i", moving, "-c:v", "ffv1", str(folder / "moving.mkv")], CancelToken()
    )
    with wave.open(str(folder / "song.wav"), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        time = np.arange(24_000) / 48_000
        file.writeframes((12_000 * np.sin(2 * np.pi * 3000 * time)).astype("<i2").tobytes())
    rows = [f"{1 - r} {1 - g} {1 - b}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    (folder / "negative.cube").write_text("\n".join(["LUT_3D_SIZE 2", *rows]), encoding="ascii")
    Image.new("RGBA", (20, 20), (0, 255, 0, 255)).save(folder / "mark.png")
    (folder / "words.srt").write_text("1\n00:00:00,000 --> 00:00:00,500\nHello\n", encoding="utf-8")
    russian = "1\n00:00:00,000 --> 00:00:00,500\nПривет\n"  # noqa: RUF001 - the letters are what is tested
    (folder / "russian.srt").write_bytes(russian.encode("koi8-r"))
    (folder / "bad.mkv").write_bytes(b"no clip")
    return folder


@dataclass
class Seen:
    """A film, what its maker said, and the folder that both lie in."""

    look: Look
    folder: Path
    out: str
    path: Path

    def image(self, frame: int) -> Any:
        """A frame as (height, width, 3) RGB."""
        return self.look.frames[frame].to_ndarray(format="rgb24").astype(int)

    def colour(self, frame: int, x: float = 0.5, y: float = 0.5) -> tuple[int, int, int]:
        """The colour at a place, in shares of the picture."""
        image = self.image(frame)
        height, width = image.shape[:2]
        red, green, blue = image[int(y * (height - 1)), int(x * (width - 1))]
        return (int(red), int(green), int(blue))

    def loudness(self, tone: int, start_s: float = 0.0, end_s: float = 99.0) -> float:
        """How strong a tone is in a stretch of the sound: 1 for a sine of full scale."""
        part = self.look.audio[int(start_s * 48_000) : int(end_s * 48_000), 0]
        turning = np.exp(-2j * np.pi * tone * np.arange(len(part)) / 48_000)
        return float(2 * abs((part * turning).mean()))


@pytest.fixture
def make(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Seen]:
    """Types one `assemble` command, in an empty home beside the clips, and looks at the film."""
    monkeypatch.setenv("IMAGEAI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for file in clips.iterdir():
        shutil.copy(file, tmp_path)

    def make(*words: str, out: str = "film.mov") -> Seen:
        capsys.readouterr()
        code = main(["assemble", *words, "-o", out], [ENTRY], open_text_renderer=QtTextRenderer)
        said = capsys.readouterr()
        assert code == 0, said.err
        path = tmp_path / out
        return Seen(look_at(path), tmp_path, said.out + said.err, path)

    return make


def near(one: tuple[int, int, int], other: tuple[int, int, int], by: int = 12) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= by


def trim(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--trim", "1=0.25-0.75")
    assert len(film.look.frames) == 12 + 24
    assert near(film.colour(11), RED)
    assert near(film.colour(12), BLUE)


def speed(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--speed", "2=2")
    assert len(film.look.frames) == 24 + 12


def transition(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--transition", "2=wipe-left:0.5")
    assert len(film.look.frames) == 36
    half = 12 + 6
    assert near(film.colour(half, x=0.05), RED)
    assert near(film.colour(half, x=0.95), BLUE)


def clip_title(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--clip-title", "2=Night", "--chapters")
    assert [name for name, _, _ in film.look.chapters] == ["red", "Night"]


def clip_fit(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "red.mkv", "tall.mkv", *USUAL, "--clip-fit", "3=fill")
    assert near(film.colour(60, x=0.02), WHITE)


def still(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "mark.png", "mark.png", *USUAL, "--still", "0.5", "--still", "3=1")
    assert len(film.look.frames) == 24 + 12 + 24
    assert near(film.colour(30), (0, 255, 0))
    assert near(film.colour(59), (0, 255, 0))


def video_track(make: Callable[..., Seen]) -> None:
    film = make("two.mkv", *USUAL, "--video-track", "1=2")
    assert near(film.colour(0), BLUE)


def audio_track(make: Callable[..., Seen]) -> None:
    film = make("two.mkv", *USUAL, "--audio-track", "2")
    assert film.loudness(1000, 0.1, 0.9) > 0.05
    assert film.loudness(500, 0.1, 0.9) < 1e-3


def skip_bad(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "bad.mkv", "blue.mkv", *USUAL, "--skip-bad")
    assert len(film.look.frames) == 48
    assert "bad.mkv" in film.out


def volume(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--volume", "1=-20")
    ratio = film.loudness(500, 0.1, 0.9) / film.loudness(1000, 1.1, 1.9)
    assert ratio == pytest.approx(0.1, rel=0.03)


def mute(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--mute", "1")
    assert film.loudness(500, 0, 1) < 1e-4
    assert film.loudness(1000, 1.1, 1.9) > 0.05


def clip_sound(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--no-clip-sound", "--music", "song.wav")
    assert film.loudness(500, 0.05, 0.45) < 1e-4
    assert film.loudness(3000, 0.05, 0.45) > 0.3


def music(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--music", "song.wav")
    assert film.loudness(3000, 0.05, 0.45) == pytest.approx(12_000 / 32_768, rel=0.02)
    assert film.loudness(3000, 0.55, 0.95) < 1e-3


def music_volume(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--music", "song.wav", "--music-volume", "-20")
    assert film.loudness(3000, 0.05, 0.45) == pytest.approx(1200 / 32_768, rel=0.03)


def music_at(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--music", "song.wav", "--music-at", "0.5-0.75")
    assert film.loudness(3000, 0, 0.49) < 1e-3
    assert film.loudness(3000, 0.52, 0.74) > 0.3
    assert film.loudness(3000, 0.77, 0.99) < 1e-3


def music_offset(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--music", "song.wav", "--music-offset", "0.25")
    assert film.loudness(3000, 0.02, 0.23) > 0.3
    assert film.loudness(3000, 0.27, 0.49) < 1e-3


def music_loop(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--music", "song.wav", "--music-loop")
    assert film.loudness(3000, 0.55, 0.9) > 0.3


def music_fade(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--music", "song.wav", "--music-fade", "0.2,0.1")
    middle = film.loudness(3000, 0.22, 0.38)
    assert film.loudness(3000, 0, 0.04) < 0.3 * middle
    assert film.loudness(3000, 0.48, 0.5) < 0.3 * middle


def duck(make: Callable[..., Seen]) -> None:
    words = ("red.mkv", *USUAL, "--music", "song.wav", "--music-loop")
    plain = make(*words).loudness(3000, 0.3, 0.45)
    ducked = make(*words, "--duck", "12", out="ducked.mov").loudness(3000, 0.3, 0.45)
    assert ducked / plain == pytest.approx(10 ** (-12 / 20), rel=0.05)


def loudness(make: Callable[..., Seen]) -> None:
    quiet = make("red.mkv", "blue.mkv", *USUAL, "--loudness", "-30").loudness(500, 0.1, 0.9)
    loud = make("red.mkv", "blue.mkv", *USUAL, "--loudness", "-20", out="b.mov")
    assert loud.loudness(500, 0.1, 0.9) / quiet == pytest.approx(10**0.5, rel=0.05)


def _ink(film: Seen, frame: int, colour: tuple[int, int, int] = WHITE, by: int = 60) -> Any:
    """Rows and columns of the places of that colour, as shares of the picture."""
    image = film.image(frame)
    found = np.argwhere(np.abs(image - np.array(colour)).max(axis=2) <= by)
    return found / np.array(image.shape[:2])


BIG = ("red.mkv", *USUAL, "--size", "384x256")


def text(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--text", "Hello", "--text-size", "0.2")
    rows, columns = _ink(film, 12).T
    assert len(rows) > 100
    assert rows.min() > 0.6
    assert columns.mean() == pytest.approx(0.5, abs=0.03)


def text_at(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--text", "Hello", "--text-at", "0.25-0.5")
    assert [len(_ink(film, n)) > 0 for n in (5, 6, 11, 12)] == [False, True, True, False]


def text_size(make: Callable[..., Seen]) -> None:
    small = _ink(make(*BIG, "--text", "H", "--text-size", "10%"), 3)
    large = _ink(make(*BIG, "--text", "H", "--text-size", "0.4", out="b.mov"), 3)
    heights = [ink[:, 0].max() - ink[:, 0].min() for ink in (small, large)]
    assert heights[1] / heights[0] == pytest.approx(4, rel=0.2)


def text_font(make: Callable[..., Seen]) -> None:
    words = (*BIG, "--text", "&", "--text-size", "0.5")
    usual = make(*words)
    named = make(*words, "--text-font", "firago", out="b.mov")
    other = make(*words, "--text-font", "Noto Sans Symbols", out="c.mov")
    assert (usual.image(3) == named.image(3)).all()
    assert (usual.image(3) != other.image(3)).any()


def text_colour(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--text", "Hello", "--text-size", "0.3", "--text-colour", "#00ff00")
    assert len(_ink(film, 3, (0, 255, 0), by=40)) > 300


def text_outline(make: Callable[..., Seen]) -> None:
    words = (*BIG, "--text", "Hello", "--text-size", "0.3")
    assert len(_ink(make(*words), 3, BLACK, by=40)) > 100
    bare = make(*words, "--text-outline", "0", out="b.mov")
    assert len(_ink(bare, 3, BLACK, by=40)) == 0


def text_outline_colour(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--text", "Hello", "--text-size", "0.3", "--text-outline", "0.2",
                "--text-outline-colour", "#00ff00")  # fmt: skip
    assert len(_ink(film, 3, (0, 255, 0), by=50)) > 100


def text_place(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--text", "Hi", "--text-place", "top-left")
    rows, columns = _ink(film, 3).T
    assert rows.max() < 0.3
    assert columns.max() < 0.3


def text_margin(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--text", "Hi", "--text-place", "top-left", "--text-margin", "0.3")
    rows, columns = _ink(film, 3).T
    assert rows.min() > 0.28
    assert columns.min() > 0.28


def text_fade(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--text", "Hello", "--text-size", "0.3", "--text-fade", "0.5,0")
    greens = [film.image(frame)[:, :, 1].max() for frame in (0, 6, 20)]
    assert greens[0] < 60 < greens[1] < 200 < greens[2]


def subtitles(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--subtitles", "words.srt")
    assert [len(_ink(film, frame)) > 0 for frame in (3, 20)] == [True, False]


def subtitle_track(make: Callable[..., Seen]) -> None:
    film = make(*BIG, "--subtitles", "words.srt", "--subtitle-track")
    assert len(_ink(film, 3)) == 0
    with av.open(str(film.path)) as container:
        assert len(container.streams.subtitles) == 1
        words = b"".join(bytes(p) for p in container.demux(container.streams.subtitles[0]))
    assert b"Hello" in words


def subtitle_encoding(make: Callable[..., Seen]) -> None:
    film = make(
        *BIG, "--subtitles", "russian.srt", "--subtitle-track", "--subtitle-encoding", "koi8-r"
    )
    with av.open(str(film.path)) as container:
        words = b"".join(bytes(p) for p in container.demux(container.streams.subtitles[0]))
    assert "Привет".encode() in words


def lut(make: Callable[..., Seen]) -> None:
    assert near(make("red.mkv", *USUAL, "--lut", "negative.cube").colour(3), (0, 255, 255))


def lut_strength(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--lut", "negative.cube", "--lut-strength", "0.5")
    assert near(film.colour(3), (127, 127, 127))


GREEN_MARK = ("--watermark", "mark.png", "--watermark-opacity", "1")


def watermark(make: Callable[..., Seen]) -> None:
    rows, columns = _ink(make(*BIG, *GREEN_MARK), 3, (0, 255, 0)).T
    assert rows.min() > 0.6
    assert columns.min() > 0.7


def watermark_place(make: Callable[..., Seen]) -> None:
    rows, columns = _ink(make(*BIG, *GREEN_MARK, "--watermark-place", "top-left"), 3, (0, 255, 0)).T
    assert rows.max() < 0.4
    assert columns.max() < 0.3


def watermark_size(make: Callable[..., Seen]) -> None:
    columns = _ink(make(*BIG, *GREEN_MARK, "--watermark-size", "0.5"), 3, (0, 255, 0))[:, 1]
    assert columns.max() - columns.min() == pytest.approx(0.5, abs=0.02)


def watermark_opacity(make: Callable[..., Seen]) -> None:
    film = make(*BIG, *GREEN_MARK[:2], "--watermark-opacity", "50%", "--watermark-size", "0.5",
                "--watermark-place", "centre")  # fmt: skip
    assert near(film.colour(3), (127, 127, 0))


def watermark_margin(make: Callable[..., Seen]) -> None:
    columns = _ink(make(*BIG, *GREEN_MARK, "--watermark-margin", "0.2"), 3, (0, 255, 0))[:, 1]
    assert 1 - columns.max() == pytest.approx(0.2, abs=0.02)


def fit(make: Callable[..., Seen]) -> None:
    clips = ("red.mkv", "red.mkv", "tall.mkv")
    assert near(make(*clips, *USUAL).colour(60, x=0.02), BLACK)
    assert near(make(*clips, *USUAL, "--fit", "stretch", out="b.mov").colour(60, x=0.02), WHITE)


def deinterlace(make: Callable[..., Seen]) -> None:
    plain = make("moving.mkv", *USUAL)
    film = make("moving.mkv", *USUAL, "--deinterlace", "top", out="b.mov")
    assert "deinterlaced, top field first, as you asked" in film.out
    # Every other line stays; what moves in the lines between is made anew.
    change = np.abs(film.image(12) - plain.image(12)).max(axis=(1, 2))
    assert change[1::2].max() > 20
    assert change[0::2].mean() < change[1::2].mean()


def background(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "red.mkv", "tall.mkv", *USUAL, "--background", "#0000ff")
    assert near(film.colour(60, x=0.02), BLUE)


def preset(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "--preset", "shorts", "--trim", "1=0-0.1", out="film.mp4")
    assert film.look.size == (1080, 1920)


def container(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "--container", "webm", out="film.webm")
    assert (film.look.codec, film.look.audio_codec) == ("vp9", "opus")


def codec(make: Callable[..., Seen]) -> None:
    assert make("red.mkv", "--codec", "hevc").look.codec == "hevc"


def audio_codec(make: Callable[..., Seen]) -> None:
    assert make("red.mkv", "--audio-codec", "mp3").look.audio_codec == "mp3"


def size(make: Callable[..., Seen]) -> None:
    assert make("red.mkv", *USUAL, "--size", "-x32").look.size == (48, 32)


def fps(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", *USUAL, "--fps", "29.97")
    assert film.look.rate == pytest.approx(30_000 / 1001, abs=1e-3)
    assert len(film.look.frames) == 30


def retime(make: Callable[..., Seen]) -> None:
    words = ("moving.mkv", *USUAL, "--fps", "48")
    plain = make(*words)
    blended = make(*words, "--retime", "blend", out="b.mov")
    repeated = [np.abs(plain.image(n) - plain.image(n + 1)).mean() for n in (10, 11)]
    between = [np.abs(blended.image(n) - blended.image(n + 1)).mean() for n in (10, 11)]
    assert min(repeated) < 0.3 < min(between)


def _bytes_of(make: Callable[..., Seen], *words: str) -> int:
    name = f"{'-'.join(words).replace('-', '')}.mov"
    return make("moving.mkv", *words, out=name).path.stat().st_size


def quality(make: Callable[..., Seen]) -> None:
    low, high = (_bytes_of(make, "--quality", name) for name in ("low", "high"))
    assert low < 0.8 * high


def crf(make: Callable[..., Seen]) -> None:
    assert _bytes_of(make, "--crf", "45") < 0.5 * _bytes_of(make, "--crf", "12")


def bitrate(make: Callable[..., Seen]) -> None:
    assert _bytes_of(make, "--bitrate", "60k") < 0.5 * _bytes_of(make, "--bitrate", "1M")


def bits(make: Callable[..., Seen]) -> None:
    assert make("red.mkv", "--codec", "hevc", "--bits", "10").look.pixel_format == "yuv420p10le"


def prores_profile(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "--codec", "prores", "--prores-profile", "lt", out="film.mov")
    assert (film.look.codec, film.look.tag) == ("prores", "apcs")


def hardware(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "--hardware", "videotoolbox")
    assert len(film.look.frames) == 24
    assert film.look.codec == "h264"


def audio_bitrate(make: Callable[..., Seen]) -> None:
    low, high = (_bytes_of(make, "--music", "song.wav", "--music-loop", "--audio-codec", "mp3",
                           "--audio-bitrate", rate) for rate in ("32k", "320k"))  # fmt: skip
    assert high - low > 20_000


def title(make: Callable[..., Seen]) -> None:
    assert make("red.mkv", *USUAL, "--title", "Ruby; #1").look.metadata["title"] == "Ruby; #1"


def chapters(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--chapters")
    assert [(name, start) for name, start, _ in film.look.chapters] == [("red", 0), ("blue", 1)]


def ai_marker(make: Callable[..., Seen]) -> None:
    assert (
        "trainedAlgorithmicMedia" in make("red.mkv", *USUAL, "--ai-marker").look.metadata["comment"]
    )
    without = make("red.mkv", *USUAL, "--no-ai-marker", out="b.mov")
    assert "trainedAlgorithmicMedia" not in without.look.metadata["comment"]


def poster(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--poster", "1.5")
    image = Image.open(film.folder / "film-poster.png").convert("RGB")
    colour = image.getpixel((48, 32))
    assert isinstance(colour, tuple)
    assert near((int(colour[0]), int(colour[1]), int(colour[2])), BLUE)


def handoff(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--handoff", "a.otio", "--handoff", "a.edl")
    assert json.loads((film.folder / "a.otio").read_text())["OTIO_SCHEMA"].startswith("Timeline")
    assert "FROM CLIP NAME" in (film.folder / "a.edl").read_text()


def save(make: Callable[..., Seen]) -> None:
    film = make("red.mkv", "blue.mkv", *USUAL, "--speed", "2=2", "--save", "again.json")
    words = ["export", "again.json", "-o", "again.mov"]
    assert main(words, [ENTRY], open_text_renderer=QtTextRenderer) == 0
    again = read_source(film.folder / "again.mov").facts
    assert again.num_frames == len(film.look.frames) == 36


def out(make: Callable[..., Seen]) -> None:
    assert make("red.mkv", out="other name.mp4").path.is_file()


def force(make: Callable[..., Seen]) -> None:
    make("red.mkv", *USUAL)
    assert len(make("red.mkv", "blue.mkv", *USUAL, "--force").look.frames) == 48


CASES = {
    f"--{case.__name__.replace('_', '-')}": case
    for case in (
        trim, speed, transition, clip_title, clip_fit, still, video_track, audio_track, skip_bad,
        volume, mute, clip_sound, music,
        music_volume, music_at, music_offset, music_loop, music_fade, duck, loudness, text, text_at,
        text_size, text_font, text_colour, text_outline, text_outline_colour, text_place,
        text_margin, text_fade, subtitles, subtitle_track, subtitle_encoding, lut, lut_strength,
        watermark, watermark_place, watermark_size, watermark_opacity, watermark_margin, fit,
        deinterlace, background, preset, container, codec, audio_codec, size, fps, retime, quality,
        crf, bitrate, bits, prores_profile, hardware, audio_bitrate, title, chapters, ai_marker,
        poster, handoff, save, out, force,
    )
}  # fmt: skip
# These make no film: tests/e2e/test_film_cli.py types them.
WITHOUT_A_FILM = {"--dry-run", "--list-transitions", "--json", "--quiet"}


def test_every_option_has_its_case() -> None:
    assert {option.name for option in OPTIONS} == set(CASES) | WITHOUT_A_FILM


@pytest.mark.parametrize("option", CASES)
def test_the_film_is_what_the_option_says(option: str, make: Callable[..., Seen]) -> None:
    CASES[option](make)
