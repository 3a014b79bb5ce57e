"""What the model sees beside a clip: maps of a control video, or a sheet of reference images."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError

from core.errors import Problem, UnsupportedRequest
from core.video.terms import ControlMap, Role
from providers.ltx_video.engine.kept_latents import ReferenceTokens
from providers.ltx_video.engine.pipeline import return_memory, set_tiling, torch_device
from providers.ltx_video.engine.source import fitted_frames
from providers.ltx_video.models.sizes import reference_size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from core.jobs.job import CancelToken
    from providers.ltx_video.engine.protocol import RenderOrder

# How steep a grey must be to begin an outline, and to go on with one, as the sum of both
# directions' Sobel differences: the usual pair, which the makers' control videos were drawn with.
_BEGINS, _GOES_ON = 200, 100
_DEPTH_FIELD = "inputs.control"


def reference_tokens(
    pipeline: Any, order: RenderOrder, cancel: CancelToken
) -> ReferenceTokens | None:
    """The maps of a control video, or a sheet that stands still; None where there is neither.

    Raises:
        UnsupportedRequest: what draws the maps cannot be loaded.
        UnreadableClip: the video cannot be read.
        JobCancelled: asked to stop.
    """
    plan, scale = order.plan, order.plan.reference_downscale
    if not scale:
        return None
    width, height = reference_size(plan)
    if order.reference_sheet is not None:
        with Image.open(order.reference_sheet) as sheet:
            shown = [sheet.convert("RGB")] * plan.num_frames
    else:
        shown = control_maps(order, cancel)
    images = [_extended(image, width, height) for image in shown]
    vae = pipeline.vae
    set_tiling(vae, order)
    pixels = pipeline.video_processor.preprocess_video(
        images, height // scale, width // scale, resize_mode="crop"
    )
    device = pipeline._execution_device  # noqa: SLF001 - the pipeline has no public name for it
    encoded = vae.encode(pixels.to(device, vae.dtype)).latent_dist.mode()
    latents = pipeline._normalize_latents(  # noqa: SLF001 - the pipeline encodes by it itself
        encoded, vae.latents_mean, vae.latents_std
    )
    tokens = pipeline._pack_latents(  # noqa: SLF001 - as above
        latents.float(),
        pipeline.transformer_spatial_patch_size,
        pipeline.transformer_temporal_patch_size,
    )
    coords = pipeline.transformer.rope.prepare_video_coords(
        1, *latents.shape[2:], device, fps=float(plan.fps)
    )
    # Each token of a smaller video stands for more of the clip.
    coords[:, 1:] *= scale
    return ReferenceTokens(tokens, coords)


def control_maps(order: RenderOrder, cancel: CancelToken) -> list[Image.Image]:
    """The map of each frame of the control video, RGB, at the size and rate of the clip.

    Raises:
        UnsupportedRequest: what draws the maps cannot be loaded.
        UnreadableClip: the video cannot be read.
        JobCancelled: asked to stop.
    """
    plan, path = order.plan, order.plan.request.path_of(Role.CONTROL)
    assert path is not None, "what is followed is given"
    frames = fitted_frames(plan, path, cancel)
    match plan.request.editing.control_map:
        case ControlMap.CANNY:
            return [outlines(frame) for frame in frames]
        case ControlMap.DEPTH:
            assert order.depth_model is not None, "the plan is refused without"
            device = torch_device(order.memory.device)
            return depth_maps(frames, order.depth_model, device, cancel)
        case ControlMap.GIVEN:
            return list(frames)
        case None:
            raise AssertionError("the plan is refused without")
        case other:
            assert_never(other)


def outlines(image: Image.Image) -> Image.Image:
    """The outlines of what is seen, white on black and one pixel wide, by Canny's method."""
    grey = np.pad(np.asarray(image.convert("L"), np.int32), 1, mode="edge")
    down = grey[:-2] + 2 * grey[1:-1] + grey[2:]
    along = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    across = down[:, 2:] - down[:, :-2]
    upright = along[2:] - along[:-2]
    steep = np.abs(across) + np.abs(upright)
    ridge = _is_ridge(steep, across, upright)
    found = _connected(ridge & (steep > _BEGINS), ridge & (steep > _GOES_ON))
    return Image.fromarray((found * 255).astype(np.uint8)).convert("RGB")


def _is_ridge(steep: np.ndarray, across: np.ndarray, upright: np.ndarray) -> np.ndarray:
    """Where it is no steeper on either side, looked at in the direction in which it rises."""
    height, width = steep.shape
    around = np.pad(steep, 1)

    def beside(rows: int, columns: int) -> np.ndarray:
        return around[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]

    # Of four directions, each for an eighth of the circle on both sides of it.
    slope, tangent = np.abs(upright), np.tan(np.pi / 8) * np.abs(across)
    is_across = slope <= tangent
    is_upright = ~is_across & (slope * np.tan(np.pi / 8) >= np.abs(across))
    is_falling = ~is_across & ~is_upright & (across * upright > 0)
    is_rising = ~is_across & ~is_upright & ~is_falling
    ridge = np.zeros(steep.shape, bool)
    for here, rows, columns in (
        (is_across, 0, 1),
        (is_upright, 1, 0),
        (is_falling, 1, 1),
        (is_rising, 1, -1),
    ):
        # Of two that are alike the first, so that an outline is one pixel wide.
        ridge |= here & (steep > beside(-rows, -columns)) & (steep >= beside(rows, columns))
    return ridge


def _connected(begins: np.ndarray, goes_on: np.ndarray) -> np.ndarray:
    """What begins an outline, and all that goes on from there without a gap."""
    width = begins.shape[1] + 2
    rest = np.pad(goes_on, 1).ravel()
    found = np.pad(begins, 1).ravel()
    steps = np.array([rows * width + columns for rows in (-1, 0, 1) for columns in (-1, 0, 1)])
    ends = np.flatnonzero(found)
    rest[ends] = False
    while ends.size:
        near = (ends[:, None] + steps).ravel()
        ends = np.unique(near[rest[near]])
        rest[ends], found[ends] = False, True
    return found.reshape(-1, width)[1:-1, 1:-1]


def depth_maps(
    frames: Iterable[Image.Image], folder: Path, device: torch.device, cancel: CancelToken
) -> list[Image.Image]:
    """How near things are, bright is near; the nearest and the farthest of all frames decide.

    Raises:
        UnsupportedRequest: the model in the folder cannot be loaded.
        JobCancelled: asked to stop.
    """
    processor, model = _load_depth_model(folder, device)
    found: list[np.ndarray] = []
    for frame in frames:
        cancel.check()
        pixels = processor(images=frame, return_tensors="pt")["pixel_values"].to(device)
        with torch.no_grad():
            depth = model(pixel_values=pixels).predicted_depth[:, None].float()
        size = (frame.height, frame.width)
        shown = torch.nn.functional.interpolate(depth, size, mode="bicubic", align_corners=False)
        found.append(shown[0, 0].cpu().numpy())
    del model
    return_memory()
    low, high = min(map(np.min, found)), max(map(np.max, found))
    span = max(high - low, np.finfo(np.float32).tiny)
    return [
        Image.fromarray(((depth - low) / span * 255).round().astype(np.uint8)).convert("RGB")
        for depth in found
    ]


def _load_depth_model(folder: Path, device: torch.device) -> tuple[Any, Any]:
    """What makes pictures ready for the model, and the model; out of this folder alone."""
    # Imported late: few clips follow a depth map.
    from transformers import AutoImageProcessor, AutoModelForDepthEstimation

    try:
        processor = AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model, found = AutoModelForDepthEstimation.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
        if found["missing_keys"]:
            # It would be filled up with random numbers.
            raise ValueError(f"it lacks {min(found['missing_keys'])!r}.")
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        message = (
            f"The model in {str(folder)!r}, which draws depth maps, cannot be loaded: "
            f"{reason[0][:200]} Get a whole copy of Depth Anything V2 Small."
        )
        raise UnsupportedRequest([Problem(_DEPTH_FIELD, message)]) from error
    return processor, model.eval().to(device)


def _extended(image: Image.Image, width: int, height: int) -> Image.Image:
    """The image with its last column and row repeated up to a size."""
    if image.size == (width, height):
        return image
    more = ((0, height - image.height), (0, width - image.width), (0, 0))
    return Image.fromarray(np.pad(np.asarray(image), more, mode="edge"))
