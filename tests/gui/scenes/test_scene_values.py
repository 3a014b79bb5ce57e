"""What the film shows of a clip, in words."""

from __future__ import annotations

import pytest

from core.project.model.project import SceneCut
from gui.scenes.scene_values import describe_use, film_length_s
from tests.fakes.scenes import make_take

STILL = make_take("t").model_copy(update={"is_still": True, "num_frames": 1, "fps": 0.0})


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (SceneCut(), "The clip is 2.12 s long; 2.12 s of film are made of it."),
        (SceneCut(start_s=0.5, end_s=1.5, speed=2), "0.50 s of film"),
        (SceneCut(start_s=1.5, end_s=1), "The end must come after the start."),
        (SceneCut(start_s=1, end_s=1), "The end must come after the start."),
        (SceneCut(end_s=3), "The clip ends at 2.12 s already."),
        (SceneCut(start_s=3), "The clip ends at 2.12 s already."),
    ],
)
def test_the_use_of_a_clip_is_told(cut: SceneCut, words: str) -> None:
    use = describe_use(cut, make_take("t"))
    assert words in use.text
    assert use.is_possible == ("of film" in words)


def test_without_a_clip_only_what_is_wrong_is_told() -> None:
    assert not describe_use(SceneCut(start_s=3), None).text
    assert not describe_use(SceneCut(start_s=1, end_s=1), None).is_possible


def test_a_still_lasts_as_long_as_its_cut_or_else_the_film_says() -> None:
    assert film_length_s(SceneCut(), STILL, 4.0) == 4.0
    assert film_length_s(SceneCut(still_s=2.5, start_s=1, end_s=2), STILL, 4.0) == 2.5
    assert film_length_s(SceneCut(start_s=1, end_s=2), make_take("t"), 4.0) == 1.0
    # What was trimmed of a clip before does not count for a picture, and is no mistake.
    assert describe_use(SceneCut(start_s=3, end_s=2), STILL).is_possible
