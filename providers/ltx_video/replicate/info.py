"""What is known of LTX at Replicate before it is opened."""

from __future__ import annotations

from core.jobs.lanes import Lane
from core.video.provider import ProviderInfo
from providers.ltx_video.models.info import INFO as LOCAL
from providers.ltx_video.models.info import LTXDeploymentMode
from providers.replicate.info import LABEL, REPLICATE_KEY

INFO = ProviderInfo(
    id=LOCAL.id,
    deployment=LTXDeploymentMode.REPLICATE.value,
    label=LABEL,
    summary="Rented: the clip is made through Replicate, which is paid for each. Prompt and files "
    "go there.",
    lane=Lane.CLOUD,
    keys=(REPLICATE_KEY,),
    name=LOCAL.name,
    place="Replicate",
)
