"""What is ordered of LTX at Fal, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.redaction import remember_secret
from core.services.service_client import Finished
from providers.fal.client import FalClient
from providers.ltx_video.fal.models import MODELS
from providers.ltx_video.hosted.models import find_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.services.service_client import RemoteOrder


class FalClipClient(FalClient):
    """Orders clips of Fal's queue with one account's key."""

    noun = "clip"

    @property
    @override
    def endpoints(self) -> Sequence[str]:
        return [name for model in MODELS for one in model.endpoints for name in one.ids]

    @override
    def app_of(self, model: str) -> str:
        return find_model(MODELS, model).endpoints[0].app

    @override
    def order(self, order: RemoteOrder) -> tuple[str, dict[str, object]]:
        plan = order.plan
        endpoint = find_model(MODELS, plan.target.model).endpoint(plan.task)
        return endpoint.id_for(plan), endpoint.body(order)

    @override
    def made(self, answer: Mapping[str, Any]) -> Finished | None:
        video = answer.get("video")
        if video is None:
            return None
        # Whoever has the address has the clip.
        remember_secret(str(video["url"]))
        return Finished(str(video["url"]), seed=answer.get("seed"))
