"""What there is to render with: providers, deployments, models, and whether each can start now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UnsupportedRequest
from core.platform.units import bytes_text
from core.video.provider import NotReady
from core.video.request import AUTO, RenderRequest, Target

if TYPE_CHECKING:
    from core.jobs.job import CancelToken
    from core.video.provider import ProviderInfo, Readiness
    from core.video.registry import ProviderRegistry
    from core.video.spec import ModelSpec


@dataclass(frozen=True)
class ModelOffer:
    """One model on one deployment, as it stands on this machine."""

    spec: ModelSpec
    readiness: Readiness


@dataclass(frozen=True)
class Offer:
    """A provider on one deployment with its models, best first.

    Attributes:
        automatic: the model that `auto` stands for now; empty where that cannot be told.
    """

    info: ProviderInfo
    models: tuple[ModelOffer, ...]
    automatic: str = ""

    @property
    def target(self) -> Target:
        """This provider and deployment, with the model left to it."""
        return Target(provider=self.info.id, deployment=self.info.deployment)

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.info.name or self.info.id

    @property
    def place(self) -> str:
        """The deployment's name among those of its provider."""
        return self.info.place or self.info.deployment

    def model(self, name: str) -> ModelOffer | None:
        """The model of that id, or the one that `auto` stands for now."""
        wanted = self.automatic if name == AUTO else name
        return next((model for model in self.models if model.spec.id == wanted), None)


def read_offers(registry: ProviderRegistry, cancel: CancelToken) -> tuple[Offer, ...]:
    """Everything there is to choose from; opens every provider and looks at every model's files.

    Raises:
        JobCancelled: asked to stop.
    """
    offers: list[Offer] = []
    for info in registry.infos:
        target = Target(provider=info.id, deployment=info.deployment)
        provider = registry.open(target)
        models: list[ModelOffer] = []
        for spec in provider.models():
            cancel.check()
            models.append(ModelOffer(spec, registry.readiness(target.with_model(spec.id))))
        try:
            automatic = provider.resolve(RenderRequest(target=target, prompt="a clip")).model
        except UnsupportedRequest:
            automatic = ""
        offers.append(Offer(info, tuple(models), automatic))
    return tuple(offers)


def find_offer(offers: tuple[Offer, ...], target: Target) -> Offer | None:
    """The offer of a target's provider and deployment."""
    wanted = (target.provider, target.deployment)
    return next((o for o in offers if (o.info.id, o.info.deployment) == wanted), None)


def find_model(offers: tuple[Offer, ...], target: Target) -> ModelOffer | None:
    """The model of a target, or the one that `auto` stands for now."""
    offer = find_offer(offers, target)
    return None if offer is None else offer.model(target.model)


def model_label(model: ModelOffer, info: ProviderInfo) -> str:
    """A model in one line: name, price, and how it stands."""
    spec = model.spec
    price = str(spec.price) if spec.price.rows else "price unknown"
    parts = [spec.label, price]
    if isinstance(model.readiness, NotReady):
        if info.is_local and spec.size_bytes:
            parts.append(bytes_text(spec.size_bytes))
        parts.append(model.readiness.reason_code.value)
    elif spec.is_builtin:
        parts.append("built in")
    else:
        parts.append("installed" if info.is_local else "ready")
    return " · ".join(parts)
