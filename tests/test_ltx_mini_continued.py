# pyright: standard, reportPrivateImportUsage=false
"""Scenes of LTX Mini that go on from a clip: where things are, and what captions say."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from providers.ltx_video.mini.vocabulary import Attribute, read
from scripts.ltx_mini.continued import Continued, describe_continued
from scripts.ltx_mini.given import kept_side
from scripts.ltx_mini.pools import CONTINUED_SHAPES, ContinuedPool
from scripts.ltx_mini.world import draw, extent

SIZE, FRAMES = (192, 128), 57
EVERY = np.arange(FRAMES, dtype=np.float32)


def described(seed: int, first: int, last: int) -> Continued:
    return describe_continued(random.Random(seed), SIZE, EVERY, first, last)


@pytest.mark.parametrize(("first", "last"), [(0, 24), (33, 56), (17, 40)])
def test_subject_and_camera_go_on_without_a_leap(first: int, last: int) -> None:
    for seed in range(80):
        course = described(seed, first, last).course
        width, height = extent(*SIZE)
        # A motion takes 33 frames or more to cross half of the picture, and a camera as long.
        assert np.abs(np.diff(course.x)).max() <= 0.5 * width / 32 + 1e-3
        assert np.abs(np.diff(course.y)).max() <= 0.46 * height / 32 + 1e-3
        assert np.abs(np.diff(course.shift)).max() <= 56 / 32 + 1e-3
        assert np.abs(np.diff(np.log(course.zoom))).max() <= np.log(1.45) / 32 + 1e-3


def test_what_is_at_rest_stays_where_the_clip_left_it() -> None:
    seen = 0
    for seed in range(200):
        found = described(seed, 0, 24)
        if found.scene.motion != "still":
            continue
        seen += 1
        assert found.course.x[24:] == pytest.approx(found.course.x[24], abs=1e-3)
        assert found.course.y[24:] == pytest.approx(found.course.y[24], abs=1e-3)
    assert seen > 15


def test_a_motion_goes_its_way_as_far_as_the_edge() -> None:
    for seed in range(200):
        found = described(seed, 0, 24)
        x, motion = found.course.x[24:], found.scene.motion
        if motion in ("move_left", "move_right"):
            way = np.diff(x) * (1 if motion == "move_right" else -1)
            assert way.min() >= -1e-3
            assert np.abs(x).max() <= max(0.36 * extent(*SIZE)[0], abs(float(x[0]))) + 1e-3


def test_a_caption_names_a_place_only_where_the_subject_rests_there() -> None:
    named = 0
    for seed in range(400):
        found = described(seed, 0, 24)
        places = read(found.caption).values.get(Attribute.PLACE, ())
        if not places:
            continue
        named += 1
        assert found.scene.motion == "still"
        width, height = extent(*SIZE)
        at = {
            "place_left": (-0.27 * width, 0.0),
            "place_right": (0.27 * width, 0.0),
            "place_top": (0.0, -0.24 * height),
            "place_bottom": (0.0, 0.24 * height),
            "place_centre": (0.0, 0.0),
        }[places[0]]
        assert np.hypot(found.course.x[-1] - at[0], found.course.y[-1] - at[1]) < 10.5
    assert named > 5


def test_what_is_given_is_one_run_of_frames_and_something_is_left() -> None:
    rng = random.Random(4)
    kinds = set()
    for _ in range(300):
        stays = kept_side(rng, rng.choice((3, 5, 6, 8, 11)))
        kept = stays.nonzero().flatten()
        assert 1 <= len(kept) < len(stays)
        assert int(kept[-1] - kept[0]) + 1 == len(kept)
        kinds.add((bool(stays[0]), bool(stays[-1])))
    assert kinds == {(True, False), (False, True), (False, False)}


def test_a_group_of_the_pool_has_one_shape_and_is_renewed_one_by_one() -> None:
    pool = ContinuedPool(4, 2, 7)
    for _ in range(6):
        group = pool.batch(1)
        width, height = group.shape
        tokens = len(group.stays) * (width // 32) * (height // 32)
        assert (group.shape, group.num_frames) in [one[:2] for one in CONTINUED_SHAPES]
        assert len(group.samples) >= 6
        assert all(sample.video.shape == (tokens, 64) for sample in group.samples)
        assert all(sample.weight.shape == (tokens,) for sample in group.samples)
        before = [sample.video for sample in group.samples]
        assert all(torch.isfinite(video).all() for video in before)


def test_a_course_is_drawn_as_it_says() -> None:
    found = described(3, 0, 24)
    places = [0, 24, 56]
    at = describe_continued(random.Random(3), SIZE, np.array(places, np.float32), 0, 24)
    some = draw(at.scene, *SIZE, FRAMES, places, at.course)
    every = draw(found.scene, *SIZE, FRAMES, None, found.course)
    assert np.array_equal(some, every[places])
