"""The contract, held by the real provider of this machine with the model that is built in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.provider import ProviderEntry
from core.video.request import FrameRequest, RenderRequest, Sampling
from core.video.terms import Target
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.info import INFO, LTXModel
from tests.providers.contract import ProviderContract
from tests.providers.tiny_home import context_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class WarmLTX(LocalLTX):
    """Keeps its engine, whose start costs seconds, when one of its studios closes."""

    def close(self) -> None:
        """Stay warm for the next test."""

    def end(self) -> None:
        """End the engine."""
        super().close()


class TestLocalProvider(ProviderContract):
    # The engine is asked, and ended where it does not listen.
    stops_within_s = 2.0

    @pytest.fixture(scope="class")
    def warm(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmLTX]:
        warm = WarmLTX(context_of(tmp_path_factory.mktemp("warm")))
        yield warm
        warm.end()

    @pytest.fixture
    def entry(self, warm: WarmLTX) -> ProviderEntry:
        return ProviderEntry(INFO, lambda _: warm)

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=Target(provider=INFO.id, deployment=INFO.deployment, model=LTXModel.LTX_MINI),
            prompt="a red ball moving right",
            frame=FrameRequest(duration_s=0.5),
            sampling=Sampling(seed=5, num_inference_steps=4),
        )

    @pytest.fixture
    def request_slow(self, request_small: RenderRequest) -> RenderRequest:
        return request_small.model_copy(
            update={
                "frame": FrameRequest(duration_s=2),
                "sampling": Sampling(seed=5, num_inference_steps=20),
            }
        )

    def let_it_be_quick(self) -> None:
        """It takes what it takes: a few seconds."""
