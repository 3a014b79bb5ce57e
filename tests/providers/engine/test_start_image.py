"""A start image as LTX-Video wants it: soft, and like a frame of a compressed video."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from providers.ltx_video.engine.pipeline_arguments import like_a_frame
from providers.ltx_video.models.profiles import LTX_VIDEO_2B_DEV

BLURRED_ALONE = LTX_VIDEO_2B_DEV.model_copy(update={"image_crf": 0})


def test_a_point_is_spread_over_its_neighbours_as_by_a_gaussian_of_one_pixel() -> None:
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[30, 40] = 255
    soft = np.asarray(like_a_frame(Image.fromarray(pixels), BLURRED_ALONE))[..., 0]
    weights = np.exp([-0.5, 0, -0.5]) / np.exp([-0.5, 0, -0.5]).sum()
    assert np.array_equal(soft[29:32, 39:42], np.round(255 * np.outer(weights, weights)))
    assert soft[:28].max() == soft[33:].max() == 0


@pytest.mark.parametrize("colour", [(200, 40, 90), (0, 0, 0), (255, 255, 255)])
def test_a_plain_colour_stays_to_its_edges(colour: tuple[int, int, int]) -> None:
    made = np.asarray(like_a_frame(Image.new("RGB", (96, 64), colour), LTX_VIDEO_2B_DEV))
    assert made.shape == (64, 96, 3)
    assert np.abs(made.astype(int) - colour).max() <= 4


def test_compression_takes_the_finest_detail_and_keeps_the_picture() -> None:
    noise = np.random.default_rng(1).integers(96, 160, (64, 96, 3), np.uint8)
    blurred = np.asarray(like_a_frame(Image.fromarray(noise), BLURRED_ALONE)).astype(float)
    made = np.asarray(like_a_frame(Image.fromarray(noise), LTX_VIDEO_2B_DEV)).astype(float)
    assert made.std() < 0.9 * blurred.std()
    assert abs(made.mean() - blurred.mean()) < 3
