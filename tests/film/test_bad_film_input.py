"""Clips, programs and places that cannot be used: refused before any work."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.film.build.export_plan import plan_export
from core.film.model.delivery import (
    AudioCodec,
    Container,
    ExportOrder,
    ExportSettings,
    VideoCodec,
)
from core.film.model.film import Caption, Clip, Film, Music, Transition
from core.jobs.job import CancelToken
from core.media.ffmpeg_choice import FFMPEG_VARIABLE
from core.media.ffmpeg_program import ffmpeg_version, find_ffmpeg
from core.media.render_cache import RenderCache
from tests.film.exporting import NO_AUDIO, export, film_of, look_at, make_clip, two_clips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.film.build.export_plan import PlannedExport

SILENT = ExportSettings(audio_codec=NO_AUDIO)
ODD_NAMES = (
    "two words", "it's \"so\"", "100%", "take%03d", "#1", "[x]{y}", "12:30", "http:x", "ünïcödé",
    "🎈👩‍🚀", "two\nlines", "-dash", "back\\slash", "$(touch x)", "a;b,c=d", "file|pipe",
)  # fmt: skip


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two good clips and every kind of bad one."""
    folder = tmp_path_factory.mktemp("bad")
    two_clips(folder)
    whole = make_clip(folder / "whole.mp4", 2, has_audio=False).read_bytes()
    (folder / "no-index.mp4").write_bytes(whole[: len(whole) // 2])
    fast = make_clip(folder / "fast.mp4", 2, has_audio=False, more=["-movflags", "+faststart"])
    (folder / "cut-off.mp4").write_bytes(fast.read_bytes()[: len(whole) * 2 // 3])
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "zeros.mp4").write_bytes(bytes(5000))
    (folder / "text.mp4").write_text("This is no film at all.\n" * 50, encoding="utf-8")
    (folder / "page.mp4").write_text("<html><body>404</body></html>", encoding="utf-8")
    (folder / "folder.mp4").mkdir()
    make_clip(folder / "sound.m4a", more=["-vn"])
    return folder


BAD = ("missing.mp4", "no-index.mp4", "cut-off.mp4", "empty.mp4", "zeros.mp4", "text.mp4",
       "page.mp4", "folder.mp4", "sound.m4a")  # fmt: skip


def _plan(
    film: Film,
    out: Path,
    store: Path,
    settings: ExportSettings = SILENT,
    free_bytes: Callable[[Path], int] = lambda _: 10**12,
    *,
    overwrite: bool = False,
    skips_bad_clips: bool = False,
) -> PlannedExport:
    asked = ExportOrder(
        film=film,
        settings=settings,
        path=out,
        overwrite=overwrite,
        skips_bad_clips=skips_bad_clips,
    )
    return plan_export(asked, RenderCache(store), None, store, free_bytes, CancelToken())


def _refused(*args: object, **more: object) -> list[str]:
    with pytest.raises(UnsupportedRequest) as refusal:
        _plan(*args, **more)  # type: ignore[arg-type] - wrong values are what is tested
    return [problem.message for problem in refusal.value.problems]


# Clips


def test_every_bad_clip_is_named_with_its_own_reason(room: Path, tmp_path: Path) -> None:
    film = film_of(room / "ball.mp4", *(room / name for name in BAD))

    messages = _refused(film, tmp_path / "film.mp4", tmp_path / "store")

    assert len(messages) == len(BAD)
    for number, (name, sentence) in enumerate(zip(BAD, messages, strict=True), start=2):
        assert sentence.startswith(f"Clip {number}:")
        assert name in sentence
    reasons = dict(zip(BAD, messages, strict=True))
    assert "no clip" in reasons["missing.mp4"]
    assert "empty" in reasons["empty.mp4"]
    assert "folder" in reasons["folder.mp4"]
    assert "no picture" in reasons["sound.m4a"]
    assert "cut off: " in reasons["cut-off.mp4"]
    assert "of 50 frames" in reasons["cut-off.mp4"]


def test_bad_clips_are_left_out_when_that_is_asked_for(room: Path, tmp_path: Path) -> None:
    bad = (room / "text.mp4", room / "missing.mp4")
    film = film_of(room / "ball.mp4", *bad, room / "bars.mp4")

    made = export(film, SILENT, tmp_path / "out" / "film.mp4", skips_bad_clips=True)

    assert len(look_at(made.path).frames) == 25
    assert len(made.notes) == 2
    assert all(path.name in note for path, note in zip(bad, made.notes, strict=True))


def test_a_film_of_bad_clips_alone_is_refused_even_when_they_may_be_left_out(
    room: Path, tmp_path: Path
) -> None:
    film = film_of(room / "text.mp4", room / "empty.mp4")

    messages = _refused(film, tmp_path / "film.mp4", tmp_path / "store", skips_bad_clips=True)

    assert "text.mp4" in messages[0]
    assert "empty.mp4" in messages[1]


def test_a_film_that_begins_with_a_bad_clip_begins_with_the_next(
    room: Path, tmp_path: Path
) -> None:
    wipe = Transition(kind="wipe-left", duration_s=0.2)
    clips = (
        Clip(path=room / "text.mp4"),
        Clip(path=room / "ball.mp4", transition=wipe),
        Clip(path=room / "bars.mp4", transition=wipe),
    )

    planned = _plan(
        Film(clips=clips), tmp_path / "film.mp4", tmp_path / "store", skips_bad_clips=True
    )

    assert planned.timeline.num_frames == 25
    assert "text.mp4" in planned.notes[0]
    assert any("wipe-left" in note or "transition" in note for note in planned.notes[1:])


def test_a_film_without_clips_is_refused(tmp_path: Path) -> None:
    messages = _refused(Film(clips=()), tmp_path / "film.mp4", tmp_path / "store")

    assert messages == ["The film has no clips. Name at least one clip."]


def test_a_transition_longer_than_its_clip_is_refused_with_the_longest_that_fits(
    room: Path, tmp_path: Path
) -> None:
    film = film_of(room / "ball.mp4", room / "bars.mp4", dissolve_s=2)

    messages = _refused(film, tmp_path / "film.mp4", tmp_path / "store")

    assert ["ball.mp4" in messages[0], "bars.mp4" in messages[1]] == [True, True]
    assert all("0.6 s or less" in sentence for sentence in messages)


@pytest.mark.parametrize("name", ["missing.mp3", "empty.mp4", "text.mp4", "folder.mp4"])
def test_music_that_cannot_be_heard_is_refused_before_any_work(
    name: str, room: Path, tmp_path: Path
) -> None:
    film = film_of(room / "ball.mp4", music=(Music(path=room / name),))

    [messages] = _refused(film, tmp_path / "film.mp4", tmp_path / "store", ExportSettings())

    assert name in messages


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A port on this machine, and who called there."""
    calls: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    done = threading.Event()

    def answer() -> None:
        while not done.is_set():
            try:
                caller, address = server.accept()
            except TimeoutError:
                continue
            calls.append(str(address))
            caller.close()

    thread = threading.Thread(target=answer)
    thread.start()
    yield server.getsockname()[1], calls
    done.set()
    thread.join()
    server.close()


@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8"])
def test_a_playlist_that_poses_as_a_clip_fetches_nothing(
    name: str, listener: tuple[int, list[str]], room: Path, tmp_path: Path
) -> None:
    port, calls = listener
    url = f"http://127.0.0.1:{port}/a.ts"
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n"
    posing = tmp_path / name
    posing.write_text(text, encoding="utf-8")
    film = Film(clips=(Clip(path=posing),), music=(Music(path=posing),))

    messages = _refused(film, tmp_path / "film.mp4", tmp_path / "store", ExportSettings())

    assert len(messages) == 2
    assert all(name in sentence for sentence in messages)
    assert calls == []


def test_clips_and_films_may_have_any_name(tmp_path: Path) -> None:
    usual = make_clip(tmp_path / "usual.mp4", 0.08, has_audio=False).read_bytes()
    clips = [tmp_path / f"{name}.mp4" for name in ODD_NAMES]
    for clip in clips:
        clip.write_bytes(usual)
    film = Film(clips=tuple(Clip(path=clip) for clip in clips), has_chapters=True)
    store = tmp_path / "store"

    for name in ODD_NAMES:
        made = export(film, SILENT, tmp_path / "out" / f"{name}.mp4", store=store)
        assert made.path == tmp_path / "out" / f"{name}.mp4"
        assert len(look_at(made.path).frames) == 2 * len(ODD_NAMES)

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        f"{name}.mp4" for name in ODD_NAMES
    )


# Programs


def _program_without(tmp_path: Path, *names: str) -> str:
    """The FFmpeg in use, but for these encoders and transitions."""
    path = tmp_path / "ffmpeg-of-old"
    hidden = " ".join(f"-e ' {name} '" for name in names)
    path.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *-encoders|*filter=xfade) "{find_ffmpeg()}" "$@" | grep -v {hidden} ;;\n'
        f'*) exec "{find_ffmpeg()}" "$@" ;; esac\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return str(path)


def test_codecs_that_ffmpeg_lacks_are_named_with_its_version_and_the_way_to_the_bundled_one(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = ffmpeg_version()
    poor = _program_without(tmp_path, "libx265", "libmp3lame")
    monkeypatch.setenv(FFMPEG_VARIABLE, poor)
    settings = ExportSettings(video_codec=VideoCodec.HEVC, audio_codec=AudioCodec.MP3)

    messages = _refused(film_of(room / "ball.mp4"), tmp_path / "film.mp4", tmp_path / "s", settings)

    assert len(messages) == 2
    assert "libx265" in messages[0]
    assert "libmp3lame" in messages[1]
    for sentence in messages:
        assert version in sentence
        assert f"Unset {FFMPEG_VARIABLE} to use the FFmpeg that comes with ImageAI" in sentence


def test_images_need_their_own_encoder(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FFMPEG_VARIABLE, _program_without(tmp_path, "libwebp_anim"))
    settings = ExportSettings(container=Container.WEBP)

    messages = _refused(
        film_of(room / "ball.mp4"), tmp_path / "film.webp", tmp_path / "s", settings
    )

    assert ["libwebp_anim" in sentence for sentence in messages] == [True]


def test_transitions_that_ffmpeg_lacks_are_named_with_its_version_and_the_way_to_the_bundled_one(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = ffmpeg_version()
    monkeypatch.setenv(FFMPEG_VARIABLE, _program_without(tmp_path, "wipeleft", "circleopen"))
    clips = [
        Clip(path=room / "ball.mp4", transition=Transition(kind=kind, duration_s=0.1))
        for kind in ("wipe-left", "dissolve", "fade-white", "wipe-left", "circle-open")
    ]
    film = Film(clips=(Clip(path=room / "ball.mp4"), *clips))

    messages = _refused(film, tmp_path / "film.mp4", tmp_path / "s")

    assert ["'wipe-left'" in messages[0], "'circle-open'" in messages[1]] == [True, True]
    assert len(messages) == 2
    for sentence in messages:
        assert version in sentence
        assert f"Unset {FFMPEG_VARIABLE} to use the FFmpeg that comes with ImageAI" in sentence


def test_an_ffmpeg_that_cannot_be_used_is_told_together_with_all_else(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FFMPEG_VARIABLE, "/bin/true")

    messages = _refused(film_of(room / "text.mp4"), tmp_path / "film.mp4", tmp_path / "s")

    assert [("no FFmpeg" in one, "text.mp4" in one) for one in messages] == [
        (True, False),
        (False, True),
    ]


# Places


@pytest.mark.parametrize("way", ["path", "symlink", "hard link", "music"])
def test_a_film_is_never_written_over_what_it_is_made_of(
    way: str, room: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes((room / "ball.mp4").read_bytes())
    out = tmp_path / "film.mp4"
    film = film_of(clip)
    match way:
        case "path":
            out = clip
        case "symlink":
            out.symlink_to(clip)
        case "hard link":
            out.hardlink_to(clip)
        case _:
            film = film_of(room / "bars.mp4", music=(Music(path=clip),))
            out = clip

    messages = _refused(film, out, tmp_path / "store", overwrite=True)

    assert ["clip.mp4" in sentence and "made of" in sentence for sentence in messages] == [True]


def test_an_existing_film_is_replaced_only_when_that_is_asked_for(
    room: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "film.mp4"
    out.parent.mkdir()
    out.write_bytes(b"an older film")
    film = film_of(room / "bars.mp4")

    [messages] = _refused(film, out, tmp_path / "store")
    export(film, SILENT, out, overwrite=True)

    assert messages.endswith("exists. Name another file.")
    assert len(look_at(out).frames) == 15


def test_a_name_that_is_taken_meanwhile_is_left_alone(room: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "film.mp4"
    out.parent.mkdir()
    out.write_bytes(b"another film")

    made = export(film_of(room / "bars.mp4"), SILENT, out)

    assert out.read_bytes() == b"another film"
    assert made.path.name == "film-2.mp4"
    assert any("film-2.mp4" in note for note in made.notes)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("gone/film.mp4", "does not exist"),
        ("file/film.mp4", "is a file"),
        (f"{'n' * 246}.mp4", "longer than 200 bytes"),
        (f"{'n' * 300}.mp4", "longer than 200 bytes"),
        ("film.xyz", "end in .mp4"),
        ("film", "end in .mp4"),
        ("/proc/film.mp4", "cannot be written"),
    ],
)
def test_a_place_that_takes_no_film_is_refused_before_any_work(
    name: str, word: str, room: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")

    messages = _refused(film_of(room / "ball.mp4"), tmp_path / name, tmp_path / "store")

    assert len(messages) == 1
    assert word in messages[0]


def test_a_full_disk_is_told_before_any_work(room: Path, tmp_path: Path) -> None:
    film = film_of(room / "ball.mp4")

    messages = _refused(
        film, tmp_path / "film.mp4", tmp_path / "store", free_bytes=lambda _: 5_000_000
    )

    assert all("5 MB free" in sentence for sentence in messages)
    assert str(tmp_path) in messages[0]


def test_problems_of_film_settings_and_place_are_told_together(room: Path, tmp_path: Path) -> None:
    film = film_of(room / "text.mp4", room / "missing.mp4", music=(Music(path=room / "no.mp3"),))
    settings = ExportSettings(container=Container.WEBM)

    messages = _refused(film, tmp_path / "gone" / "film.webm", tmp_path / "store", settings)

    words = ("gone", "h264", "aac", "text.mp4", "missing.mp4", "no.mp3")
    assert len(messages) == len(words)
    assert all(word in sentence for word, sentence in zip(words, messages, strict=True))


@pytest.mark.parametrize(
    ("captions", "said"),
    [
        ([Caption(text="x" * 1_000_000)], "Text 1 has 1,000,000 letters, and at most 2,000"),
        ([Caption(text="x\n" * 900)], "Text 1 has 901 lines, and at most 50"),
        ([Caption(text="x")] * 5000, "5,000 texts and subtitles to draw, and at most 3,000"),
        ([Caption(text="x", font="F" * 100_000)], "The font of text 1 has a name of 100,000"),
        ([Caption(text="x" * 9000)] * 900, "895 more texts are too long"),
    ],
)
def test_texts_that_nobody_can_draw_are_refused_before_any_work(
    room: Path, tmp_path: Path, captions: list[Caption], said: str
) -> None:
    film = film_of(room / "ball.mp4", captions=tuple(captions))
    begin = time.monotonic()
    with pytest.raises(UnsupportedRequest) as refused:
        _plan(film, tmp_path / "out.mp4", tmp_path / "store")
    assert time.monotonic() - begin < 10
    assert said in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_thousands_of_missing_clips_are_told_in_a_few_sentences(tmp_path: Path) -> None:
    film = film_of(*(tmp_path / f"{number}.mp4" for number in range(5000)))
    with pytest.raises(UnsupportedRequest) as refused:
        _plan(film, tmp_path / "out.mp4", tmp_path / "store")
    assert len(refused.value.problems) == 21
    assert "4,980 more clips cannot be used" in refused.value.problems[-1].message
