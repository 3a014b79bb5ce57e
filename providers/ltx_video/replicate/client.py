"""What is ordered of LTX at Replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from providers.ltx_video.hosted.models import find_model
from providers.ltx_video.replicate.models import MODELS
from providers.replicate.client import ReplicateClient, ReplicateOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.services.service_client import RemoteOrder


class ReplicateClipClient(ReplicateClient):
    """Orders clips with one account's token."""

    noun = "clip"

    @property
    @override
    def models(self) -> Sequence[str]:
        return list(dict.fromkeys(one.id for model in MODELS for one in model.endpoints))

    @override
    def order(self, order: RemoteOrder) -> ReplicateOrder:
        plan = order.plan
        endpoint = find_model(MODELS, plan.target.model).endpoint(plan.task)
        return ReplicateOrder(endpoint.id, endpoint.body(order), endpoint.is_official)
