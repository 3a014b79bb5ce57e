from __future__ import annotations

import time
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from core.film.build.preview import MAX_HEIGHT, PreviewFilm, PreviewStores, SceneStart
from core.film.model.delivery import AudioCodec, Container, ExportSettings, FrameFormat, VideoCodec
from core.film.model.film import Caption, Clip, Film, Transition
from core.film.model.layout import lay_out
from core.film.model.source import read_source
from core.media.render_cache import RenderCache
from gui.player.film_preview import FilmPreviewer
from gui.text.text_renderer import QtTextRenderer
from tests.film.counted_clips import Pulses, read_film, write_counted
from tests.film.exporting import look_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.errors import StudioError
    from core.jobs.job import Progressed
    from gui.ui_watchdog import UiWatchdog

RATE = 25


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [
        write_counted(
            folder / f"clip{name}.mov",
            name,
            rate=RATE,
            num_frames=20 + name,
            size=(96, 64),
            pulses=Pulses(),
        ).path
        for name in (1, 2, 3)
    ]


class Preview:
    """A previewer and all that it told."""

    def __init__(self, folder: Path, films_bytes: int = 10**9) -> None:
        self.stores = PreviewStores(
            RenderCache(folder / "pieces"), RenderCache(folder / "previews"), 10**9, films_bytes
        )
        self.previewer = FilmPreviewer(self.stores, QtTextRenderer())
        self.made: list[PreviewFilm] = []
        self.errors: list[StudioError] = []
        self.steps: list[Progressed] = []
        self.previewer.ready.connect(self.made.append)
        self.previewer.failed.connect(self.errors.append)
        self.previewer.progress.connect(self.steps.append)

    def make(self, qtbot: QtBot, film: Film, settings: ExportSettings | None = None) -> PreviewFilm:
        count = len(self.made)
        self.previewer.build(film, settings or ExportSettings())
        qtbot.waitUntil(lambda: len(self.made) > count or bool(self.errors), timeout=20_000)
        assert not self.errors
        assert not self.previewer.is_building
        return self.made[-1]


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[Preview]:
    preview = Preview(tmp_path)
    yield preview
    preview.previewer.release()


def film_of(clips: list[Path], **more: object) -> Film:
    cut = Transition(kind="none")
    uses = [
        Clip(path=clips[0], title="Dawn"),
        Clip(path=clips[1], title="Noon", start_s=0.2, transition=Transition(duration_s=0)),
        Clip(path=clips[2], title="Night", end_s=0.6),
    ]
    return Film(clips=tuple(uses), transition=cut).model_copy(update=more)


def test_preview_shows_each_frame_that_the_export_will_show(
    clips: list[Path], preview: Preview, qtbot: QtBot
) -> None:
    film = film_of(clips)
    made = preview.make(qtbot, film)
    seen = read_film(made.path)
    timeline = lay_out(film, [read_source(path) for path in clips], FrameFormat())
    wanted = [
        (shot.number, shot.skipped + n) for shot in timeline.shots for n in range(shot.num_frames)
    ]
    assert [(mark.clip, mark.frame) for mark in seen.marks if mark] == wanted
    assert seen.audio is not None
    assert made.scenes == (
        SceneStart("Dawn", 0.0),
        SceneStart("Noon", 21 / RATE),
        SceneStart("Night", (21 + 17) / RATE),
    )


def test_large_film_is_small_and_keeps_its_shape_and_rate(
    clips: list[Path], preview: Preview, qtbot: QtBot
) -> None:
    settings = ExportSettings(
        container=Container.MOV,
        video_codec=VideoCodec.PRORES,
        bit_depth=10,
        audio_codec=AudioCodec.NONE,
        frame=FrameFormat(width=1080, height=1920, rate=Fraction(2 * RATE)),
    )
    look = look_at(preview.make(qtbot, film_of(clips), settings).path)
    assert look.size == (202, MAX_HEIGHT)
    assert (look.rate, look.codec, look.audio_codec) == (50.0, "h264", "")


def test_film_that_did_not_change_opens_at_once(
    clips: list[Path], preview: Preview, qtbot: QtBot
) -> None:
    film = film_of(clips, captions=(Caption(text="A day", size=0.2),))
    first = preview.make(qtbot, film)
    assert preview.steps
    inode = first.path.stat().st_ino
    preview.steps.clear()
    assert preview.make(qtbot, film) == first
    assert first.path.stat().st_ino == inode
    assert preview.steps == []
    assert preview.make(qtbot, film_of(clips)).path != first.path


def test_clip_that_was_rendered_again_under_its_name_is_seen(
    clips: list[Path], preview: Preview, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mov"
    film = Film(clips=(Clip(path=path),))
    for name in (4, 5):
        write_counted(path, name, rate=RATE, num_frames=10, size=(96, 64))
        marks = read_film(preview.make(qtbot, film).path).marks
        assert {mark.clip for mark in marks if mark} == {name}


def test_fractions_rise_to_one(clips: list[Path], preview: Preview, qtbot: QtBot) -> None:
    preview.make(qtbot, film_of(clips, transition=Transition(kind="dissolve", duration_s=0.2)))
    fractions = [step.fraction or 0.0 for step in preview.steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_newer_film_ends_the_older_and_only_it_is_told(
    clips: list[Path], preview: Preview, qtbot: QtBot
) -> None:
    for size in (0.1, 0.2, 0.3):
        preview.previewer.build(
            film_of(clips, captions=(Caption(text="A day", size=size),)), ExportSettings()
        )
    last = preview.make(qtbot, film_of(clips))
    qtbot.wait(50)
    assert preview.made == [last]


def test_cancelled_preview_tells_nothing_and_leaves_nothing(
    clips: list[Path], preview: Preview, qtbot: QtBot
) -> None:
    preview.previewer.build(film_of(clips), ExportSettings())
    qtbot.waitUntil(lambda: bool(preview.steps), timeout=5000)
    preview.previewer.cancel()
    begin = time.monotonic()
    preview.previewer.release()
    assert time.monotonic() - begin < 2
    steps = len(preview.steps)
    qtbot.wait(50)
    assert (preview.made, preview.errors, len(preview.steps)) == ([], [], steps)
    folder = preview.stores.films.folder
    assert not folder.exists() or not list(folder.iterdir())


def test_film_that_cannot_be_says_everything_at_once(
    clips: list[Path], preview: Preview, qtbot: QtBot, tmp_path: Path
) -> None:
    gone = Clip(path=tmp_path / "gone.mp4")
    film = film_of(clips).model_copy(update={"clips": (gone, gone.model_copy())})
    preview.previewer.build(film, ExportSettings())
    qtbot.waitUntil(lambda: bool(preview.errors), timeout=5000)
    assert str(preview.errors[0]).count("gone.mp4") == 2
    assert not preview.previewer.is_building


def test_old_previews_go_when_there_are_too_many(
    clips: list[Path], tmp_path: Path, qtbot: QtBot
) -> None:
    preview = Preview(tmp_path, films_bytes=1)
    for size in (0.1, 0.2):
        preview.make(qtbot, film_of(clips, captions=(Caption(text="A", size=size),)))
    assert preview.stores.films.use().count == 1
    assert preview.made[-1].path.exists()
    preview.previewer.release()


def test_window_never_waits_for_a_preview(
    clips: list[Path], preview: Preview, qtbot: QtBot, responsive: UiWatchdog
) -> None:
    preview.make(qtbot, film_of(clips, captions=(Caption(text="A day", size=0.3),)))
    assert responsive.longest_s < 0.1
