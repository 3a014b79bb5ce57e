"""What is known of Replicate before anything is opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.provider import ProviderInfo
from core.video.terms import OutputKind

LABEL = "Replicate"

REPLICATE_KEY = KeySpec(
    id="replicate",
    label=LABEL,
    variables=("REPLICATE_API_TOKEN",),
    url="https://replicate.com/account/api-tokens",
    purpose="renders with LTX and makes images on the machines of Replicate, which costs money",
)

IMAGES = ProviderInfo(
    id="replicate",
    deployment="replicate-api",
    label=LABEL,
    summary="Rented: the image is made through Replicate, by any of its models that you name, and "
    "is paid for each. Prompt and files go there.",
    lane=Lane.CLOUD,
    keys=(REPLICATE_KEY,),
    name="Replicate images",
    place="Replicate API",
    makes=(OutputKind.IMAGE,),
)
