from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAKE_SMALL = Target(provider="fake", deployment="local", model="fake-small")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.below(tmp_path / "home")


@pytest.fixture
def studio(paths: Paths) -> Iterator[Studio]:
    studio = Studio([ENTRY], paths=paths)
    yield studio
    studio.close()


@pytest.fixture
def request_small() -> RenderRequest:
    return RenderRequest(target=FAKE_SMALL, prompt="a red ball", sampling=Sampling(seed=5))
