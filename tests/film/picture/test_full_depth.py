"""A film of 10 bits keeps them wherever images are mixed: nothing on the way has only 8."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.film.build.export_inputs import prepare
from core.film.model.delivery import (
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    Retime,
    VideoCodec,
)
from core.film.model.film import Caption, Clip, Film, Fit, Transition, Watermark
from core.film.picture.assembler import stretch
from core.film.picture.graph import arguments
from core.film.picture.overlays import prepare_overlays
from core.film.picture.picture import Look
from core.film.picture.text_overlays import RenderedText, RenderedTexts
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.render_cache import RenderCache
from tests.fakes.clips import moving_clip
from tests.film.bundled import run_bundled
from tests.film.real_files import glued

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Planes = list[NDArray[np.int64]]

WIDTH, HEIGHT, COUNT = 96, 64, 10
WHOLE = "yuv444p10le"
FORMATS = ("yuv420p10le", "yuv422p10le", WHOLE)
BLACK, WHITE, GREY, FULL = 64, 940, 512, 1023
TAGS = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited"
PATCH, PATCH_SIZE, PATCH_PLACE = (250, 200, 10, 128), (16, 8), (4, 2)
# Less than a step of 8 bits, which is four of these.
CLOSE = 2.5


def shape_of(plane: int, pixel_format: str, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a plane of such an image."""
    is_colour = plane in (1, 2)
    across = 2 if is_colour and "444" not in pixel_format else 1
    down = 2 if is_colour and "420" in pixel_format else 1
    return size[1] // down, size[0] // across


def noise(pixel_format: str, seed: int = 1, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Planes:
    """The planes of frames of which each sample is another, all of them within video's range."""
    random = np.random.default_rng(seed)
    return [
        random.integers(BLACK, WHITE, (COUNT, *shape_of(plane, pixel_format, size)))
        for plane in range(3)
    ]


def written(path: Path, planes: Planes, pixel_format: str, *coding: str) -> Path:
    """A clip of those samples, coded without loss."""
    raw = path.with_suffix(".yuv")
    frames = zip(*planes, strict=True)
    raw.write_bytes(b"".join(plane.astype("<u2").tobytes() for frame in frames for plane in frame))
    height, width = planes[0].shape[1:]
    form = ["-f", "rawvideo", "-pix_fmt", pixel_format, "-s", f"{width}x{height}"]
    words = [*form, "-framerate", "25", "-i", str(raw), "-vf", TAGS]
    run_bundled([*words, *(coding or ("-c:v", "ffv1")), str(path)])
    return path


@dataclass(frozen=True)
class PatchRenderer:
    """Draws each text as the same patch of one colour."""

    def draw(
        self,
        captions: Sequence[Caption],
        width: int,
        height: int,
        folder: Path,
        cancel: CancelToken,
    ) -> RenderedTexts:
        Image.new("RGBA", PATCH_SIZE, PATCH).save(folder / "patch.png")
        return RenderedTexts(
            tuple(RenderedText(folder / "patch.png", *PATCH_PLACE) for _ in captions)
        )


def film_planes(
    folder: Path, film: Film, pixel_format: str, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Planes:
    """The samples of a film as its encoder gets them."""
    folder.mkdir()
    settings = ExportSettings(
        container=Container.MOV,
        video_codec=VideoCodec.PRORES,
        audio_codec=AudioCodec.NONE,
        bit_depth=10,
        frame=FrameFormat(width=size[0], height=size[1], rate=Fraction(25)),
    )
    token = CancelToken()
    timeline = prepare(film, settings, RenderCache(folder / "store"), token)
    look = Look(pixel_format)
    overlays = prepare_overlays(timeline, look, PatchRenderer(), folder / "drawn", token)
    image = stretch(timeline, 0, timeline.num_frames, overlays)
    raw = folder / "film.yuv"
    options = {"f": "rawvideo", "pix_fmt": pixel_format, "fps_mode": "passthrough"}
    run_ffmpeg(arguments(image, str(raw), options), token)
    shapes = [shape_of(plane, pixel_format, size) for plane in range(3)]
    frames = np.fromfile(raw, "<u2").reshape(timeline.num_frames, -1).astype(int)
    ends = np.cumsum([rows * columns for rows, columns in shapes])
    return [
        plane.reshape(-1, *shape)
        for plane, shape in zip(np.split(frames, ends[:-1], axis=1), shapes, strict=True)
    ]


def levels(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """A colour of 8 bits a channel in BT.709 of 10, worked out without rounding."""
    y = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
    u, v = (blue / 255 - y) / 1.8556, (red / 255 - y) / 1.5748
    return 64 + 876 * y, 512 + 896 * u, 512 + 896 * v


def far_from(values: NDArray[np.int64], wanted: NDArray[np.floating] | float) -> float:
    """How far a value is from the wanted one, at the most."""
    return float(np.abs(values - wanted).max())


def patch_in(plane: NDArray[np.int64], x: int, y: int) -> NDArray[np.int64]:
    """What a plane of a film has where a patch lies at that place of the image."""
    across, down = WIDTH // plane.shape[2], HEIGHT // plane.shape[1]
    (left, right), (top, bottom) = (x, x + PATCH_SIZE[0]), (y, y + PATCH_SIZE[1])
    return plane[:, top // down : bottom // down, left // across : right // across]


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_mark_mixes_with_what_lies_under_it_and_leaves_the_rest(
    tmp_path: Path, pixel_format: str
) -> None:
    clip = Clip(path=written(tmp_path / "clip.mkv", noise(pixel_format), pixel_format))
    Image.new("RGBA", PATCH_SIZE, PATCH).save(tmp_path / "mark.png")
    mark = Watermark(
        path=tmp_path / "mark.png", size=PATCH_SIZE[0] / WIDTH, margin=0.0, opacity=1.0
    )
    planes = film_planes(tmp_path / "film", Film(clips=(clip,), watermark=mark), pixel_format)
    place = WIDTH - PATCH_SIZE[0], HEIGHT - PATCH_SIZE[1]
    opacity = PATCH[3] / 255
    for plane, bare, colour in zip(planes, noise(pixel_format), levels(*PATCH[:3]), strict=True):
        seen, under = patch_in(plane, *place), patch_in(bare, *place)
        assert far_from(seen, under * (1 - opacity) + colour * opacity) < CLOSE
        seen[:] = under
        assert np.array_equal(plane, bare)


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_words_come_and_go_and_leave_the_rest(tmp_path: Path, pixel_format: str) -> None:
    clip = Clip(path=written(tmp_path / "clip.mkv", noise(pixel_format), pixel_format))
    words = Caption(text="W", start_s=0.12, end_s=0.28, fade_in_s=0.08)
    film = Film(clips=(clip,), captions=(words, words))
    planes = film_planes(tmp_path / "film", film, pixel_format)
    for plane, bare in zip(planes, noise(pixel_format), strict=True):
        seen, under = patch_in(plane, *PATCH_PLACE), patch_in(bare, *PATCH_PLACE)
        strength = np.abs(seen - under).mean(axis=(1, 2))
        # The first frame of a fade shows nothing yet.
        assert list(np.nonzero(strength)[0]) == [4, 5, 6]
        assert 0.3 < strength[4] / strength[6] < 0.9
        seen[:] = under
        assert np.array_equal(plane, bare)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("around", [{"background": "#204060"}, {"fit": Fit.BLUR}])
def test_image_with_something_around_it_is_left_as_it_was(
    tmp_path: Path, pixel_format: str, around: dict[str, object]
) -> None:
    clip = Clip(path=written(tmp_path / "clip.mkv", noise(pixel_format), pixel_format))
    film = Film(clips=(clip,), fit=Fit.FIT).model_copy(update=around)
    planes = film_planes(tmp_path / "film", film, pixel_format, (WIDTH + 64, HEIGHT))
    for plane, inside, colour in zip(
        planes, noise(pixel_format), levels(0x20, 0x40, 0x60), strict=True
    ):
        bar = plane.shape[2] * 32 // (WIDTH + 64)
        assert np.array_equal(plane[:, :, bar:-bar], inside)
        if "background" in around:
            assert far_from(plane[:, :, :bar], colour) < 1
            assert far_from(plane[:, :, -bar:], colour) < 1


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_blurred_surrounding_has_steps_as_fine_as_the_film(
    tmp_path: Path, pixel_format: str
) -> None:
    slope = np.linspace(300, 400, WIDTH).round().astype(int)
    planes = [np.full_like(plane, GREY) for plane in noise(pixel_format)]
    planes[0][:] = slope
    clip = Clip(path=written(tmp_path / "clip.mkv", planes, pixel_format))
    film = Film(clips=(clip,), fit=Fit.BLUR)
    brightness = film_planes(tmp_path / "film", film, pixel_format, (WIDTH + 64, HEIGHT))[0]
    bars = np.concatenate([brightness[:, :, :32], brightness[:, :, -32:]])
    # Out of 8 bits only every fourth level would come.
    shares = np.bincount(bars.ravel() % 4, minlength=4) / bars.size
    assert shares.min() > 0.1


def test_clip_that_lets_something_through_mixes_with_its_background(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    ranges = (400, 600), (480, 544), (480, 544), (0, FULL + 1)
    *colours, alpha = (random.integers(*ends, (COUNT, HEIGHT, WIDTH)) for ends in ranges)
    alpha[:, :16], alpha[:, 16:32] = FULL, 0
    path = written(tmp_path / "clip.mkv", [*colours, alpha], "yuva444p10le")
    film = Film(clips=(Clip(path=path),), background="#506080")
    planes = film_planes(tmp_path / "film", film, WHOLE)
    opacity = alpha / FULL
    behind = levels(0x50, 0x60, 0x80)
    for plane, colour, background in zip(planes, colours, behind, strict=True):
        assert far_from(plane, colour * opacity + background * (1 - opacity)) < CLOSE


def test_clip_whose_size_changes_is_left_as_it_was(tmp_path: Path) -> None:
    pixel_format = "yuv422p10le"
    small, large = noise(pixel_format, size=(48, 32)), noise(pixel_format)
    coding = ("-c:v", "libx264", "-qp", "0", "-bf", "0")
    first = written(tmp_path / "1.ts", small, pixel_format, *coding)
    later = (*coding, "-output_ts_offset", "0.4")
    both = glued(
        tmp_path / "both.ts", first, written(tmp_path / "2.ts", large, pixel_format, *later)
    )
    planes = film_planes(tmp_path / "film", Film(clips=(Clip(path=both),)), pixel_format)
    for plane, wanted in zip(planes, large, strict=True):
        assert np.array_equal(plane[COUNT:], wanted)


@pytest.mark.parametrize("kind", ["dissolve", "fade", "fade-white"])
def test_transition_mixes_all_that_the_clips_have(tmp_path: Path, kind: str) -> None:
    goes, comes = noise(WHOLE), noise(WHOLE, 2)
    clips = (
        Clip(path=written(tmp_path / "goes.mkv", goes, WHOLE)),
        Clip(
            path=written(tmp_path / "comes.mkv", comes, WHOLE),
            transition=Transition(kind=kind, duration_s=6 / 25),
        ),
    )
    planes = film_planes(tmp_path / "film", Film(clips=clips), WHOLE)
    between = {"fade": (BLACK, GREY, GREY), "fade-white": (WHITE, GREY, GREY)}.get(kind)
    for number, (plane, a, b) in enumerate(zip(planes, goes, comes, strict=True)):
        for step in range(6):
            one, other = a[COUNT - 6 + step], b[step]
            share = step / 6
            if between is not None:
                one, other = (one, between[number]) if step < 3 else (between[number], other)
                share = step % 3 / 3
            wanted = one * (1 - share) + other * share
            assert far_from(plane[COUNT - 6 + step], wanted) < CLOSE


@pytest.mark.parametrize(
    ("retime", "bit_depth", "rate", "is_told"),
    [
        (Retime.BLEND, 10, 30, True),
        (Retime.MOTION, 10, 30, True),
        (Retime.NEAREST, 10, 30, False),
        (Retime.BLEND, 10, 25, False),
        (Retime.BLEND, 8, 30, False),
    ],
)
def test_a_clip_whose_frames_are_mixed_tells_that_it_loses_its_depth(
    tmp_path: Path, retime: Retime, bit_depth: int, rate: int, is_told: bool
) -> None:
    clips = (
        Clip(path=written(tmp_path / "deep.mkv", noise(FORMATS[0]), FORMATS[0])),
        Clip(path=moving_clip(tmp_path / "plain.mp4", COUNT, 25, size=(WIDTH, HEIGHT))),
    )
    settings = ExportSettings(
        bit_depth=bit_depth,
        video_codec=VideoCodec.HEVC,
        retime=retime,
        frame=FrameFormat(width=WIDTH, height=HEIGHT, rate=Fraction(rate)),
    )
    timeline = prepare(Film(clips=clips), settings, RenderCache(tmp_path / "store"), CancelToken())
    told = [note for note in timeline.notes if "8 bits a channel, so clip 1 comes" in note]
    assert bool(told) is is_told
