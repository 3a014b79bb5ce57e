"""What a provider promises: models as data, a quick check, a fitted plan, a clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from core.jobs.lanes import Lane
from core.platform.network import NetworkSwitch
from core.video.terms import OutputKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from core.config.api_keys import ApiKeys, KeySpec
    from core.config.settings import Settings
    from core.jobs.job import Job, JobContext
    from core.lora.lora_family import LoraFamily
    from core.platform.machine import Machine
    from core.platform.paths import Paths
    from core.video.lora_training import LoraTrainer
    from core.video.model_store import ModelStore
    from core.video.packages import Packages
    from core.video.plan import RenderPlan
    from core.video.rendered import Rendered
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec
    from core.video.terms import Target


@dataclass(frozen=True)
class OtherName:
    """A name that people know and no model has: what it means, and the model that it stands for.

    `model` is None where the name is only explained, and the request refused.
    """

    name: str
    meaning: str
    model: str | None = None


@dataclass(frozen=True)
class ProviderInfo:
    """A provider on one deployment, as far as it is known without opening it.

    Attributes:
        name: of the provider, the same on every deployment; its id where it is empty.
        place: of this deployment, for a list of those that the provider has.
        makes: what its models make.
        is_own_server: whether it runs on a server of the person's own, and not at a service.
        packages: what it needs beside the app's own; None where that is nothing.
        other_names: names besides those of its models that a request may carry.
        lora_families: gives which LoRAs fit its models; a model's row names one of them. They are
            hundreds of layers, and so are made when they are asked for.
    """

    id: str
    deployment: str
    label: str
    summary: str
    lane: Lane
    keys: tuple[KeySpec, ...] = ()
    packages: Packages | None = None
    other_names: tuple[OtherName, ...] = ()
    lora_families: Callable[[], tuple[LoraFamily, ...]] = tuple
    name: str = ""
    place: str = ""
    is_own_server: bool = False
    makes: tuple[OutputKind, ...] = (OutputKind.VIDEO,)

    def other_name(self, model: str) -> OtherName | None:
        """What a name means that is no model's, however it is spelled; None for nothing."""
        asked = model.casefold().replace("_", "-")
        return next((other for other in self.other_names if other.name == asked), None)

    @property
    def shown_name(self) -> str:
        """The provider's name for people."""
        return self.name or self.id

    @property
    def is_local(self) -> bool:
        """Whether clips are made on this machine."""
        return self.lane is not Lane.CLOUD

    def lora_family(self, spec: ModelSpec) -> LoraFamily | None:
        """The family whose LoRAs fit a model; None where that is not known here."""
        return next((one for one in self.lora_families() if one.id == spec.lora_family), None)


class ReasonCode(StrEnum):
    """What keeps a target from rendering."""

    NOT_INSTALLED = "not installed"
    NO_SERVER = "no server"
    NOT_ON_SERVER = "not on the server"
    DAMAGED = "damaged"
    MACHINE_TOO_SMALL = "machine too small"
    PACKAGE_MISSING = "package missing"
    KEY_MISSING = "key missing"
    NETWORK_OFF = "network switched off"


@dataclass(frozen=True)
class Ready:
    """The target can render now.

    Attributes:
        location: where its weights lie, if they lie here.
        installs: the packages that its first render begins by installing.
    """

    location: Path | None = None
    note: str = ""
    installs: Packages | None = None


@dataclass(frozen=True)
class NotReady:
    """The target cannot render now: why, and what to do (with the command that does it)."""

    reason_code: ReasonCode
    reason: str
    fix: str


Readiness = Ready | NotReady


@dataclass(frozen=True)
class ModelChoice:
    """The model that `auto` stands for, and the sentences that say why."""

    model: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FactChange:
    """Something that a service tells otherwise than before; empty for what was not said.

    Attributes:
        model: as the service names it.
        fact: what it is about: "price", or the name of a field.
    """

    model: str
    fact: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.fact}: {self.before or '(nothing)'} → {self.after or '(nothing)'}"


@dataclass(frozen=True)
class ServiceNews:
    """What a service said of its models, asked just now.

    Attributes:
        num_models: of how many it said something.
        known_since: when it was asked before; None where it never was.
    """

    num_models: int
    known_since: datetime | None
    changes: tuple[FactChange, ...]


class PromptEnhancer(Protocol):
    """Rewrites prompts with what a model itself brings."""

    def enhance(self, plan: RenderPlan, ctx: JobContext) -> str:
        """The prompt as the model's own enhancer writes it; blocks, and makes nothing else.

        Raises:
            JobCancelled: the job was asked to stop and has stopped.
            ProviderError: it cannot be done.
        """
        ...


class VideoProvider(Protocol):
    """Renders clips for one deployment: built late, asked from several threads, closed at the end.

    What belongs to one render lives in that call: services render several jobs at once.
    """

    @property
    def info(self) -> ProviderInfo:
        """What is known without opening the provider."""
        ...

    @property
    def uses_network(self) -> bool:
        """Whether a render sends anything to another machine, which the network switch may stop."""
        ...

    @property
    def store(self) -> ModelStore | None:
        """What installs its models, or None where they are no files on this disk."""
        ...

    @property
    def enhancer(self) -> PromptEnhancer | None:
        """What rewrites prompts for its models, or None where nothing does."""
        ...

    @property
    def trainer(self) -> LoraTrainer | None:
        """What trains LoRAs for its models, or None where nothing does."""
        ...

    def models(self) -> tuple[ModelSpec, ...]:
        """Every model, best first; fast and offline."""
        ...

    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The concrete model for a request whose model is `auto`."""
        ...

    def check(self, target: Target) -> Readiness:
        """Whether a known model can render, packages apart; quick, offline, never raises."""
        ...

    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with memory layout, expected seconds and this provider's notes; fast, offline.

        Raises:
            UnsupportedRequest: something only this provider can see, such as too long a prompt.
        """
        ...

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        """The same clip with one step less memory, or None when there is no such step."""
        ...

    def refresh(self) -> None:
        """Ask the service what changes there, such as prices, where that is due; never raises.

        Called before a clip is planned, so it takes a few seconds at most.
        """
        ...

    def learn(self, model: str) -> None:
        """Ask the service of a model that its list lacks, where it has more than are listed.

        Raises:
            UnsupportedRequest: nobody knows it, or the service cannot be asked.
        """
        ...

    def ask_anew(self) -> ServiceNews | None:
        """Ask at once what `refresh` asks now and then; None where the service tells nothing.

        Raises:
            ProviderError: it cannot be asked: without network, without its key, or as it answers.
        """
        ...

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Make the clip inside `ctx.workdir`; blocks.

        With a ticket in `ctx`, fetch what was bought under it instead of buying once more. When
        asked to stop, end what runs elsewhere only where the token's reason is to cancel.

        Raises:
            JobCancelled: the job was asked to stop and has stopped.
            ProviderError: it cannot be done.
        """
        ...

    def check_key(self, key: KeySpec) -> Readiness:
        """Whether the service accepts the key that is set; asks the service."""
        ...

    def close(self) -> None:
        """End every process and connection; may be called twice."""
        ...


@dataclass(frozen=True)
class ProviderContext:
    """What a provider is given when it is built.

    Attributes:
        read_settings: gives them as they are now.
        network: asked before every call.
    """

    paths: Paths
    read_settings: Callable[[], Settings]
    keys: ApiKeys
    read_machine: Callable[[], Machine]
    network: NetworkSwitch = field(default_factory=NetworkSwitch)


@dataclass(frozen=True)
class JobKind:
    """A kind of job besides renders, and how one is built again from its payload."""

    name: str
    build: Callable[[ProviderContext, str], Job]


@dataclass(frozen=True)
class ProviderEntry:
    """One line of the registration list; `open` imports what the provider needs."""

    info: ProviderInfo
    open: Callable[[ProviderContext], VideoProvider]
    job_kinds: tuple[JobKind, ...] = ()
