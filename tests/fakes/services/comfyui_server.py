"""A ComfyUI on loopback: its queue, history, socket and files, with the gaps of the real one."""

from __future__ import annotations

import io
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.ltx_video.comfyui.info import ADDRESS_VARIABLE, INFO
from providers.ltx_video.comfyui.provider import ComfyLTX
from tests.fakes.services.comfyui_graphs import SAMPLERS, Nodes, check, in_order, ordered
from tests.fakes.services.comfyui_nodes import FILES, object_info
from tests.fakes.services.comfyui_socket import Sockets
from tests.fakes.services.stub_service import (
    Habits,
    Ordered,
    RemoteJob,
    StubHandler,
    StubService,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from core.video.provider import ProviderContext, VideoProvider

_STEPS = 4
_STEP_S = 0.03
_LOOK_S = 0.005


@dataclass
class ComfyJob(RemoteJob):
    """One graph in the queue, or out of it.

    Attributes:
        end: "success", "error" or "interrupted"; empty while it is not over.
        is_removed: taken out of the queue, without a trace.
    """

    number: int = 0
    client: str = ""
    outputs: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    end: str = ""
    is_running: bool = False
    is_removed: bool = False
    is_in_history: bool = False
    is_interrupted: bool = False

    @property
    def nodes(self) -> Nodes:
        return self.body["prompt"]

    @property
    def is_in_queue(self) -> bool:
        return not (self.is_removed or self.is_in_history)


@dataclass
class ComfyHabits(Habits):
    """And what ComfyUI alone does.

    Attributes:
        version: of the server; None is one that does not say, and so something else.
        files: by folder, what lies there.
        missing: node classes that it does not have.
        error: what a render fails with.
        gap_s: between the message that a render succeeded and its place in the history.
        has_socket: whether anybody may listen.
        hangs_up: the socket ends in the middle of the next render.
        cancels_jobs: whether it has the call that ends one job, which came with 0.26.
        is_starting: so many calls are not answered first, as while it loads its nodes.
        refused_with: the whole of what a refused order is answered.
        gives_nothing: renders succeed without a file.
        shows_previews: whether its sampler shows images of the clip so far.
    """

    version: str | None = "0.27.0"
    files: dict[str, list[str]] = field(default_factory=lambda: dict(FILES))
    missing: tuple[str, ...] = ()
    error: dict[str, Any] = field(default_factory=dict)
    gap_s: float = 0.03
    has_socket: bool = True
    hangs_up: bool = False
    cancels_jobs: bool = True
    is_starting: int = 0
    refused_with: dict[str, Any] = field(default_factory=dict)
    gives_nothing: bool = False
    shows_previews: bool = True


@dataclass
class ComfyStub(StubService[ComfyHabits, ComfyJob]):
    """The server and all that it remembers, which is gone once it was restarted.

    Attributes:
        calls: what was asked of it, as "POST /queue".
        told_to_interrupt: what was named when somebody wanted something stopped.
    """

    url: str = ""
    calls: list[str] = field(default_factory=list)
    told_to_interrupt: list[object] = field(default_factory=list)
    sockets: Sockets = field(default_factory=Sockets)
    next_number: int = 0

    @property
    def ours(self) -> list[ComfyJob]:
        """The renders that came by the wire."""
        return [job for job in self.jobs.values() if not job.id.startswith("foreign")]

    @property
    def graph(self) -> Nodes:
        """The newest graph."""
        return self.ours[-1].nodes

    def classes_of(self, *names: str) -> list[dict[str, Any]]:
        """The inputs of each node of the newest graph that is of these classes."""
        nodes = self.graph.values()
        return [node["inputs"] for node in nodes if node["class_type"] in names]

    def let_others_render(self) -> ComfyJob:
        """Somebody else's render, which runs until it is stopped or ended by the test."""
        job = ComfyJob(f"foreign-{len(self.jobs)}", {"prompt": {}}, number=-1)
        job.is_running = True
        self.jobs[job.id] = job
        return job

    def restart(self) -> None:
        """Forget everything, as a server that was ended does."""
        self.sockets.hang_up()
        for job in self.jobs.values():
            job.is_removed, job.is_running, job.is_in_history = True, False, False

    @override
    def ordered(self, job: ComfyJob) -> Ordered:
        return ordered(job.nodes, self.uploads)

    def accept(self, body: dict[str, Any], outputs: list[str]) -> ComfyJob:
        with self.lock:
            self.next_number += 1
            job = ComfyJob(
                body["prompt_id"],
                body,
                number=self.next_number,
                client=body.get("client_id", ""),
                outputs=outputs,
                extra=body.get("extra_data") or {},
            )
            self.jobs[job.id] = job
        return job

    def work(self) -> None:
        """Make one after the other, by their numbers, until the server is closed."""
        while not self.is_closed:
            with self.lock:
                jobs = [job for job in self.jobs.values() if job.is_in_queue]
                is_busy = any(job.is_running for job in jobs)
                job = min(jobs, key=lambda one: one.number, default=None)
                if job is not None and not is_busy:
                    job.is_running = True
            if job is None or is_busy:
                time.sleep(_LOOK_S)
                continue
            self._make(job)

    def _say(self, job: ComfyJob, kind: str, **data: Any) -> None:
        self.sockets.say(kind, {**data, "prompt_id": job.id}, job.client)

    def _make(self, job: ComfyJob) -> None:
        states: dict[str, Any] = {}
        self._say(job, "execution_start")
        self._say(job, "execution_cached", nodes=[])
        for name in in_order(job.nodes):
            states[name] = {"value": 0, "max": 1, "state": "running", "node_id": name}
            self._say(job, "progress_state", nodes=states)
            self._say(job, "executing", node=name, display_node=name)
            if job.nodes[name]["class_type"] in SAMPLERS:
                self._sample(job, name, states)
            if job.is_interrupted or job.is_removed:
                break
            states[name] = {**states[name], "value": 1, "max": 1, "state": "finished"}
        if job.is_removed:
            return
        if job.is_interrupted:
            job.end = "interrupted"
            self._say(job, "execution_interrupted", node_id="1", node_type="SamplerCustom")
        elif self.habits.fails:
            job.end = "error"
            self._say(job, "execution_error", **self.failure(job))
        else:
            self._say(job, "execution_success")
            job.end = "success"
            time.sleep(self.habits.gap_s)
        with self.lock:
            job.is_running, job.is_in_history = False, True
        self._say(job, "executing", node=None)

    def _sample(self, job: ComfyJob, name: str, states: dict[str, Any]) -> None:
        image = io.BytesIO()
        Image.new("RGB", (24, 16), (200, 30, 30)).save(image, "JPEG")
        for step in range(1, _STEPS + 1):
            states[name] = {"value": step, "max": _STEPS, "state": "running", "node_id": name}
            self._say(job, "progress_state", nodes=states)
            self._say(job, "progress", value=step, max=_STEPS, node=name)
            wants = job.extra.get("preview_method") not in (None, "none")
            if wants and self.habits.shows_previews:
                self.sockets.show(image.getvalue(), job.id, name, job.client)
            time.sleep(_STEP_S)
            if self.habits.hangs_up:
                self.habits.hangs_up = False
                self.sockets.hang_up()
        while job.polls <= self.habits.polls_until_done and not self.is_closed:
            if job.is_interrupted or job.is_removed:
                return
            time.sleep(_LOOK_S)

    def failure(self, job: ComfyJob) -> dict[str, Any]:
        return {
            "prompt_id": job.id,
            "node_id": "9",
            "node_type": "SamplerCustom",
            "exception_type": "RuntimeError",
            "exception_message": "it did not work",
            "traceback": ["  File /home/someone/ComfyUI/execution.py, line 1"],
            "current_inputs": {"text": ["a secret plan"]},
            **self.habits.error,
        }

    def history_of(self, job: ComfyJob) -> dict[str, Any]:
        is_good = job.end == "success"
        messages: list[Any] = [["execution_start", {"prompt_id": job.id}]]
        if job.end == "error":
            messages.append(["execution_error", self.failure(job)])
        elif job.end == "interrupted":
            messages.append(["execution_interrupted", {"prompt_id": job.id}])
        outputs = {}
        if is_good and not self.habits.gives_nothing:
            name = job.outputs[0]
            prefix = str(job.nodes[name]["inputs"]["filename_prefix"])
            folder, _, stem = prefix.rpartition("/")
            file = {"filename": f"{stem}_00001_.mp4", "subfolder": folder, "type": "output"}
            outputs = {name: {"images": [file], "animated": [True]}}
        return {
            "prompt": [job.number, job.id, job.nodes, job.extra, job.outputs],
            "outputs": outputs,
            "status": {
                "status_str": "success" if is_good else "error",
                "completed": is_good,
                "messages": messages,
            },
            "meta": {},
        }

    def stop(self, job: ComfyJob) -> None:
        """Out of the queue without a trace, or interrupted where it runs."""
        job.is_cancelled = True
        if job.is_running:
            job.is_interrupted = True
        elif job.is_in_queue:
            job.is_removed = True


class _Site(StubHandler[ComfyStub]):
    """All routes."""

    @override
    def complaint(self, said: object) -> dict[str, Any]:
        if self.service.habits.refused_with:
            return self.service.habits.refused_with
        return {"error": {"type": "refused", "message": said, "details": "", "extra_info": {}}}

    def _is_ready(self) -> bool:
        habits = self.service.habits
        self.service.calls.append(f"{self.command} {urlsplit(self.path).path}")
        if habits.is_starting:
            habits.is_starting -= 1
            self.close_connection = True
            return False
        return True

    @override
    def get(self) -> None:
        if not self._is_ready():
            return
        service, habits = self.service, self.service.habits
        path = urlsplit(self.path).path
        match path.strip("/").split("/"):
            case ["system_stats"] if habits.version is not None:
                system = {"comfyui_version": habits.version, "os": "posix", "argv": ["main.py"]}
                self.say(200, {"system": system, "devices": []})
            case ["object_info"]:
                self.say(200, object_info(habits.files, habits.missing))
            case ["queue"]:
                self._tell_queue()
            case ["history", name]:
                self._tell_history(name)
            case ["view"]:
                self._view()
            case ["ws"] if habits.has_socket:
                service.sockets.serve(self)
            case _:
                self.send(404, b"404: Not Found", "text/plain")

    @override
    def post(self) -> None:
        body = self.body()
        if not self._is_ready():
            return
        service = self.service
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["prompt"]:
                self._order(json.loads(body))
            case ["upload", "image"]:
                self._take_file(body)
            case ["queue"]:
                for name in json.loads(body).get("delete", []):
                    job = service.jobs.get(name)
                    if job is not None and not job.is_running:
                        service.stop(job)
                self.send(200, b"", "text/plain")
            case ["interrupt"]:
                self._interrupt(json.loads(body or b"{}"))
            case ["api", "jobs", name, "cancel"] if service.habits.cancels_jobs:
                job = service.jobs.get(name)
                if job is None:
                    self.say(404, {"error": "Job not found"})
                    return
                is_open = job.is_in_queue
                if is_open:
                    service.stop(job)
                self.say(200, {"cancelled": is_open})
            case _:
                self.send(404, b"404: Not Found", "text/plain")

    def _order(self, body: dict[str, Any]) -> None:
        service, habits = self.service, self.service.habits
        if self.has_refused(""):
            return
        files = set(service.uploads)
        classes = object_info(habits.files, habits.missing)
        is_old = (habits.version or "").startswith("0.3.")
        checked = check(body["prompt"], classes, files, is_old=is_old)
        if checked.refusal is not None:
            self.say(400, checked.refusal)
            return
        job = service.accept(body, checked.outputs)
        if not self.has_dropped():
            answer = {"prompt_id": job.id, "number": job.number}
            self.say(200, {**answer, "node_errors": checked.node_errors})

    def _interrupt(self, body: dict[str, Any]) -> None:
        service = self.service
        name = body.get("prompt_id")
        service.told_to_interrupt.append(name)
        for job in service.jobs.values():
            # Without a name, whatever runs is ended, whoever waits for it.
            if job.is_running and name in (None, job.id):
                service.stop(job)
        self.send(200, b"", "text/plain")

    def _tell_queue(self) -> None:
        with self.service.lock:
            waiting = [job for job in self.service.jobs.values() if job.is_in_queue]
            items = {
                running: [
                    [job.number, job.id, job.body["prompt"], job.extra, job.outputs]
                    for job in reversed(waiting)
                    if job.is_running is running
                ]
                for running in (True, False)
            }
        self.say(200, {"queue_running": items[True], "queue_pending": items[False]})

    def _tell_history(self, name: str) -> None:
        if self.has_put_off():
            return
        job = self.service.jobs.get(name)
        if job is None or not job.is_in_history:
            if job is not None:
                job.polls += 1
            self.say(200, {})
            return
        self.say(200, {name: self.service.history_of(job)})

    def _view(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        stem = query["filename"][0].removesuffix("_00001_.mp4")
        self.send_clip(self.service.jobs.get(stem))

    def _take_file(self, body: bytes) -> None:
        kind = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = cast("EmailMessage", BytesParser(policy=HTTP).parsebytes(kind + body))
        parts = {
            str(part.get_param("name", header="content-disposition")): part
            for part in form.iter_parts()
        }
        folder = str(parts["subfolder"].get_payload()).strip()
        name, content = str(parts["image"].get_filename()), parts["image"].get_payload(decode=True)
        self.service.uploads[f"{folder}/{name}"] = cast("bytes", content)
        self.say(200, {"name": name, "subfolder": folder, "type": "input"})


@contextmanager
def comfyui_server(folder: Path) -> Iterator[ComfyStub]:
    """A ComfyUI on a free port of loopback."""
    service = ComfyStub(folder, ComfyHabits(polls_until_done=1))
    with serving(service, _Site) as url:
        service.url = url
        service.environment = {ADDRESS_VARIABLE: url}
        worker = threading.Thread(target=service.work, daemon=True)
        worker.start()
        yield service
        service.is_closed = True
        service.sockets.hang_up()
        worker.join(5)


def comfyui_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which only asks more often than it does."""

    def opened(context: ProviderContext) -> VideoProvider:
        provider = ComfyLTX(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        provider.starts_within_s = 3.0
        return provider

    return ProviderEntry(INFO, opened)
