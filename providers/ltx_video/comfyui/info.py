"""What is known of LTX on a ComfyUI server before it is opened."""

from __future__ import annotations

from core.jobs.lanes import Lane
from core.video.packages import Packages
from core.video.provider import ProviderInfo
from providers.ltx_video.models.info import INFO as LOCAL
from providers.ltx_video.models.info import LTXDeploymentMode

ADDRESS_VARIABLE = "IMAGEAI_COMFYUI"
"""Names the server, whatever the settings say."""

# Of websockets 17 for Linux, as of 2026-12: the wheel's own size.
PACKAGES = Packages(
    file="requirements-comfyui.txt", names=("websockets",), download="a download of about 0.2 MB"
)
"""By which steps and previews are heard; what becomes of a render is asked for without."""

INFO = ProviderInfo(
    id=LOCAL.id,
    deployment=LTXDeploymentMode.COMFYUI.value,
    label="ComfyUI",
    summary="Your own server: the clip is made by a ComfyUI that you run, here or elsewhere. "
    "Prompt and files go there and nowhere else.",
    lane=Lane.CLOUD,
    packages=PACKAGES,
    lora_families=LOCAL.lora_families,
    name=LOCAL.name,
    place="ComfyUI",
    is_own_server=True,
)
