"""How a ComfyUI is spoken to: one graph posted under an id of ours, its queue and history asked."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from typing_extensions import override

from core.errors import (
    AuthFailed,
    ProviderError,
    ProviderUnavailable,
    RenderFailed,
    ResultLost,
    first_line,
)
from core.platform.server_address import is_this_machine
from core.services.service_client import Ended, Finished, RemoteState, ServiceClient, Waiting
from core.services.service_http import ServiceHttp
from core.video.terms import Role
from providers.ltx_video.comfyui import failures
from providers.ltx_video.comfyui.info import INFO
from providers.ltx_video.comfyui.listener import Listener, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from core.services.service_client import RemoteOrder

FOLDER = "imageai"
"""Where on the server our files lie, inputs as well as results."""

_GONE_AFTER = 3
_ABORT_S = 3.0
_ABORT_LOOK_S = 0.1
# What is heard of a render costs nobody anything; it is shown so much oftener than it is asked for.
_SHOWN_OFTENER = 4
_NODES_SHARE = 0.2
_HASH_LETTERS = 20
_VIDEOS = (".mp4", ".webm", ".mkv", ".mov", ".gif", ".webp")
# Of a graph, what takes by far the most time.
_SAMPLERS = (
    "SamplerCustom",
    "SamplerCustomAdvanced",
    "KSampler",
    "KSamplerAdvanced",
    "LTXVBaseSampler",
    "LTXVExtendSampler",
    "LTXVLoopingSampler",
)


@dataclass(frozen=True)
class _InLine:
    """A render in the queue: how many are before it, and its graph; none where it runs."""

    before: int
    is_running: bool
    graph: Mapping[str, dict[str, Any]]


class ComfyHttp(ServiceHttp):
    """Speaks to a ComfyUI, which asks for no key and whose refusals may be plain text."""

    def __init__(self, address: str, target: str) -> None:
        is_here = is_this_machine(address)
        super().__init__(INFO.label, target, {}, "", uses_proxy=not is_here)
        self._address = address

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        if status == 400 and (error := failures.refusal(text, self.target)) is not None:
            return error
        if status in (401, 403):
            return AuthFailed(
                f"{self._address} let nobody in ({status}).",
                target=self.target,
                hint="ComfyUI itself asks for no key: what stands before it does. Name an address "
                "that can be reached without one.",
            )
        if status == 404:
            return RenderFailed(
                f"What answers at {self._address} is no ComfyUI, or one that is too old (404).",
                target=self.target,
                hint="Check the setting comfyui.address.",
            )
        if status == 413:
            return RenderFailed(
                f"A file is larger than the ComfyUI at {self._address} takes (413).",
                target=self.target,
                hint="Start it with a higher --max-upload-size, or choose a smaller file.",
            )
        return super().refusal(status, text, headers)

    @override
    def unreachable(self, error: Exception) -> ProviderUnavailable:
        return ProviderUnavailable(
            f"ComfyUI at {self._address} does not answer ({first_line(error)}).",
            target=self.target,
            hint="Start it and wait until it has loaded, or set its address by 'main.py config set "
            "comfyui.address'. Then resume the job.",
        )

    @override
    def gone(self, status: int) -> ResultLost:
        return ResultLost(
            f"ComfyUI at {self._address} no longer has the finished file ({status}).",
            target=self.target,
            hint="Somebody moved or removed it there. Give the command again.",
        )


class ComfyClient(ServiceClient):
    """Orders one clip of a server, and follows it; used for one render alone."""

    is_free = True
    # They lie with the server already, under the same names; a workflow is the order itself.
    not_sent = frozenset({Role.LORA, Role.WORKFLOW})

    def __init__(
        self,
        address: str,
        target: str,
        graph_of: Callable[[RemoteOrder, str], Mapping[str, Any]],
        look_s: float,
    ) -> None:
        """Opens no connection.

        Args:
            address: of the server.
            target: in its text form, for errors.
            graph_of: the graph of an order whose file is to have this name on the server.
            look_s: how often queue and history are asked.
        """
        super().__init__(INFO.label, ComfyHttp(address, target))
        self.uses_network = not is_this_machine(address)
        self._address = address
        self._graph_of = graph_of
        self._look_s = look_s
        self._listener: Listener | None = None
        self._previews_given = 0
        self._missed = 0
        self._next_look = 0.0
        self._fraction: float | None = None
        self._in_line: _InLine | None = None

    @override
    def choose_id(self, attempt: str) -> str:
        return f"{self._address}/{uuid.UUID(hex=attempt)}"

    @override
    def upload(self, file: Path) -> str:
        # Named for what it holds: it meets nobody else's, and is not kept twice.
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()[:_HASH_LETTERS]
        form = {"subfolder": FOLDER, "type": "input", "overwrite": "true"}
        url = f"{self._address}/upload/image"
        answer = self.http.send_file(url, "image", file, stem=digest, form=form)
        folder = str(answer.get("subfolder") or "")
        return f"{folder}/{answer['name']}" if folder else str(answer["name"])

    @override
    def submit(self, order: RemoteOrder) -> str:
        remote = self.choose_id(order.attempt)
        _, prompt_id = self._parts(remote)
        graph = self._graph_of(order, f"{FOLDER}/{prompt_id}")
        # Before there is anything to tell, so that nothing is missed.
        self._listen(self._address, prompt_id)
        body = {
            "prompt": graph,
            "prompt_id": prompt_id,
            "client_id": prompt_id,
            "extra_data": {"preview_method": "latent2rgb"},
        }
        answer = self.http.order(f"{self._address}/prompt", body)
        if said := failures.node_errors(answer):
            # Accepted all the same, without the parts that are wrong: it would make something else.
            self.abort(remote)
            raise RenderFailed(
                f"ComfyUI did not accept the graph: {said}.",
                target=self.http.target,
                hint="Nothing was made. Change what it complains of, then give the command again.",
            )
        return remote

    @override
    def poll(self, remote: str) -> RemoteState:
        address, prompt_id = self._parts(remote)
        shown = self._listen(address, prompt_id).shown
        if time.monotonic() < self._next_look and not shown.has_ended:
            return self._waiting(shown)
        state = self._look(address, prompt_id)
        # From now on, since what it says was true when it was asked.
        self._next_look = time.monotonic() + self._look_s
        return self._waiting(shown) if state is None else state

    def _listen(self, address: str, prompt_id: str) -> Listener:
        if self._listener is None:
            uses_proxy = not is_this_machine(address)
            self._listener = Listener(address, prompt_id, uses_proxy=uses_proxy)
        return self._listener

    def _look(self, address: str, prompt_id: str) -> RemoteState | None:
        """How a render ended; None while it has not.

        Whatever leaves the queue is in the history at once, so that is asked before and after.
        """
        for is_last in (False, True):
            entry = self._history(address, prompt_id)
            if entry is not None:
                return self._ended(entry, address, prompt_id)
            if is_last:
                break
            self._in_line = self._queued(address, prompt_id)
            if self._in_line is not None:
                self._missed = 0
                return None
        self._missed += 1
        if self._missed < _GONE_AFTER:
            return Waiting(message="Looking for the render at ComfyUI", retry_after_s=self._look_s)
        return Ended(failures.lost(address, self.http.target), is_charged=False)

    def _history(self, address: str, prompt_id: str) -> dict[str, Any] | None:
        found = self.http.ask(f"{address}/history/{prompt_id}").get(prompt_id)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else None

    def _queued(self, address: str, prompt_id: str) -> _InLine | None:
        queue = self.http.ask(f"{address}/queue")
        running, pending = (
            # They come in no order; the number says which is next.
            sorted(cast("list[list[Any]]", queue.get(name) or []), key=lambda item: item[0])
            for name in ("queue_running", "queue_pending")
        )
        for place, item in enumerate(running + pending):
            if item[1] == prompt_id:
                return _InLine(place, place < len(running), item[2])
        return None

    def _waiting(self, shown: Shown) -> Waiting:
        """Where it stands: by what the socket showed, or by the queue alone."""
        in_line, listener = self._in_line, self._listener
        is_shown = listener is not None and listener.is_connected
        wait_s = self._look_s / _SHOWN_OFTENER if is_shown else self._look_s
        if in_line is not None and not in_line.is_running and not shown.nodes:
            before = in_line.before
            return Waiting(message=f"In line at ComfyUI, {before} before it", retry_after_s=wait_s)
        preview = shown.preview if shown.number > self._previews_given else b""
        self._previews_given = shown.number
        state = shown.nodes.get(shown.node)
        has_steps = state is not None and state.most > 1
        return Waiting(
            self._share(shown),
            self._message(shown),
            wait_s,
            step=round(state.done) if state is not None and has_steps else None,
            steps=round(state.most) if state is not None and has_steps else None,
            preview=preview,
            preview_suffix=shown.suffix,
        )

    def _message(self, shown: Shown) -> str:
        works = self._classes().get(shown.node)
        return f"ComfyUI makes the clip: {works}" if works else "ComfyUI makes the clip"

    def _classes(self) -> dict[str, str]:
        """By id, the class of each node of the graph, once the queue has shown it."""
        graph = self._in_line.graph if self._in_line else dict[str, dict[str, Any]]()
        return {name: str(about.get("class_type", "")) for name, about in graph.items()}

    def _share(self, shown: Shown) -> float | None:
        """How much is done: by the nodes that have ended, and by far the most by the samplers."""
        classes = self._classes()
        if not classes or not shown.nodes:
            return self._fraction
        samplers = [name for name, works in classes.items() if works in _SAMPLERS]
        ended = sum(state.is_finished for state in shown.nodes.values())
        share = min(1.0, ended / (len(classes) + 1))
        if samplers:
            shares = [shown.nodes[name].share if name in shown.nodes else 0.0 for name in samplers]
            share = _NODES_SHARE * share + (1 - _NODES_SHARE) * sum(shares) / len(shares)
        self._fraction = max(share, self._fraction or 0.0)
        return self._fraction

    def _ended(self, entry: dict[str, Any], address: str, prompt_id: str) -> RemoteState:
        target = self.http.target
        status = cast("dict[str, Any]", entry.get("status") or {})
        if status.get("status_str") == "error":
            events = dict(cast("list[tuple[str, dict[str, Any]]]", status.get("messages") or []))
            if "execution_error" in events:
                error = failures.failure(events["execution_error"], address, target)
                return Ended(error, is_charged=False)
            return Ended(failures.interrupted(address, target), is_charged=False)
        files = [*_files(entry)]
        if not files:
            error = RenderFailed(
                f"ComfyUI at {address} says that the clip is done and gives none.",
                target=target,
                hint="The graph must end in a node that saves a video, such as Save Video.",
            )
            return Ended(error, is_charged=False)
        best = max(files, key=_rank)
        place = {name: str(best.get(name) or "") for name in ("filename", "subfolder", "type")}
        suffix = _suffix(place["filename"])
        url = f"{address}/view?{urlencode(place)}"
        # In place of where the server is, which is the affair of nobody who gets the clip.
        return Finished(url, suffix, facts={"remote_id": prompt_id})

    @override
    def abort(self, remote: str) -> bool | None:
        """End this render alone: True where it was finished before, None where it ends later."""
        address, prompt_id = self._parts(remote)
        is_cancelled = self._cancelled_at_once(address, prompt_id)
        if is_cancelled:
            return False
        if is_cancelled is None:
            # An older server: out of the queue, or stopped where it is this very one that runs.
            self.http.tell(f"{address}/queue", body={"delete": [prompt_id]})
            self.http.tell(f"{address}/interrupt", body={"prompt_id": prompt_id})
        until = time.monotonic() + _ABORT_S
        while True:
            queued = self._queued(address, prompt_id)
            entry = self._history(address, prompt_id)
            if entry is not None:
                status = cast("dict[str, Any]", entry.get("status") or {})
                return status.get("status_str") == "success"
            if queued is None:
                return False
            if time.monotonic() > until:
                return None
            time.sleep(_ABORT_LOOK_S)

    def _cancelled_at_once(self, address: str, prompt_id: str) -> bool | None:
        """Whether the server ended what was not over; None where it has no such call."""
        try:
            answer = self.http.hear(f"{address}/api/jobs/{prompt_id}/cancel", "POST")
        except RenderFailed:
            return None
        return bool(answer.body.get("cancelled")) if answer.status < 400 else None

    @override
    def test_key(self) -> None:
        self.http.ask(f"{self._address}/system_stats")

    @override
    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _parts(self, remote: str) -> tuple[str, str]:
        """Server and id; a person knows only the id, and means the server of the settings."""
        address, _, prompt_id = remote.rpartition("/")
        return address or self._address, prompt_id


def _files(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every file that a render gave, whatever kind of node calls it what."""
    for output in cast("dict[str, Any]", entry.get("outputs") or {}).values():
        for listed in cast("dict[str, Any]", output).values():
            for item in cast("list[Any]", listed) if isinstance(listed, list) else []:
                if isinstance(item, dict) and "filename" in item:
                    yield cast("dict[str, Any]", item)


def _rank(file: dict[str, Any]) -> tuple[bool, int]:
    """What is kept before what is only shown, and videos before all else."""
    suffix = _suffix(str(file["filename"]))
    place = _VIDEOS.index(suffix) if suffix in _VIDEOS else len(_VIDEOS)
    return file.get("type") == "output", -place


def _suffix(name: str) -> str:
    _, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot else ".mp4"
