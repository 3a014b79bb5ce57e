"""A provider whose service tells what changes there, such as prices or the fields of its models."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from typing_extensions import override

from core.errors import NotConfigured, ProviderError
from core.services.kept_answers import changes_between
from core.services.polling_provider import PollingProvider
from core.video.provider import ServiceNews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.kept_answers import Facts, KeptAnswers
    from core.services.service_client import ServiceClient
    from core.video.provider import ProviderContext

log = logging.getLogger(__name__)

_ASK_AGAIN_S = 600.0
_WITHIN_S = 3.0


class TellingProvider(PollingProvider):
    """Asks its service once a day, and keeps what it was told."""

    def __init__(self, context: ProviderContext, answers: KeptAnswers | None = None) -> None:
        """Asks nothing yet; `answers` keeps what it is asked once a day, if anything is."""
        super().__init__(context)
        self._answers = answers
        self._asked_at = -_ASK_AGAIN_S

    @override
    def refresh(self) -> None:
        """Ask what the service tells of its models, at most once a day."""
        answers = self._answers
        is_soon = time.monotonic() - self._asked_at < _ASK_AGAIN_S
        if answers is None or answers.is_fresh or is_soon or self._context.network.is_off:
            return
        found = self._context.keys.find(self.info.keys[0])
        if found is None:
            return
        self._asked_at = time.monotonic()
        # An answer that comes late is for the next plan.
        arguments = (self.client(self.info.id, found.value), answers)
        thread = threading.Thread(target=self._ask, args=arguments, daemon=True)
        thread.start()
        thread.join(_WITHIN_S)

    @override
    def ask_anew(self) -> ServiceNews | None:
        """Ask what the service tells, now, and say what of it is new."""
        answers = self._answers
        if answers is None:
            return None
        self._context.network.check(f"{self.info.label} is not asked", target=self.info.label)
        key = self.info.keys[0]
        found = self._context.keys.find(key)
        if found is None:
            raise NotConfigured(
                f"{self.info.label} is not asked: it tells its prices and fields to whoever has a "
                "key.",
                target=self.info.label,
                hint=f"Set it under Settings > Keys, or by 'main.py keys set {key.id}'.",
            )
        since = answers.asked_at
        before = self.facts_of(answers.every) if since else self.listed_facts()
        after = self.client(self.info.id, found.value).describe()
        answers.keep(after)
        facts = self.facts_of(after)
        # Where nothing was known there is nothing that could have changed.
        changes = changes_between(before, facts) if before else ()
        return ServiceNews(len(facts), since, changes)

    def facts_of(self, answers: Mapping[str, object]) -> Facts:
        """What the service has answered, in words; without what cannot be read."""
        return {}

    def listed_facts(self) -> Facts:
        """The same as the table has it, which counts until the service is asked."""
        return {}

    def _ask(self, client: ServiceClient, answers: KeptAnswers) -> None:
        try:
            answers.keep(client.describe())
        except ProviderError as error:
            log.info("What %s tells is not known anew: %s", self.info.label, error)
