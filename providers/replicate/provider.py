"""A provider at Replicate: what its models take is what they said last, and calls are checked."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from typing_extensions import override

from core.services.kept_answers import KeptAnswers
from core.services.telling_provider import TellingProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.kept_answers import Facts
    from core.video.provider import ProviderContext
    from providers.replicate.client import ReplicateClient
    from providers.replicate.schemas import InputSchema
    from providers.replicate.webhook import ReplicateWebhook


class ReplicateProvider(TellingProvider):
    """Orders at Replicate, within what its models say that they take.

    Attributes:
        schemas_file: in which lies what they said last.
    """

    poll_s = 2.0
    schemas_file: str

    def __init__(self, context: ProviderContext) -> None:
        self._schemas = KeptAnswers(context.paths.cache_dir / self.schemas_file)
        super().__init__(context, self._schemas)

    @abstractmethod
    @override
    def client(self, target: str, key: str) -> ReplicateClient:
        """What speaks to Replicate with this key."""

    @override
    def webhook_check(self) -> ReplicateWebhook:
        # Imported late: few people receive calls.
        from providers.replicate.webhook import ReplicateWebhook

        key = self.find_key("What is called for is fetched with the key", self.info.label)

        def ask_secret() -> str:
            client = self.client(self.info.id, key)
            # Imported late: a list of models asks nothing.
            from core.jobs.job import CancelToken

            self._await_turn(client, CancelToken())
            return client.webhook_secret()

        return ReplicateWebhook(ask_secret)

    @override
    def facts_of(self, answers: Mapping[str, object]) -> Facts:
        # Imported late, as below.
        from providers.replicate.schemas import read_schema

        schemas = {name: read_schema(document) for name, document in answers.items()}
        return {name: schema.facts for name, schema in schemas.items() if schema is not None}

    def schema_of(self, model: str) -> InputSchema | None:
        """What a model said last that it takes; None where it was not asked, or said nothing."""
        document = self._schemas.find(model)
        if document is None:
            return None
        # Imported late: a list of models without an answer of Replicate reads none.
        from providers.replicate.schemas import read_schema

        return read_schema(document)
