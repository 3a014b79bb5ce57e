"""Clips of unlike kinds come upright, in shape and in their colours into an 8-bit BT.709 film."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.film.model.delivery import AudioCodec, Container, ExportSettings, FrameFormat, Quality
from core.film.model.film import Clip, Film, Fit
from core.film.model.source import read_source
from tests.film.bundled import run_bundled
from tests.film.counted_clips import (
    LOSSLESS_H264,
    FilmBench,
    Mark,
    image,
    level_of,
    luma_of,
    mark_of,
    raw_images,
    write_counted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FFV1 = ("-c:v", "ffv1")
FRAMES = 3


def exported(
    folder: Path, clip: Path, size: tuple[int, int] | None = None, **film: object
) -> list[av.VideoFrame]:
    """The frames of a film of that clip."""
    width, height = size or (None, None)
    settings = ExportSettings(
        container=Container.MOV,
        audio_codec=AudioCodec.NONE,
        quality=Quality.LOSSLESS,
        frame=FrameFormat(width=width, height=height),
    )
    asked = Film(clips=(Clip(path=clip),)).model_copy(update=film)
    with av.open(str(FilmBench(folder).export(asked, settings))) as container:
        return list(container.decode(video=0))


def remade(source: Path, path: Path, *options: str, before: Sequence[str] = ()) -> Path:
    run_bundled([*before, "-i", str(source), *options, str(path)])
    return path


def colours_of(frame: av.VideoFrame, box: tuple[int, int, int, int]) -> tuple[float, ...]:
    """Red, green and blue in the middle of a film, by BT.709 and worked out here."""
    left, top, right, bottom = box
    y, cb, cr = (
        plane.astype(float)
        for plane in (
            luma_of(frame)[top:bottom, left:right],
            chroma_of(frame, 1)[top // 2 : bottom // 2, left // 2 : right // 2],
            chroma_of(frame, 2)[top // 2 : bottom // 2, left // 2 : right // 2],
        )
    )
    light = (y.mean() - 16) / 219
    blue, red = (cb.mean() - 128) / 224, (cr.mean() - 128) / 224
    rgb = (light + 1.5748 * red, light - 0.1873 * blue - 0.4681 * red, light + 1.8556 * blue)
    return tuple(round(255 * part, 1) for part in rgb)


def chroma_of(frame: av.VideoFrame, number: int) -> np.ndarray:
    plane = frame.planes[number]
    rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def assert_colour(seen: tuple[float, ...], wanted: tuple[int, int, int], off: float = 3) -> None:
    assert max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) <= off, (seen, wanted)


def assert_film_colours(frames: Sequence[av.VideoFrame]) -> None:
    for frame in frames:
        assert frame.format.name == "yuv420p"
        assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
        assert (int(frame.color_primaries), int(frame.color_trc)) == (1, 1)


def test_clip_that_players_turn_comes_upright(tmp_path: Path) -> None:
    lumas = [np.rot90(image(1, frame, 120, 72, 48)) for frame in range(FRAMES)]
    raw = raw_images(tmp_path / "raw.yuv", [luma.copy() for luma in lumas], 25)
    lying = tmp_path / "lying.mp4"
    run_bundled([*raw, *LOSSLESS_H264, str(lying)])
    turned = remade(lying, tmp_path / "t.mp4", "-c", "copy", before=["-display_rotation", "-90"])
    facts = read_source(turned).facts
    assert (facts.width, facts.height) == (72, 48)
    frames = exported(tmp_path, turned)
    assert [(frame.width, frame.height, frame.rotation) for frame in frames] == [(72, 48, 0)] * 3
    assert [mark_of(luma_of(frame)) for frame in frames] == [Mark(1, n) for n in range(FRAMES)]


def test_wide_pixels_become_square(tmp_path: Path) -> None:
    clip = write_counted(tmp_path / "c.mov", num_frames=FRAMES, size=(48, 48))
    wide = remade(clip.path, tmp_path / "w.mov", "-vf", "setsar=3/2", *LOSSLESS_H264)
    frames = exported(tmp_path, wide)
    assert [(frame.width, frame.height) for frame in frames] == [(72, 48)] * 3
    assert [mark_of(luma_of(frame)) for frame in frames] == [Mark(1, n) for n in range(FRAMES)]


def test_wide_pixels_are_fitted_by_the_shape_that_is_seen(tmp_path: Path) -> None:
    clip = write_counted(tmp_path / "c.mov", num_frames=FRAMES, size=(48, 48))
    wide = remade(clip.path, tmp_path / "w.mov", "-vf", "setsar=3/2", *LOSSLESS_H264)
    luma = luma_of(exported(tmp_path, wide, (96, 96))[0])
    # 3:2 in a square: a sixth of it stays free above and below.
    assert (luma[:15].max(), luma[-15:].max()) == (16, 16)
    assert mark_of(luma[16:80]) == Mark(1, 0)


def test_odd_size_loses_a_row_and_a_column_and_says_so(tmp_path: Path) -> None:
    clip = write_counted(tmp_path / "odd.mkv", num_frames=FRAMES, size=(853, 481), codec=FFV1)
    bench = FilmBench(tmp_path)
    settings = ExportSettings(container=Container.MP4, audio_codec=AudioCodec.NONE)
    path = bench.export(Film(clips=(Clip(path=clip.path),)), settings)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames] == [(852, 480)] * 3
    assert [mark_of(luma_of(frame)) for frame in frames] == [Mark(1, n) for n in range(FRAMES)]
    assert any("853x481 → 852x480" in sentence for sentence in bench.sentences)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        ("webm", ("-c:v", "libvpx-vp9", "-lossless", "1", "-pix_fmt", "yuva420p")),
        ("mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
    ],
    ids=["vp9", "prores-4444", "qtrle"],
)
def test_what_lets_through_shows_the_background(
    tmp_path: Path, suffix: str, codec: tuple[str, ...]
) -> None:
    clip = tmp_path / f"alpha.{suffix}"
    # Opaque red on the left, nothing in the middle, half of red on the right.
    alpha = "if(lt(X,32),255,if(lt(X,64),0,128))"
    image_of = f"color=red:s=96x48:r=25:d=0.12,format=rgba,geq=r=255:g=0:b=0:a='{alpha}'"
    run_bundled(["-f", "lavfi", "-i", image_of, *codec, str(clip)])
    assert read_source(clip).facts.has_alpha
    frames = exported(tmp_path, clip, background="#0000ff")
    assert len(frames) == FRAMES
    assert_film_colours(frames)
    assert_colour(colours_of(frames[1], (8, 8, 24, 40)), (255, 0, 0), 5)
    assert_colour(colours_of(frames[1], (40, 8, 56, 40)), (0, 0, 255), 5)
    assert_colour(colours_of(frames[1], (72, 8, 88, 40)), (128, 0, 127), 5)


def test_ten_bits_become_eight_of_the_same_brightness(tmp_path: Path) -> None:
    clip = write_counted(tmp_path / "c.mov", num_frames=FRAMES)
    codec = ("-pix_fmt", "yuv420p10le", *FFV1)
    deep = remade(clip.path, tmp_path / "deep.mkv", *codec)
    assert read_source(deep).facts.bit_depth == 10
    frames = exported(tmp_path, deep)
    assert_film_colours(frames)
    assert [mark_of(luma_of(frame)) for frame in frames] == [Mark(1, n) for n in range(FRAMES)]
    assert level_of(luma_of(frames[0])) == pytest.approx(120, abs=1)


def test_hdr_clip_is_brought_to_an_ordinary_screen(tmp_path: Path) -> None:
    hdr = tmp_path / "hdr.mkv"
    # In PQ, 10 bits: black, 100 cd/m2 (code 0.508) and 1000 cd/m2 (code 0.752), in stripes.
    codes = [64, round(64 + 876 * 0.508), round(64 + 876 * 0.752)]
    row = np.repeat(np.array(codes, "<u2"), 32)
    luma = np.tile(row, (48, 1)).tobytes()
    raw = tmp_path / "hdr.yuv"
    raw.write_bytes((luma + np.full(96 * 48 // 2, 512, "<u2").tobytes()) * FRAMES)
    form = ["-f", "rawvideo", "-pix_fmt", "yuv420p10le", "-s", "96x48", "-framerate", "25"]
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=limited"
    run_bundled([*form, "-i", str(raw), "-vf", tags, *FFV1, str(hdr)])
    assert read_source(hdr).facts.colour.is_hdr
    frames = exported(tmp_path, hdr)
    assert len(frames) == FRAMES
    assert_film_colours(frames)
    dark, paper, bright = (
        float(luma_of(frames[1])[:, left : left + 16].mean()) for left in (8, 40, 72)
    )
    assert dark == pytest.approx(16, abs=2)
    # What is as bright as white paper is clearly lit, and what is brighter is not lost in it.
    assert 90 < paper < 215
    assert paper + 15 < bright <= 236
    assert abs(float(chroma_of(frames[1], 1).mean()) - 128) < 2


def test_full_range_becomes_limited_range(tmp_path: Path) -> None:
    luma = np.tile(np.repeat(np.array([0, 128, 255], np.uint8), 32), (48, 1))
    raw = raw_images(tmp_path / "raw.yuv", [luma] * FRAMES, 25)
    full = tmp_path / "full.mkv"
    tags = "setparams=range=full:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    run_bundled([*raw, "-vf", tags, *FFV1, str(full)])
    frames = exported(tmp_path, full)
    assert_film_colours(frames)
    seen = [float(luma_of(frames[0])[:, left : left + 16].mean()) for left in (8, 40, 72)]
    assert seen == pytest.approx([16, 126, 235], abs=1)


@pytest.mark.parametrize("size", [(1280, 720), (96, 64)], ids=["hd", "sd"])
def test_clip_without_colour_tags_keeps_its_brightness(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    clip = write_counted(tmp_path / "c.mov", num_frames=FRAMES, size=size, level=200)
    colour = read_source(clip.path).facts.colour
    assert (colour.matrix, colour.primaries, colour.transfer) == ("", "", "")
    frames = exported(tmp_path, clip.path)
    assert_film_colours(frames)
    before = image(1, 1, 200, *size).astype(float)
    assert np.abs(luma_of(frames[1]) - before).mean() < 0.5
    assert level_of(luma_of(frames[1])) == pytest.approx(200, abs=0.5)


def test_colourful_hd_clip_without_tags_keeps_its_colours(tmp_path: Path) -> None:
    clip = tmp_path / "colourful.mov"
    source = "testsrc2=s=1280x720:r=25:d=0.12,format=yuv420p"
    unknown = "setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown"
    lossless = [*LOSSLESS_H264, str(clip)]
    run_bundled(["-f", "lavfi", "-i", source, "-vf", unknown, *lossless])
    with av.open(str(clip)) as container:
        before = list(container.decode(video=0))
    after = exported(tmp_path, clip)
    assert len(after) == len(before) == FRAMES
    for old, new in zip(before, after, strict=True):
        assert np.abs(luma_of(new).astype(float) - luma_of(old)).mean() < 1
        for number in (1, 2):
            change = chroma_of(new, number).astype(float) - chroma_of(old, number)
            assert np.abs(change).mean() < 1


@pytest.mark.parametrize(
    ("codec", "pixels"), [("utvideo", "gbrp"), ("ffv1", "bgr0"), ("ffv1", "gbrp10le")]
)
def test_rgb_clip_keeps_its_colours(tmp_path: Path, codec: str, pixels: str) -> None:
    clip = tmp_path / "rgb.mkv"
    stripes = "geq=r='if(lt(X,32),200,30)':g='if(between(X,32,63),180,40)':b='if(gt(X,63),220,50)'"
    source = f"color=black:s=96x48:r=25:d=0.12,format=gbrp,{stripes}"
    coding = ["-c:v", codec, "-pix_fmt", pixels]
    run_bundled(["-f", "lavfi", "-i", source, *coding, str(clip)])
    assert read_source(clip).facts.pixel_format == pixels
    frames = exported(tmp_path, clip)
    assert_film_colours(frames)
    assert_colour(colours_of(frames[0], (8, 8, 24, 40)), (200, 40, 50))
    assert_colour(colours_of(frames[0], (40, 8, 56, 40)), (30, 180, 50))
    assert_colour(colours_of(frames[0], (72, 8, 88, 40)), (30, 40, 220))


def test_grey_clip_stays_grey(tmp_path: Path) -> None:
    clip = write_counted(tmp_path / "c.mov", num_frames=FRAMES, level=77)
    grey = remade(clip.path, tmp_path / "grey.mkv", "-pix_fmt", "gray", *FFV1)
    with av.open(str(grey)) as container:
        level = level_of(luma_of(next(container.decode(video=0))))
        is_full = read_source(grey).facts.colour.range == "pc"
    frames = exported(tmp_path, grey, fit=Fit.STRETCH)
    assert_film_colours(frames)
    wanted = 16 + level * Fraction(219, 255) if is_full else level
    assert level_of(luma_of(frames[0])) == pytest.approx(float(wanted), abs=1)
    assert abs(float(chroma_of(frames[0], 1).mean()) - 128) < 1
