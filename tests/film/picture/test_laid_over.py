"""What is laid over a part of the image, or stands around it, leaves the rest as it was."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from core.film.model.delivery import (
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    ProResProfile,
    Quality,
    VideoCodec,
)
from core.film.model.film import Clip, Film, Fit, Watermark
from tests.film.bundled import run_bundled
from tests.film.counted_clips import FilmBench

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (192, 96)
LOSSLESS: dict[str, Any] = {"video_codec": VideoCodec.H264, "quality": Quality.LOSSLESS}
KINDS = [
    pytest.param({**LOSSLESS, "bit_depth": 8}, 0, id="8 bits"),
    pytest.param({**LOSSLESS, "bit_depth": 10}, 0, id="10 bits"),
    pytest.param({"video_codec": VideoCodec.PRORES, "bit_depth": 10}, 40, id="ProRes 422"),
    pytest.param(
        {
            "video_codec": VideoCodec.PRORES,
            "prores_profile": ProResProfile.P4444,
            "bit_depth": 10,
        },
        # It is read back in 12 bits.
        160,
        id="ProRes 4444",
    ),
]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip whose colours change from pixel to pixel."""
    path = tmp_path_factory.mktemp("clip") / "noise.mkv"
    image = ["-f", "lavfi", "-i", f"testsrc2=s={SIZE[0]}x{SIZE[1]}:r=25:d=0.2"]
    noise = ["-vf", "noise=alls=40:allf=t,format=yuv420p", "-c:v", "ffv1"]
    run_bundled([*image, *noise, str(path)])
    return path


def planes_of(film: Path) -> list[np.ndarray]:
    """Brightness and both colours of the film's frames."""
    with av.open(str(film)) as container:
        frames = list(container.decode(video=0))
    return [np.stack([_values(frame, number) for frame in frames]) for number in range(3)]


def _values(frame: av.VideoFrame, number: int) -> np.ndarray:
    plane = frame.planes[number]
    kind = "<u2" if frame.format.components[0].bits > 8 else "u1"
    rows = np.frombuffer(bytes(plane), kind).reshape(plane.height, -1)
    return rows[:, : plane.width].astype(int)


def made(folder: Path, film: Film, size: tuple[int, int], settings: dict[str, Any]) -> Path:
    folder.mkdir()
    frame = FrameFormat(width=size[0], height=size[1], rate=Fraction(25))
    order = ExportSettings(
        container=Container.MOV, audio_codec=AudioCodec.NONE, frame=frame, **settings
    )
    return FilmBench(folder).export(film, order)


@pytest.mark.parametrize(("settings", "most"), KINDS)
def test_a_mark_in_a_corner_changes_nothing_but_the_corner(
    clip: Path, tmp_path: Path, settings: dict[str, Any], most: int
) -> None:
    Image.new("RGBA", (16, 8), (250, 200, 10, 128)).save(tmp_path / "mark.png")
    bare = Film(clips=(Clip(path=clip),))
    mark = Watermark(path=tmp_path / "mark.png", size=0.1, margin=0.0)
    marked = bare.model_copy(update={"watermark": mark})
    one = planes_of(made(tmp_path / "one", bare, SIZE, settings))
    other = planes_of(made(tmp_path / "other", marked, SIZE, settings))
    for a, b in zip(one, other, strict=True):
        # The mark stands at the bottom, on the right.
        above = slice(0, a.shape[1] // 2)
        assert np.abs(a[:, above] - b[:, above]).max() <= most
    assert np.abs(one[0] - other[0]).max() > 20


@pytest.mark.parametrize(("settings", "most"), KINDS)
@pytest.mark.parametrize("around", [{"background": "#204060"}, {"fit": Fit.BLUR}])
def test_what_stands_around_an_image_leaves_it_as_it_was(
    clip: Path, tmp_path: Path, settings: dict[str, Any], most: int, around: dict[str, Any]
) -> None:
    wide = (SIZE[0] + 64, SIZE[1])
    film = Film(clips=(Clip(path=clip),), fit=Fit.FIT)
    one = planes_of(made(tmp_path / "one", film, wide, settings))
    other = planes_of(made(tmp_path / "other", film.model_copy(update=around), wide, settings))
    for a, b in zip(one, other, strict=True):
        bar = a.shape[2] * 32 // wide[0]
        inside = slice(bar + 8, a.shape[2] - bar - 8)
        assert np.abs(a[:, :, inside] - b[:, :, inside]).max() <= most
        assert np.abs(a[:, :, : bar - 8] - b[:, :, : bar - 8]).max() > 5
