"""Depth maps by a tiny model of the true class: how they are scaled, and what damage does."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file

from core.errors import UnsupportedRequest
from core.jobs.job import CancelToken
from providers.ltx_video.maps.depth import depth_maps
from tests.providers.plain_diffusers.tiny_map_models import save_tiny_depth_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLACK = Image.new("RGB", (8, 8))


@pytest.fixture(scope="module")
def depth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("depth")
    save_tiny_depth_model(folder)
    return folder


def test_depth_is_measured_over_the_whole_clip(depth: Path) -> None:
    random = np.random.default_rng(1)
    frames = [
        Image.fromarray(random.integers(0, 255, (64, 96, 3), np.uint8)),
        Image.new("RGB", (96, 64), (30, 30, 30)),
    ]
    cpu = torch.device("cpu")
    seen: list[int] = []
    maps = depth_maps(frames, depth, cpu, lambda: seen.append(1), CancelToken())
    assert maps.shape == (2, 64, 96)
    assert len(seen) == 2
    assert (maps.min(), maps.max()) == (0, 255)
    # Each for itself would reach from black to white.
    assert any(np.ptp(one) < 255 for one in maps)


def without_a_part(file: Path) -> None:
    weights = load_file(file)
    weights.pop(min(weights))
    save_file(weights, file, {"format": "pt"})


def with_code_of_its_own(file: Path) -> None:
    own = {"AutoConfig": "own.Own", "AutoModelForDepthEstimation": "own.Own"}
    config = {"model_type": "own", "auto_map": own}
    file.with_name("config.json").write_text(json.dumps(config), encoding="utf-8")
    file.with_name("own.py").write_text("raise SystemExit", encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"no weights"),
        lambda file: file.unlink(),
        without_a_part,
        with_code_of_its_own,
    ],
    ids=["bytes", "gone", "part", "code"],
)
def test_a_damaged_depth_model_is_told(
    depth: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "depth"
    shutil.copytree(depth, folder)
    damage(folder / "model.safetensors")
    with pytest.raises(UnsupportedRequest, match="Get a whole copy of Depth Anything") as caught:
        depth_maps([BLACK], folder, torch.device("cpu"), lambda: None, CancelToken())
    assert caught.value.problems[0].field == "inputs.control"
