"""What bad input gets: a sentence, the right exit code, nothing on stdout and nothing on disk."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from providers.ltx_video.models.catalog import BY_ID
from tests.fakes.program import ROOT, remains
from tests.providers.tiny_home import install

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Answer

MINI = ("--model", "ltx-mini")
BUILTIN_WEIGHTS = "providers/ltx_video/mini/transformer/diffusion_pytorch_model.safetensors"
INSTALLED = "ltx-video-2b-0.9.8-distilled"
WEIGHTS = ("transformer/weights.safetensors", "vae/weights.safetensors")
TURNED = Image.Exif()
TURNED[0x0112] = 6
PROMPT = ("-p", "a red ball moves right")


def assert_refused(answer: Answer, *parts: str, code: int = 2) -> None:
    """Refused with these sentences and nothing else."""
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err
    for part in parts:
        assert part in answer.said


@pytest.fixture
def nothing_left(home: Path):
    """Fails when a command leaves more behind than its log and the proof of LTX Mini's files."""
    before = remains(Path.cwd())
    yield
    assert remains(Path.cwd()) == before
    kept = ("imageai.log", "ltx-mini-proven.json")
    assert [name for name in remains(home) if not name.endswith(kept)] == []


@pytest.fixture
def image(home: Path) -> Callable[..., Path]:
    """Makes a picture file beside the current folder."""

    def make(name: str, mode: str = "RGB", size: tuple[int, int] = (300, 200), **save) -> Path:
        path = home.parent / name
        Image.new(mode, size).save(path, **save)
        return path

    return make


# The prompt and the names


@pytest.mark.usefixtures("nothing_left")
def test_an_empty_prompt(app) -> None:
    assert_refused(app("-p", "  ", *MINI), "The prompt is empty. Describe the clip")


@pytest.mark.usefixtures("nothing_left")
def test_no_prompt_and_no_command(app) -> None:
    # Without any word the window opens.
    assert_refused(app("--quiet"), "The prompt is empty.")


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (("--provider", "ltx-vidoe"), "Did you mean 'ltx-video'?"),
        (("--deployment", "locl"), "Did you mean 'local'?"),
        (("--model", "ltx-minni"), "Did you mean 'ltx-mini'?"),
        ((*MINI, "--camera-motion", "pan_lft"), "Did you mean 'pan_left'?"),
        ((*MINI, "--resoltion", "x"), "Did you mean --resolution?"),
    ],
)
def test_an_unknown_name_comes_with_the_nearest(app, words, nearest) -> None:
    assert_refused(app(*PROMPT, *words), nearest)


# Numbers, all wrong at once


@pytest.mark.usefixtures("nothing_left")
def test_everything_outside_the_models_range_is_told_at_once(app) -> None:
    answer = app(
        *PROMPT, *MINI, "--duration", "60", "--fps", "500", "--resolution", "1920x1080",
        "--steps", "100000", "--seed", "-1", "-o", "nowhere/ball.mp4",
    )  # fmt: skip
    assert_refused(
        answer,
        "things are wrong, and nothing was started",
        "--duration: LTX Mini makes clips of",
        "--fps: LTX Mini takes a frame rate of 16, not 500",
        "--resolution: LTX Mini does not make 1920x1080. The nearest size is",
        "--steps: LTX Mini takes a number of steps of",
        "--seed: LTX Mini takes a seed of 0 to 4294967295, not -1",
        "--out: The output folder",
    )


@pytest.mark.usefixtures("nothing_left")
def test_values_that_are_no_numbers_join_the_other_problems(app) -> None:
    answer = app(*PROMPT, *MINI, "--fps", "fast", "--duration", "60", "--ltx-seed", "x")
    assert_refused(
        answer,
        "--fps takes a whole number, not 'fast'",
        "--seed takes a whole number, not 'x'",
        "--duration: LTX Mini makes clips of",
    )


# The start image


@pytest.mark.usefixtures("nothing_left")
def test_an_image_that_is_missing(app, image) -> None:
    image("start.png")
    answer = app(*PROMPT, *MINI, "--image", "../strat.png")
    assert_refused(answer, "There is no start image", "Did you mean", "start.png")


@pytest.mark.usefixtures("nothing_left")
def test_an_image_that_is_none(app, home: Path) -> None:
    other = home.parent / "letter.png"
    other.write_text("Dear Sir or Madam", encoding="utf-8")
    assert_refused(app(*PROMPT, *MINI, "--image", str(other)), "is no picture in a known format")
    assert_refused(app(*PROMPT, *MINI, "--image", str(home)), "is a folder")


@pytest.mark.usefixtures("nothing_left")
def test_an_image_that_is_cut_off(app, image) -> None:
    path = image("cut.jpg")
    path.write_bytes(path.read_bytes()[:900])
    assert_refused(app(*PROMPT, *MINI, "--image", str(path)), "is damaged or cut off")


@pytest.mark.usefixtures("nothing_left")
def test_an_image_that_is_huge(app, image) -> None:
    path = image("huge.png", mode="1", size=(10_000, 9_000))
    assert_refused(app(*PROMPT, *MINI, "--image", str(path)), "has 90 megapixels")


@pytest.mark.parametrize(
    ("name", "mode", "save", "note"),
    [
        ("cmyk.jpg", "CMYK", {}, "for print (CMYK)"),
        ("alpha.png", "RGBA", {}, "transparent parts"),
        ("palette.png", "P", {"transparency": 0}, "transparent parts"),
        ("turned.jpg", "RGB", {"exif": TURNED}, "upright"),
    ],
)  # fmt: skip
def test_an_odd_image_is_used_and_told(fake_app, image, name, mode, save, note) -> None:
    path = image(name, mode=mode, **save)
    answer = fake_app(
        *PROMPT, "--model", "fake-small", "--image", str(path), "-o", "a.mp4", "--dry-run"
    )
    assert answer.code == 0
    assert answer.out == ""
    assert note in answer.said


# The output


@pytest.mark.usefixtures("nothing_left")
def test_an_output_that_exists(app) -> None:
    taken = Path("ball.mp4")
    taken.write_bytes(b"mine")
    assert_refused(app(*PROMPT, *MINI, "-o", "ball.mp4"), "exists", "--force")
    assert taken.read_bytes() == b"mine"
    taken.unlink()


@pytest.mark.usefixtures("nothing_left")
def test_an_output_that_is_no_clip_or_whose_folder_is_a_file(app, home: Path) -> None:
    assert_refused(app(*PROMPT, *MINI, "-o", "ball.gif"), "Clips are MP4 files", "ball.mp4")
    file = home.parent / "file"
    file.touch()
    assert_refused(app(*PROMPT, *MINI, "-o", str(file / "ball.mp4")), "is a file, not a folder")


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is closed on Linux only")
def test_an_output_folder_that_cannot_be_written(app) -> None:
    answer = app(*PROMPT, *MINI, "-o", "/proc/ball.mp4")
    assert_refused(answer, "The output folder '/proc' cannot be written")


@pytest.mark.usefixtures("nothing_left")
def test_a_full_disk(fake_app) -> None:
    answer = fake_app(*PROMPT, "-o", "a.mp4", IMAGEAI_TEST_FREE_BYTES="1000")
    assert_refused(answer, "has 0 MB free, and this clip needs about", "Free some space")


# What is not set up


@pytest.mark.usefixtures("nothing_left")
def test_a_model_that_is_not_installed(app) -> None:
    answer = app(*PROMPT, "--model", "ltx-video-2b-0.9.8-distilled", "-o", "a.mp4")
    assert_refused(
        answer,
        "not installed",
        "GB",
        "scripts/setup_ltx_video.py --model ltx-video-2b-0.9.8-distilled",
        code=3,
    )


@pytest.fixture
def installed(home: Path) -> Path:
    """A model in the home whose files are as their manifest says; only their content is small."""
    folder = home / "models" / INSTALLED
    for name in WEIGHTS:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(name.encode() * 500)
    install(folder, BY_ID[INSTALLED])
    return folder


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def change_a_byte(file: Path) -> None:
    later_ns = file.stat().st_mtime_ns + 10**9
    file.write_bytes(b"?" + file.read_bytes()[1:])
    # A clock may stand still between two writes.
    os.utime(file, ns=(later_ns, later_ns))


@pytest.mark.parametrize(
    ("damage", "kind"), [(cut_off, "changed"), (change_a_byte, "changed"), (Path.unlink, "missing")]
)
def test_an_installed_model_whose_files_are_damaged(app, home, installed, damage, kind) -> None:
    damage(installed / WEIGHTS[0])
    before = remains(home)
    answer = app(*PROMPT, "--model", INSTALLED)
    assert_refused(
        answer,
        f"Its files in {str(installed)!r} are damaged ({kind}: {WEIGHTS[0]}).",
        f"Run 'python3 scripts/setup_ltx_video.py --model {INSTALLED}'.",
        code=3,
    )
    assert remains(Path.cwd()) == []
    assert [name for name in remains(home) if not name.endswith("imageai.log")] == before


def test_a_damaged_model_is_told_together_with_everything_else(app, home, installed) -> None:
    cut_off(installed / WEIGHTS[1])
    answer = app(*PROMPT, "--model", INSTALLED, "--fps", "500", "-o", "ball.gif")
    assert_refused(
        answer,
        "3 things are wrong, and nothing was started",
        f"are damaged (changed: {WEIGHTS[1]})",
        "takes a frame rate of 24, 25 or 30, not 500",
        "Clips are MP4 files",
    )


@pytest.fixture(scope="module")
def damaged_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program in which the built-in model's largest file ends too early."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "main.py", root)
    for name in ("cli", "core", "providers", "scripts"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    cut_off(root / BUILTIN_WEIGHTS)
    return root / "main.py"


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("words", [MINI, ()], ids=["by name", "auto"])
def test_a_built_in_model_whose_files_are_damaged(app_of, damaged_program, words) -> None:
    answer = app_of(damaged_program, *PROMPT, *words)
    assert_refused(
        answer,
        "LTX Mini: Its files are damaged: "
        "transformer/diffusion_pytorch_model.safetensors is cut off",
        "It comes with the program: get a whole copy of ImageAI",
        code=3,
    )


@pytest.mark.usefixtures("nothing_left")
def test_no_ffmpeg(app) -> None:
    answer = app(*PROMPT, *MINI, IMAGEAI_FFMPEG="/nowhere/ffmpeg")
    assert_refused(answer, "IMAGEAI_FFMPEG names '/nowhere/ffmpeg', which is no program", code=3)


# Files of our own that are damaged


def test_settings_that_are_damaged(app, home: Path) -> None:
    (home / "settings.json").write_text("{ not json", encoding="utf-8")
    answer = app("config", "get", "render.model")
    assert (answer.code, answer.out) == (0, "auto\n")
    assert "The settings file was damaged" in answer.said
    assert (home / "settings.json.bad").read_text(encoding="utf-8") == "{ not json"


def test_a_journal_that_is_damaged(app, home: Path) -> None:
    (home / "state").mkdir()
    (home / "state" / "jobs.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    answer = app("jobs")
    assert (answer.code, answer.out) == (0, "There are no jobs.\n")
    assert "The job journal was damaged" in answer.said
    assert (home / "state" / "jobs.sqlite.bad").exists()


@pytest.mark.usefixtures("nothing_left")
def test_a_home_that_cannot_be_used(app, home: Path) -> None:
    file = home.parent / "file"
    file.touch()
    answer = app(*PROMPT, *MINI, "-o", "a.mp4", IMAGEAI_HOME=str(file))
    assert answer.code in (1, 2, 3)
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert str(file) in answer.said


# While it runs


def test_out_of_memory_is_told_and_the_next_cheaper_plan_is_tried(fake_app) -> None:
    answer = fake_app("-p", "oom", "-o", "a.mp4")
    assert answer.code == 0
    assert "ran out of memory. Trying again with a cheaper plan." in answer.said
    assert Path("a.mp4").is_file()


def test_out_of_memory_on_the_cheapest_plan_is_a_sentence(fake_app, home: Path) -> None:
    answer = fake_app("-p", "broke", "-o", "a.mp4")
    assert_refused(answer, "The fake ran out of memory.", code=1)
    assert remains(Path.cwd()) == []
    assert not any((home / "state" / "work").iterdir())
