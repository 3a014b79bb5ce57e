"""What there is to render with: providers, deployments, models, and whether each can start now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UnsupportedRequest
from core.platform.units import bytes_text
from core.video.listing import ListedModel, list_models
from core.video.provider import NotReady
from core.video.request import AUTO, RenderRequest, Target

if TYPE_CHECKING:
    from core.jobs.job import CancelToken
    from core.video.provider import ProviderInfo
    from core.video.registry import ProviderRegistry


@dataclass(frozen=True)
class Offer:
    """A provider on one deployment with its models, best first.

    Attributes:
        automatic: the model that `auto` stands for now; empty where that cannot be told.
    """

    info: ProviderInfo
    models: tuple[ListedModel, ...]
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

    def model(self, name: str) -> ListedModel | None:
        """The model of that id, or the one that `auto` stands for now."""
        wanted = self.automatic if name == AUTO else name
        return next((model for model in self.models if model.spec.id == wanted), None)


def read_offers(registry: ProviderRegistry, cancel: CancelToken) -> tuple[Offer, ...]:
    """Everything there is to choose from; opens every provider and looks at every model's files.

    Raises:
        JobCancelled: asked to stop.
    """
    by_target: dict[Target, list[ListedModel]] = {}
    for model in list_models(registry, cancel):
        by_target.setdefault(model.target.with_model(AUTO), []).append(model)
    return tuple(
        Offer(models[0].info, tuple(models), _automatic(registry, target))
        for target, models in by_target.items()
    )


def _automatic(registry: ProviderRegistry, target: Target) -> str:
    try:
        return registry.open(target).resolve(RenderRequest(target=target, prompt="a clip")).model
    except UnsupportedRequest:
        return ""


def find_offer(offers: tuple[Offer, ...], target: Target) -> Offer | None:
    """The offer of a target's provider and deployment."""
    wanted = (target.provider, target.deployment)
    return next((o for o in offers if (o.info.id, o.info.deployment) == wanted), None)


def find_model(offers: tuple[Offer, ...], target: Target) -> ListedModel | None:
    """The model of a target, or the one that `auto` stands for now."""
    offer = find_offer(offers, target)
    return None if offer is None else offer.model(target.model)


def model_label(model: ListedModel) -> str:
    """A model in one line: name, price, and how it stands."""
    spec = model.spec
    parts = [spec.label, str(spec.price) if spec.price.rows else "price unknown"]
    if isinstance(model.readiness, NotReady) and model.info.is_local and spec.size_bytes:
        parts.append(bytes_text(spec.size_bytes))
    return " · ".join([*parts, model.state.value])
