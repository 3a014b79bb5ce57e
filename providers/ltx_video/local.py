"""LTX on this machine: the provider, as far as it is known before a clip is planned."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from core.video.provider import NotReady, Ready, ReasonCode
from providers.ltx_video.install.own_models import every_model
from providers.ltx_video.models.catalog import MODELS
from providers.ltx_video.models.info import INFO

if TYPE_CHECKING:
    from core.config.api_keys import KeySpec
    from core.jobs.job import JobContext
    from core.video.memory import MemoryPlan
    from core.video.model_store import OnDisk
    from core.video.plan import RenderPlan
    from core.video.provider import ModelChoice, ProviderContext, ProviderInfo, Readiness
    from core.video.rendered import Rendered
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec
    from core.video.terms import Target
    from providers.ltx_video.install.store import LTXStore
    from providers.ltx_video.local_planner import LocalPlanner
    from providers.ltx_video.local_render import LocalRenderer
    from providers.ltx_video.models.catalog import LocalModel
    from providers.ltx_video.training.local_trainer import LocalTrainer


class LocalLTX:
    """Renders with a model on this disk, in one engine process that stays warm.

    What plans, renders and installs is imported when it is first asked for: each list of models
    and each page of help opens this provider.
    """

    def __init__(
        self,
        context: ProviderContext,
        models: tuple[LocalModel, ...] = MODELS,
        info: ProviderInfo = INFO,
    ) -> None:
        self._context = context
        self._catalogue = {model.id: model for model in models}
        self._info = info
        self._store: LTXStore | None = None
        self._trainer: LocalTrainer | None = None
        self._planner: LocalPlanner | None = None
        self._renderer: LocalRenderer | None = None
        self._opening = threading.Lock()

    @property
    def info(self) -> ProviderInfo:
        """What is known without opening the provider."""
        return self._info

    @property
    def uses_network(self) -> bool:
        """Nothing leaves this machine."""
        return False

    @property
    def store(self) -> LTXStore:
        """The models as files."""
        if self._store is None:
            from providers.ltx_video.install.store import LTXStore

            self._store = LTXStore(self._context, self._catalogue, self._info)
        return self._store

    @property
    def enhancer(self) -> LocalLTX:
        """What rewrites prompts: the same engine."""
        return self

    @property
    def trainer(self) -> LocalTrainer:
        """What trains LoRAs for them."""
        if self._trainer is None:
            from providers.ltx_video.training.local_trainer import LocalTrainer

            self._trainer = LocalTrainer(self._context, self._models, self._info, self.close)
        return self._trainer

    def models(self) -> tuple[ModelSpec, ...]:
        """Every model of the catalogue, best first, and those that a person has added."""
        return tuple(model.spec for model in self._models.values())

    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The model that `auto` stands for on this machine."""
        from providers.ltx_video.models.auto_model import choose_model

        return choose_model(
            request,
            self._catalogue.values(),
            on_disk=self._on_disk,
            memory_for=self._memory,
        )

    def check(self, target: Target) -> Readiness:
        """Whether files and memory suffice for a model."""
        from providers.ltx_video.install.model_files import files_problem, folder_of

        model = self._models[target.model]
        not_ready = files_problem(model, self._context.paths)
        if not_ready is not None:
            return not_ready
        smallest = self._planning().smallest(model)
        if not smallest.fits:
            return NotReady(
                ReasonCode.MACHINE_TOO_SMALL,
                f"{model.spec.label} is too large for this machine, even for its smallest clip. "
                f"{' '.join(smallest.reasons)}",
                "Choose a smaller model, or close programs that use much memory.",
            )
        return Ready(folder_of(model, self._context.paths.models_dir))

    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with its layout in memory, its usual seconds and what Mini cannot draw."""
        return self._planning().fit(plan)

    def refresh(self) -> None:
        """Nothing: what this machine makes is free."""

    def learn(self, model: str) -> None:
        """Nothing: what is not installed is not there."""

    def ask_anew(self) -> None:
        """Nobody to ask."""

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        """The same clip on the next step of the memory ladder."""
        return self._planning().cheaper(plan)

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Make the clip in the engine, which is started when it does not run."""
        return self._rendering().render(plan, ctx)

    def enhance(self, plan: RenderPlan, ctx: JobContext) -> str:
        """Have the engine write the words, and nothing else."""
        return self._rendering().enhance(plan, ctx)

    def check_key(self, key: KeySpec) -> Readiness:
        """Only downloads need a key, and only some of them."""
        from providers.weights.hub import check_token

        return check_token(self._context.keys, self._context.network)

    def close(self) -> None:
        """End the engine, and give its memory back."""
        if self._renderer is not None:
            self._renderer.close()

    def _planning(self) -> LocalPlanner:
        with self._opening:
            if self._planner is None:
                from providers.ltx_video.local_planner import LocalPlanner

                self._planner = LocalPlanner(self._context, self._catalogue, self._info)
            return self._planner

    def _rendering(self) -> LocalRenderer:
        planner = self._planning()
        with self._opening:
            if self._renderer is None:
                from providers.ltx_video.local_render import LocalRenderer

                self._renderer = LocalRenderer(self._context, planner, self._info)
            return self._renderer

    @property
    def _models(self) -> dict[str, LocalModel]:
        return every_model(self._context.paths.models_dir, self._catalogue)

    def _on_disk(self, model: LocalModel) -> OnDisk:
        from providers.ltx_video.install.model_files import installation_of

        return installation_of(model, self._context.paths.models_dir).on_disk

    def _memory(self, model: LocalModel, plan: RenderPlan) -> MemoryPlan:
        return self._planning().memory(model, plan)
