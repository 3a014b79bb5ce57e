"""Every model of every provider, as it stands on this machine: the one walk over them all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from core.errors import NotConfigured, ProviderError, UnsupportedRequest
from core.platform.units import count_text
from core.video.model_store import Installation, OnDisk
from core.video.provider import NotReady, ProviderInfo, Readiness, ReasonCode
from core.video.terms import AUTO, OutputKind, Residency, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.jobs.job import CancelToken
    from core.video.memory import MemoryPlan
    from core.video.provider import ServiceNews, VideoProvider
    from core.video.registry import ProviderRegistry
    from core.video.spec import ModelSpec


# Parts that take turns in the GPU's memory are moved once a clip, blocks in every step.
_MOVED_IN_EACH_STEP = (Residency.GROUP_OFFLOAD, Residency.GROUP_OFFLOAD_TO_DISK)
_PROCESSOR = "cpu"
_ANY_PROMPT = "a clip"


class ModelState(StrEnum):
    """Where a model stands, in the words of lists; what is lacking is called as the reason is."""

    BUILT_IN = "built in"
    INSTALLED = "installed"
    READY = "ready"
    PARTLY = "partly installed"
    DAMAGED = "damaged"
    NOT_INSTALLED = "not installed"
    TOO_LARGE = "too large"
    NO_SERVER = "no server"
    NOT_ON_SERVER = "not on the server"
    PACKAGE_MISSING = "package missing"
    KEY_MISSING = "key missing"
    NETWORK_OFF = "network switched off"


@dataclass(frozen=True)
class ListedModel:
    """One model as it stands on this machine.

    Attributes:
        installation: what is on disk; None where there is nothing to install.
        too_large: why this machine cannot run it even once it is installed; empty where it can.
        memory: how it would lie in memory for a clip of its usual length; None where nobody
            weighed it.
        advice: why this is the model to have on this machine; empty of every other.
    """

    target: Target
    info: ProviderInfo
    spec: ModelSpec
    readiness: Readiness
    installation: Installation | None = None
    too_large: str = ""
    memory: MemoryPlan | None = None
    advice: str = ""

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
            reason = self.readiness.reason_code
            is_too_small = reason is ReasonCode.MACHINE_TOO_SMALL
            return ModelState.TOO_LARGE if is_too_small else ModelState(reason.value)
        if self.spec.is_builtin:
            return ModelState.BUILT_IN
        return ModelState.INSTALLED if self.info.is_local else ModelState.READY

    @property
    def state_text(self) -> str:
        """The same in words, with the parts that an installed model lacks."""
        without = self.installation.without if self.installation else ""
        return ", ".join(filter(None, (self.state, without)))

    @property
    def obstacles(self) -> int:
        """How far it is from a clip: 0 at once, 1 once it is installed or set up, 2 never here."""
        if not isinstance(self.readiness, NotReady):
            return 0
        is_too_small = self.readiness.reason_code is ReasonCode.MACHINE_TOO_SMALL
        return 2 if is_too_small or self.too_large else 1


@dataclass(frozen=True)
class ListedProvider:
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
        return self.info.shown_name

    @property
    def place(self) -> str:
        """The deployment's name among those of its provider."""
        return self.info.place or self.info.deployment

    def model(self, name: str) -> ListedModel | None:
        """The model of that id, or the one that `auto` stands for now."""
        wanted = self.automatic if name == AUTO else name
        return next((model for model in self.models if model.spec.id == wanted), None)


@dataclass(frozen=True)
class ModelListing:
    """Everything there is to render with, in the order of the providers."""

    providers: tuple[ListedProvider, ...] = ()

    @property
    def models(self) -> tuple[ListedModel, ...]:
        """Every model of every provider."""
        return tuple(model for provider in self.providers for model in provider.models)

    def making(self, kind: OutputKind) -> ModelListing:
        """The providers whose models make clips, or images."""
        return ModelListing(tuple(one for one in self.providers if kind in one.info.makes))

    def provider(self, target: Target) -> ListedProvider | None:
        """The provider and deployment of a target."""
        wanted = target.with_model(AUTO)
        return next((found for found in self.providers if found.target == wanted), None)

    def model(self, target: Target) -> ListedModel | None:
        """The model of a target, or the one that `auto` stands for now."""
        provider = self.provider(target)
        return None if provider is None else provider.model(target.model)


def read_listing(
    registry: ProviderRegistry,
    cancel: CancelToken | None = None,
    *,
    weighs: bool = True,
    asks_keyring: bool = True,
) -> ModelListing:
    """Every provider and model as it stands now; offline, and slow where many are on disk.

    Args:
        registry: the providers.
        cancel: asks it to stop.
        weighs: whether to find out which are too large for this machine.
        asks_keyring: whether to look for keys in the keyring itself.

    Raises:
        JobCancelled: asked to stop.
    """
    providers: list[ListedProvider] = []
    for info in registry.infos:
        anyone = Target(provider=info.id, deployment=info.deployment)
        models = read_models(registry, info, cancel, weighs=weighs, asks_keyring=asks_keyring)
        automatic = _automatic(registry.open(anyone), anyone)
        providers.append(ListedProvider(info, models, automatic))
    return ModelListing(tuple(providers))


@dataclass(frozen=True)
class ServiceAnswer:
    """What came of asking a service: what it says, why it was not asked, or that it says nothing.

    Attributes:
        news: None where it was not asked, or tells nothing.
        error: why it was not asked; None where it was.
    """

    info: ProviderInfo
    news: ServiceNews | None = None
    error: ProviderError | None = None

    @property
    def has_failed(self) -> bool:
        """Whether it could not be asked, though all was set up for it."""
        return self.error is not None and not isinstance(self.error, NotConfigured)

    @property
    def text(self) -> str:
        """All of it in words: a sentence, and what changed below the name of each model."""
        label, news = self.info.label, self.news
        if self.error is not None:
            # Without the hint of a failure, which is about the clip that would be made.
            hint = "What it said before goes on counting." if self.has_failed else self.error.hint
            return f"{self.error.message} {hint}"
        if news is None:
            return f"{label} says neither prices nor fields to programs; this version's own count."
        since = news.known_since
        before = f"before at {since.astimezone():%Y-%m-%d %H:%M}" if since else "never before"
        what = count_text(len(news.changes), "change") if news.changes else "nothing has changed"
        described = count_text(news.num_models, "model or endpoint", "models and endpoints")
        lines = [f"{label} was asked for {described}, {before}: {what}."]
        for model, changes in groupby(news.changes, key=lambda change: change.model):
            lines += [f"  {model}", *(f"    {change}" for change in changes)]
        return "\n".join(lines)


def ask_services(
    registry: ProviderRegistry, cancel: CancelToken | None = None
) -> Iterator[ServiceAnswer]:
    """Ask every service at once for what it says of its models, whatever became of the others.

    Raises:
        JobCancelled: asked to stop.
    """
    for info in registry.infos:
        if info.is_local:
            continue
        if cancel is not None:
            cancel.check()
        provider = registry.open(Target(provider=info.id, deployment=info.deployment))
        try:
            yield ServiceAnswer(info, provider.ask_anew())
        except ProviderError as error:
            yield ServiceAnswer(info, error=error)


def read_models(
    registry: ProviderRegistry,
    info: ProviderInfo,
    cancel: CancelToken | None = None,
    *,
    weighs: bool = True,
    asks_keyring: bool = True,
) -> tuple[ListedModel, ...]:
    """The models of one provider, as `read_listing` finds them."""
    anyone = Target(provider=info.id, deployment=info.deployment)
    models: list[ListedModel] = []
    for spec in registry.open(anyone).models():
        if cancel is not None:
            cancel.check()
        target = anyone.with_model(spec.id)
        # Asked by its row: looking each up by its id would read the table once a model.
        models.append(_listed(registry, target, spec, weighs=weighs, asks_keyring=asks_keyring))
    return _with_advice(models)


def _with_advice(models: Sequence[ListedModel]) -> tuple[ListedModel, ...]:
    """The models, one of which is the one to have, where they were weighed."""
    weighed = [(one.spec, one.memory) for one in models if one.memory is not None]
    if not weighed:
        return tuple(models)
    best = recommend(weighed)
    return tuple(
        replace(one, advice=best.reason) if best and one.spec.id == best.model else one
        for one in models
    )


def look_at(
    registry: ProviderRegistry,
    target: Target,
    *,
    weighs: bool = True,
    asks_keyring: bool = True,
) -> ListedModel:
    """One model.

    Raises:
        UnsupportedRequest: there is no such model.
    """
    spec = registry.spec(target)
    return _listed(registry, target, spec, weighs=weighs, asks_keyring=asks_keyring)


def _listed(
    registry: ProviderRegistry,
    target: Target,
    spec: ModelSpec,
    *,
    weighs: bool,
    asks_keyring: bool,
) -> ListedModel:
    provider = registry.open(target)
    store = provider.store
    memory, too_large = weigh(provider, target, spec) if weighs else (None, "")
    return ListedModel(
        target=target,
        info=provider.info,
        spec=spec,
        readiness=registry.readiness(target, asks_keyring=asks_keyring),
        installation=store.installation(target.model) if store else None,
        too_large=too_large,
        memory=memory,
    )


def _automatic(provider: VideoProvider, anyone: Target) -> str:
    # Imported late, as below: not every list asks what would be made of a request.
    from core.video.request import RenderRequest

    try:
        return provider.resolve(RenderRequest(target=anyone, prompt=_ANY_PROMPT)).model
    except UnsupportedRequest:
        return ""


@dataclass(frozen=True)
class Recommended:
    """A model by its id, and why it is that one: a sentence."""

    model: str
    reason: str


def recommend(models: Sequence[tuple[ModelSpec, MemoryPlan]]) -> Recommended | None:
    """The best of those that lie nearest to the GPU; None where no model runs on one.

    Each step away from it makes a clip slower by more than one model is better than the next.

    Args:
        models: best first, each with how it would lie in memory for a clip of its usual length.
    """
    fitting = [
        (spec, memory)
        for spec, memory in models
        if memory.fits and memory.device != _PROCESSOR and not spec.is_builtin
    ]
    if not fitting:
        return None
    chosen, memory = min(fitting, key=lambda one: _times_moved(one[1].residency))
    reason = f"It is the best model that runs on this machine with {memory.weights_text}."
    better = fitting[0]
    if better[0].id != chosen.id:
        reason = (
            f"{reason[:-1]}; {better[0].label} would run with {better[1].weights_text}, which is "
            "slower."
        )
    return Recommended(chosen.id, reason)


def _times_moved(residency: Residency) -> int:
    """0 for weights that stay while the GPU works, and more for those that move farther."""
    if residency not in _MOVED_IN_EACH_STEP:
        return 0
    return 1 + _MOVED_IN_EACH_STEP.index(residency)


def weigh(
    provider: VideoProvider, target: Target, spec: ModelSpec
) -> tuple[MemoryPlan | None, str]:
    """How a model would lie in memory for its usual clip, and why it cannot.

    None for a model that does not run on this machine anyway.
    """
    if not provider.info.is_local:
        return None, ""
    # Imported late: a list that weighs nothing plans nothing.
    from core.video.planning.clip_plan import make_plan
    from core.video.request import RenderRequest

    request = RenderRequest(target=target, prompt=_ANY_PROMPT)
    try:
        plan = provider.fit(make_plan(request, spec, new_seed=lambda: 0))
    except UnsupportedRequest as error:
        return None, error.message
    memory = plan.memory_plan
    if memory is None or memory.fits:
        return memory, ""
    clip = f"{plan.width}x{plan.height}, {plan.seconds_text}"
    return memory, f"{' '.join(memory.reasons)} This is for its usual clip, {clip}."
