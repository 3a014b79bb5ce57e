"""Every mode of LTX from the command line, with the built-in model: picture and sound measured."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scripts.ltx_mini.modes import MODES, Given, Made, Mode, choose_scene, psnr_db, read_made
from tests.fakes.program import REAL, environment
from tests.ltx_mini_analyser import analyse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Answer

    Make = Callable[..., Made]

pytestmark = pytest.mark.timeout(600)

ASKED = choose_scene(random.Random(3))
MINI = ("--model", "ltx-mini", "--seed", "3")
# A frame that is kept comes through H.264; one that an image asks for through the model's VAE.
KEPT_DB, MET_DB = 36.0, 19.0
LEAST = {
    "start, dB": MET_DB,
    "middle, dB": MET_DB,
    "end, dB": MET_DB,
    "kept, dB": KEPT_DB,
    "colour as in the image": True,
    "setting as in the image": True,
}
# The model draws softer than H.264 keeps, above all where it has to meet frames that come later.
MOST = {"seam": 12.0, "first seam": 12.0, "second seam": 12.0, "made anew, dB": 35.0}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a clip that LTX Mini made, with images and a sound beside it."""
    folder = tmp_path_factory.mktemp("base")
    subprocess.run(
        [*REAL, "-p", ASKED.caption, *MINI, "-o", "clip.mp4"],
        check=True,
        cwd=folder,
        env=environment(IMAGEAI_HOME=str(folder / "home")),
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def given(base: Path) -> Given:
    """The clip: what images, videos and captions are taken from."""
    return Given.of(ASKED, base / "clip.mp4")


@pytest.fixture
def make(app: Callable[..., Answer], base: Path, given: Given) -> Make:
    """Renders a clip in a folder where the first one lies."""
    for name in ("clip.mp4", "beeps.mp4", "first.png", "middle.png", "last.png"):
        Path(name).hardlink_to(base / name)

    def render(*words: str, out: str = "made.mp4") -> Made:
        answer = app(*words, *MINI, "-o", out)
        assert answer.code == 0, answer.err
        return read_made(Path(out))

    return render


@pytest.mark.parametrize(
    "mode", [mode for mode in MODES if "strength" not in mode.name], ids=lambda mode: mode.name
)
def test_a_mode_does_what_its_words_say(make: Make, given: Given, mode: Mode) -> None:
    found = mode.measure(make(*mode.words_for(given)), given)
    wrong = {
        name: value
        for name, value in found.items()
        if value < LEAST.get(name, True if isinstance(value, bool) else 0.0)
        or value > MOST.get(name, np.inf)
    }
    assert not wrong


def test_a_video_is_made_anew_the_more_the_greater_the_strength(make: Make, given: Given) -> None:
    near: list[float] = []
    for strength in ("0", "0.2", "0.5", "0.9"):
        words = ("--source-video", "clip.mp4", "--strength", strength)
        made = make("-p", "a small ring at rest on the left", *words, out=f"{strength}.mp4")
        near.append(psnr_db(made.frames, given.frames[: len(made.frames)]))
    assert near == sorted(near, reverse=True)
    assert near[0] > near[-1] + 6
    assert analyse(read_made(Path("0.mp4")).frames).colour == given.scene.colour


def test_what_an_image_or_a_sound_shows_comes_from_nothing_else(make: Make, given: Given) -> None:
    plain = make("-p", f"moves {given.side}")
    seen = analyse(plain.frames)
    assert (seen.colour, seen.setting) != (given.scene.colour, given.scene.setting)
    assert plain.sound() == "silence"


@pytest.mark.parametrize("sound", ["beeps", "low tone"])
def test_an_audio_prompt_is_heard(make: Make, sound: str) -> None:
    made = make("-p", "a red ball at night", "--audio-prompt", f"with {sound}")
    assert made.sound() == sound.replace(" ", "_")
    assert analyse(made.frames).colour == "red"
