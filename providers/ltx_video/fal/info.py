"""What is known of LTX at Fal before it is opened."""

from __future__ import annotations

from core.jobs.lanes import Lane
from core.video.provider import OtherName, ProviderInfo
from providers.fal.info import FAL_KEY, LABEL, PACKAGES
from providers.ltx_video.models.info import INFO as LOCAL
from providers.ltx_video.models.info import LTXDeploymentMode

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
    label=LABEL,
    summary="Rented: the clip is made by Fal, which is paid for each. Prompt and files go there.",
    lane=Lane.CLOUD,
    keys=(FAL_KEY,),
    packages=PACKAGES,
    other_names=OTHER_NAMES,
    lora_families=LOCAL.lora_families,
    name=LOCAL.name,
    place="Fal",
)
