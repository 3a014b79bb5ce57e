"""The whole way by mouse and keyboard in the real window, with the real built-in model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from scripts.journey.screen import screen
from tests.fakes.program import ROOT, environment

FRAMES_A_CLIP, DISSOLVE_FRAMES = 17, 4
STEPS = (
    "welcome", "storyboard", "references", "rendering", "rendered", "takes", "sequence", "music",
    "exported", "images", "history", "models",
)  # fmt: skip


FIRST_HOUR = ("dropped", "render-seen", "playing", "dark", "exported")


def travel(tmp_path: Path, *options: str) -> Path:
    """Go a way in a window of its own; gives the film's place."""
    with screen() as places:
        went = subprocess.run(
            [
                sys.executable, "-m", "scripts.journey", "--home", str(tmp_path / "home"),
                "--images", str(tmp_path / "pictures"), *options,
            ],
            cwd=ROOT, env=environment(**places), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert went.returncode == 0, went.stderr
    messages = json.loads(went.stdout.splitlines()[-1])
    assert messages["platform"] == places["QT_QPA_PLATFORM"]
    return Path(messages["film"])


def frames_of(film: Path) -> list[np.ndarray]:
    with av.open(str(film)) as container:
        assert len(container.streams.audio) == 1
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def loudest(film: Path) -> float:
    with av.open(str(film)) as container:
        audio = np.concatenate([f.to_ndarray().ravel() for f in container.decode(audio=0)])
    return float(np.abs(audio).max())


def seen(tmp_path: Path) -> set[str]:
    return {path.stem.partition("-")[2] for path in (tmp_path / "pictures").glob("*.png")}


@pytest.mark.timeout(400)
def test_a_film_is_made_from_nothing_by_mouse_and_keyboard(tmp_path: Path) -> None:
    film = travel(tmp_path)

    frames = frames_of(film)
    assert len(frames) == 3 * FRAMES_A_CLIP - 2 * DISSOLVE_FRAMES
    assert frames[0].shape == (128, 192, 3)
    red, green, _ = np.moveaxis(frames[0].astype(int), 2, 0)
    assert ((red > 150) & (green < 90)).sum() > 200, "the first scene shows a red ball"
    assert loudest(film) > 0.05, "the music is heard"
    assert set(STEPS) <= seen(tmp_path)


@pytest.mark.timeout(400)
def test_a_first_hour_leads_to_a_film_of_own_footage_and_music(tmp_path: Path) -> None:
    film = travel(tmp_path, "--first-hour", "--size", "1024x680")

    frames = frames_of(film)
    # Two scenes of 17 and 25 frames, and two seconds of footage, at the clips' 16 a second.
    assert len(frames) == 17 + 25 + 32
    footage = frames[-16].astype(int)
    width = footage.shape[1]
    assert footage[:, : width // 4].max() < 40, "what was held upright has bars beside it"
    middle = footage[:, width // 2]
    assert np.abs(np.diff(middle, axis=0)).sum(axis=1).max() > 150, "its stripes lie across"
    assert loudest(film) > 0.05, "the music is heard"
    assert set(FIRST_HOUR) <= seen(tmp_path)
