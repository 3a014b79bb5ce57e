"""What an export makes is kept, found again, made anew when it is damaged, and thrown out."""

from __future__ import annotations

import shutil
import threading
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import JobCancelled
from core.film.model.delivery import AudioCodec, Container, ExportSettings, FrameFormat, Quality
from core.film.model.film import Caption, Clip, Film, Music, Transition
from core.film.picture.text_overlays import RenderedText, RenderedTexts
from core.jobs.job import CancelToken, Progressed
from core.jobs.lanes import Stage
from tests.film.bundled import run_bundled
from tests.film.counted_clips import FilmBench, Pulses, ReadFilm, read_film, write_counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SETTINGS = ExportSettings(
    container=Container.MOV,
    audio_codec=AudioCodec.PCM,
    quality=Quality.LOSSLESS,
    frame=FrameFormat(rate=Fraction(25)),
)
DISSOLVE = Transition(kind="dissolve", duration_s=0.16)
SEGMENTS = 4


class WhiteTexts:
    """Draws each text as a white bar, as long as the text."""

    def draw(
        self,
        captions: Sequence[Caption],
        width: int,
        height: int,
        folder: Path,
        cancel: CancelToken,
    ) -> RenderedTexts:
        folder.mkdir(parents=True, exist_ok=True)
        rendered_texts: list[RenderedText] = []
        for number, caption in enumerate(captions):
            path = folder / f"{number}.png"
            bar = f"color=white:s={2 * len(caption.text)}x4,format=rgba"
            run_bundled(["-f", "lavfi", "-i", bar, "-frames:v", "1", str(path)])
            rendered_texts.append(
                RenderedText(path, (width - 2 * len(caption.text)) // 2, height - 8)
            )
        return RenderedTexts(tuple(rendered_texts))


@pytest.fixture
def bench(tmp_path: Path) -> FilmBench:
    return FilmBench(tmp_path, WhiteTexts())


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Four clips of 20 frames, joined by dissolves of 4: segments of 20, 16, 16 and 16 frames."""
    clips = [
        Clip(
            path=write_counted(
                tmp_path / f"{name}.mov", name, num_frames=20, level=60 + 30 * name, pulses=Pulses()
            ).path
        )
        for name in range(SEGMENTS)
    ]
    return Film(clips=tuple(clips), transition=DISSOLVE)


def with_clip(film: Film, index: int, **changes: object) -> Film:
    clips = list(film.clips)
    clips[index] = clips[index].model_copy(update=changes)
    return film.model_copy(update={"clips": tuple(clips)})


def made_by(bench: FilmBench, film: Film, settings: ExportSettings = SETTINGS) -> int:
    """How many pieces of picture are made for an export that were not there before."""
    before = bench.images_made()
    bench.export(film, settings)
    after = bench.images_made()
    assert {name: after[name] for name in before} == before
    return len(after) - len(before)


def assert_same(one: ReadFilm, other: ReadFilm) -> None:
    assert one.times == other.times
    for left, right in zip(one.lumas, other.lumas, strict=True):
        assert np.array_equal(left, right)
    assert one.audio is not None
    assert other.audio is not None
    assert np.array_equal(one.audio, other.audio)


def test_second_export_makes_nothing_again(bench: FilmBench, film: Film) -> None:
    first = bench.export(film, SETTINGS)
    kept = {path: path.stat().st_ino for path in bench.store.folder.iterdir()}
    bench.messages.clear()
    second = bench.export(film, SETTINGS)
    assert {path: path.stat().st_ino for path in bench.store.folder.iterdir()} == kept
    assert first.read_bytes() == second.read_bytes()
    assert f"{SEGMENTS} of {SEGMENTS} pieces kept from before" in bench.sentences


@pytest.mark.parametrize("what", ["music", "volume", "mute", "container", "codec", "title"])
def test_change_that_is_not_seen_encodes_no_image(
    bench: FilmBench, film: Film, what: str, tmp_path: Path
) -> None:
    bench.export(film, SETTINGS)
    settings = SETTINGS
    match what:
        case "music":
            wave = tmp_path / "music.wav"
            tone = ["-f", "lavfi", "-i", "sine=440:d=3"]
            run_bundled([*tone, str(wave)])
            film = film.model_copy(update={"music": (Music(path=wave, volume_db=-6),)})
        case "volume":
            film = with_clip(film, 1, volume_db=-12.0)
        case "mute":
            film = with_clip(film, 2, is_muted=True)
        case "container":
            settings = SETTINGS.model_copy(update={"container": Container.MKV})
        case "codec":
            settings = SETTINGS.model_copy(update={"audio_codec": AudioCodec.AAC})
        case _:
            film = with_clip(film, 0, title="The beginning")
    assert made_by(bench, film, settings) == 0


@pytest.mark.parametrize(("index", "made"), [(0, 1), (1, 2), (3, 2)])
def test_another_clip_costs_its_own_piece_and_the_one_before(
    bench: FilmBench, film: Film, tmp_path: Path, index: int, made: int
) -> None:
    bench.export(film, SETTINGS)
    other = write_counted(tmp_path / "other.mov", 9, num_frames=20)
    assert made_by(bench, with_clip(film, index, path=other.path)) == made


def test_clip_that_was_rendered_again_under_its_name_is_noticed(
    bench: FilmBench, film: Film
) -> None:
    bench.export(film, SETTINGS)
    place = film.clips[3].path
    write_counted(place.with_name("again.mov"), 7, num_frames=20).path.replace(place)
    before = bench.images_made()
    seen = read_film(bench.export(film, SETTINGS)).marks[-1]
    assert len(bench.images_made()) - len(before) == 2
    assert seen is not None
    assert seen.clip == 7


def test_clip_that_was_only_moved_keeps_its_pieces(
    bench: FilmBench, film: Film, tmp_path: Path
) -> None:
    bench.export(film, SETTINGS)
    moved = shutil.copy(film.clips[1].path, tmp_path / "moved.mov")
    assert made_by(bench, with_clip(film, 1, path=tmp_path / moved)) == 0


def test_another_transition_costs_the_two_pieces_that_it_joins(
    bench: FilmBench, film: Film
) -> None:
    bench.export(film, SETTINGS)
    wipe = Transition(kind="wipe-left", duration_s=0.16)
    assert made_by(bench, with_clip(film, 2, transition=wipe)) == 1
    brief = Transition(kind="dissolve", duration_s=0.08)
    assert made_by(bench, with_clip(film, 2, transition=brief)) == 2


def test_another_caption_costs_the_pieces_on_which_it_lies(bench: FilmBench, film: Film) -> None:
    # Over frames 25 to 45: the second piece (20 to 36) and the third (36 to 52).
    shown = Caption(text="abc", start_s=1.0, end_s=1.8)
    bench.export(film, SETTINGS)
    assert made_by(bench, film.model_copy(update={"captions": (shown,)})) == 2
    changed = shown.model_copy(update={"text": "abcdef"})
    assert made_by(bench, film.model_copy(update={"captions": (changed,)})) == 2
    within = changed.model_copy(update={"end_s": 1.4})
    assert made_by(bench, film.model_copy(update={"captions": (within,)})) == 1


def test_caption_is_seen_on_its_frames_and_no_others(bench: FilmBench, film: Film) -> None:
    shown = Caption(text="abcd", start_s=1.0, end_s=1.8)
    bare = read_film(bench.export(film, SETTINGS))
    worded = read_film(bench.export(film.model_copy(update={"captions": (shown,)}), SETTINGS))
    differ = [
        frame
        for frame, (old, new) in enumerate(zip(bare.lumas, worded.lumas, strict=True))
        if not np.array_equal(old, new)
    ]
    assert differ == list(range(25, 45))
    assert {int(worded.lumas[frame][26, 24]) for frame in differ} == {235}


def test_caption_across_a_cut_looks_as_if_there_were_none(bench: FilmBench, film: Film) -> None:
    """Fades of a caption go on over the border between two pieces."""
    caption = Caption(text="abcd", start_s=1.0, end_s=1.8, fade_in_s=0.6, fade_out_s=0.2)
    worded = read_film(bench.export(film.model_copy(update={"captions": (caption,)}), SETTINGS))
    inside = [float(worded.lumas[frame][26, 24]) for frame in range(25, 45)]
    bare = read_film(bench.export(film, SETTINGS))
    under = [float(bare.lumas[frame][26, 24]) for frame in range(25, 45)]
    share = [(a - b) / (235 - b) for a, b in zip(inside, under, strict=True)]
    wanted = [min(1, n / 15, (20 - n) / 5) for n in range(20)]
    assert share == pytest.approx(wanted, abs=0.03)


class StopAfterSegments(CancelToken):
    """The wish to stop as soon as some pieces are in the store."""

    def __init__(self, bench: FilmBench, count: int) -> None:
        super().__init__()
        self._bench = bench
        self._count = count
        self._lock = threading.Lock()

    def check(self) -> None:
        folder = self._bench.store.folder
        found = [path for path in folder.glob("*.mov") if ".part" not in path.name] + [
            path for path in folder.glob("*.mp4") if ".part" not in path.name
        ]
        if len(found) >= self._count:
            self.cancel()
        super().check()


def test_export_that_was_stopped_goes_on_with_what_is_there(bench: FilmBench, film: Film) -> None:
    whole = FilmBench(bench.folder / "whole")
    whole.folder.mkdir()
    expected = read_film(whole.export(film, SETTINGS))
    with pytest.raises(JobCancelled):
        bench.export(film, SETTINGS, StopAfterSegments(bench, 1))
    kept = bench.images_made()
    assert 1 <= len(kept) < SEGMENTS
    assert not list(bench.store.folder.glob("*.part*"))
    path = bench.export(film, SETTINGS)
    after = bench.images_made()
    assert {name: after[name] for name in kept} == kept
    assert len(after) == SEGMENTS
    assert_same(read_film(path), expected)


def test_store_that_is_too_big_loses_what_was_used_longest_ago(
    bench: FilmBench, film: Film
) -> None:
    first = film.model_copy(update={"clips": film.clips[:2]})
    second = film.model_copy(update={"clips": film.clips[2:]})
    bench.export(first, SETTINGS)
    old = set(bench.images_made())
    bench.export(second, SETTINGS)
    new = set(bench.images_made()) - old
    bench.export(first, SETTINGS)
    bench.limit_bytes = bench.store.use().size_bytes - 1
    bench.export(first, SETTINGS)
    left = set(bench.images_made())
    assert old <= left
    assert bench.store.use().size_bytes <= bench.limit_bytes
    bench.limit_bytes = sum((bench.store.folder / name).stat().st_size for name in old)
    bench.export(first, SETTINGS)
    assert not new & set(bench.images_made())


def test_film_is_whole_even_when_nothing_of_it_may_be_kept(bench: FilmBench, film: Film) -> None:
    bench.limit_bytes = 0
    read = read_film(bench.export(film, SETTINGS))
    assert len(read.lumas) == 68
    assert bench.store.use().size_bytes == 0


def images_in(bench: FilmBench) -> list[Path]:
    return [bench.store.folder / name for name in sorted(bench.images_made())]


def cut_in_half(piece: Path) -> None:
    content = piece.read_bytes()
    piece.write_bytes(content[: len(content) // 2])


def cut_the_end(piece: Path) -> None:
    """The index of these files stands at the end; what is before it looks whole."""
    piece.write_bytes(piece.read_bytes()[:-40])


def empty(piece: Path) -> None:
    piece.write_bytes(b"")


def rot(piece: Path) -> None:
    """Bytes of the pictures that have flipped: header, index and size are as they were."""
    content = bytearray(piece.read_bytes())
    at = content.index(b"mdat") + 900
    content[at : at + 200] = bytes(byte ^ 0x5A for byte in content[at : at + 200])
    piece.write_bytes(content)


@pytest.mark.parametrize("damage", [cut_in_half, cut_the_end, empty, rot])
def test_damaged_piece_is_made_again(bench: FilmBench, film: Film, damage: object) -> None:
    expected = read_film(bench.export(film, SETTINGS))
    kept = bench.images_made()
    piece = images_in(bench)[1]
    assert callable(damage)
    damage(piece)
    assert_same(read_film(bench.export(film, SETTINGS)), expected)
    after = bench.images_made()
    assert after[piece.name] != kept.pop(piece.name)
    assert {name: after[name] for name in kept} == kept


@pytest.mark.parametrize("damage", [cut_in_half, empty])
def test_damaged_audio_is_made_again(bench: FilmBench, film: Film, damage: object) -> None:
    expected = read_film(bench.export(film, SETTINGS))
    assert callable(damage)
    damage(sorted(bench.store.folder.glob("*.f32"))[1])
    assert_same(read_film(bench.export(film, SETTINGS)), expected)


@pytest.mark.parametrize("damage", [cut_in_half, empty])
def test_damaged_note_of_what_a_clip_holds_is_made_again(
    bench: FilmBench, film: Film, damage: object
) -> None:
    expected = read_film(bench.export(film, SETTINGS))
    assert callable(damage)
    damage(sorted(bench.store.folder.glob("*.json"))[1])
    assert_same(read_film(bench.export(film, SETTINGS)), expected)


def test_progress_never_goes_back(bench: FilmBench, film: Film) -> None:
    bench.export(film, SETTINGS)
    shares = [
        event.fraction
        for event in bench.messages
        if isinstance(event, Progressed) and event.fraction is not None
    ]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    stages = [event.stage for event in bench.messages if isinstance(event, Progressed)]
    assert list(dict.fromkeys(stages)) == [Stage.READ, Stage.ASSEMBLE, Stage.MIX, Stage.WRITE]
