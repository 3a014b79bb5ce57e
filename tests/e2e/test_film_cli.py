"""The commands `assemble` and `export`, each in a process of its own, as a person types them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.film.model.transitions import TRANSITIONS
from core.media.ffmpeg_program import find_ffmpeg
from tests.fakes.program import remains
from tests.film.exporting import look_at, make_clip, two_clips

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Answer

    App = Callable[..., Answer]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    two_clips(folder)
    return folder


@pytest.fixture
def work(home: Path, clips: Path) -> Path:
    """The current folder, with two clips in it."""
    here = Path.cwd()
    for clip in clips.iterdir():
        shutil.copy2(clip, here)
    return here


def test_assembling_gives_the_film_and_its_path_on_stdout(app: App, work: Path) -> None:
    answer = app(
        *("assemble", "ball.mp4", "bars.mp4", "--transition", "dissolve:0.2"),
        *("--chapters", "--title", "Red", "--no-ai-marker", "-o", "film.mp4"),
    )

    assert answer.code == 0, answer.err
    assert answer.out == f"{work / 'film.mp4'}\n"
    assert "64x64, 25 frames at 25 fps, 1.00 s" in answer.said
    look = look_at(work / "film.mp4")
    assert len(look.frames) == 25
    assert look.metadata["title"] == "Red"
    assert [name for name, _, _ in look.chapters] == ["ball", "bars"]
    assert "trainedAlgorithmicMedia" not in look.metadata["comment"]
    assert remains(work) == ["ball.mp4", "bars.mp4", "film.mp4"]


def test_events_are_all_that_json_writes_on_stdout(app: App, work: Path) -> None:
    answer = app(
        *("assemble", "ball.mp4", "bars.mp4", "-o", "film.webm", "--hardware", "nvenc", "--json")
    )

    assert answer.code == 0, answer.err
    names = [event["event"] for event in answer.events]
    assert names[:3] == ["plan", "queued", "started"]
    assert names[-1] == "succeeded"
    assert set(names) == {"plan", "queued", "started", "progressed", "noted", "succeeded"}
    assert answer.events[-1]["path"] == str(work / "film.webm")
    fractions = [e["fraction"] for e in answer.events if e["event"] == "progressed"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    [note] = [event["message"] for event in answer.events if event["event"] == "noted"]
    assert "nvenc" in note
    assert answer.err == ""
    assert look_at(work / "film.webm").codec == "vp9"


def test_a_dry_run_tells_the_exact_plan_and_makes_nothing(app: App, work: Path) -> None:
    answer = app(
        *("assemble", "ball.mp4", "bars.mp4", "ball.mp4", "--transition", "2=wipe-left:0.2"),
        *("--trim", "3=0.2-0.4", "--fps", "30000/1001", "--size", "-x48", "--speed", "1=2"),
        *("-o", "film.mov", "--codec", "prores", "--dry-run", "--json"),
    )

    assert answer.code == 0, answer.err
    [plan] = answer.events
    assert plan["event"] == "plan"
    assert plan["out"] == str(work / "film.mov")
    assert (plan["width"], plan["height"], plan["fps"]) == (48, 48, "30000/1001")
    messages = [(c["start"], c["num_frames"], c["transition"]) for c in plan["clips"]]
    assert messages == [(0, 9, None), (3, 18, "wipe-left"), (21, 6, None)]
    assert plan["num_frames"] == 27
    assert plan["num_samples"] == round(27 * 48_000 * 1001 / 30_000)
    assert plan["settings"]["video_codec"] == "prores"
    assert plan["settings"]["bit_depth"] == 10
    assert remains(work) == ["ball.mp4", "bars.mp4"]


def test_every_problem_is_told_at_once(app: App, work: Path) -> None:
    (work / "text.mp4").write_text("no film", encoding="utf-8")

    answer = app(
        *("assemble", "ball.mp4", "text.mp4", "gone.mp4", "--music", "gone.mp3"),
        *("--transition", "disolve", "--speed", "9=2", "--trim", "1=x", "--quality", "best"),
        *("--codec", "vp9", "--bits", "12", "--size", "big", "--preset", "youtub"),
        *("--background", "pinkish", "--fps", "0/0", "--mute", "two", "-o", "gone/film.mov"),
    )

    assert answer.code == 2
    assert answer.out == ""
    words = (
        "'disolve'", "--speed '9=2'", "--trim:", "--quality", "bit depth", "big", "'youtub'",
        "pinkish", "--fps", "--mute", "vp9", "text.mp4", "gone.mp4", "gone.mp3", "gone'",
    )  # fmt: skip
    assert [word for word in words if word not in answer.said] == []
    assert "nothing was started" in answer.said
    assert remains(work) == ["ball.mp4", "bars.mp4", "text.mp4"]


def test_what_is_meant_for_one_clip_names_it(app: App, work: Path) -> None:
    answer = app(
        *("assemble", "ball.mp4", "--trim", "0.1-0.3", "--clip-title", "Ball"),
        *("--clip-fit", "fill", "-o", "film.mp4", "--dry-run"),
    )

    assert answer.code == 2
    for typed in ("--trim '0.1-0.3'", "--clip-title 'Ball'", "--clip-fit 'fill'"):
        assert f"{typed} names no clip. Write it as 1=" in answer.said


def test_bad_clips_are_left_out_with_a_note(app: App, work: Path) -> None:
    (work / "text.mp4").write_text("no film", encoding="utf-8")
    words = ("assemble", "text.mp4", "bars.mp4", "-o", "film.mp4", "--skip-bad")

    answer = app(*words)

    assert answer.code == 0, answer.err
    assert "text.mp4" in answer.said
    assert len(look_at(work / "film.mp4").frames) == 15


def test_a_film_has_a_name_of_its_own_in_the_output_folder(
    app: App, work: Path, home: Path
) -> None:
    answer = app("assemble", "ball.mp4", "--title", "My Film", "--quiet")

    assert answer.code == 0, answer.err
    made = Path(answer.out.strip())
    assert made.name.endswith("_my-film.mp4")
    assert made.is_file()
    assert answer.err == ""


def test_a_name_too_long_for_a_file_is_a_sentence(app: App, work: Path) -> None:
    answer = app("assemble", "ball.mp4", "-o", f"{'n' * 300}.mp4")

    assert answer.code == 2
    assert "longer than 200 bytes" in answer.said
    assert "unexpected" not in answer.said


def test_every_transition_is_listed(app: App, home: Path) -> None:
    answer = app("assemble", "--list-transitions")

    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()] == list(TRANSITIONS)


def test_a_saved_film_moves_with_its_folder(app: App, work: Path) -> None:
    project = work / "project"
    project.mkdir()
    for name in ("ball.mp4", "bars.mp4"):
        (work / name).rename(project / name)
    saved = app(
        *("assemble", "project/ball.mp4", "project/bars.mp4", "--transition", "dissolve:0.2"),
        *("-o", "one.mkv", "--codec", "hevc", "--save", "project/film.json"),
    )
    stored = json.loads((project / "film.json").read_text(encoding="utf-8"))
    project.rename(work / "moved")

    by_folder = app("export", "moved", "-o", "two.mkv")
    by_file = app("export", "moved/film.json", "-o", "three.gif", "--title", "Other")

    assert [answer.code for answer in (saved, by_folder, by_file)] == [0, 0, 0], by_folder.err
    one, two = look_at(work / "one.mkv"), look_at(work / "two.mkv")
    assert (one.codec, len(one.frames)) == (two.codec, len(two.frames)) == ("hevc", 25)
    assert [clip["path"] for clip in stored["film"]["clips"]] == ["ball.mp4", "bars.mp4"]
    assert (work / "three.gif").read_bytes()[:6] == b"GIF89a"


def test_a_film_file_of_a_newer_program_is_a_sentence(app: App, work: Path) -> None:
    (work / "film.json").write_text('{"schema_version": 2, "reel": []}', encoding="utf-8")

    answer = app("export", ".", "-o", "film.mp4")

    assert answer.code == 1
    assert "film.json" in answer.said
    assert "newer version" in answer.said


def test_names_that_look_like_something_else_are_names(app: App, work: Path) -> None:
    names = ["-dash.mp4", "12:30 %03d.mp4", "it's [#1]\n🎈.mp4", "1=one.mp4", "~x.mp4"]
    for name in names:
        shutil.copy(work / "bars.mp4", work / name)

    answer = app("assemble", "-o", "-out %d#.mp4", "--", *names)

    assert answer.code == 0, answer.err
    assert len(look_at(work / "-out %d#.mp4").frames) == 75


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on other systems")
def test_names_in_no_encoding_are_refused_with_the_others(app: App, work: Path) -> None:
    name = b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    shutil.copy(work / "bars.mp4", work / name)

    answer = app("assemble", name, "gone.mp4", "--music", name, "-o", name, "--json")

    assert answer.code == 2
    messages = [problem["message"] for problem in answer.events[-1]["problems"]]
    assert len(messages) == 4
    assert [("caf" in sentence, "gone" in sentence) for sentence in messages] == [
        (True, False), (True, False), (False, True), (True, False),
    ]  # fmt: skip


def test_an_ffmpeg_that_is_missing_or_too_poor_is_told(app: App, work: Path) -> None:
    poor = work / "poor-ffmpeg"
    poor.write_text(
        '#!/bin/sh\ncase "$*" in *-version) echo "ffmpeg version 3.1";; esac\n', encoding="utf-8"
    )
    poor.chmod(0o755)
    words = ("assemble", "ball.mp4", "-o", "film.mp4")

    missing = app(*words, IMAGEAI_FFMPEG=str(work / "gone"))
    lacking = app(*words, IMAGEAI_FFMPEG=str(poor))

    assert missing.code == 3
    assert "IMAGEAI_FFMPEG" in missing.said
    assert "Unset IMAGEAI_FFMPEG to use the FFmpeg that comes with ImageAI" in missing.said
    assert lacking.code == 3
    assert "version 3.1 is older than 5.1" in lacking.said
    assert "libx264" in lacking.said


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are those of Unix")
def test_a_disk_that_takes_no_more_ends_the_export_without_remains(app: App, work: Path) -> None:
    make_clip(work / "large.mp4", 1, size="640x360", has_audio=False)
    # FFmpeg may write only so much, as on a disk that fills while it works.
    limited = work / "limited-ffmpeg"
    limited.write_text(f'#!/bin/sh\nulimit -f 40\nexec "{find_ffmpeg()}" "$@"\n', encoding="utf-8")
    limited.chmod(0o755)

    answer = app(
        *("assemble", "large.mp4", "-o", "film.mp4", "--quality", "lossless", "--json"),
        IMAGEAI_FFMPEG=str(limited),
    )

    assert answer.code == 1
    failed = answer.events[-1]
    assert failed["event"] == "failed"
    assert "large.mp4" in failed["message"]
    assert "unexpected" not in failed["message"]
    assert not [name for name in remains(work.parent) if ".part" in name or "film.mp4" in name]


def test_mistakes_in_a_film_file_hide_no_others(app: App, work: Path) -> None:
    (work / "film.json").write_text(
        '{"film": {"clips": [{"path": "gone.mp4", "start_s": "soon"}, {"path": "ball.mp4"}],'
        ' "title": 3}, "settings": {"crf": 200}}',
        encoding="utf-8",
    )
    answer = app("export", "film.json", "--fps", "fast", "-o", "nowhere/film.mp4")
    assert answer.code == 2
    for part in (
        "film.clips.0.start_s takes a number, not 'soon'",
        "film.title takes text, not 3",
        "settings.crf takes 63 or less, not 200",
        "--fps",
        "gone.mp4",
        "nowhere",
    ):
        assert part in answer.said
    # Of a file that is no film at all, at least the options are looked at.
    (work / "film.json").write_text('{"film": ', encoding="utf-8")
    answer = app("export", "film.json", "--fps", "fast")
    assert answer.code == 2
    assert "cut off or no JSON, in line 1" in answer.said
    assert "--fps" in answer.said
