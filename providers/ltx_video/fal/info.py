"""What is known of LTX at Fal before it is opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.packages import Packages
from core.video.provider import OtherName, ProviderInfo
from providers.ltx_video.models.info import INFO as LOCAL
from providers.ltx_video.models.info import LTXDeploymentMode

FAL_KEY = KeySpec(
    id="fal",
    label="Fal",
    variables=("FAL_KEY",),
    url="https://fal.ai/dashboard/keys",
    purpose="renders with LTX on the machines of Fal, which costs money",
)

# Of fal-client 1.0.3 with what it needs, as of 2026-11: the wheels' own sizes.
PACKAGES = Packages(
    file="requirements-fal.txt", names=("fal-client",), download="a download of about 2 MB"
)

OTHER_NAMES: tuple[OtherName, ...] = (
    *(
        OtherName(f"ltx-2-{tier}", f"ltx-2-{tier} is retired; ltx-2.3-{tier} stands for it.", model)
        for tier, model in (("fast", "ltx-2.3-fast"), ("pro", "ltx-2.3-pro"))
    ),
    OtherName(
        "ltx-2-ultra",
        "'ltx-2-ultra' was announced and never offered. The best model at Fal is ltx-2.5-pro.",
    ),
)

INFO = ProviderInfo(
    id=LOCAL.id,
    deployment=LTXDeploymentMode.FAL.value,
    label="Fal",
    summary="Rented: the clip is made by Fal, which is paid for each. Prompt and files go there.",
    lane=Lane.CLOUD,
    keys=(FAL_KEY,),
    packages=PACKAGES,
    other_names=OTHER_NAMES,
    lora_families=LOCAL.lora_families,
    name=LOCAL.name,
    place="Fal",
)
