# pyright: standard, reportPrivateImportUsage=false
"""What LTX Mini's training clips are given, as the pipeline gives it to the finished model."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import LTX2ConditionPipeline

from providers.ltx_video.mini.vocabulary import Attribute, read
from scripts.ltx_mini.captions import describe, leave_open
from scripts.ltx_mini.given import KEYS, Given, choose_given, draw_keys, key_places

GRID, FPS = (5, 4, 6), 16.0
A_FRAME = GRID[1] * GRID[2]
AUDIO_TOKENS, A_SECOND = 52, 25.0


@pytest.fixture(scope="module")
def every() -> list[Given]:
    rng = random.Random(1)
    return [choose_given(rng, GRID, AUDIO_TOKENS, A_SECOND / FPS) for _ in range(2000)]


@pytest.mark.parametrize("frame", [1, 13, 32])
def test_keyframes_lie_where_the_pipeline_puts_them(frame: int) -> None:
    vae = {"vae_temporal_compression_ratio": 8, "vae_spatial_compression_ratio": 32}
    patches = {"transformer_spatial_patch_size": 1, "transformer_temporal_patch_size": 1}
    pipeline: Any = SimpleNamespace(**vae, **patches)
    there = LTX2ConditionPipeline._prepare_keyframe_coords(  # noqa: SLF001 - the truth
        pipeline, 1, GRID[1], GRID[2], frame, 1, FPS, torch.device("cpu")
    )
    assert torch.equal(key_places([[frame]], GRID, FPS), there)
    two = key_places([[frame, 5], [3, frame]], GRID, FPS)
    assert two.shape == (2, 3, 2 * A_FRAME, 2)
    assert torch.equal(two[:1, :, :A_FRAME], there)
    assert torch.equal(two[1:, :, A_FRAME:], there)


def test_whole_latent_frames_are_given_and_something_is_left_to_make(every: list[Given]) -> None:
    for given in every:
        frames = given.video.reshape(GRID[0], A_FRAME)
        assert bool((frames == frames[:, :1]).all())
        assert not (given.video.all() and given.audio.all())
        assert 0 <= given.keys <= KEYS
        assert 0.3 <= given.strength <= 1
        assert given.keys or given.strength == 1


def test_each_way_of_giving_comes_often_enough_to_be_learned(every: list[Given]) -> None:
    first = torch.zeros(GRID[0])
    first[0] = 1
    shown = [given.video.reshape(GRID[0], A_FRAME)[:, 0] for given in every]
    kinds = {
        "nothing": sum(given.is_nothing for given in every),
        "first frame": sum(torch.equal(one, first) for one in shown),
        "an end": sum(bool(one[-1]) and not bool(one[0]) for one in shown),
        "both ends": sum(bool(one[0]) and bool(one[-1]) for one in shown),
        "keyframes": sum(given.keys > 0 for given in every),
        "soft keyframes": sum(given.strength < 1 for given in every),
        "a sound alone": sum(given.audio.all().item() and not given.shows for given in every),
        "a part of the sound": sum(
            bool(given.audio.any()) != bool(given.audio.all()) for given in every
        ),
    }
    assert {name: count for name, count in kinds.items() if count < 20} == {}


def test_the_sound_that_is_given_is_that_of_the_frames_that_are(every: list[Given]) -> None:
    for given in every:
        if not given.audio.any() or given.audio.all():
            continue
        shown = given.video.reshape(GRID[0], A_FRAME)[:, 0]
        for token, is_given in enumerate(given.audio.tolist()):
            frame = token / A_SECOND * FPS
            latent = min(GRID[0] - 1, -(-int(-(-frame // 1)) // 8))
            assert is_given == shown[latent]


def test_the_last_frame_is_often_a_keyframe_and_the_first_never() -> None:
    rng = random.Random(2)
    drawn = [frame for _ in range(300) for frame in draw_keys(rng, 33)]
    assert min(drawn) >= 1
    assert max(drawn) == 32
    assert drawn.count(32) > 0.3 * len(drawn)
    assert draw_keys(rng, 1) == []


def test_only_what_an_image_shows_is_left_open() -> None:
    rng = random.Random(3)
    shown = {Attribute.KIND, Attribute.COLOUR, Attribute.SETTING}
    left = set()
    for _ in range(60):
        caption = describe(rng).caption
        before, after = read(caption).values, read(leave_open(rng, caption)).values
        assert after.items() <= before.items()
        assert before.keys() - after.keys() <= shown
        left |= before.keys() - after.keys()
    assert left == shown
