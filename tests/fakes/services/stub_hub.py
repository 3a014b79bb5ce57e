"""A model hub on loopback: speaks what huggingface_hub 2.4 hears, and misbehaves on request."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PIECE_BYTES = 16_384


@dataclass(frozen=True)
class StubFile:
    """`claimed_bytes` and `sent` are what the hub says and sends instead of the truth."""

    content: bytes
    is_lfs: bool = False
    claimed_bytes: int | None = None
    sent: bytes | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git_hash(self) -> str:
        blob = self.content if not self.is_lfs else self.pointer
        return hashlib.sha1(b"blob %d\0" % len(blob) + blob).hexdigest()

    @property
    def pointer(self) -> bytes:
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\n"
        return f"{text}size {self.size_bytes}\n".encode()

    @property
    def size_bytes(self) -> int:
        return len(self.content) if self.claimed_bytes is None else self.claimed_bytes


@dataclass
class StubRepo:
    files: dict[str, StubFile]
    is_gated: bool = False
    accepted_tokens: set[str] = field(default_factory=set)
    commit: str = "c0ffee" + "0" * 34


@dataclass(frozen=True)
class Refuse:
    """Answer the next request for a file with this status."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Break:
    """Close the connection of the next request for a file after so many bytes."""

    after_bytes: int


@dataclass(frozen=True)
class IgnoreRange:
    """Send the whole file to the next request for it, whatever part was asked for."""


@dataclass(frozen=True)
class Corrupt:
    """Send the next request for a file other bytes of the same length."""


@dataclass(frozen=True)
class OtherRange:
    """Send the next request for a file a range that begins so many bytes later than asked."""

    later_bytes: int


@dataclass(frozen=True)
class OtherLength:
    """Announce so many bytes more than the next request for a file gets, or fewer."""

    more_bytes: int


Fault = Refuse | Break | IgnoreRange | Corrupt | OtherRange | OtherLength


@dataclass
class Heard:
    """One request, and how many bytes of a body went out for it."""

    server: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int = 0
    sent_bytes: int = 0


class StubHub:
    """A hub and, on another port, the storage that it redirects big files to."""

    def __init__(self) -> None:
        self.repos: dict[str, StubRepo] = {}
        self.requests: list[Heard] = []
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.bytes_per_s: float | None = None
        self.known_tokens: set[str] = set()
        self._servers = {name: _Server(self, name) for name in ("hub", "cdn")}
        self.url = self._servers["hub"].url
        self.cdn_url = self._servers["cdn"].url

    def close(self) -> None:
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    def fetches(self, path: str) -> list[Heard]:
        """The requests that asked for bytes of a file."""
        ends = (f"/{path}",)
        return [
            heard
            for heard in list(self.requests)
            if heard.method == "GET"
            and urlsplit(heard.path).path.endswith(ends)
            and heard.status in (200, 206)
        ]

    def sent_bytes(self, path: str) -> int:
        return sum(heard.sent_bytes for heard in self.fetches(path))

    def fetched_paths(self) -> set[str]:
        names = (name for repo in self.repos.values() for name in repo.files)
        return {name for name in names if self.fetches(name)}


@contextmanager
def running_hub() -> Iterator[StubHub]:
    hub = StubHub()
    try:
        yield hub
    finally:
        hub.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: StubHub, name: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub, self.name = hub, name
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in mid-file is what half of the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] - always one of ours

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """The requests are kept in the hub."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.server.hub
        self.heard = Heard(self.server.name, self.command, self.path, dict(self.headers))
        hub.requests.append(self.heard)
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        if self.server.name == "cdn":
            repo = hub.repos[f"{parts[0]}/{parts[1]}"]
            path = "/".join(parts[2:])
            self._send_file(repo, path, repo.files[path])
        elif parts == ["api", "whoami-v2"]:
            if self._token in hub.known_tokens:
                answer = {"type": "user", "name": "mary", "auth": {"type": "access_token"}}
                self._send(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())
            else:
                self._send(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif parts[:2] == ["api", "models"] and parts[4:5] == ["revision"]:
            self._send_listing(f"{parts[2]}/{parts[3]}", parts[5])
        elif parts[2:3] == ["resolve"]:
            self._resolve(f"{parts[0]}/{parts[1]}", parts[3], "/".join(parts[4:]))
        else:
            self._send(404, {"X-Error-Code": "RepoNotFound"})

    @property
    def _token(self) -> str | None:
        return self.headers.get("Authorization", "").removeprefix("Bearer ") or None

    def _find(self, repo_id: str, revision: str) -> StubRepo | None:
        token, repo = self._token, self.server.hub.repos.get(repo_id)
        if token and token not in self.server.hub.known_tokens:
            said = "Invalid credentials in Authorization header"
            self._send(401, {"X-Error-Message": said})
        elif repo is None:
            said = "Repository not found"
            status = 404 if token else 401
            self._send(status, {"X-Error-Code": "RepoNotFound", "X-Error-Message": said})
        elif revision not in ("main", repo.commit):
            self._send(404, {"X-Error-Code": "RevisionNotFound"})
        else:
            return repo
        return None

    def _send_listing(self, repo_id: str, revision: str) -> None:
        if self._refused(repo_id):
            return
        repo = self._find(repo_id, revision)
        if repo is None:
            return
        siblings = []
        for path, file in repo.files.items():
            row = {"rfilename": path, "size": file.size_bytes, "blobId": file.git_hash}
            if file.is_lfs:
                size, pointer_size = file.size_bytes, len(file.pointer)
                row["lfs"] = {"sha256": file.sha256, "size": size, "pointerSize": pointer_size}
            siblings.append(row)
        answer = {
            "_id": "1",
            "id": repo_id,
            "sha": repo.commit,
            "private": False,
            "gated": "auto" if repo.is_gated else False,
            "siblings": siblings,
        }
        self._send(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

    def _resolve(self, repo_id: str, revision: str, path: str) -> None:
        repo = self._find(repo_id, revision)
        if repo is None:
            return
        if repo.is_gated and self._token not in repo.accepted_tokens:
            said = f"Access to model {repo_id} is restricted."
            status = 403 if self._token else 401
            self._send(status, {"X-Error-Code": "GatedRepo", "X-Error-Message": said})
            return
        file = repo.files.get(path)
        if file is None:
            self._send(404, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "No such file"})
        elif file.is_lfs:
            location = f"{self.server.hub.cdn_url}/{repo_id}/{path}?Signature=abc"
            headers = {
                "Location": location,
                "X-Repo-Commit": repo.commit,
                "X-Linked-Size": str(file.size_bytes),
                "X-Linked-Etag": f'"{file.sha256}"',
            }
            self._send(302, headers)
        else:
            self._send_file(repo, path, file)

    def _refused(self, name: str) -> bool:
        faults = self.server.hub.faults[name]
        if self.command == "GET" and faults and isinstance(faults[0], Refuse):
            refusal = faults.popleft()
            assert isinstance(refusal, Refuse)
            self._send(refusal.status, refusal.headers)
            return True
        return False

    def _send_file(self, repo: StubRepo, path: str, file: StubFile) -> None:
        if self._refused(path):
            return
        faults = self.server.hub.faults[path]
        fault = faults.popleft() if self.command == "GET" and faults else None
        body = file.content if file.sent is None else file.sent
        if isinstance(fault, Corrupt):
            body = bytes(byte ^ 0xFF for byte in body)
        etag = "changed" if isinstance(fault, Corrupt) else file.git_hash
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{etag}"'}
        asked = self.headers.get("Range", "")
        if asked and not isinstance(fault, IgnoreRange):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            start += fault.later_bytes if isinstance(fault, OtherRange) else 0
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self._send(206, headers, body[start:], fault)
        else:
            self._send(200, headers, body, fault)

    def _send(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes = b"",
        fault: Fault | None = None,
    ) -> None:
        self.heard.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        announced = len(body) + (fault.more_bytes if isinstance(fault, OtherLength) else 0)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        if self.command == "HEAD":
            return
        end = fault.after_bytes if isinstance(fault, Break) else len(body)
        for start in range(0, end, _PIECE_BYTES):
            piece = body[start : min(end, start + _PIECE_BYTES)]
            self.wfile.write(piece)
            self.heard.sent_bytes += len(piece)
            if self.server.hub.bytes_per_s:
                time.sleep(len(piece) / self.server.hub.bytes_per_s)
        if end < len(body) or announced != len(body):
            self.close_connection = True
