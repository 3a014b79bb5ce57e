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


@pytest.mark.timeout(400)
def test_a_film_is_made_from_nothing_by_mouse_and_keyboard(tmp_path: Path) -> None:
    with screen() as places:
        went = subprocess.run(
            [
                sys.executable, "-m", "scripts.journey", "--home", str(tmp_path / "home"),
                "--images", str(tmp_path / "pictures"),
            ],
            cwd=ROOT, env=environment(**places), capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert went.returncode == 0, went.stderr
    messages = json.loads(went.stdout.splitlines()[-1])
    assert messages["platform"] == places["QT_QPA_PLATFORM"]
    film = Path(messages["film"])
    with av.open(str(film)) as container:
        assert len(container.streams.audio) == 1
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 3 * FRAMES_A_CLIP - 2 * DISSOLVE_FRAMES
    assert frames[0].shape == (128, 192, 3)
    red, green, _ = np.moveaxis(frames[0].astype(int), 2, 0)
    assert ((red > 150) & (green < 90)).sum() > 200, "the first scene shows a red ball"
    with av.open(str(film)) as container:
        audio = np.concatenate([f.to_ndarray().ravel() for f in container.decode(audio=0)])
    assert float(np.abs(audio).max()) > 0.05, "the music is heard"
    seen = {path.stem.partition("-")[2] for path in (tmp_path / "pictures").glob("*.png")}
    assert set(STEPS) <= seen
