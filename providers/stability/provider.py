"""Stability's models and tools: their table, and the clients that they are asked by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import Problem, UnsupportedRequest
from core.platform.units import bytes_text
from core.services.polling_provider import PollingProvider
from core.video.terms import Role
from providers.stability.info import STABILITY
from providers.stability.models import MODELS, MOST_BYTES, MOST_LETTERS, find_route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from providers.stability.client import StabilityClient

# What is sent as it is; others are made PNGs first, whose size nobody knows before.
_SENT_AS_THEY_ARE = (".png", ".jpg", ".jpeg")


class StabilityImages(PollingProvider):
    """Stable Image and its tools on the machines of Stability AI."""

    info = STABILITY
    specs = MODELS
    # More often than every ten seconds it may refuse to say how far an order is.
    poll_s = 10.0

    @override
    def client(self, target: str, key: str) -> StabilityClient:
        # Imported late: a list of models asks Stability nothing.
        from providers.stability.client import StabilityClient

        return StabilityClient(target, key)

    @override
    def client_for(self, plan: RenderPlan, ctx: JobContext) -> StabilityClient:
        from providers.stability.client import StabilityClient, StabilityOrders

        route = find_route(plan.target.model)
        kind = StabilityOrders if route.is_async else StabilityClient
        return kind(str(plan.target), self._key(plan), plan.cost_usd).of_job(ctx)

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with what its price is based on.

        Raises:
            UnsupportedRequest: with everything that Stability refuses and the row cannot say.
        """
        found = [*_problems(plan)]
        if found:
            raise UnsupportedRequest(found)
        price = plan.spec.price
        return plan.with_notes(
            f"The price is that of {price.as_of:%Y-%m-%d}. An image that breaks the rules of "
            "Stability AI comes blurred, and is billed all the same."
        )


def _problems(plan: RenderPlan) -> Iterator[Problem]:
    # Imported late: a list of models looks at no request.
    from core.video.control_row import Control
    from core.video.controls import ROWS
    from core.video.inputs import full_strength_problems
    from core.video.request import MAX_SEED

    request, label = plan.request, plan.spec.label
    yield from full_strength_problems(request, plan.spec)
    for field, name, words in (
        (ROWS[Control.PROMPT].path, "prompt", plan.prompt),
        (ROWS[Control.NEGATIVE_PROMPT].path, "negative prompt", plan.negative_prompt or ""),
        (ROWS[Control.SEARCH].path, "search text", request.editing.search or ""),
    ):
        if len(words) > MOST_LETTERS:
            yield Problem(
                field,
                f"The {name} has {len(words):,} characters, and {label} reads at most "
                f"{MOST_LETTERS:,}. Shorten it.",
            )
    seed = request.sampling.seed
    if plan.spec.takes_seed and seed in (0, MAX_SEED):
        yield Problem(
            ROWS[Control.SEED].path,
            f"Stability AI takes no seed of {seed}. Choose one of 1 to {MAX_SEED - 1}.",
        )
    has_own_shape = (
        bool(request.of_role(Role.START)) and not find_route(plan.target.model).shapes_images
    )
    if has_own_shape and request.frame.aspect is not None:
        yield Problem(
            ROWS[Control.ASPECT].path,
            f"{label} keeps the shape of the image that it changes. Leave the aspect out.",
        )
    sent = [item.path for item in request.inputs if item.path.suffix.lower() in _SENT_AS_THEY_ARE]
    size_bytes = sum(path.stat().st_size for path in sent if path.is_file())
    if size_bytes > MOST_BYTES:
        yield Problem(
            ROWS[Control.START_IMAGE].path,
            f"The images have {bytes_text(size_bytes)}, and Stability AI takes at most "
            f"{bytes_text(MOST_BYTES)} an order. Save them as JPEG, or make them smaller.",
        )
