"""What the model sees beside a clip: maps of a control video, or a sheet of reference images."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from providers.ltx_video.engine.kept_latents import ReferenceTokens
from providers.ltx_video.engine.pipeline import set_tiling
from providers.ltx_video.maps.control_maps import as_images
from providers.ltx_video.models.sizes import reference_size

if TYPE_CHECKING:
    from typing import Any

    from providers.ltx_video.engine.protocol import RenderOrder


def reference_tokens(
    pipeline: Any, order: RenderOrder, maps: np.ndarray | None
) -> ReferenceTokens | None:
    """The maps of a control video, or a sheet that stands still; None where there is neither.

    Args:
        pipeline: has the encoder.
        order: the clip.
        maps: of its control video, at its size: (frames, h, w) or (frames, h, w, 3) uint8.
    """
    plan, scale = order.plan, order.plan.reference_downscale
    if not scale:
        return None
    width, height = reference_size(plan)
    if order.reference_sheet is not None:
        with Image.open(order.reference_sheet) as sheet:
            shown = [sheet.convert("RGB")] * plan.num_frames
    else:
        assert maps is not None, "they are drawn before"
        shown = as_images(maps)
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


def _extended(image: Image.Image, width: int, height: int) -> Image.Image:
    """The image with its last column and row repeated up to a size."""
    if image.size == (width, height):
        return image
    more = ((0, height - image.height), (0, width - image.width), (0, 0))
    return Image.fromarray(np.pad(np.asarray(image), more, mode="edge"))
