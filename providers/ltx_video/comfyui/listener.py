"""What ComfyUI tells of one render over its socket: steps and previews, as long as it does.

Only a hint. The socket may be deaf, blocked or late, so what became of a render is asked for apart.
"""

from __future__ import annotations

import json
import logging
import struct
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit, urlunsplit

from core.errors import first_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.sync.client import ClientConnection

log = logging.getLogger(__name__)

_CONNECT_S = 10.0
_LOOK_S = 0.1
_SILENCE_S = 60.0
_LONGEST_WAIT_S = 15.0
_MOST_BYTES = 64 * 1024 * 1024
_PREVIEW, _PREVIEW_WITH_ITS_JOB = 1, 4
_FORMATS = {1: ".jpg", 2: ".png"}
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_FEATURES = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}


@dataclass(frozen=True)
class NodeState:
    """How far a node is: of `most` steps `done` ones; finished nodes are at their end."""

    done: float
    most: float
    is_finished: bool

    @property
    def share(self) -> float:
        """From 0 to 1."""
        if self.is_finished:
            return 1.0
        return min(1.0, self.done / self.most) if self.most > 0 else 0.0


@dataclass(frozen=True)
class Shown:
    """What a server has shown of a render so far.

    Attributes:
        nodes: by id, how far each is that has begun.
        node: which works now; empty where none does.
        has_ended: whether it said that the render is over, however that went.
        preview: the newest image of the clip so far.
        number: of the preview; 0 where there was none yet.
    """

    nodes: Mapping[str, NodeState] = field(default_factory=dict[str, NodeState])
    node: str = ""
    has_ended: bool = False
    preview: bytes = b""
    suffix: str = ".jpg"
    number: int = 0


class Listener:
    """Listens to the socket of one render, in a thread that ends with `close`."""

    def __init__(self, address: str, prompt_id: str, *, uses_proxy: bool) -> None:
        """Begins to listen.

        Args:
            address: of the server.
            prompt_id: of the render, which is the client's name there as well: no two sockets ever
                have the same, and whoever goes on with a render hears of it again.
            uses_proxy: whether the way that the environment names for the internet is taken.
        """
        parts = urlsplit(address)
        scheme = "wss" if parts.scheme == "https" else "ws"
        path = f"{parts.path}/ws"
        self._url = urlunsplit((scheme, parts.netloc, path, f"clientId={prompt_id}", ""))
        self._prompt_id = prompt_id
        self._uses_proxy = uses_proxy
        self._shown = Shown()
        self._is_closed = threading.Event()
        self.is_connected = False
        self._thread = threading.Thread(target=self._listen, name="comfyui", daemon=True)
        self._thread.start()

    @property
    def shown(self) -> Shown:
        """What was shown so far."""
        return self._shown

    def close(self) -> None:
        """Stop listening."""
        self._is_closed.set()
        self._thread.join(_LOOK_S * 2)

    def _listen(self) -> None:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        wait_s = 1.0
        while not self._is_closed.is_set() and not self._shown.has_ended:
            try:
                with connect(
                    self._url,
                    open_timeout=_CONNECT_S,
                    close_timeout=_LOOK_S,
                    ping_timeout=_SILENCE_S,
                    max_size=_MOST_BYTES,
                    proxy=True if self._uses_proxy else None,
                ) as socket:
                    wait_s = 1.0
                    self.is_connected = True
                    socket.send(json.dumps(_FEATURES))
                    self._read(socket)
            except (OSError, WebSocketException) as error:
                log.debug("ComfyUI's socket is closed: %s", first_line(error))
            finally:
                self.is_connected = False
            self._is_closed.wait(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _read(self, socket: ClientConnection) -> None:
        while not self._is_closed.is_set() and not self._shown.has_ended:
            try:
                message = socket.recv(timeout=_LOOK_S)
            except TimeoutError:
                continue
            try:
                if isinstance(message, str):
                    self._take(json.loads(message))
                else:
                    self._take_image(message)
            except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
                log.debug("ComfyUI said something that cannot be read: %s", first_line(error))

    def _take(self, message: dict[str, Any]) -> None:
        """One message; those of other renders are everyone's, and no affair of this one."""
        data = cast("dict[str, Any]", message.get("data") or {})
        if data.get("prompt_id") != self._prompt_id:
            return
        match message.get("type"):
            case "progress_state":
                states = cast("dict[str, dict[str, Any]]", data["nodes"])
                nodes = {name: _state(about) for name, about in states.items()}
                self._show(nodes={**self._shown.nodes, **nodes})
            case "progress":
                state = NodeState(float(data["value"]), float(data["max"]), is_finished=False)
                node = str(data.get("node") or self._shown.node)
                self._show(nodes={**self._shown.nodes, node: state}, node=node)
            case "execution_cached":
                done = {str(name): NodeState(1, 1, is_finished=True) for name in data["nodes"]}
                self._show(nodes={**self._shown.nodes, **done})
            case "executing":
                node = data.get("node")
                self._show(node=str(node or ""), has_ended=node is None)
            case "execution_error" | "execution_interrupted":
                self._show(has_ended=True)
            case _:
                pass

    def _take_image(self, message: bytes) -> None:
        (event,) = struct.unpack(">I", message[:4])
        if event == _PREVIEW:
            # Whose it is, it does not say; the socket is this render's own.
            (kind,) = struct.unpack(">I", message[4:8])
            self._show_preview(message[8:], _FORMATS.get(kind, ".jpg"))
        elif event == _PREVIEW_WITH_ITS_JOB:
            (length,) = struct.unpack(">I", message[4:8])
            about = cast("dict[str, Any]", json.loads(message[8 : 8 + length]))
            if about.get("prompt_id") == self._prompt_id:
                suffix = _SUFFIXES.get(str(about.get("image_type")), ".jpg")
                self._show_preview(message[8 + length :], suffix)

    def _show_preview(self, image: bytes, suffix: str) -> None:
        if image:
            self._show(preview=image, suffix=suffix, number=self._shown.number + 1)

    def _show(self, **changes: Any) -> None:
        self._shown = replace(self._shown, **changes)


def _state(about: dict[str, Any]) -> NodeState:
    is_finished = about.get("state") == "finished"
    return NodeState(float(about.get("value", 0)), float(about.get("max", 1)), is_finished)
