"""What all wires have in common: reading an answer that may be of any shape, and own servers."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from core.errors import (
    BadResponse,
    NotConfigured,
    ProviderUnavailable,
    RenderFailed,
    SubmitUnknown,
    first_line,
)
from core.platform.server_address import is_this_machine
from core.services.service_http import ServiceHttp

if TYPE_CHECKING:
    from core.config.api_keys import ApiKeys, KeySpec
    from core.language.provider import LanguageInfo

_LOOK_S = 2.0


def fields_of(found: object) -> dict[str, Any]:
    """An object of JSON; an empty one where it is none."""
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def items_of(found: object) -> list[dict[str, Any]]:
    """A list of objects of JSON; what is none is left out."""
    items = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def first_item(found: object) -> dict[str, Any]:
    """The first object of a list of JSON; an empty one where there is none."""
    items = items_of(found)
    return items[0] if items else {}


def text_of(found: object) -> str:
    """A text of JSON; an empty one where it is none."""
    return found if isinstance(found, str) else ""


def count_of(*found: object) -> int | None:
    """How many tokens were counted, together; None where none of them says."""
    counts = [count for count in found if isinstance(count, int) and not isinstance(count, bool)]
    return sum(counts) if counts else None


def key_of(keys: ApiKeys, key: KeySpec, target: str) -> str:
    """A key that is to be sent.

    Raises:
        NotConfigured: it is not set.
    """
    found = keys.find(key)
    if found is None:
        raise NotConfigured(
            f"The {key.label} key is not set.",
            target=target,
            hint=f"Set {key.variables[0]} or run 'main.py keys set {key.id}'.",
        )
    return found.value


class OwnServerHttp(ServiceHttp):
    """Speaks to a server of the person's own, which bills nothing."""

    # A small machine reads a whole song for minutes before the first word.
    order_s = 1800.0

    def __init__(self, info: LanguageInfo, address: str) -> None:
        super().__init__(info.label, info.id, {}, "", uses_proxy=not is_this_machine(address))
        self._info = info
        self._address = address

    def look(self, path: str) -> dict[str, Any]:
        """What a quick question is answered.

        Raises:
            ProviderUnavailable: nothing answers there.
            BadResponse: something else does.
        """
        import httpx2

        try:
            with self._client(_LOOK_S) as client:
                answer = client.get(f"{self._address}{path}", timeout=_LOOK_S)
        except httpx2.HTTPError as error:
            raise self.unreachable(error) from error
        found: object = None
        with suppress(ValueError):
            found = answer.json() if answer.is_success else None
        if not isinstance(found, dict):
            kind = answer.headers.get("content-type", "").partition(";")[0] or "no kind"
            raise self.another(f"{answer.status_code}, {kind}")
        return fields_of(cast("object", found))

    def ask_model(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        """The answer of a model, which may be asked for again.

        Raises:
            ProviderError: there is none.
        """
        try:
            return self.order(f"{self._address}{path}", body)
        except SubmitUnknown as error:
            raise ProviderUnavailable(
                f"{self._info.label} at {self._address} did not answer: "
                f"{error.message.partition(', and ')[2] or error.message}",
                target=self.target,
                hint="Look at what it prints, or start it anew; then try again. It costs nothing.",
            ) from error
        except RenderFailed as error:
            raise RenderFailed(
                error.message,
                target=self.target,
                hint="'main.py language' lists the models that it has.",
            ) from error

    def another(self, what: str) -> BadResponse:
        """The error for something that answers and is not the server that it is taken for."""
        return BadResponse(
            f"What answers at {self._address} is no {self._info.label} ({what}).",
            target=self.target,
            hint=f"If yours is elsewhere: main.py config set {self._setting} ADDRESS",
        )

    @override
    def unreachable(self, error: Exception) -> ProviderUnavailable:
        return ProviderUnavailable(
            f"{self._info.label} does not answer at {self._address} ({first_line(error)}).",
            target=self.target,
            hint=f"To use it, {self._info.start}. If yours is elsewhere: main.py config set "
            f"{self._setting} ADDRESS",
        )

    @property
    def _setting(self) -> str:
        return f"language.{self._info.id.replace('.', '_').replace('-', '_')}"
