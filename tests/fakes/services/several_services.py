"""Several stub services at once: one way through a proxy that leads each host to its own stub."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fakes.services.stub_service import StubHandler, StubService, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHUNK = 1 << 16


class _Crossing(StubHandler[StubService[Any, Any]]):
    """Hands every connection on to the proxy of the stub that is the host."""

    proxies: Mapping[str, str]

    def connect(self) -> None:
        host = self.path.partition(":")[0]
        proxy = urlsplit(self.proxies[host])
        with socket.create_connection((proxy.hostname, proxy.port)) as beyond:
            beyond.sendall(f"CONNECT {self.path} HTTP/1.1\r\nHost: {self.path}\r\n\r\n".encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += beyond.recv(1)
            self.wfile.write(answer)
            self.close_connection = True
            back = threading.Thread(target=_pump, args=(beyond, self.connection), daemon=True)
            back.start()
            _pump(self.connection, beyond)
            back.join()


def _pump(source: socket.socket, destination: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            destination.sendall(chunk)
    with suppress(OSError):
        destination.shutdown(socket.SHUT_WR)


@contextmanager
def together(
    folder: Path, services: Mapping[tuple[str, ...], StubService[Any, Any]]
) -> Iterator[dict[str, str]]:
    """Be all of these for a process; gives the environment that it takes.

    Args:
        folder: for the certificates of all of them.
        services: by the hosts that each of them is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ways = {
        host: service.environment["HTTPS_PROXY"]
        for hosts, service in services.items()
        for host in hosts
    }
    trusted = folder / "authorities.pem"
    files = [service.environment["SSL_CERT_FILE"] for service in services.values()]
    trusted.write_text(
        "".join(Path(file).read_text(encoding="utf-8") for file in files), encoding="utf-8"
    )
    merged: dict[str, str] = {}
    for service in services.values():
        merged |= service.environment
    one = next(iter(services.values()))
    crossing = StubService(folder, one.habits)
    with serving(crossing, type("Crossing", (_Crossing,), {"proxies": ways})) as url:
        yield {**merged, "HTTPS_PROXY": url, "https_proxy": url, "SSL_CERT_FILE": str(trusted)}
