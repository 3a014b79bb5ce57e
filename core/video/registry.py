"""From a target to its live provider: found by name, built late, kept, closed at the end."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.video.packages import NoInstaller
from core.video.provider import NotReady, ReasonCode
from core.video.terms import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.config.settings import Settings
    from core.jobs.job import Job, JobContext
    from core.platform.network import NetworkSwitch
    from core.video.model_store import ModelStore
    from core.video.packages import PackageInstaller
    from core.video.provider import (
        ProviderContext,
        ProviderEntry,
        ProviderInfo,
        Readiness,
        VideoProvider,
    )
    from core.video.spec import ModelSpec


class ProviderRegistry:
    """The registered providers; each is opened when it is first needed."""

    def __init__(
        self,
        entries: Sequence[ProviderEntry],
        context: ProviderContext,
        installer: PackageInstaller | None = None,
    ) -> None:
        self._entries = {(entry.info.id, entry.info.deployment): entry for entry in entries}
        self._context = context
        self._installer = installer or NoInstaller()
        self._opened: dict[tuple[str, str], VideoProvider] = {}
        self._lock = threading.Lock()

    @property
    def infos(self) -> tuple[ProviderInfo, ...]:
        """Every provider and deployment, in registration order."""
        return tuple(entry.info for entry in self._entries.values())

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self._context.read_settings()

    @property
    def network(self) -> NetworkSwitch:
        """What the providers ask before every call."""
        return self._context.network

    @property
    def job_factories(self) -> dict[str, Callable[[str], Job]]:
        """By kind, what builds the providers' own jobs from their payloads."""
        return {
            kind.name: partial(kind.build, self._context)
            for entry in self._entries.values()
            for kind in entry.job_kinds
        }

    def find(self, target: Target) -> ProviderInfo:
        """The registered provider of a target; its model is not looked at.

        Raises:
            UnsupportedRequest: no such provider or deployment, with the nearest name.
        """
        entry = self._entries.get((target.provider, target.deployment))
        if entry is not None:
            return entry.info
        deployments = [
            deployment for provider, deployment in self._entries if provider == target.provider
        ]
        if deployments:
            message = unknown_name(f"{target.provider} deployment", target.deployment, deployments)
            raise UnsupportedRequest([Problem("target.deployment", message)])
        known = dict.fromkeys(provider for provider, _ in self._entries)
        message = unknown_name("provider", target.provider, known)
        raise UnsupportedRequest([Problem("target.provider", message)])

    def open(self, target: Target) -> VideoProvider:
        """The live provider of a target.

        Raises:
            UnsupportedRequest: no such provider or deployment.
        """
        info = self.find(target)
        key = (info.id, info.deployment)
        with self._lock:
            if key not in self._opened:
                self._opened[key] = self._entries[key].open(self._context)
            return self._opened[key]

    def spec(self, target: Target) -> ModelSpec:
        """The model of a concrete target.

        Raises:
            UnsupportedRequest: no such provider, deployment or model, with the nearest name.
        """
        specs = {spec.id: spec for spec in self.open(target).models()}
        spec = specs.get(target.model)
        if spec is None:
            message = self._elsewhere(target) or unknown_name("model", target.model, specs)
            raise UnsupportedRequest([Problem("target.model", message)])
        return spec

    def _elsewhere(self, target: Target) -> str:
        """A sentence that says who has the model of a target; empty where nobody does."""
        found: list[str] = []
        for entry in self._entries.values():
            place = Target(provider=entry.info.id, deployment=entry.info.deployment)
            if any(spec.id == target.model for spec in self.open(place).models()):
                found.append(f"{place.provider}/{place.deployment}")
        if not found:
            return ""
        return (
            f"The model {target.model!r} runs at {' and '.join(found)}, not at "
            f"{target.provider}/{target.deployment}. Choose a provider and deployment that have "
            "it, or another model."
        )

    def stores(self) -> dict[Target, ModelStore]:
        """By provider and deployment, those whose models are files on this machine."""
        found: dict[Target, ModelStore] = {}
        for info in self.infos:
            target = Target(provider=info.id, deployment=info.deployment)
            store = self.open(target).store if info.is_local else None
            if store is not None:
                found[target] = store
        return found

    def in_store(self, model: str) -> Target:
        """The target of a model that is files on this machine; of the first provider if of none."""
        stores = self.stores()
        for target in stores:
            names = {spec.id for spec in self.open(target).models()}
            if model in names or self.find(target).other_name(model) is not None:
                return target.with_model(model)
        return next(iter(stores)).with_model(model)

    @property
    def can_install(self) -> bool:
        """Whether packages that are missing are installed by the render that needs them."""
        return not isinstance(self._installer, NoInstaller)

    def readiness(self, target: Target, *, asks_keyring: bool = True) -> Readiness:
        """Whether a known model can render now; offline.

        Args:
            target: the provider, deployment and model.
            asks_keyring: whether to look for a service's key in the keyring itself; without, what
                was noted of it last is enough.

        Raises:
            UnsupportedRequest: no such provider or deployment.
        """
        info = self.find(target)
        if asks_keyring and not info.is_local:
            for key in info.keys:
                self._context.keys.find(key)
        readiness, packages = self.open(target).check(target), info.packages
        if isinstance(readiness, NotReady) or packages is None or self._installer.has(packages):
            return readiness
        if self.can_install:
            return replace(readiness, installs=packages)
        return NotReady(
            ReasonCode.PACKAGE_MISSING,
            f"{target} needs Python packages that are missing: {packages}.",
            packages.by_hand,
        )

    def install_packages(self, target: Target, ctx: JobContext) -> None:
        """Install what the provider of a target lacks; at once where that is nothing.

        Raises:
            JobCancelled: asked to stop.
            NotConfigured: it cannot be done.
        """
        packages = self.find(target).packages
        if packages is not None and not self._installer.has(packages):
            self._installer.install(packages, ctx.report, ctx.cancel)

    def close(self) -> None:
        """Close every provider that was opened."""
        with self._lock:
            opened = list(self._opened.values())
            self._opened.clear()
        for provider in opened:
            provider.close()
