"""LTX at Fal: its table with the prices that it told last, and what its endpoints refuse."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import ProviderError, UnsupportedRequest
from core.services.polling_provider import PollingProvider
from core.video.inputs import limit_problems
from core.video.price import Billed
from core.video.provider import ModelChoice
from core.video.request import Role
from providers.ltx_video.fal.endpoints import size_of
from providers.ltx_video.fal.info import FAL_KEY, INFO
from providers.ltx_video.fal.models import MODELS, find_model
from providers.ltx_video.fal.prices import PriceBook

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from core.video.provider import ProviderContext
    from core.video.request import RenderRequest
    from core.video.spec import ModelSpec
    from providers.ltx_video.fal.client import FalClient

log = logging.getLogger(__name__)

_ASK_AGAIN_S = 600.0
_PRICES_WITHIN_S = 3.0


class FalLTX(PollingProvider):
    """LTX on the machines of Fal."""

    info = INFO
    poll_s = 2.0
    specs = tuple(model.spec for model in MODELS)

    def __init__(self, context: ProviderContext) -> None:
        super().__init__(context)
        self._prices = PriceBook(context.paths.cache_dir / "prices-fal.json")
        self._asked_at = -_ASK_AGAIN_S

    @override
    def models(self) -> tuple[ModelSpec, ...]:
        """The table, with prices as Fal told them last."""
        return tuple(
            model.spec.model_copy(update={"price": self._prices.table(model.endpoints[0])})
            for model in MODELS
        )

    @override
    def resolve(self, request: RenderRequest) -> ModelChoice:
        """The first model of the table that takes the files and does this kind of work."""
        able = (
            spec.id
            for spec in self.specs
            if request.task in spec.tasks and not limit_problems(request, spec)
        )
        return ModelChoice(next(able, self.specs[0].id))

    @override
    def client(self, target: str, key: str) -> FalClient:
        # Imported late: a list of models asks Fal nothing.
        from providers.ltx_video.fal.client import FalClient

        return FalClient(target, key)

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with what this endpoint refuses, its own price and what that is based on."""
        endpoint = find_model(plan.target.model).endpoint(plan.task)
        problems = list(endpoint.problems(plan))
        notes: tuple[str, ...] = ()
        family = INFO.lora_family(plan.spec) if plan.request.of_role(Role.LORA) else None
        if family is not None:
            # Imported late: only a plan with LoRAs looks into them.
            from core.video.lora_check import check_loras

            families = INFO.lora_families()
            try:
                # No endpoint here takes what an IC-LoRA follows.
                notes = check_loras(plan.request, family, families, has_reference=False).notes
            except UnsupportedRequest as error:
                problems += error.problems
        if problems:
            raise UnsupportedRequest(problems)
        table = self._prices.table(endpoint)
        cost_usd = table.cost_usd(_billed(plan))
        plan = plan.model_copy(update={"cost_usd": cost_usd})
        return plan.with_notes(*notes, _price_note(table, endpoint.note, cost_usd))

    @override
    def refresh_prices(self) -> None:
        """Ask for all endpoints at once, at most once a day."""
        is_soon = time.monotonic() - self._asked_at < _ASK_AGAIN_S
        if self._prices.is_fresh or is_soon or self._context.network.is_off:
            return
        found = self._context.keys.find(FAL_KEY)
        if found is None:
            return
        self._asked_at = time.monotonic()
        client = self.client(INFO.id, found.value)
        # An answer that comes late is for the next plan.
        thread = threading.Thread(target=self._ask_prices, args=(client,), daemon=True)
        thread.start()
        thread.join(_PRICES_WITHIN_S)

    def _ask_prices(self, client: FalClient) -> None:
        try:
            self._prices.keep(client.prices())
        except ProviderError as error:
            log.info("The prices at Fal are not known anew: %s", error)


def _billed(plan: RenderPlan) -> Billed:
    return Billed(
        output=plan.request.output,
        resolution=size_of(plan).resolution,
        width=plan.width,
        height=plan.height,
        num_frames=plan.num_frames,
        duration_s=plan.duration_s,
        has_audio=plan.has_audio,
    )


def _price_note(table: PriceTable, note: str, cost_usd: float | None) -> str:
    if cost_usd is not None:
        when = f"{table.as_of:%Y-%m-%d} ({table.source})"
        return f"The price is that of {when}; Fal bills what it makes."
    return note or "What Fal asks for this is not known."
