"""Things to render with, as the window's panels are told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs.lanes import Lane
from core.video.listing import ListedModel, ListedProvider, ModelListing
from core.video.provider import NotReady, ProviderInfo, Ready, ReasonCode
from core.video.terms import Target
from tests.fakes.provider import BIG, FAKE_KEY, FULL, SMALL

if TYPE_CHECKING:
    from core.video.provider import Readiness
    from core.video.spec import ModelSpec

ABSENT = NotReady(ReasonCode.NOT_INSTALLED, "Fake Big is not installed.", "Install it.")


def _provider(
    info: ProviderInfo, models: tuple[tuple[ModelSpec, Readiness], ...], automatic: str
) -> ListedProvider:
    target = Target(provider=info.id, deployment=info.deployment)
    listed = (
        ListedModel(target.with_model(spec.id), info, spec, readiness) for spec, readiness in models
    )
    return ListedProvider(info, tuple(listed), automatic)


LOCAL = _provider(
    ProviderInfo(
        id="ltx-video",
        deployment="local",
        label="LTX on this machine",
        summary="For tests.",
        lane=Lane.GPU,
        name="LTX-Video",
        place="Local",
    ),
    ((BIG, ABSENT), (SMALL, Ready()), (FULL, Ready())),
    automatic=SMALL.id,
)
CLOUD = _provider(
    ProviderInfo(
        id="ltx-video",
        deployment="cloud",
        label="LTX in the cloud",
        summary="For tests.",
        lane=Lane.CLOUD,
        keys=(FAKE_KEY,),
        name="LTX-Video",
        place="Cloud",
    ),
    ((FULL, Ready()),),
    automatic=FULL.id,
)
OTHER = _provider(
    ProviderInfo(
        id="other", deployment="local", label="Other", summary="For tests.", lane=Lane.GPU
    ),
    ((SMALL, Ready()),),
    automatic=SMALL.id,
)
MODEL_CHOICES = ModelListing((LOCAL, CLOUD, OTHER))
LTX_SMALL = LOCAL.target.with_model(SMALL.id)
LTX_FULL = LOCAL.target.with_model(FULL.id)
