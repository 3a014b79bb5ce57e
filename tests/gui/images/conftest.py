from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.jobs.job import CancelToken
from core.video.listing import ModelListing, read_listing

if TYPE_CHECKING:
    from core.studio import Studio


@pytest.fixture
def offers(studio: Studio) -> ModelListing:
    return read_listing(studio.registry, CancelToken(), weighs=False)
