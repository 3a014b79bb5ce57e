"""A clip of three prompts by the built-in model: motion and sound of each, and no seam."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.media.ffmpeg import probe_clip
from tests.e2e.test_mini_render import frames
from tests.ltx_mini_analyser import analyse, on_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Answer

pytestmark = pytest.mark.timeout(600)

FPS = 16
PROMPT = (
    "a red ball moving right at sunset, a low tone | 2: a red ball moving left at sunset, a high "
    "tone | 4: a red ball moving right at sunset, beeps"
)
SEEN = (("move_right", "low_tone"), ("move_left", "high_tone"), ("move_right", "beeps"))


def test_each_part_is_seen_and_heard_and_no_seam_is(app: Callable[..., Answer]) -> None:
    words = ("--model", "ltx-mini", "-p", PROMPT, "--duration", "6", "--seed", "5")
    answer = app(*words, "-o", "parts.mp4", "--json")
    assert answer.code == 0, answer.out
    path = Path("parts.mp4")
    facts = probe_clip(path)
    # Longer than the longest clip of five seconds.
    assert (facts.num_frames, facts.fps) == (97, FPS)
    assert facts.audio_duration_s == pytest.approx(97 / FPS, abs=0.1)
    shown, (sound, rate_hz) = frames(path), heard(path)
    parts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["parts"]
    ranges = [(part["first"], part["first"] + part["num_frames"]) for part in parts]
    assert ranges == [(0, 33), (33, 65), (65, 97)]
    for (first, stop), (motion, tone) in zip(ranges, SEEN, strict=True):
        seen = analyse(shown[first:stop])
        assert (seen.motion, seen.colour, seen.kind) == (motion, "red", "ball")
        begin, end = round(first / FPS * rate_hz), round(stop / FPS * rate_hz)
        assert on_event(sound[:, begin:end], rate_hz) == tone
    steps = np.abs(np.diff(shown.astype(np.float32), axis=0)).mean(axis=(1, 2, 3))
    seams = [first - 1 for first, _ in ranges[1:]]
    # A cut would be many times what moves from one frame to the next within a part.
    assert steps[seams].max() < 1.5 * np.median(np.delete(steps, seams))
    # Nothing drifts: the usual colour of the last part is that of the first.
    colours = [shown[first:stop].mean(axis=(0, 1, 2)) for first, stop in ranges]
    assert np.abs(colours[-1] - colours[0]).max() < 6


def heard(path: Path) -> tuple[np.ndarray, int]:
    """The sound, (2, samples), and its rate."""
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.concatenate(parts, axis=1), container.streams.audio[0].rate


def test_every_problem_of_the_parts_is_told_before_anything_starts(
    app: Callable[..., Answer],
) -> None:
    words = ("--model", "ltx-mini", "-p", "1: a red ball | | a blue box", "--two-stage")
    answer = app(*words, "-o", "parts.mp4")
    assert answer.code != 0
    for said in ("Part 2 of 3 of the prompt is empty", "The first part begins with the clip"):
        assert said in answer.said
    assert "load" not in answer.said
