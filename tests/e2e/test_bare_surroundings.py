"""Started by a service, a launcher or a stranger: streams closed, no home folder, odd places."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.media.ffmpeg import probe_clip
from tests.fakes.program import REAL, environment
from tests.film.exporting import make_clip

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="closes streams with a POSIX shell"),
]


def run(*words: str, closing: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {closing}', "sh", *REAL, *words],
        cwd=Path.cwd(),
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closing", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_an_export_with_closed_streams_makes_its_film(home: Path, closing: str) -> None:
    clip = make_clip(home.parent / "clip.mp4")
    ended = run("assemble", str(clip), "-o", "film.mp4", closing=closing)
    assert ended.returncode == 0, ended.stderr
    assert probe_clip(Path("film.mp4")).num_frames == 15
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ("" if ">&-" in closing.split() else f"{Path.cwd() / 'film.mp4'}\n")


def test_a_render_with_all_streams_closed_makes_its_clip(home: Path) -> None:
    short = ("-p", "a red ball", "--model", "ltx-mini", "--duration", "1", "-o", "ball.mp4")
    assert run(*short, closing="<&- >&- 2>&-").returncode == 0
    assert probe_clip(Path("ball.mp4")).num_frames == 17
    assert run("jobs", "list", "--json").stdout.count('"succeeded"') == 1


@pytest.mark.parametrize(("word", "code"), [("jobs", 2), ("window", 1)])
def test_a_user_without_a_home_folder_is_told_and_needs_only_one_variable(
    home: Path, word: str, code: int
) -> None:
    ended = run(word, IMAGEAI_HOME="~nobody-of-this-name/films", QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == code
    assert "There is no home folder" in ended.stderr
    assert "Set HOME, or set IMAGEAI_HOME" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


def stand_in_the_way(place: Path) -> Path:
    """A folder where a file belongs, or a file where a folder does."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.suffix:
        place.mkdir()
    else:
        place.write_text("a file", encoding="utf-8")
    return place


@pytest.mark.parametrize("what", ["cache", "cache/films", "state/log", "state/log/imageai.log"])
def test_a_file_or_folder_in_the_wrong_place_costs_no_film(home: Path, what: str) -> None:
    place = stand_in_the_way(home / what)
    clip = make_clip(home.parent / "clip.mp4")
    ended = run("assemble", str(clip), "-o", "film.mp4")
    assert ended.returncode == 0, ended.stderr
    assert probe_clip(Path("film.mp4")).num_frames == 15
    assert "Note: " in ended.stderr
    assert str(place) in ended.stderr.replace("\n  ", "")


@pytest.mark.parametrize("what", ["state", "state/jobs.sqlite", "state/work", "state/owners"])
def test_what_no_job_can_do_without_is_named_in_a_sentence(home: Path, what: str) -> None:
    stand_in_the_way(home / what)
    clip = make_clip(home.parent / "clip.mp4")
    ended = run("assemble", str(clip), "-o", "film.mp4")
    said = " ".join(ended.stderr.split())
    assert ended.returncode == 1, said
    assert "Traceback" not in said
    assert "defect" not in said
    assert what.split("/")[-1] in said
    assert not any(path.suffix in (".mp4", ".part") for path in Path.cwd().iterdir())


def test_a_film_file_without_end_of_nesting_is_a_sentence_and_the_log_has_the_rest(
    home: Path,
) -> None:
    Path("film.json").write_text("[" * 100_000, encoding="utf-8")
    ended = run("export", "film.json", "-o", "film.mp4")
    assert ended.returncode in (1, 2)
    assert "Traceback" not in ended.stderr
    assert "defect" not in ended.stderr
    assert "film.json" in ended.stderr or "nested far deeper" in " ".join(ended.stderr.split())
    assert len(ended.stderr) < 2000


def test_thousands_of_missing_clips_are_told_in_a_few_lines(home: Path) -> None:
    clips = [{"path": f"/nowhere/{number}.mp4"} for number in range(3000)]
    Path("film.json").write_text(json.dumps({"film": {"clips": clips}}), encoding="utf-8")
    ended = run("export", "film.json", "-o", "film.mp4")
    assert ended.returncode == 2
    assert "There is no clip at '/nowhere/0.mp4'" in ended.stderr
    assert "2,980 more clips cannot be used" in " ".join(ended.stderr.split())
    assert len(ended.stderr) < 3000
    told = json.loads(run("export", "film.json", "-o", "film.mp4", "--json").stdout)
    assert len(told["problems"]) == 21
    assert told["problems"][-1]["message"].startswith("2,980 more clips cannot be used")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
@pytest.mark.parametrize(
    "words",
    [("models",), ("models", "--json"), ("--help",), ("-p", "a ball", "--dry-run", "--json")],
)
def test_an_answer_that_does_not_fit_on_the_disk_is_no_success(
    home: Path, words: tuple[str, ...]
) -> None:
    ended = run(*words, closing=">/dev/full")
    assert ended.returncode == 1
    assert "cannot be written: No space left on device" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


def test_whoever_reads_only_the_beginning_of_an_answer_hears_of_nothing(home: Path) -> None:
    # A reader that has gone before anything was written.
    program = subprocess.Popen(
        [*REAL, "models", "--json"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    with program.stderr:
        told = program.stderr.read()
    assert (program.wait(), told) == (0, b"")
