"""Google's image models by an API key: their table, and the client that they are asked by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import Problem, UnsupportedRequest
from core.services.polling_provider import PollingProvider
from core.video.terms import Role
from providers.google.images.models import MODELS, MOST_IMAGES
from providers.google.info import IMAGES

if TYPE_CHECKING:
    from core.jobs.job import JobContext
    from core.video.plan import RenderPlan
    from providers.google.images.client import GoogleImageClient


MASK_WORDS = (
    "The second image is a mask of the first image. Change the first image only where the mask is "
    "white, leave all else exactly as it is, and give the whole image without the mask."
)
"""What the prompt ends with where an image is edited within a mask."""


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
        """The plan with what its price is based on, and with words for a mask.

        Raises:
            UnsupportedRequest: an image is to count for less than it is, or there are too many.
        """
        # Imported late: a list of models looks at no inputs.
        from core.video.inputs import field_of, full_strength_problems

        found = full_strength_problems(plan.request, plan.spec)
        sent = len(plan.request.of_role(Role.START, Role.MASK, Role.REFERENCE))
        if sent > MOST_IMAGES:
            message = (
                f"{plan.spec.label} takes {MOST_IMAGES} images at most, with a mask as one of "
                f"them, and {sent} are given. Leave some out."
            )
            found.append(Problem(field_of(Role.REFERENCE), message))
        if found:
            raise UnsupportedRequest(found)
        if plan.request.of_role(Role.MASK):
            plan = plan.model_copy(update={"prompt": f"{plan.prompt}\n\n{MASK_WORDS}"}).with_notes(
                f"{plan.spec.label} knows no masks, so the mask is sent as a second image, and the "
                f"prompt ends with {MASK_WORDS!r} It takes that for a hint; what it makes outside "
                "of the mask is not used."
            )
        price = plan.spec.price
        return plan.with_notes(
            f"The price is that of {price.as_of:%Y-%m-%d} ({price.source}); Google bills by tokens,"
            " words and thoughts of the model besides, and tells how many with the image."
        )
