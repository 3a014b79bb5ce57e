"""The registration list: every provider on every deployment, opened when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs import Lane
from core.video.provider import ProviderEntry, ProviderInfo
from providers.ltx_video.hub import HUGGINGFACE_KEY
from providers.ltx_video.model_names import OTHER_NAMES, LTXDeploymentMode

if TYPE_CHECKING:
    from core.video.provider import ProviderContext, VideoProvider


def _open_ltx_local(context: ProviderContext) -> VideoProvider:
    # Only who opens a provider pays for importing its model table.
    from providers.ltx_video.local import LTXLocal

    return LTXLocal(context)


PROVIDERS: tuple[ProviderEntry, ...] = (
    ProviderEntry(
        ProviderInfo(
            id="ltx-video",
            deployment=LTXDeploymentMode.LOCAL.value,
            label="LTX on this machine",
            summary="LTX-Video and LTX-2 run here, free; LTX Mini comes with the program.",
            lane=Lane.GPU,
            keys=(HUGGINGFACE_KEY,),
            packages=("torch", "diffusers", "transformers", "accelerate"),
            other_names=OTHER_NAMES,
        ),
        _open_ltx_local,
    ),
)
"""In the order in which they are offered."""
