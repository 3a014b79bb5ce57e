"""What is known of Stability's image models before they are opened."""

from __future__ import annotations

from core.config.api_keys import KeySpec
from core.jobs.lanes import Lane
from core.video.provider import OtherName, ProviderInfo
from core.video.terms import OutputKind

STABILITY_KEY = KeySpec(
    id="stability",
    label="Stability AI",
    variables=("STABILITY_API_KEY",),
    url="https://platform.stability.ai/account/keys",
    purpose="makes and edits images on the machines of Stability AI, which costs money",
)

_ENDED = (
    "Stability AI has ended {name}. Of what it offers now, sd3.5-large follows words closely and "
    "sd3.5-flash is quick."
)

STABILITY = ProviderInfo(
    id="stability",
    deployment="stability-api",
    label="Stability AI",
    summary="Rented: images are made, extended, cut out and enlarged by Stability AI, which is "
    "paid for each. Prompt and files go to Stability AI.",
    lane=Lane.CLOUD,
    keys=(STABILITY_KEY,),
    other_names=tuple(
        OtherName(name, _ENDED.format(name=name))
        for name in ("sd3-large", "sd3-large-turbo", "sd3-medium", "sdxl-1.0")
    ),
    name="Stability",
    place="Stability API",
    makes=(OutputKind.IMAGE,),
)
