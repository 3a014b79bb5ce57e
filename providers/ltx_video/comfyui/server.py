"""What one ComfyUI said of itself last: its version and its node classes, kept in a file."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from core.errors import NotConfigured, ProviderError
from core.services.kept_answers import KeptAnswers

if TYPE_CHECKING:
    from pathlib import Path

    from core.services.service_http import ServiceHttp
    from providers.ltx_video.comfyui.nodes import NodeClasses

OLDEST = "0.3.64"
"""The oldest version that this was measured with; it takes an id of ours and ends a single job."""

_FRESH_S = 10.0
_STATS, _CLASSES = "system_stats", "object_info"
# What is read of a class; its descriptions are most of the rest.
_READ = ("input", "output", "output_node")


@dataclass(frozen=True)
class ServerFacts:
    """What is known of a server.

    Attributes:
        asked_at: when it said so.
    """

    version: str
    classes: NodeClasses
    asked_at: datetime


class ComfyServer:
    """One server; its facts are those of the last answer, whichever process asked.

    Attributes:
        error: why it could not be asked the last time; None where it could, or never was.
    """

    def __init__(self, address: str, folder: Path) -> None:
        """Asks nothing.

        Args:
            address: of the server.
            folder: where answers are kept.
        """
        self.address = address
        name = hashlib.sha256(address.encode()).hexdigest()[:16]
        self._answers = KeptAnswers(folder / f"comfyui-{name}.json")
        self._facts: ServerFacts | None = None
        self._asked_at = -_FRESH_S
        self._lock = threading.Lock()
        self.error: ProviderError | None = None

    def known(self) -> ServerFacts | None:
        """What it said last; None where it was never asked."""
        if self._facts is None and (at := self._answers.asked_at) is not None:
            self._facts = _facts_of(self._answers.find(_STATS), self._answers.find(_CLASSES), at)
        return self._facts

    def ask(self, http: ServiceHttp) -> ServerFacts:
        """What it says now, or said a moment ago.

        Raises:
            NotConfigured: it is no ComfyUI, or one that is too old.
            ProviderError: it does not answer.
        """
        with self._lock:
            facts = self.known()
            if facts is not None and time.monotonic() - self._asked_at < _FRESH_S:
                return facts
            try:
                stats = http.ask(f"{self.address}/system_stats")
                self._refuse_others(stats, http.target)
                document = http.ask(f"{self.address}/object_info")
            except ProviderError as error:
                self.error = error
                raise
            read = {name: _read_parts(about) for name, about in document.items()}
            version = str(_system(stats).get("comfyui_version", ""))
            # The rest names folders and arguments of the server, which are its owner's affair.
            answers: dict[str, object] = {
                _STATS: {"system": {"comfyui_version": version}},
                _CLASSES: read,
            }
            self._answers.keep(answers)
            self._asked_at, self.error = time.monotonic(), None
            self._facts = _facts(version, read, datetime.now(UTC))
            return self._facts

    def forget(self) -> None:
        """Ask anew the next time, however soon that is."""
        self._asked_at = -_FRESH_S

    def _refuse_others(self, stats: dict[str, Any], target: str) -> None:
        version = str(_system(stats).get("comfyui_version") or "")
        if not _system(stats):
            raise NotConfigured(
                f"What answers at {self.address} is no ComfyUI.",
                target=target,
                hint="Set its address by 'main.py config set comfyui.address', or under Settings "
                "> ComfyUI.",
            )
        # Imported late, as below.
        from providers.ltx_video.comfyui.found_files import version_of

        if version_of(version) < version_of(OLDEST):
            raise NotConfigured(
                f"ComfyUI at {self.address} is version {version or 'unknown'}, which is too old: "
                f"{OLDEST} or later is needed.",
                target=target,
                hint="Update it, then try again.",
            )


def _read_parts(about: object) -> dict[str, Any]:
    found = cast("dict[str, Any]", about) if isinstance(about, dict) else {}
    return {part: found[part] for part in _READ if part in found}


def _facts_of(stats: object, document: object, at: datetime) -> ServerFacts | None:
    if not isinstance(document, dict):
        return None
    version = str(_system(stats).get("comfyui_version", ""))
    return _facts(version, cast("dict[str, Any]", document), at)


def _facts(version: str, document: dict[str, Any], at: datetime) -> ServerFacts:
    # Imported late: a list of models knows of no server's nodes where none was ever asked.
    from providers.ltx_video.comfyui.nodes import NodeClasses

    return ServerFacts(version, NodeClasses(document), at)


def _system(stats: object) -> dict[str, Any]:
    found = cast("dict[str, Any]", stats).get("system") if isinstance(stats, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
