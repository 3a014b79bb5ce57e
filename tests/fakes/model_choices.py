"""Things to render with, as the window's panels are told of them."""

from __future__ import annotations

from core.jobs.job import Lane
from core.video.provider import NotReady, ProviderInfo, Ready, ReasonCode
from gui.render.model_choices import ModelOffer, Offer
from tests.fakes.provider import BIG, FAKE_KEY, FULL, SMALL

ABSENT = NotReady(ReasonCode.NOT_INSTALLED, "Fake Big is not installed.", "Install it.")
LOCAL = Offer(
    ProviderInfo(
        id="ltx-video",
        deployment="local",
        label="LTX on this machine",
        summary="For tests.",
        lane=Lane.GPU,
        name="LTX-Video",
        place="Local",
    ),
    (ModelOffer(BIG, ABSENT), ModelOffer(SMALL, Ready()), ModelOffer(FULL, Ready())),
    automatic=SMALL.id,
)
CLOUD = Offer(
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
    (ModelOffer(FULL, Ready()),),
    automatic=FULL.id,
)
OTHER = Offer(
    ProviderInfo(
        id="other", deployment="local", label="Other", summary="For tests.", lane=Lane.GPU
    ),
    (ModelOffer(SMALL, Ready()),),
    automatic=SMALL.id,
)
MODEL_CHOICES = (LOCAL, CLOUD, OTHER)
LTX_SMALL = LOCAL.target.with_model(SMALL.id)
LTX_FULL = LOCAL.target.with_model(FULL.id)
