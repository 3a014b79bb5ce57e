"""What is known of LTX at its makers before it is opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.provider import ProviderInfo
from providers.ltx_video.models.info import INFO as LOCAL
from providers.ltx_video.models.info import LTXDeploymentMode

LIGHTRICKS_KEY = KeySpec(
    id="lightricks",
    label="Lightricks",
    variables=("LTX_API_KEY", "LTXV_API_KEY"),
    url="https://console.ltx.video/api-keys/",
    purpose="renders with LTX on the machines of its makers, which costs money",
)

INFO = ProviderInfo(
    id=LOCAL.id,
    deployment=LTXDeploymentMode.LIGHTRICKS.value,
    label="Lightricks",
    summary="Rented: the clip is made by the makers of LTX, who are paid for each. Prompt and "
    "files go there.",
    lane=Lane.CLOUD,
    keys=(LIGHTRICKS_KEY,),
    name=LOCAL.name,
    place="Lightricks",
)
