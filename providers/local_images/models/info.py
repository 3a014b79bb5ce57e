"""What is known of image models on this machine before they are opened."""

from __future__ import annotations

from core.jobs.lanes import Lane
from core.video.provider import OtherName, ProviderInfo
from core.video.terms import OutputKind
from providers.engine.packages import PACKAGES
from providers.weights.huggingface import HUGGINGFACE_KEY

ENGINE_MODULE = "providers.local_images.engine"
"""What the process runs that makes images."""

FOLDER = "images"
"""Where image models lie, in the folder of models."""

_NON_COMMERCIAL = (
    "{name} may not be used for work that earns money, so it is not offered. "
    "{instead} is free, and 'main.py models add' takes one of your own."
)

INFO = ProviderInfo(
    id="local",
    deployment="diffusers",
    label="Images on this machine",
    summary="Free and private: the image is made by this computer.",
    lane=Lane.GPU,
    keys=(HUGGINGFACE_KEY,),
    packages=PACKAGES,
    other_names=(
        OtherName("stable-diffusion-xl", "stable-diffusion-xl stands for sdxl.", "sdxl"),
        OtherName("flux2-klein", "flux2-klein stands for flux2-klein-4b.", "flux2-klein-4b"),
        OtherName("qwen-image-2512", "qwen-image-2512 stands for qwen-image.", "qwen-image"),
        OtherName(
            "qwen-image-edit-2511",
            "qwen-image-edit-2511 stands for qwen-image-edit.",
            "qwen-image-edit",
        ),
        *(
            OtherName(name, _NON_COMMERCIAL.format(name=name, instead=instead))
            for name, instead in (
                ("flux2-klein-9b", "flux2-klein-4b"),
                ("flux2-dev", "flux2-klein-4b"),
                ("qwen-image-2.1", "qwen-image"),
            )
        ),
    ),
    name="Local images",
    place="Diffusers",
    makes=(OutputKind.IMAGE,),
)
