"""What is known of Fal before anything is opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.packages import Packages
from core.video.provider import OtherName, ProviderInfo
from core.video.terms import OutputKind

LABEL = "Fal"

FAL_KEY = KeySpec(
    id="fal",
    label=LABEL,
    variables=("FAL_KEY",),
    url="https://fal.ai/dashboard/keys",
    purpose="renders with LTX and makes images on the machines of Fal, which costs money",
)

# Of fal-client 1.0.3 with what it needs, as of 2026-11: the wheels' own sizes.
PACKAGES = Packages(
    file="requirements-fal.txt", names=("fal-client",), download="a download of about 2 MB"
)

IMAGES = ProviderInfo(
    id="fal",
    deployment="fal-api",
    label=LABEL,
    summary="Rented: the image is made by Fal, with FLUX, Seedream, Qwen, Z-Image and others, and "
    "is paid for each. Prompt and files go there.",
    lane=Lane.CLOUD,
    keys=(FAL_KEY,),
    packages=PACKAGES,
    other_names=(
        OtherName(
            "flux-2-klein", "flux-2-klein comes in two sizes; the smaller stands for it.",
            "flux-2-klein-4b",
        ),
        OtherName("nano-banana", "nano-banana-2 stands for nano-banana.", "nano-banana-2"),
        OtherName("z-image", "z-image-turbo stands for z-image.", "z-image-turbo"),
    ),
    name="Fal images",
    place="Fal API",
    makes=(OutputKind.IMAGE,),
)  # fmt: skip
