"""A rendering service on loopback as a test likes it: it keeps accounts of what it charges."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

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
    from pathlib import Path

KEY = "secret-7f3a9"


@dataclass
class CloudJob(RemoteJob):
    """With the key against doubles that came with the order."""

    attempt: str = ""


@dataclass
class CloudHabits(Habits):
    """And whether lost orders can be found by their attempt."""

    knows_attempts: bool = False


@dataclass
class CloudServer(StubService[CloudHabits, CloudJob]):
    """The service and its books."""

    url: str = ""
    places: int = 0

    @override
    def ordered(self, job: CloudJob) -> Ordered:
        body = job.body
        return Ordered(
            body["width"],
            body["height"],
            body["fps"],
            body["frames"],
            seed=body["seed"],
            has_audio=body["audio"],
        )


class _Handler(StubHandler[CloudServer]):
    @override
    def post(self) -> None:
        body = self.body()
        if not self._is_known():
            return
        match self.path.strip("/").split("/"):
            case ["jobs"]:
                self._order(json.loads(body))
            case ["jobs", name, "cancel"]:
                self._cancel(name)
            case ["files"]:
                with self.service.lock:
                    self.service.places += 1
                    name = f"file-{self.service.places}"
                self.say(200, {"put": f"{self.service.url}/storage/{name}", "address": name})
            case _:
                self.say(404, {"error": "no such place"})

    @override
    def put(self) -> None:
        body = self.body()
        if "Authorization" in self.headers:
            self.say(400, {"error": "the key has no business here"})
            return
        self.service.uploads[self.path.split("/")[-1]] = body
        self.say(200, {})

    @override
    def get(self) -> None:
        match self.path.strip("/").split("/"):
            case ["results", name]:
                self.send_clip(self.service.jobs.get(name))
            case ["account"]:
                if self._is_known():
                    self.say(200, {"credit": 10})
            case ["attempts", attempt]:
                if self._is_known():
                    found = [j.id for j in self.service.jobs.values() if j.attempt == attempt]
                    known = self.service.habits.knows_attempts
                    self.say(200, {"ids": found if known else None})
            case ["jobs", name]:
                if self._is_known():
                    self._tell(name)
            case _:
                self.say(404, {"error": "no such place"})

    def _is_known(self) -> bool:
        if self.headers.get("Authorization") == f"Key {KEY}":
            return True
        self.say(401, {"error": f"the key {self.headers.get('Authorization')} is wrong"})
        return False

    def _order(self, body: dict[str, Any]) -> None:
        if self.has_refused(KEY):
            return
        with self.service.lock:
            name = f"remote-{self.service.purchases + 1}"
            attempt = self.headers.get("X-Attempt", "")
            self.service.jobs[name] = CloudJob(name, body, attempt=attempt)
        if not self.has_dropped():
            self.say(202, {"id": name})

    def _cancel(self, name: str) -> None:
        job = self.service.jobs[name]
        is_done = job.polls > self.service.habits.polls_until_done
        job.is_cancelled = not is_done
        self.say(200, {"charged": is_done or self.service.habits.charges_aborted})

    def _tell(self, name: str) -> None:
        habits, job = self.service.habits, self.service.jobs.get(name)
        if self.has_put_off():
            return
        if job is None:
            self.say(404, {"error": "no such job"})
            return
        job.polls += 1
        if job.is_cancelled:
            charged = habits.charges_aborted
            self.say(200, {"state": "failed", "error": "cancelled", "charged": charged})
        elif job.polls <= habits.polls_until_done:
            self.say(200, {"state": "working", "done": min(0.9, job.polls / 10)})
        elif habits.fails:
            # Services do repeat what they were sent.
            error = f"it did not work ({KEY})"
            self.say(200, {"state": "failed", "error": error, "charged": habits.is_charged})
        else:
            seed = job.body["seed"]
            url = f"{self.service.url}/results/{name}"
            cost = round(job.body["frames"] * 0.01, 2)
            self.say(200, {"state": "done", "url": url, "cost": cost, "seed": seed})


@contextmanager
def cloud_server(folder: Path) -> Iterator[CloudServer]:
    """The service, running on a free port of loopback."""
    cloud = CloudServer(folder, CloudHabits())
    with serving(cloud, _Handler) as cloud.url:
        yield cloud
