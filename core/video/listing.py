"""Every model of every provider, as it stands on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import UnsupportedRequest
from core.video.model_store import Installation, OnDisk
from core.video.planning import make_plan
from core.video.provider import NotReady, ProviderInfo, Readiness, ReasonCode
from core.video.request import RenderRequest, Target

if TYPE_CHECKING:
    from core.jobs.job import CancelToken
    from core.video.provider import VideoProvider
    from core.video.registry import ProviderRegistry
    from core.video.spec import ModelSpec


class ModelState(StrEnum):
    """Where a model stands, in the words of lists."""

    BUILT_IN = "built in"
    INSTALLED = "installed"
    READY = "ready"
    PARTLY = "partly installed"
    DAMAGED = "damaged"
    NOT_INSTALLED = "not installed"
    TOO_LARGE = "too large"
    PACKAGE_MISSING = "package missing"
    KEY_MISSING = "key missing"
    NETWORK_OFF = "network switched off"


_STATES = {
    ReasonCode.NOT_INSTALLED: ModelState.NOT_INSTALLED,
    ReasonCode.DAMAGED: ModelState.DAMAGED,
    ReasonCode.MACHINE_TOO_SMALL: ModelState.TOO_LARGE,
    ReasonCode.PACKAGE_MISSING: ModelState.PACKAGE_MISSING,
    ReasonCode.KEY_MISSING: ModelState.KEY_MISSING,
    ReasonCode.NETWORK_OFF: ModelState.NETWORK_OFF,
}


@dataclass(frozen=True)
class ListedModel:
    """One model as it stands on this machine.

    Attributes:
        installation: what is on disk; None where there is nothing to install.
        too_large: why this machine cannot run it even once it is installed; empty where it can.
    """

    target: Target
    info: ProviderInfo
    spec: ModelSpec
    readiness: Readiness
    installation: Installation | None = None
    too_large: str = ""

    @property
    def state(self) -> ModelState:
        """Where it stands; what is on disk says more than what is lacking."""
        on_disk = self.installation.on_disk if self.installation else None
        if on_disk is OnDisk.PARTLY:
            return ModelState.PARTLY
        if on_disk is OnDisk.DAMAGED:
            return ModelState.DAMAGED
        if on_disk is OnDisk.NOTHING:
            return ModelState.TOO_LARGE if self.too_large else ModelState.NOT_INSTALLED
        if isinstance(self.readiness, NotReady):
            return _STATES[self.readiness.reason_code]
        if self.spec.is_builtin:
            return ModelState.BUILT_IN
        return ModelState.INSTALLED if self.info.is_local else ModelState.READY

    @property
    def obstacles(self) -> int:
        """How far it is from a clip: 0 at once, 1 once it is installed or set up, 2 never here."""
        if not isinstance(self.readiness, NotReady):
            return 0
        is_too_small = self.readiness.reason_code is ReasonCode.MACHINE_TOO_SMALL
        return 2 if is_too_small or self.too_large else 1


def list_models(
    registry: ProviderRegistry, cancel: CancelToken | None = None, *, weighs: bool = True
) -> tuple[ListedModel, ...]:
    """Every model, in the order of the providers; offline, and slow where many are on disk.

    Args:
        registry: the providers.
        cancel: asks it to stop.
        weighs: whether to find out which are too large for this machine.

    Raises:
        JobCancelled: asked to stop.
    """
    found: list[ListedModel] = []
    for info in registry.infos:
        any_model = Target(provider=info.id, deployment=info.deployment)
        provider = registry.open(any_model)
        for spec in provider.models():
            if cancel is not None:
                cancel.check()
            found.append(_listed(registry, any_model.with_model(spec.id), spec, weighs=weighs))
    return tuple(found)


def look_at(registry: ProviderRegistry, target: Target) -> ListedModel:
    """One model.

    Raises:
        UnsupportedRequest: there is no such model.
    """
    return _listed(registry, target, registry.spec(target), weighs=True)


def _listed(
    registry: ProviderRegistry, target: Target, spec: ModelSpec, *, weighs: bool
) -> ListedModel:
    provider = registry.open(target)
    store = provider.store
    return ListedModel(
        target=target,
        info=provider.info,
        spec=spec,
        readiness=registry.readiness(target),
        installation=store.installation(target.model) if store else None,
        too_large=_too_large(provider, target, spec) if weighs else "",
    )


def _too_large(provider: VideoProvider, target: Target, spec: ModelSpec) -> str:
    request = RenderRequest(target=target, prompt="a clip")
    try:
        memory = provider.fit(make_plan(request, spec, new_seed=lambda: 0)).memory_plan
    except UnsupportedRequest as error:
        return error.message
    return "" if memory is None or memory.fits else " ".join(memory.reasons)
