"""A provider of LTX at a service: its table, what its endpoints refuse, and what a clip costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.errors import UnsupportedRequest
from core.services.orders import size_of
from core.services.telling_provider import TellingProvider
from core.video.price import Billed
from core.video.terms import Role
from providers.ltx_video.hosted.models import find_model

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from core.video.spec import ModelSpec
    from providers.ltx_video.hosted.models import HostedModel


class HostedLTX(TellingProvider):
    """Fits plans to the endpoint that makes them.

    Attributes:
        table: the models with their endpoints; the first is what `auto` stands for.
        note: what a person should know of the service before a clip is ordered.
    """

    table: tuple[HostedModel[Any], ...]
    note: str = ""

    @override
    def models(self) -> tuple[ModelSpec, ...]:
        """The table, with the prices that are known now."""
        return tuple(
            model.spec.model_copy(update={"price": self.price_of(model.endpoints[0], None)})
            for model in self.table
        )

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with what this endpoint refuses, its own price and what that is based on."""
        endpoint = find_model(self.table, plan.target.model).endpoint(plan.task)
        problems = list(endpoint.problems(plan))
        notes: tuple[str, ...] = ()
        family = self.info.lora_family(plan.spec) if plan.request.of_role(Role.LORA) else None
        if family is not None:
            # Imported late: only a plan with LoRAs looks into them.
            from core.video.lora_check import check_loras

            families = self.info.lora_families()
            try:
                # No endpoint takes what an IC-LoRA follows.
                notes = check_loras(plan.request, family, families, has_reference=False).notes
            except UnsupportedRequest as error:
                problems += error.problems
        if problems:
            raise UnsupportedRequest(problems)
        table = self.price_of(endpoint, plan)
        cost_usd = table.cost_usd(_billed(plan))
        plan = plan.model_copy(update={"cost_usd": cost_usd})
        price_note = self._price_note(table, endpoint.note, cost_usd)
        more = (*notes, price_note, endpoint.note, self.note)
        return plan.with_notes(*dict.fromkeys(filter(None, more)))

    def price_of(self, endpoint: Any, plan: RenderPlan | None) -> PriceTable:
        """What an endpoint costs, as far as that is known now, for a plan or in general."""
        return endpoint.price

    def _price_note(self, table: PriceTable, note: str, cost_usd: float | None) -> str:
        label = self.info.label
        if cost_usd is not None:
            when = f"{table.as_of:%Y-%m-%d} ({table.source})"
            return f"The price is that of {when}; {label} bills what it makes."
        return note or f"What {label} asks for this is not known."


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
