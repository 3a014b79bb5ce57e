"""OpenAI's image models: their table, and the client that they are asked by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import Problem, UnsupportedRequest
from core.services.polling_provider import PollingProvider
from core.video.terms import Role
from providers.openai.info import BACKGROUND, OPENAI
from providers.openai.models import (
    BY_IN_USD,
    BY_MODEL,
    BY_OUT_USD,
    MODELS,
    MOST_INPUT_TOKENS,
    PREVIEWS,
)

if TYPE_CHECKING:
    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from providers.openai.client import OpenAIClient

_MOST_LETTERS = 32_000
# What the model that passes an order on reads and thinks besides, rather too much.
_BY_WORDS = 2000


class OpenAIImages(PollingProvider):
    """GPT Image on the machines of OpenAI."""

    info = OPENAI
    specs = MODELS

    @override
    def client(self, target: str, key: str) -> OpenAIClient:
        # Imported late: a list of models asks OpenAI nothing.
        from providers.openai.client import OpenAIClient

        return OpenAIClient(target, key)

    @override
    def client_for(self, plan: RenderPlan, ctx: JobContext) -> OpenAIClient:
        return self.client(str(plan.target), self._key(plan)).of_job(ctx)

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with what its price is based on.

        Raises:
            UnsupportedRequest: with everything that OpenAI refuses and the row cannot say.
        """
        found = _problems(plan)
        if found:
            raise UnsupportedRequest(found)
        price = plan.spec.price
        sent = " and what is sent" if plan.request.inputs else ""
        if plan.request.delivery.preview:
            plan = plan.with_notes(
                f"Up to {PREVIEWS} previews are shown while it is made. What they cost OpenAI does "
                "not say: it may bill them as tokens besides, which this price does not hold."
            )
        return plan.with_notes(
            f"The price is an estimate, rather too high, of {price.as_of:%Y-%m-%d}; OpenAI bills "
            f"by tokens what it makes{sent}, and tells how many with the image."
        )


class OpenAIBackground(OpenAIImages):
    """The same in the background: an order has an id, by which its image is asked for."""

    info = BACKGROUND
    # Previews come in the answer to an order, and here that is only an id.
    specs = tuple(spec.model_copy(update={"sells_previews": False}) for spec in MODELS)
    poll_s = 2.0

    @override
    def client(self, target: str, key: str) -> OpenAIClient:
        from providers.openai.background import OpenAIBackgroundClient

        return OpenAIBackgroundClient(target, key)

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """As above, with what the model costs that passes the order on."""
        plan = super().fit(plan)
        # A letter is a token at most, and an image as many as the image model counts.
        sent = len(plan.prompt) + _BY_WORDS + MOST_INPUT_TOKENS * len(plan.request.inputs)
        made = len(plan.prompt) + _BY_WORDS
        by_usd = round(sent * BY_IN_USD + made * BY_OUT_USD, 4)
        cost_usd = None if plan.cost_usd is None else round(plan.cost_usd + by_usd, 4)
        return plan.model_copy(update={"cost_usd": cost_usd}).with_notes(
            f"{BY_MODEL} passes the order on, may reword it, and is billed by its own tokens: for "
            f"those the price holds ${by_usd:.4f}. OpenAI keeps prompt, files and image in the "
            "account, so that a broken line loses nothing."
        )


def _problems(plan: RenderPlan) -> list[Problem]:
    # Imported late: a list of models looks at no inputs.
    from core.video.inputs import full_strength_problems

    found = full_strength_problems(plan.request, plan.spec)
    if plan.request.background is not None and plan.request.of_role(Role.MASK):
        message = (
            "Within a mask the image keeps what is behind it. Leave the background out, or the "
            "mask."
        )
        found.append(Problem("background", message))
    letters = len(plan.prompt)
    if letters > _MOST_LETTERS:
        message = (
            f"The prompt has {letters:,} characters, and {plan.spec.label} reads at most "
            f"{_MOST_LETTERS:,}. Shorten it."
        )
        found.append(Problem("prompt", message))
    return found
