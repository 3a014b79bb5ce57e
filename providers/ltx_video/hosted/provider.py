"""A provider of LTX at a service: its table, what its endpoints refuse, and what a clip costs."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from core.errors import NotConfigured, ProviderError, UnsupportedRequest
from core.services.polling_provider import PollingProvider
from core.video.price import Billed
from core.video.provider import ServiceNews
from core.video.terms import Role
from providers.ltx_video.hosted.answers import changes_between
from providers.ltx_video.hosted.models import find_model
from providers.ltx_video.hosted.orders import size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.service_client import ServiceClient
    from core.video.plan import RenderPlan
    from core.video.price import PriceTable
    from core.video.provider import ProviderContext
    from core.video.spec import ModelSpec
    from providers.ltx_video.hosted.answers import Facts, KeptAnswers
    from providers.ltx_video.hosted.models import HostedModel

log = logging.getLogger(__name__)

_ASK_AGAIN_S = 600.0
_WITHIN_S = 3.0


class HostedLTX(PollingProvider):
    """Fits plans to the endpoint that makes them.

    Attributes:
        table: the models with their endpoints; the first is what `auto` stands for.
        note: what a person should know of the service before a clip is ordered.
    """

    table: tuple[HostedModel[Any], ...]
    note: str = ""

    def __init__(self, context: ProviderContext, answers: KeptAnswers | None = None) -> None:
        """Asks nothing yet; `answers` keeps what it is asked once a day, if anything is."""
        super().__init__(context)
        self._answers = answers
        self._asked_at = -_ASK_AGAIN_S

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

    @override
    def refresh(self) -> None:
        """Ask what the service tells of its models, at most once a day."""
        answers = self._answers
        is_soon = time.monotonic() - self._asked_at < _ASK_AGAIN_S
        if answers is None or answers.is_fresh or is_soon or self._context.network.is_off:
            return
        found = self._context.keys.find(self.info.keys[0])
        if found is None:
            return
        self._asked_at = time.monotonic()
        # An answer that comes late is for the next plan.
        arguments = (self.client(self.info.id, found.value), answers)
        thread = threading.Thread(target=self._ask, args=arguments, daemon=True)
        thread.start()
        thread.join(_WITHIN_S)

    @override
    def ask_anew(self) -> ServiceNews | None:
        """Ask what the service tells, now, and say what of it is new."""
        answers = self._answers
        if answers is None:
            return None
        self._context.network.check(f"{self.info.label} is not asked", target=self.info.label)
        key = self.info.keys[0]
        found = self._context.keys.find(key)
        if found is None:
            raise NotConfigured(
                f"{self.info.label} is not asked: it tells its prices and fields to whoever has a "
                "key.",
                target=self.info.label,
                hint=f"Set it under Settings > Keys, or by 'main.py keys set {key.id}'.",
            )
        since = answers.asked_at
        before = self.facts_of(answers.every) if since else self.listed_facts()
        after = self.client(self.info.id, found.value).describe()
        answers.keep(after)
        facts = self.facts_of(after)
        # Where nothing was known there is nothing that could have changed.
        changes = changes_between(before, facts) if before else ()
        return ServiceNews(len(facts), since, changes)

    def facts_of(self, answers: Mapping[str, object]) -> Facts:
        """What the service has answered, in words; without what cannot be read."""
        return {}

    def listed_facts(self) -> Facts:
        """The same as the table has it, which counts until the service is asked."""
        return {}

    def _ask(self, client: ServiceClient, answers: KeptAnswers) -> None:
        try:
            answers.keep(client.describe())
        except ProviderError as error:
            log.info("What %s tells is not known anew: %s", self.info.label, error)

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
