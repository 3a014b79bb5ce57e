"""Clips in other colours than the film's look the same in it: worked out here, patch by patch."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.errors import UnsupportedRequest
from core.film.model.colour import conversion_note
from core.film.model.delivery import (
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    Quality,
    VideoCodec,
)
from core.film.model.film import Clip, Film, Fit, Transition
from core.film.model.layout import lay_out
from core.film.model.source import read_source
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.fakes.laid_out import source
from tests.film.exporting import export

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

PATCHES = np.array(
    [[200, 40, 40], [40, 180, 60], [40, 60, 200], [220, 180, 140], [128, 128, 128], [16, 12, 20]]
)
# Red, green and blue in CIE XYZ, as the standards print them.
GAMUTS = {
    "709": ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)),
    "p3": ((0.4866, 0.2657, 0.1982), (0.2290, 0.6917, 0.0793), (0.0, 0.0451, 1.0439)),
    "2020": ((0.6370, 0.1446, 0.1689), (0.2627, 0.6780, 0.0593), (0.0, 0.0281, 1.0610)),
    "525": ((0.3935, 0.3653, 0.1917), (0.2124, 0.7011, 0.0866), (0.0187, 0.1119, 0.9582)),
    "625": ((0.4306, 0.3415, 0.1783), (0.2220, 0.7066, 0.0713), (0.0202, 0.1296, 0.9391)),
}
KR_KB = {"709": (0.2126, 0.0722), "601": (0.299, 0.114), "2020": (0.2627, 0.0593)}


def from_film(code: Values) -> Values:
    return np.where(code < 0.081, code / 4.5, ((code + 0.099) / 1.099) ** (1 / 0.45))


def to_film(light: Values) -> Values:
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 0) ** 0.45 - 0.099)


def from_srgb(code: Values) -> Values:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def to_srgb(light: Values) -> Values:
    above = 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, above)


def power(gamma: float) -> Callable[[Values], Values]:
    return lambda light: np.maximum(light, 0) ** (1 / gamma)


CURVES: dict[str, Callable[[Values], Values]] = {
    "709": to_film,
    "srgb": to_srgb,
    "linear": lambda light: light,
    "2.2": power(2.2),
    "2.8": power(2.8),
}


@dataclass(frozen=True)
class Kind:
    """How the patches are coded; `tags` are primaries, transfer and matrix by FFmpeg's names."""

    name: str
    gamut: str = "709"
    curve: str = "709"
    matrix: str = "709"
    tags: tuple[str, str, str] | None = None
    bits: int = 8
    is_full: bool = False
    height: int = 48


P3 = ("smpte432", "bt709", "bt709")
SDR_2020 = ("bt2020", "bt2020-10", "bt2020nc")
KINDS = (
    Kind("film", tags=("bt709", "bt709", "bt709")),
    Kind("p3", "p3", tags=P3),
    Kind("p3-deep", "p3", tags=P3, bits=10),
    Kind("p3-full", "p3", tags=P3, is_full=True),
    Kind("p3-srgb", "p3", "srgb", tags=("smpte432", "iec61966-2-1", "bt709"), bits=10),
    Kind("2020", "2020", matrix="2020", tags=SDR_2020, bits=10),
    Kind("2020-12", "2020", matrix="2020", tags=("bt2020", "bt2020-12", "bt2020nc"), bits=10),
    Kind("2020-8", "2020", matrix="2020", tags=SDR_2020, is_full=True),
    Kind("525", "525", matrix="601", tags=("smpte170m", "smpte170m", "smpte170m")),
    Kind("625", "625", matrix="601", tags=("bt470bg", "smpte170m", "bt470bg")),
    Kind("sd", matrix="601"),
    Kind("sd-full", matrix="601", tags=("bt709", "bt709", "bt470bg"), is_full=True),
    Kind("hd", height=720),
    Kind("srgb", curve="srgb", tags=("bt709", "iec61966-2-1", "bt709")),
    Kind("linear", curve="linear", tags=("bt709", "linear", "bt709"), bits=10),
    Kind("gamma22", curve="2.2", tags=("bt709", "bt470m", "bt709")),
    Kind("gamma28", curve="2.8", tags=("bt709", "bt470bg", "bt709")),
)


def light_in(gamut: str, light: Values) -> Values:
    """The same light of BT.709, said by another gamut's red, green and blue."""
    seen = np.array(GAMUTS["709"]) @ light.T
    return np.linalg.solve(np.array(GAMUTS[gamut]), seen).T.astype(np.float64)


def write_patches(kind: Kind, path: Path) -> Path:
    """Three frames of six patches, each 32 pixels wide."""
    code = CURVES[kind.curve](light_in(kind.gamut, from_film(PATCHES / 255)))
    kr, kb = KR_KB[kind.matrix]
    y = code @ np.array([kr, 1 - kr - kb, kb])
    u, v = (code[:, 2] - y) / (2 * (1 - kb)), (code[:, 0] - y) / (2 * (1 - kr))
    unit = 2 ** (kind.bits - 8)
    if kind.is_full:
        top = 2**kind.bits - 1
        planes = [y * top, u * top + 128 * unit, v * top + 128 * unit]
    else:
        planes = [(16 + 219 * y) * unit, (128 + 224 * u) * unit, (128 + 224 * v) * unit]
    dtype = "u1" if kind.bits == 8 else "<u2"
    frame = b"".join(
        np.tile(np.repeat(np.round(p), 32).astype(dtype), (kind.height, 1)).tobytes()
        for p in planes
    )
    raw = path.with_suffix(".yuv")
    raw.write_bytes(frame * 3)
    pixels = "yuv444p" if kind.bits == 8 else "yuv444p10le"
    size = f"{32 * len(PATCHES)}x{kind.height}"
    words = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", size, "-framerate", "25", "-i", str(raw)]
    if kind.tags is not None:
        primaries, transfer, matrix = kind.tags
        said = f"color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}"
        words += ["-vf", f"setparams={said}:range={'full' if kind.is_full else 'limited'}"]
    run_ffmpeg([*words, "-c:v", "ffv1", str(path)], CancelToken())
    return path


def seen_in(frame: av.VideoFrame, count: int = len(PATCHES)) -> Values:
    """Red, green and blue of each patch, `(count, 3)`, by the film's own standard."""
    planes = [
        np.frombuffer(bytes(p), np.uint8).reshape(p.height, p.line_size)[:, : p.width].astype(float)
        for p in frame.planes
    ]
    found: list[tuple[float, float, float]] = []
    for n in range(count):
        y, u, v = (
            plane[
                plane.shape[0] // 4 : plane.shape[0] * 3 // 4,
                plane.shape[1] * (4 * n + 1) // (4 * count) : plane.shape[1]
                * (4 * n + 3)
                // (4 * count),
            ].mean()
            for plane in planes
        )
        y, u, v = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
        found.append((y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u))
    return 255 * np.array(found)


def film_frames(
    film: Film, path: Path, **settings: object
) -> tuple[list[av.VideoFrame], list[str]]:
    """The frames of a film of those patches, and what was told."""
    asked = ExportSettings(
        container=Container.MOV,
        audio_codec=AudioCodec.NONE,
        quality=Quality.LOSSLESS,
        frame=FrameFormat(width=32 * len(PATCHES), height=48, rate=Fraction(25)),
    ).model_copy(update=settings)
    done = export(film, asked, path)
    with av.open(str(done.path)) as container:
        return list(container.decode(video=0)), done.notes


def test_every_kind_of_colours_comes_as_the_same_patches(tmp_path: Path) -> None:
    clips = [write_patches(kind, tmp_path / f"{kind.name}.mkv") for kind in KINDS]
    film = Film(clips=tuple(Clip(path=clip) for clip in clips), fit=Fit.STRETCH)
    frames, notes = film_frames(film, tmp_path / "out" / "film.mov")
    assert len(frames) == 3 * len(KINDS)
    for number, kind in enumerate(KINDS):
        off = np.abs(seen_in(frames[3 * number + 1]) - PATCHES)
        # Rounded to 8 bits, a colour of a wider gamut may be off by more than one in BT.709.
        is_coarse = kind.bits == 8 and kind.gamut != "709"
        assert off.max() <= (6 if is_coarse else 3), (kind.name, off.round(1).tolist())
    told = "\n".join(notes)
    for name, what in (
        ("p3.mkv", "the colours of Display P3"),
        ("2020.mkv", "the colours of BT.2020"),
        ("625.mkv", "the colours of BT.601 for 625 lines"),
        ("linear.mkv", "the brightness of linear light"),
        ("p3-srgb.mkv", "the colours of Display P3 and the brightness of sRGB"),
    ):
        assert f"({name}) has {what}; they are converted to BT.709." in told
    assert "(film.mkv)" not in told
    assert "(sd.mkv)" not in told


@pytest.mark.parametrize("fit", list(Fit))
def test_bars_keep_their_own_colour_beside_converted_pictures(tmp_path: Path, fit: Fit) -> None:
    clip = write_patches(Kind("p3", "p3", tags=P3, height=32), tmp_path / "p3.mkv")
    film = Film(clips=(Clip(path=clip),), fit=fit, background="#c82828")
    frame = film_frames(film, tmp_path / "out" / "film.mov")[0][1]
    rows = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(48, -1)
    assert np.abs(seen_in(frame)[2] - PATCHES[2]).max() <= 3
    if fit is Fit.FIT:
        # (200, 40, 40) by BT.709: 219 / 255 * 74.02 + 16.
        assert rows[2, :192].mean() == pytest.approx(80, abs=1)


def test_a_dissolve_between_two_gamuts_changes_no_colour(tmp_path: Path) -> None:
    paths = [
        write_patches(kind, tmp_path / f"{kind.name}.mkv")
        for kind in KINDS
        if kind.name in ("p3-deep", "2020-8")
    ]
    joined = Transition(kind="dissolve", duration_s=0.08)
    film = Film(clips=tuple(Clip(path=path) for path in paths), transition=joined)
    frames, _ = film_frames(film, tmp_path / "out" / "film.mov")
    assert len(frames) == 4
    for frame in frames:
        assert np.abs(seen_in(frame) - PATCHES).max() <= 6


def test_ten_bit_films_get_the_same_colours(tmp_path: Path) -> None:
    clip = write_patches(
        Kind("2020", "2020", matrix="2020", tags=SDR_2020, bits=10), tmp_path / "a.mkv"
    )
    film = Film(clips=(Clip(path=clip),))
    frames, _ = film_frames(
        film, tmp_path / "out" / "film.mov", video_codec=VideoCodec.HEVC, bit_depth=10
    )
    assert frames[1].format.name == "yuv420p10le"
    assert np.abs(seen_in(frames[1].reformat(format="yuv420p")) - PATCHES).max() <= 3


def test_what_lets_through_is_converted_before_it_meets_the_background(tmp_path: Path) -> None:
    code = np.round(255 * to_film(light_in("p3", from_film(PATCHES / 255)))).astype(np.uint8)
    pixels = np.tile(np.repeat(code, 32, axis=0), (48, 1, 1))
    alpha = np.full((48, pixels.shape[1], 1), 255, np.uint8)
    alpha[:, 128:160] = 0
    raw = tmp_path / "raw.rgba"
    raw.write_bytes(np.concatenate([pixels, alpha], axis=2).tobytes() * 3)
    words = ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", "192x48", "-framerate", "25"]
    words += ["-i", str(raw), "-vf", "setparams=color_primaries=smpte432:color_trc=bt709"]
    clip = tmp_path / "alpha.mkv"
    run_ffmpeg([*words, "-c:v", "ffv1", "-pix_fmt", "bgra", str(clip)], CancelToken())
    film = Film(clips=(Clip(path=clip),), background="#28b43c")
    seen = seen_in(film_frames(film, tmp_path / "out" / "film.mov")[0][1])
    wanted = PATCHES.copy()
    wanted[4] = (40, 180, 60)
    assert np.abs(seen - wanted).max() <= 3


@pytest.mark.parametrize("gamut", ["709", "p3"])
def test_what_is_drawn_in_srgb_keeps_its_numbers(tmp_path: Path, gamut: str) -> None:
    code = np.round(255 * to_srgb(light_in(gamut, from_srgb(PATCHES / 255)))).astype(np.uint8)
    raw = tmp_path / "raw.rgb"
    raw.write_bytes(np.tile(np.repeat(code, 32, axis=0), (48, 1, 1)).tobytes() * 3)
    primaries = {"709": "bt709", "p3": "smpte432"}[gamut]
    words = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "192x48", "-framerate", "25"]
    words += ["-i", str(raw)]
    words += ["-vf", f"setparams=color_primaries={primaries}:color_trc=iec61966-2-1"]
    clip = tmp_path / "screen.mkv"
    run_ffmpeg([*words, "-c:v", "ffv1", "-pix_fmt", "bgr0", str(clip)], CancelToken())
    assert read_source(clip).facts.colour.transfer == "iec61966-2-1"
    film = Film(clips=(Clip(path=clip),))
    seen = seen_in(film_frames(film, tmp_path / "out" / "film.mov")[0][1])
    assert np.abs(seen - PATCHES).max() <= 3


@pytest.mark.parametrize("matrix", ["ycgco", "ictcp", "bt2020c", "matrix 200"])
def test_colours_that_cannot_be_read_are_refused_by_their_name(tmp_path: Path, matrix: str) -> None:
    read = source(tmp_path / "a.mkv", 10, Fraction(25))
    colour = read.facts.colour.model_copy(update={"matrix": matrix})
    read = read.model_copy(update={"facts": read.facts.model_copy(update={"colour": colour})})
    with pytest.raises(UnsupportedRequest) as caught:
        lay_out(Film(clips=(Clip(path=read.path),)), [read], FrameFormat())
    assert f"({matrix})" in caught.value.problems[0].message


def test_a_tag_without_a_name_is_told(tmp_path: Path) -> None:
    facts = source(tmp_path / "a.mkv", 10, Fraction(25)).facts
    colour = facts.colour.model_copy(update={"primaries": "primaries 99"})
    note = conversion_note("Clip 1", facts.model_copy(update={"colour": colour}))
    assert "primaries 99" in note
    assert "taken for BT.709" in note
