"""What plain diffusers makes of a control video with an IC-LoRA: the references of that mode."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import torch
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import (
    LTX2InContextPipeline,
    LTX2ReferenceCondition,
)
from diffusers.pipelines.ltx2.pipeline_ltx2_latent_upsample import LTX2LatentUpsamplePipeline
from PIL import Image, ImageOps

from core.jobs.job import CancelToken
from providers.ltx_video.maps.control_maps import as_images
from providers.ltx_video.maps.depth import depth_maps
from providers.ltx_video.maps.outlines import outlines
from providers.ltx_video.maps.poses import pose_maps
from providers.ltx_video.models.map_models import MapModel
from tests.fakes.clips import moving_clip
from tests.fakes.loras import as_diffusers, random_pairs, write_lora
from tests.providers.plain_diffusers.modes_of_ltx_2 import REFINE_2X, BareAv
from tests.providers.plain_diffusers.plain_clips import as_bytes, seeded
from tests.providers.plain_diffusers.tiny_map_models import save_tiny_map_models
from tests.providers.plain_diffusers.tiny_models import save_tiny_ltx_2
from tests.providers.plain_diffusers.tiny_modes import save_upsampler
from tests.providers.tiny_home import TINY_AV, TINY_AV_23, loras_of

if TYPE_CHECKING:
    from core.lora.lora_family import LoraLayer

FRAMES, FPS = 17, 16
LARGE = {"height": 128, "width": 192, "num_frames": FRAMES, "output_type": "np"}

HALF, SAME_SIZE = "half", "ic-lora-same-size"


def edges_of(frames: list[Image.Image]) -> list[Image.Image]:
    """The outlines of each."""
    return [Image.fromarray(outlines(frame)).convert("RGB") for frame in frames]


def _is_attention(layer: LoraLayer) -> bool:
    return ".attn1.to_" in layer.name


class BareControl(BareAv):
    """LTX-2 with references by a plain script."""

    def __init__(self, folder: Path, lora: Path, *, is_guided: bool = False) -> None:
        super().__init__(folder, is_guided=is_guided)
        parts = {name: part for name, part in self.pipeline.components.items() if part is not None}
        self.pipeline = LTX2InContextPipeline(**parts)
        self.pipeline.load_lora_weights(lora.parent, weight_name=lora.name)

    def following_maps(
        self, maps: list[Image.Image], downscale: int, **options: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """The clip and its sound."""
        return self.run_both(
            reference_conditions=[LTX2ReferenceCondition(frames=maps)],
            reference_downscale_factor=downscale,
            **(LARGE | options),
        )

    def following_in_two_stages(
        self, maps: list[Image.Image], folder: Path, **options: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """The IC-LoRA and its maps in the first stage alone, as its makers have it."""
        generator = seeded()
        small = self.made(
            generator=generator,
            reference_conditions=[LTX2ReferenceCondition(frames=maps)],
            reference_downscale_factor=1,
            **(LARGE | {"height": 64, "width": 96, "output_type": "latent"} | options),
        )
        upsampler = LTX2LatentUpsamplerModel.from_pretrained(folder / "latent_upsampler")
        enlarge: Any = LTX2LatentUpsamplePipeline(self.pipeline.vae, upsampler)
        large = enlarge(
            latents=small.frames,
            latents_normalized=False,
            **(LARGE | {"output_type": "latent"}),
        ).frames
        refining = BareAv(folder)
        return refining.run_both(
            generator=generator,
            latents=large,
            audio_latents=small.audio,
            sigmas=REFINE_2X,
            noise_scale=REFINE_2X[0],
            num_inference_steps=3,
            **LARGE,
        )

    def following_extended(self, frames: list[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
        """A clip of 96x64 with maps of 128x64: half of 96 is no whole number of pieces."""
        small = [ImageOps.fit(frame, (96, 64), Image.Resampling.LANCZOS) for frame in frames]
        more = ((0, 0), (0, 32), (0, 0))
        maps = [Image.fromarray(np.pad(np.array(one), more, "edge")) for one in edges_of(small)]
        name = "_encode_reference_conditions"
        plain = getattr(self.pipeline, name)

        def of_another_size(**options: Any) -> Any:
            return plain(**{**options, "height": 64, "width": 128})

        setattr(self.pipeline, name, of_another_size)
        try:
            return self.following_maps(maps, 2, height=64, width=96)
        finally:
            delattr(self.pipeline, name)


def main(folder: Path) -> None:
    """Write tiny models, IC-LoRAs, a control video and what plain diffusers makes of them."""
    control = moving_clip(folder / "control.mp4", FRAMES + 3, FPS, size=(192, 128))
    with av.open(str(control)) as opened:
        frames = [frame.to_image() for frame in opened.decode(video=0)][:FRAMES]
    maps = edges_of(frames)
    halves = [ImageOps.fit(frame, (96, 64), Image.Resampling.LANCZOS) for frame in frames]
    small_maps = edges_of(halves)
    save_tiny_map_models(folder)
    cpu, token = torch.device("cpu"), CancelToken()
    depth = depth_maps(frames, folder / MapModel.DEPTH, cpu, lambda: None, token)
    people, joints = folder / MapModel.PEOPLE, folder / MapModel.JOINTS
    poses = pose_maps(frames, people, joints, cpu, lambda: None, token)
    last = Image.linear_gradient("L").resize((192, 128)).convert("RGB")
    last.save(folder / "last.png")
    sheet = Image.new("RGB", (192, 128))
    for number, name in enumerate(("one", "two")):
        image = frames[5 * number].crop((0, 0, 96, 128))
        image.save(folder / f"{name}.png")
        sheet.paste(image, (96 * number, 0))
    for model, generation in ((TINY_AV, "2.0"), (TINY_AV_23, "2.3")):
        save_tiny_ltx_2(folder / model.id, generation)
        save_upsampler(folder / model.id, LTX2LatentUpsamplerModel)
        pairs = random_pairs(loras_of(model), size=0.1, takes=_is_attention)
        half, same = (folder / f"{model.id}-{name}.safetensors" for name in (HALF, SAME_SIZE))
        write_lora(half, as_diffusers(pairs), {"reference_downscale_factor": "2"})
        write_lora(same, as_diffusers(pairs))
        bare = BareControl(folder / model.id, half)
        guided = BareControl(folder / model.id, half, is_guided=True)
        two = BareControl(folder / model.id, same)
        for case, (picture, sound) in {
            "half": bare.following_maps(maps, 2),
            "same": bare.following_maps(maps, 1),
            "depth": bare.following_maps(as_images(depth), 2),
            "pose": bare.following_maps(as_images(poses), 2),
            "given": bare.following_maps(frames, 2),
            "sheet": bare.following_maps([sheet] * FRAMES, 1),
            "last": bare.following_maps(maps, 2, conditions=[_at_the_end(last)]),
            "extended": bare.following_extended(frames),
            "guided": guided.following_maps(maps, 2),
            "two-stages": two.following_in_two_stages(small_maps, folder / model.id),
        }.items():
            np.save(folder / f"{model.id}-{case}.npy", as_bytes(picture))
            np.save(folder / f"{model.id}-{case}-sound.npy", sound)


def _at_the_end(image: Image.Image) -> LTX2VideoCondition:
    index: Any = (FRAMES - 2) / 8 + 1
    return LTX2VideoCondition(frames=image, index=index, crf=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
