"""The contract of images that are sold, held by OpenAI over its own wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.request import Delivery, RenderRequest
from core.video.terms import OutputKind, Role, Target
from providers.openai.info import OPENAI
from tests.fakes.services.openai_server import KEY, openai_entry
from tests.providers.image_contract import ImageContract

if TYPE_CHECKING:
    from core.video.provider import ProviderEntry
    from tests.fakes.services.openai_server import OpenAIServer

TARGET = Target(provider=OPENAI.id, deployment=OPENAI.deployment, model="gpt-image-2.6-flare")


class TestOpenAI(ImageContract):
    key = KEY
    key_variable = "OPENAI_API_KEY"
    roles = (Role.START, Role.REFERENCE)

    @pytest.fixture(autouse=True)
    def keep(self, openai: OpenAIServer) -> None:
        self.server = openai

    @pytest.fixture
    def entry(self, openai: OpenAIServer) -> ProviderEntry:
        return openai_entry()

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET, prompt="a red ball", output=OutputKind.IMAGE, quality="low"
        )

    def entry_source(self) -> tuple[str, str]:
        return "tests.fakes.services.openai_server:openai_entry", ""


class TestOpenAIWithPreviews(TestOpenAI):
    """The answer comes as a stream, and is worth the same."""

    @pytest.fixture
    def request_small(self) -> RenderRequest:
        return RenderRequest(
            target=TARGET,
            prompt="a red ball",
            output=OutputKind.IMAGE,
            quality="low",
            delivery=Delivery(preview=True),
        )
