"""Joints as transformers' own processor finds them with the same tiny models, and people apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor
from transformers.models.vitpose.image_processing_pil_vitpose import VitPoseImageProcessorPil

from core.errors import JobCancelled, UnsupportedRequest
from core.jobs.job import CancelToken
from providers.ltx_video.maps.poses import PoseFinder, apart, hottest, pose_maps
from tests.providers.plain_diffusers.tiny_map_models import JOINT_SIZE, save_tiny_pose_models

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")
SIZE = {"height": JOINT_SIZE[0], "width": JOINT_SIZE[1]}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    save_tiny_pose_models(folder / "people", folder / "joints")
    return folder / "people", folder / "joints"


@pytest.fixture(scope="module")
def finder(models: tuple[Path, Path]) -> PoseFinder:
    return PoseFinder(*models, CPU)


@pytest.fixture(scope="module")
def image() -> Image.Image:
    random = np.random.default_rng(5)
    small = Image.fromarray(random.integers(0, 255, (16, 24, 3), np.uint8))
    return small.resize((192, 128), Image.Resampling.BICUBIC)


# What is seen around them lies in the image: at its edge the library mixes in black.
BOXES = np.array([[60.0, 30.0, 100.0, 90.0], [90.0, 50.0, 130.0, 80.0]], np.float32)


def test_joints_are_where_the_library_itself_finds_them(
    finder: PoseFinder, image: Image.Image
) -> None:
    library: Any = VitPoseImageProcessorPil(size=SIZE)
    boxes = [[[left, top, right - left, bottom - top] for left, top, right, bottom in BOXES]]
    given = library(images=image, boxes=boxes, return_tensors="pt")
    model = finder._joints  # noqa: SLF001 - the very model that is asked
    with torch.no_grad():
        output = model(pixel_values=given["pixel_values"])
    (expected,) = library.post_process_pose_estimation(output, boxes=boxes)
    found = finder.joints(image, BOXES)
    assert found.shape == (2, 17, 3)
    for ours, theirs in zip(found, expected, strict=True):
        # A heat map's pixel is six of the image here; theirs may leave its pixel altogether.
        near = np.abs(ours[:, :2] - theirs["keypoints"].numpy()).max(axis=1) < 0.5
        assert near.mean() > 0.7
        assert np.allclose(ours[:, 2], theirs["scores"].numpy(), atol=0.1)


def test_people_are_those_that_the_library_itself_finds(
    finder: PoseFinder, models: tuple[Path, Path], image: Image.Image
) -> None:
    library: Any = AutoImageProcessor.from_pretrained(models[0])
    given = library(images=image, return_tensors="pt")
    model = finder._people  # noqa: SLF001 - as above
    with torch.no_grad():
        output = model(**given)
    (expected,) = library.post_process_object_detection(
        output, threshold=0.3, target_sizes=[(image.height, image.width)]
    )
    is_person = expected["labels"] == 1
    wanted, found = expected["boxes"][is_person].numpy(), finder.people(image)
    # The library takes as many as there are places, of whatever kind.
    assert 0 < len(wanted) <= len(found)
    for box in wanted:
        assert np.abs(found - box).max(axis=1).min() < 1e-3


def test_two_boxes_around_one_person_are_one() -> None:
    boxes = np.array([[0, 0, 50, 100], [2, 0, 52, 100], [40, 0, 90, 100]], np.float32)
    assert np.array_equal(apart(boxes), boxes[[0, 2]])
    assert apart(boxes[:0]).shape == (0, 4)


def test_the_top_of_a_hill_is_found_between_its_pixels() -> None:
    rows, columns = np.mgrid[:32, :24]
    tops = [(10.3, 12.8), (4.0, 20.5), (15.75, 7.25)]
    hills = [np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8) for x, y in tops]
    found = hottest(torch.tensor(np.stack(hills), dtype=torch.float32))
    assert np.allclose(found[:, :2], tops, atol=0.05)
    assert found[:, 2] == pytest.approx([hill.max() for hill in hills], abs=1e-6)


def test_nobody_is_a_black_map_and_every_frame_is_counted(
    finder: PoseFinder, models: tuple[Path, Path], image: Image.Image
) -> None:
    assert finder.joints(image, np.zeros((0, 4), np.float32)).shape == (0, 17, 3)
    seen: list[int] = []
    maps = pose_maps([image] * 3, *models, CPU, lambda: seen.append(1), CancelToken())
    assert maps.shape == (3, 128, 192, 3)
    assert maps.any()
    assert np.array_equal(maps[0], maps[2])
    assert len(seen) == 3


def test_a_stop_between_two_frames_is_heard(models: tuple[Path, Path], image: Image.Image) -> None:
    token, seen = CancelToken(), []

    def stop() -> None:
        seen.append(1)
        token.cancel()

    with pytest.raises(JobCancelled):
        pose_maps([image] * 3, *models, CPU, stop, token)
    assert len(seen) == 1


@pytest.mark.parametrize("which", [0, 1])
def test_a_damaged_model_is_named(
    models: tuple[Path, Path], tmp_path: Path, image: Image.Image, which: int
) -> None:
    people, joints = (tmp_path if which == place else models[place] for place in (0, 1))
    with pytest.raises(UnsupportedRequest, match=("RT-DETR", "ViTPose")[which]) as caught:
        pose_maps([image], people, joints, CPU, lambda: None, CancelToken())
    assert caught.value.problems[0].field == "inputs.control"
