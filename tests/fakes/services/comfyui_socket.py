"""The socket of a ComfyUI stub: frames by hand, and the deafness of the real one."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from io import BufferedIOBase

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


@dataclass
class Socket:
    """One connection."""

    out: BufferedIOBase
    wants_metadata: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, opcode: int, content: bytes) -> None:
        head = bytes([0x80 | opcode])
        if len(content) < 126:
            head += bytes([len(content)])
        elif len(content) < 1 << 16:
            head += bytes([126]) + struct.pack(">H", len(content))
        else:
            head += bytes([127]) + struct.pack(">Q", len(content))
        with self.lock, suppress(OSError, ValueError):
            self.out.write(head + content)
            self.out.flush()


@dataclass
class Sockets:
    """All connections by the name of their client.

    A second one of a name takes the place of the first; when either ends, the name is gone, so that
    the other hears nothing any more: the real server does just that.
    """

    by_name: dict[str, Socket] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def say(self, kind: str, data: dict[str, Any], client: str) -> None:
        """To one client; to all of them where a job has none."""
        text = json.dumps({"type": kind, "data": data}).encode()
        for name, socket in [*self.by_name.items()]:
            if client in ("", name):
                socket.send(_TEXT, text)

    def show(self, image: bytes, prompt_id: str, node: str, client: str) -> None:
        """A preview, with the job that it belongs to where the client has asked for that."""
        socket = self.by_name.get(client)
        if socket is None:
            return
        if not socket.wants_metadata:
            socket.send(_BINARY, struct.pack(">II", 1, 1) + image)
            return
        about = {"node_id": node, "prompt_id": prompt_id, "image_type": "image/jpeg"}
        words = json.dumps(about).encode()
        socket.send(_BINARY, struct.pack(">II", 4, len(words)) + words + image)

    def hang_up(self) -> None:
        """End every connection without a word."""
        for name in [*self.by_name]:
            with suppress(KeyError):
                self.by_name.pop(name).send(_CLOSE, b"")

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One connection, from its first byte to its last."""
        key = handler.headers["Sec-WebSocket-Key"] + _GUID
        accepted = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        handler.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accepted}\r\n\r\n".encode()
        )
        handler.wfile.flush()
        handler.close_connection = True
        name = parse_qs(urlsplit(handler.path).query)["clientId"][0]
        socket = Socket(handler.wfile)
        self.by_name[name] = socket
        self.names.append(name)
        status = {"status": {"exec_info": {"queue_remaining": 0}}, "sid": name}
        socket.send(_TEXT, json.dumps({"type": "status", "data": status}).encode())
        with suppress(OSError, ValueError, struct.error, IndexError):
            while self._answer(socket, *_frame(handler.rfile)):
                pass
        self.by_name.pop(name, None)

    def _answer(self, socket: Socket, opcode: int, content: bytes) -> bool:
        if opcode == _CLOSE:
            socket.send(_CLOSE, content)
            return False
        if opcode == _PING:
            socket.send(_PONG, content)
        if opcode == _TEXT:
            socket.wants_metadata = json.loads(content)["data"]["supports_preview_metadata"]
        return True


def _frame(stream: Any) -> tuple[int, bytes]:
    first, second = stream.read(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", stream.read(2))
    elif length == 127:
        (length,) = struct.unpack(">Q", stream.read(8))
    mask = stream.read(4)
    content = bytes(byte ^ mask[place % 4] for place, byte in enumerate(stream.read(length)))
    return first & 0x0F, content
