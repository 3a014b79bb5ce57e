"""What is known of LTX on this machine before it is opened."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from core.jobs.lanes import Lane
from core.video.provider import OtherName, ProviderInfo
from core.video.terms import OutputKind
from providers.engine.packages import PACKAGES
from providers.weights.huggingface import HUGGINGFACE_KEY

if TYPE_CHECKING:
    from core.lora.lora_family import LoraFamily

ENGINE_MODULE = "providers.ltx_video.engine"
"""What the process runs that makes clips."""

INSTALL_MODEL = "install-model"
"""The kind of the job that installs a model."""


class LTXDeploymentMode(StrEnum):
    """Where LTX runs."""

    LOCAL = "local"
    FAL = "fal"
    REPLICATE = "replicate"
    LIGHTRICKS = "lightricks"
    COMFYUI = "comfyui"


class LTXModel(StrEnum):
    """Every model that can run on this machine, best first."""

    LTX_2_5_DISTILLED = "ltx-2.5-distilled"
    LTX_2_5_DISTILLED_Q4 = "ltx-2.5-distilled-q4"
    LTX_2_5_DISTILLED_Q3 = "ltx-2.5-distilled-q3"
    LTX_2_5 = "ltx-2.5"
    LTX_2_5_Q4 = "ltx-2.5-q4"
    LTX_2_3_DISTILLED = "ltx-2.3-distilled"
    LTX_2_3_DISTILLED_FP8 = "ltx-2.3-distilled-fp8"
    LTX_2_3_DISTILLED_Q4 = "ltx-2.3-distilled-q4"
    LTX_2_3_DISTILLED_Q3 = "ltx-2.3-distilled-q3"
    LTX_2_3 = "ltx-2.3"
    LTX_2_3_FP8 = "ltx-2.3-fp8"
    LTX_2_3_Q4 = "ltx-2.3-q4"
    LTX_2_19B_DISTILLED = "ltx-2-19b-distilled"
    LTX_2_19B = "ltx-2-19b"
    LTX_VIDEO_13B_098_DISTILLED = "ltx-video-13b-0.9.8-distilled"
    LTX_VIDEO_13B_098_DISTILLED_FP8 = "ltx-video-13b-0.9.8-distilled-fp8"
    LTX_VIDEO_13B_098_DISTILLED_Q3 = "ltx-video-13b-0.9.8-distilled-q3"
    LTX_VIDEO_13B_098_DEV = "ltx-video-13b-0.9.8-dev"
    LTX_VIDEO_13B_098_DEV_FP8 = "ltx-video-13b-0.9.8-dev-fp8"
    LTX_VIDEO_13B_097_DISTILLED = "ltx-video-13b-0.9.7-distilled"
    LTX_VIDEO_13B_097_DISTILLED_Q4 = "ltx-video-13b-0.9.7-distilled-q4"
    LTX_VIDEO_13B_097_DEV = "ltx-video-13b-0.9.7-dev"
    LTX_VIDEO_13B_097_DEV_Q4 = "ltx-video-13b-0.9.7-dev-q4"
    LTX_VIDEO_2B_098_DISTILLED = "ltx-video-2b-0.9.8-distilled"
    LTX_VIDEO_2B_098_DISTILLED_FP8 = "ltx-video-2b-0.9.8-distilled-fp8"
    LTX_VIDEO_2B_096_DISTILLED = "ltx-video-2b-0.9.6-distilled"
    LTX_VIDEO_2B_096_DISTILLED_Q4 = "ltx-video-2b-0.9.6-distilled-q4"
    LTX_VIDEO_2B_096_DEV = "ltx-video-2b-0.9.6-dev"
    LTX_VIDEO_2B_095 = "ltx-video-2b-0.9.5"
    LTX_MINI = "ltx-mini"


_FAMILIES = {
    "ltx-video-2b": LTXModel.LTX_VIDEO_2B_098_DISTILLED,
    "ltx-video-13b": LTXModel.LTX_VIDEO_13B_098_DISTILLED,
}
_API_TIERS = {
    "ltx-2-fast": LTXModel.LTX_2_3_DISTILLED,
    "ltx-2-pro": LTXModel.LTX_2_3,
    "ltx-2-ultra": LTXModel.LTX_2_5,
}

OTHER_NAMES: tuple[OtherName, ...] = (
    *(
        OtherName(name, f"{name} stands for {model.value}.", model.value)
        for name, model in _FAMILIES.items()
    ),
    *(
        OtherName(
            name,
            f"{name!r} is a tier of the makers' paid service and no model to run here. The nearest "
            f"local model is {model.value}.",
        )
        for name, model in _API_TIERS.items()
    ),
)
"""Names of whole families, and names from a paid service that are no models to download."""


def _lora_families() -> tuple[LoraFamily, ...]:
    from providers.ltx_video.models.lora_families import LORA_FAMILIES

    return LORA_FAMILIES


INFO = ProviderInfo(
    id="ltx-video",
    deployment=LTXDeploymentMode.LOCAL.value,
    label="LTX-Video on this machine",
    summary="Free and private: the clip is made by this computer.",
    lane=Lane.GPU,
    keys=(HUGGINGFACE_KEY,),
    packages=PACKAGES,
    other_names=OTHER_NAMES,
    lora_families=_lora_families,
    name="LTX-Video",
    place="Local",
    makes=(OutputKind.VIDEO, OutputKind.IMAGE),
)
