"""Google's image models by an API key: their table, and the client that they are asked by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import UnsupportedRequest
from core.services.polling_provider import PollingProvider
from providers.google.images.models import MODELS
from providers.google.info import IMAGES

if TYPE_CHECKING:
    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from providers.google.images.client import GoogleImageClient


class GoogleImages(PollingProvider):
    """Gemini's image models on the machines of Google."""

    info = IMAGES
    specs = tuple(model.spec for model in MODELS)

    @override
    def client(self, target: str, key: str) -> GoogleImageClient:
        # Imported late: a list of models asks Google nothing.
        from providers.google.images.client import GoogleImageClient

        return GoogleImageClient(target, key)

    @override
    def client_for(self, plan: RenderPlan, ctx: JobContext) -> GoogleImageClient:
        return self.client(str(plan.target), self._key(plan)).of_job(ctx)

    @override
    def fit(self, plan: RenderPlan) -> RenderPlan:
        """The plan with what its price is based on.

        Raises:
            UnsupportedRequest: an image is to count for less than it is.
        """
        # Imported late: a list of models looks at no inputs.
        from core.video.inputs import full_strength_problems

        found = full_strength_problems(plan.request, plan.spec)
        if found:
            raise UnsupportedRequest(found)
        price = plan.spec.price
        return plan.with_notes(
            f"The price is that of {price.as_of:%Y-%m-%d} ({price.source}); Google bills by tokens,"
            " words and thoughts of the model besides, and tells how many with the image."
        )
