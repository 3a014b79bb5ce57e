"""How near things are in a video, by Depth Anything V2."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from providers.ltx_video.maps.weights import load_processor, load_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from PIL import Image

    from core.jobs.job import CancelToken

_LABEL = "Depth Anything V2 Small"


def depth_maps(
    frames: Iterable[Image.Image],
    folder: Path,
    device: torch.device,
    on_frame: Callable[[], None],
    cancel: CancelToken,
) -> np.ndarray:
    """Bright is near; the nearest and the farthest of all frames decide: (frames, h, w) uint8.

    Args:
        frames: of one size.
        folder: of the model.
        device: where it works.
        on_frame: called behind each frame.
        cancel: asks to stop.

    Raises:
        UnsupportedRequest: the model in the folder cannot be loaded.
        JobCancelled: asked to stop.
    """
    # Imported late: few clips follow a depth map.
    from transformers import AutoModelForDepthEstimation

    processor = load_processor(folder, _LABEL)
    model = load_weights(AutoModelForDepthEstimation, folder, _LABEL, device)
    found: list[np.ndarray] = []
    for frame in frames:
        cancel.check()
        pixels = processor(images=frame, return_tensors="pt")["pixel_values"].to(device)
        with torch.no_grad():
            depth = model(pixel_values=pixels).predicted_depth[:, None].float()
        size = (frame.height, frame.width)
        shown = torch.nn.functional.interpolate(depth, size, mode="bicubic", align_corners=False)
        found.append(shown[0, 0].cpu().numpy())
        on_frame()
    low, high = min(map(np.min, found)), max(map(np.max, found))
    span = max(high - low, np.finfo(np.float32).tiny)
    return np.stack([((depth - low) / span * 255).round().astype(np.uint8) for depth in found])
