"""What whoever has language models promises: which they are, and one answer to one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.config.api_keys import ApiKeys, KeySpec
    from core.config.settings import Settings
    from core.language.model import LanguageAnswer, LanguageModel, LanguageRequest


@dataclass(frozen=True)
class LanguageInfo:
    """Who has language models, as far as it is known without asking.

    Attributes:
        key: the service's; None for a server of the person's own, which costs nothing.
        address: where that server is, by the settings; None for a service.
        start: how that server is started, as the end of a sentence.
    """

    id: str
    label: str
    summary: str
    key: KeySpec | None = None
    address: Callable[[Settings], str] | None = None
    start: str = ""

    @property
    def is_own_server(self) -> bool:
        """Whether it runs on a server of the person's own, and not at a service."""
        return self.address is not None


class LanguageProvider(Protocol):
    """Asks one service or server; may be used from several threads."""

    def models(self) -> tuple[LanguageModel, ...]:
        """Every model, best first; a server is asked, within a few seconds, a service is not.

        Raises:
            ProviderError: the server is not there, or is another than it is called.
        """
        ...

    def ask(self, model: LanguageModel, request: LanguageRequest) -> LanguageAnswer:
        """The answer to one question, by exactly one POST; blocks.

        Raises:
            SubmitUnknown: of a service: there is no telling whether the question arrived.
            ProviderError: there is none, and nothing was bought.
        """
        ...

    def test_key(self) -> None:
        """Ask the service something that only the right key is answered.

        Raises:
            ProviderError: it is not accepted, or the service cannot be asked.
        """
        ...


@dataclass(frozen=True)
class LanguageContext:
    """What such a provider is given when it is built."""

    keys: ApiKeys
    read_settings: Callable[[], Settings]


@dataclass(frozen=True)
class LanguageEntry:
    """One line of the registration list; `open` imports what the provider needs."""

    info: LanguageInfo
    open: Callable[[LanguageContext], LanguageProvider]
