"""The analyser against clips that are drawn, so that what they show is known for certain."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy import ndimage

from scripts.ltx_mini.captions import SOUNDS, describe
from scripts.ltx_mini.keyframe_latents import BLOCK, latents_of, to_tensor
from scripts.ltx_mini.sounds import wave
from scripts.ltx_mini.world import Scene, draw
from tests.ltx_mini_analyser import (
    NO_SUBJECT,
    UNCLEAR,
    Seen,
    analyse,
    is_place_visible,
    on_event,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ltx_mini_analyser import Pictures

SIZES = ((192, 128), (192, 128), (128, 192), (160, 160))
RATE_HZ = 24_000


def clip_of(scene: Scene, width: int = 192, height: int = 128) -> Pictures:
    return draw(scene, width, height, 33, range(0, 33, 2))


def softened(clip: Pictures) -> Pictures:
    """The clip as a small decoder would give it: blurred, with a little noise."""
    soft = ndimage.gaussian_filter(clip.astype(np.float32), (0, 1.5, 1.5, 0))
    soft += np.random.default_rng(3).normal(0, 4, clip.shape)
    return np.clip(soft + 0.5, 0, 255).astype(np.uint8)


def shares_right(count: int, seed: int, change: Callable[[Pictures], Pictures]) -> dict[str, float]:
    rng = random.Random(seed)
    asked, right = Counter[str](), Counter[str]()
    for index in range(count):
        scene = describe(rng).scene
        seen = analyse(change(clip_of(scene, *SIZES[index % len(SIZES)])))
        for field in fields(Seen):
            if field.name == "place" and not is_place_visible(scene.place, scene.motion):
                continue
            asked[field.name] += 1
            right[field.name] += getattr(seen, field.name) == getattr(scene, field.name)
    return {name: right[name] / times for name, times in asked.items()}


SCENE = Scene("star", "blue", "medium", "field", "place_left", "still", "pan_right", "tone")


def test_reads_every_attribute_of_drawn_clips() -> None:
    shares = shares_right(40, 71, lambda clip: clip)
    assert len(shares) == len(fields(Seen))
    assert min(shares.values()) >= 0.99, shares


def test_reads_every_attribute_of_blurred_and_noisy_clips() -> None:
    shares = shares_right(20, 72, softened)
    assert min(shares.values()) >= 0.95, shares


@cache
def pixels_of_latents() -> torch.Tensor:
    """The matrix that gives a block's pixels as its latents hold them."""
    block = torch.eye(3 * BLOCK * BLOCK).reshape(-1, 3, 1, BLOCK, BLOCK)
    return torch.linalg.pinv(latents_of(block).flatten(1).T)


def through_latents(clip: Pictures) -> Pictures:
    """The key frames of a clip as the latents hold them: without fine detail, colours softest."""
    latents = latents_of(to_tensor(clip[None, ::4]))
    seen = torch.einsum("pc,ncfab->npfab", pixels_of_latents(), latents)
    seen = seen.unflatten(1, (3, BLOCK, BLOCK))
    pictures = seen.permute(0, 4, 5, 2, 6, 3, 1)[0].flatten(1, 2).flatten(2, 3)
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().numpy()


def test_reads_every_attribute_of_clips_with_no_more_detail_than_latents_hold() -> None:
    shares = shares_right(40, 73, through_latents)
    assert min(shares.values()) >= 0.9, shares


@pytest.mark.parametrize(
    "bars",
    [
        ((slice(40, 52), slice(70, 120)), (slice(40, 90), slice(89, 101))),
        ((slice(60, 70), slice(60, 120)),),
    ],
    ids=["a T", "a bar"],
)
def test_a_shape_that_is_none_of_the_world_is_unclear(bars) -> None:
    clip = np.full((9, 128, 192, 3), (200, 210, 220), dtype=np.uint8)
    for rows, columns in bars:
        clip[:, rows, columns] = (215, 35, 35)
    seen = analyse(clip)
    assert (seen.colour, seen.kind, seen.size) == ("red", UNCLEAR, UNCLEAR)


def test_a_setting_alone_shows_no_subject() -> None:
    for setting in ("sunset", "night", "field", "sea", "desert", "snow"):
        far_away = replace(SCENE, setting=setting, jitter=(900, 900), camera="camera_still")
        seen = analyse(clip_of(far_away))
        assert seen.setting == setting
        assert {seen.colour, seen.kind, seen.place, seen.motion, seen.size} == {NO_SUBJECT}


def test_an_even_picture_shows_neither_subject_nor_setting() -> None:
    seen = analyse(np.full((17, 128, 192, 3), 128, dtype=np.uint8))
    assert seen.colour == NO_SUBJECT
    assert seen.setting == UNCLEAR


def test_a_mirrored_clip_turns_left_into_right() -> None:
    still, moving = clip_of(SCENE), clip_of(replace(SCENE, motion="move_left", camera="zoom_in"))
    mirrored = analyse(still[:, :, ::-1])
    assert (mirrored.place, mirrored.camera) == ("place_right", "pan_left")
    assert analyse(moving[:, :, ::-1]).motion == "move_right"


def test_a_clip_played_backwards_moves_the_other_way() -> None:
    clip = clip_of(replace(SCENE, motion="move_up", camera="zoom_out"))
    seen = analyse(clip[::-1])
    assert (seen.motion, seen.camera) == ("move_down", "zoom_in")


def test_a_clip_that_stops_short_is_neither_moving_nor_still() -> None:
    whole = clip_of(replace(SCENE, motion="move_right", camera="camera_still"))
    assert analyse(whole[6:11]).motion == UNCLEAR


def test_a_place_on_the_way_of_the_subject_cannot_be_seen() -> None:
    assert not is_place_visible("place_left", "move_right")
    assert not is_place_visible("place_top", "move_down")
    assert is_place_visible("place_top", "move_right")
    assert is_place_visible("place_left", "still")
    assert is_place_visible("place_centre", "move_up")


@pytest.mark.parametrize("sound", SOUNDS)
def test_hears_every_sound_through_noise(sound: str) -> None:
    samples = wave(sound, 2 * RATE_HZ, RATE_HZ)
    hiss = np.random.default_rng(5).normal(0, 0.004, samples.shape).astype(np.float32)
    assert on_event(samples + hiss, RATE_HZ) == sound


def test_names_no_sound_that_is_not_there() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    between = 0.3 * np.sin(2 * np.pi * 560 * time_s)
    steady_beep = 0.3 * np.sin(2 * np.pi * 1000 * time_s)
    bare_hum = 0.3 * np.sin(2 * np.pi * 100 * time_s)
    hiss = np.random.default_rng(6).normal(0, 0.2, time_s.shape)
    interrupted = wave("tone", 2 * RATE_HZ, RATE_HZ)[0] * (time_s % 0.5 < 0.25)
    for wrong in (between, steady_beep, bare_hum, hiss, interrupted):
        assert on_event(np.stack([wrong, wrong]).astype(np.float32), RATE_HZ) == UNCLEAR
