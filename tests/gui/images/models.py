"""A model that takes images, a mask and a quality, as lists have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.video.listing import ModelListing
from core.video.terms import Role
from tests.fakes.provider import SMALL

IMAGE = Path(__file__).resolve()
"""Any file that is there: the tab shows names and opens none."""


def with_images(offers: ModelListing) -> ModelListing:
    """The same, where the model takes images, a mask and a quality, and no seed."""
    inputs = {Role.START: 1, Role.REFERENCE: 2, Role.MASK: 1}
    offer = offers.providers[0]
    spec = SMALL.model_copy(update={"inputs": inputs, "qualities": ("fine", "rough")})
    models = tuple(
        replace(one, spec=spec) if one.spec.id == SMALL.id else one for one in offer.models
    )
    return ModelListing((replace(offer, models=models),))
