"""What the player shows is what the film will be, for every effect there is."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

from core.film.build.export import ExportJob, write_frame
from core.film.model.delivery import ExportOrder, ExportSettings, FrameFormat, Retime
from core.film.model.film import Alignment, Caption, Clip, Film, Fit, Lut, Transition, Watermark
from core.film.model.layout import lay_out
from core.film.model.source import read_source
from core.film.model.transitions import NONE, TRANSITIONS
from core.film.picture.overlays import prepare_overlays
from core.film.picture.picture import Look
from core.jobs.job import CancelToken, JobContext
from core.media.ffmpeg_program import ffmpeg_transitions
from core.media.render_cache import RenderCache
from gui.text.text_renderer import QtTextRenderer
from tests.film.bundled import run_bundled
from tests.film.exporting import export
from tests.film.seen import frames_of, image_of, likeness

if TYPE_CHECKING:
    from pathlib import Path

FRAME = FrameFormat(width=128, height=72, rate=Fraction(24))
ALIKE = 0.98


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A wide, an upright and a small clip, of three rates."""
    folder = tmp_path_factory.mktemp("clips")
    found = []
    for name, image in (
        ("wide", "testsrc=s=160x90:r=24:d=1"),
        ("upright", "testsrc2=s=72x128:r=30:d=1"),
        ("small", "mandelbrot=s=64x48:r=25:end_pts=25"),
    ):
        path = folder / f"{name}.mp4"
        coding = ["-t", "1", "-pix_fmt", "yuv420p", "-crf", "12", "-preset", "ultrafast"]
        run_bundled(["-f", "lavfi", "-i", image, *coding, str(path)])
        found.append(path)
    return found


def compare(
    film: Film, folder: Path, numbers: list[int] | None = None, **changes: object
) -> list[float]:
    """How alike preview and export are at some frames (every fifth)."""
    settings = ExportSettings(frame=FRAME, crf=10).model_copy(update=changes)
    path = folder / "film.mp4"
    export(film, settings, path, store=folder / "store", text_renderer=QtTextRenderer())
    exported = frames_of(path)
    sources = [read_source(clip.path) for clip in film.clips]
    timeline = lay_out(film, sources, FRAME)
    look = Look(retime=settings.retime)
    overlays = prepare_overlays(timeline, look, QtTextRenderer(), folder / "drawn", CancelToken())
    assert len(exported) == timeline.num_frames
    alike = []
    for number in numbers or range(0, timeline.num_frames, 5):
        place = folder / f"{number}.png"
        write_frame(timeline, overlays, number, place, CancelToken())
        alike.append(likeness(image_of(place), exported[number]))
    return alike


def test_every_transition_is_shown_as_it_is_exported(clips: list[Path], tmp_path: Path) -> None:
    known = ffmpeg_transitions()
    kinds = [
        name
        for name, kind in TRANSITIONS.items()
        if name != NONE and (not kind.xfade or kind.xfade in known)
    ]
    assert len(kinds) > 40
    uses = [Clip(path=clips[0], end_s=0.5)]
    for number, kind in enumerate(kinds):
        transition = Transition(kind=kind, duration_s=0.25)
        uses.append(Clip(path=clips[(number + 1) % 3], end_s=0.5, transition=transition))
    # The second and the fourth of six frames of each transition.
    numbers = [6 * (number + 1) + at for number in range(len(kinds)) for at in (2, 4)]
    alike = compare(Film(clips=tuple(uses), fit=Fit.FILL), tmp_path, numbers)
    poor = [(kinds[place // 2], share) for place, share in enumerate(alike) if share < ALIKE]
    assert not poor


@pytest.mark.parametrize("fit", list(Fit))
def test_every_fit_is_shown_as_it_is_exported(fit: Fit, clips: list[Path], tmp_path: Path) -> None:
    film = Film(
        clips=tuple(Clip(path=path, end_s=0.4) for path in clips), fit=fit, background="#203040"
    )
    assert min(compare(film, tmp_path)) >= ALIKE


@pytest.mark.parametrize("retime", list(Retime))
def test_speed_and_other_rates_are_shown_as_they_are_exported(
    retime: Retime, clips: list[Path], tmp_path: Path
) -> None:
    uses = (Clip(path=clips[1], speed=1.5), Clip(path=clips[2], speed=0.5, end_s=0.5))
    assert min(compare(Film(clips=uses), tmp_path, retime=retime)) >= ALIKE


def test_table_watermark_and_words_are_shown_as_they_are_exported(
    clips: list[Path], tmp_path: Path
) -> None:
    table = tmp_path / "warm.cube"
    steps = (0.0, 0.5, 1.0)
    rows = [f"{min(1, r * 1.2)} {g} {b * 0.7}" for b in steps for g in steps for r in steps]
    table.write_text("\n".join(["LUT_3D_SIZE 3", *rows]), encoding="ascii")
    mark = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    ImageDraw.Draw(mark).ellipse((2, 2, 37, 17), fill=(255, 0, 0, 200))
    mark.save(tmp_path / "mark.png")
    words = (
        Caption(text="One", start_s=0.2, end_s=0.8, size=0.2, fade_in_s=0.2, fade_out_s=0.2),
        Caption(text="שתיים", start_s=0.5, size=0.15, place=Alignment.TOP_LEFT, colour="#ffff00"),
    )
    film = Film(
        clips=(
            Clip(path=clips[0], end_s=0.7),
            Clip(path=clips[1], end_s=0.7, transition=Transition(kind="dissolve", duration_s=0.3)),
        ),
        lut=Lut(path=table, strength=0.6),
        watermark=Watermark(path=tmp_path / "mark.png", place=Alignment.TOP_RIGHT, size=0.3),
        captions=words,
    )
    assert min(compare(film, tmp_path, list(range(0, 26, 3)))) >= ALIKE


@pytest.mark.parametrize(("moment_s", "number"), [(0, 0), (0.5, 12), (0.99, 23), (1, 23), (9, 23)])
def test_poster_is_the_frame_of_its_moment_and_the_last_one_from_the_end_on(
    moment_s: float, number: int, clips: list[Path], tmp_path: Path
) -> None:
    order = ExportOrder(
        film=Film(clips=(Clip(path=clips[0]),)),
        settings=ExportSettings(frame=FRAME, crf=10),
        path=tmp_path / "film.mp4",
        poster_s=moment_s,
    )
    work = tmp_path / "work"
    work.mkdir()
    context = JobContext(work, CancelToken(), lambda _: None, job_id="x")
    exported = frames_of(
        ExportJob(order, RenderCache(tmp_path / "store"), None, 10**9).run(context)
    )
    poster = image_of(tmp_path / "film-poster.png")
    alike = [likeness(poster, frame) for frame in exported]
    assert alike.index(max(alike)) == number
    assert max(alike) >= ALIKE
