"""A rendering service on loopback, in a process of its own, that says when it was asked and done.

    python3 -m scripts.benchmark.cloud_service CLIP

Prints its address, and serves until it is ended.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock


@dataclass
class Order:
    """One render; times are of the clock that all processes of a machine share.

    Attributes:
        render_s: how long it takes.
        asked_at: when somebody first asked how far it is; 0 before.
        told_at: when it was first told that it is done; 0 before.
    """

    render_s: float
    came_at: float
    asked_at: float = 0.0
    told_at: float = 0.0


class Service(ThreadingHTTPServer):
    """Gives one and the same clip for every order."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, clip: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.clip = clip
        self.orders: dict[str, Order] = {}
        self.lock = Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _service(self) -> Service:
        assert isinstance(self.server, Service)
        return self.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def do_POST(self) -> None:
        """An order, whose body says how long it takes."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self._service.lock:
            name = f"render-{len(self._service.orders) + 1}"
            self._service.orders[name] = Order(body["render_s"], time.monotonic())
        self._say({"id": name})

    def do_GET(self) -> None:
        """A question about an order, the times of the last one, or a file."""
        what, name = self.path.strip("/").split("/")
        orders, now = self._service.orders, time.monotonic()
        order = list(orders.values())[-1] if name == "last" else orders[name]
        match what:
            case "jobs":
                order.asked_at = order.asked_at or now
                is_done = now >= order.came_at + order.render_s
                if is_done:
                    order.told_at = order.told_at or now
                self._say({"is_done": is_done})
            case "times":
                self._say({"asked_at": order.asked_at, "told_at": order.told_at})
            case _:
                self._send(self._service.clip, "video/mp4")

    def _say(self, answer: dict[str, object]) -> None:
        self._send(json.dumps(answer).encode(), "application/json")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    service = Service(Path(sys.argv[1]).read_bytes())
    print(f"http://127.0.0.1:{service.server_address[1]}", flush=True)
    with suppress(KeyboardInterrupt):
        service.serve_forever()
