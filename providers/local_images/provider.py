"""Images on this machine: the provider, as far as it is known before an image is planned."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from core.errors import Problem, UnsupportedRequest
from core.video.provider import ModelChoice, NotReady, Ready, ReasonCode
from core.video.terms import Task
from providers.local_images.install.model_files import files_problem, images_dir
from providers.local_images.install.own_models import every_model
from providers.local_images.models.catalog import MODELS
from providers.local_images.models.info import INFO
from providers.weights.installed import model_folder

if TYPE_CHECKING:
    from core.config.api_keys import KeySpec
    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext, ProviderInfo, Readiness
    from core.video.rendered import Rendered
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec
    from core.video.terms import Target
    from providers.local_images.install.store import ImageStore
    from providers.local_images.models.catalog import LocalImageModel
    from providers.local_images.planner import ImagePlanner
    from providers.local_images.renderer import ImageRenderer


class LocalImages:
    """Makes images with a model on this disk, in one engine process that stays warm.

    What plans, renders and installs is imported when it is first asked for.
    """

    info: ProviderInfo = INFO
    uses_network = False
    enhancer = None
    trainer = None

    def __init__(
        self, context: ProviderContext, models: tuple[LocalImageModel, ...] = MODELS
    ) -> None:
        self._context = context
        self._catalogue = {model.id: model for model in models}
        self._store: ImageStore | None = None
        self._planner: ImagePlanner | None = None
        self._renderer: ImageRenderer | None = None
        self._opening = threading.Lock()

    @property
    def store(self) -> ImageStore:
        """The models as files."""
        if self._store is None:
            from providers.local_images.install.store import ImageStore

            self._store = ImageStore(self._context, self._catalogue)
        return self._store

    def models(self) -> tuple[ModelSpec, ...]:
        """Every model that is offered, best first, and those that a person has added."""
        return tuple(model.spec for model in self._models.values())

    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The best model that is here and does what is asked; else the best that does."""
        models_dir = images_dir(self._context.paths)
        # A list of models asks for what makes images of words.
        task = request.task if request.task.output.value == "image" else Task.TEXT_TO_IMAGE
        able = [row for row in self._models.values() if task in row.spec.tasks]
        if not able:
            message = f"No model of {self.info.label} does {task.value}."
            raise UnsupportedRequest([Problem("target.model", message)])
        here = [row for row in able if files_problem(row, models_dir) is None]
        row = next(iter(here or able))
        why = (
            f"{row.spec.label} is the best that is installed here."
            if here
            else f"No model for images is here yet; {row.spec.label} is the one to begin with."
        )
        return ModelChoice(row.id, (why,))

    def check(self, target: Target) -> Readiness:
        """Whether files and memory suffice for a model."""
        row = self._models[target.model]
        models_dir = images_dir(self._context.paths)
        not_ready = files_problem(row, models_dir)
        if not_ready is not None:
            return not_ready
        smallest = self._planning().smallest(row)
        if not smallest.fits:
            return NotReady(
                ReasonCode.MACHINE_TOO_SMALL,
                f"{row.spec.label} is too large for this machine, even for its smallest image. "
                f"{' '.join(smallest.reasons)}",
                "Choose a smaller model, or close programs that use much memory.",
            )
        return Ready(model_folder(models_dir, row.id))

    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with its layout in memory, its steps and its usual seconds."""
        return self._planning().fit(plan)

    def cheaper(self, plan: RenderPlan) -> RenderPlan | None:
        """The same image on the next step of the memory ladder."""
        return self._planning().cheaper(plan)

    def refresh(self) -> None:
        """Nothing: what this machine makes is free."""

    def ask_anew(self) -> None:
        """Nobody to ask."""

    def learn(self, model: str) -> None:
        """Nothing: what is not installed is not there."""

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        """Make the image in the engine, which is started when it does not run."""
        return self._rendering().render(plan, ctx)

    def check_key(self, key: KeySpec) -> Readiness:
        """Only downloads need a key, and only some of them."""
        from providers.weights.hub import check_token

        return check_token(self._context.keys, self._context.network)

    def close(self) -> None:
        """End the engine, and give its memory back."""
        if self._renderer is not None:
            self._renderer.close()

    def _planning(self) -> ImagePlanner:
        with self._opening:
            if self._planner is None:
                from providers.local_images.planner import ImagePlanner

                self._planner = ImagePlanner(self._context, self._catalogue)
            return self._planner

    def _rendering(self) -> ImageRenderer:
        planner = self._planning()
        with self._opening:
            if self._renderer is None:
                from providers.local_images.renderer import ImageRenderer

                self._renderer = ImageRenderer(self._context, planner)
            return self._renderer

    @property
    def _models(self) -> dict[str, LocalImageModel]:
        return every_model(images_dir(self._context.paths), self._catalogue)
