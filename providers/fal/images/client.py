"""What is ordered of the models for images at Fal, and what comes of it."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.redaction import remember_secret
from core.services.service_client import Finished
from providers.fal.client import FalClient
from providers.fal.images.models import MODELS, find_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.services.service_client import RemoteOrder

FLAGGED = (
    "Fal's safety checker has flagged this image, so it may be black or blurred. It is billed all "
    "the same. Say it in other words, or choose another model, before you order it again."
)


class FalImageClient(FalClient):
    """Orders images of Fal's queue with one account's key."""

    noun = "image"

    @property
    @override
    def endpoints(self) -> Sequence[str]:
        return [endpoint.id for model in MODELS for endpoint in model.endpoints]

    @override
    def app_of(self, model: str) -> str:
        return find_model(model).app

    @override
    def order(self, order: RemoteOrder) -> tuple[str, dict[str, object]]:
        endpoint = find_model(order.plan.target.model).endpoint(order.plan.task)
        return endpoint.id, endpoint.body(order)

    @override
    def made(self, answer: Mapping[str, Any]) -> Finished | None:
        # Those that work on an image give one by itself.
        found: Any = answer.get("images") or [answer.get("image")]
        image = cast("dict[str, Any] | None", found[0])
        if image is None:
            return None
        # Whoever has the address has the image.
        remember_secret(str(image["url"]))
        suffix = mimetypes.guess_extension(str(image.get("content_type") or "")) or ".png"
        flags = cast("list[bool]", answer.get("has_nsfw_concepts") or [])
        notes = (FLAGGED,) if any(flags) else ()
        return Finished(str(image["url"]), suffix, seed=answer.get("seed"), notes=notes)
