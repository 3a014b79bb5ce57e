"""What is known of LTX at Replicate before it is opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.provider import ProviderInfo
from providers.ltx_video.models.info import INFO as LOCAL
from providers.ltx_video.models.info import LTXDeploymentMode

REPLICATE_KEY = KeySpec(
    id="replicate",
    label="Replicate",
    variables=("REPLICATE_API_TOKEN",),
    url="https://replicate.com/account/api-tokens",
    purpose="renders with LTX on the machines of Replicate, which costs money",
)

INFO = ProviderInfo(
    id=LOCAL.id,
    deployment=LTXDeploymentMode.REPLICATE.value,
    label="Replicate",
    summary="Rented: the clip is made through Replicate, which is paid for each. Prompt and files "
    "go there.",
    lane=Lane.CLOUD,
    keys=(REPLICATE_KEY,),
    name=LOCAL.name,
    place="Replicate",
)
