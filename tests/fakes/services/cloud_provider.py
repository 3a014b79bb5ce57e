"""A provider for a service in the cloud: a table of models, and a client of short methods.

What a person writes for a new service, and the example of Docs/Adding-a-Provider.md.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from core.config.api_keys import KeySpec
from core.errors import RenderFailed
from core.jobs.lanes import Lane
from core.services.polling_provider import PollingProvider
from core.services.service_client import (
    Ended,
    Finished,
    RemoteOrder,
    RemoteState,
    ServiceClient,
    Waiting,
)
from core.services.service_http import ServiceHttp
from core.video.provider import ProviderContext, ProviderEntry, ProviderInfo
from tests.fakes.provider import FULL

if TYPE_CHECKING:
    from pathlib import Path

CLOUD_KEY = KeySpec(
    id="fakecloud",
    label="Fake Cloud",
    variables=("IMAGEAI_TEST_CLOUD_KEY",),
    url="http://127.0.0.1/keys",
    purpose="renders in the tests",
)
INFO = ProviderInfo(
    id="cloud",
    deployment="fake",
    label="Fake Cloud",
    summary="Renders on the loopback.",
    lane=Lane.CLOUD,
    keys=(CLOUD_KEY,),
)
MODEL = FULL.model_copy(update={"id": "cloud-full", "label": "Cloud Full", "is_exact": False})
UNPRICED = MODEL.model_copy(
    update={
        "id": "cloud-unpriced",
        "label": "Cloud Unpriced",
        "price": MODEL.price.model_copy(update={"rows": ()}),
    }
)


class CloudClient(ServiceClient):
    """Speaks to the stub server of the tests."""

    def __init__(self, target: str, key: str, url: str) -> None:
        http = ServiceHttp(INFO.label, target, {"Authorization": f"Key {key}"}, key)
        super().__init__(INFO.label, http)
        self._url = url

    def upload(self, file: Path) -> str:
        place = self.http.tell(f"{self._url}/files")
        self.http.store(place["put"], file, {})
        return str(place["address"])

    def submit(self, order: RemoteOrder) -> str:
        plan = order.plan
        body = {
            "prompt": plan.prompt,
            "width": plan.width,
            "height": plan.height,
            "frames": plan.num_frames,
            "fps": plan.fps,
            "seed": plan.seed,
            "audio": plan.has_audio,
            "inputs": [
                {"role": item.role.value, "file": order.uploads[item.path]}
                for item in plan.request.inputs
            ],
        }
        answer = self.http.order(f"{self._url}/jobs", body, {"X-Attempt": order.attempt})
        return str(answer["id"])

    def find(self, attempt: str) -> str | None:
        found = self.http.ask(f"{self._url}/attempts/{attempt}")["ids"]
        if found is None:
            return None
        return str(found[0]) if found else ""

    def poll(self, remote: str) -> RemoteState:
        job = self.http.ask(f"{self._url}/jobs/{remote}")
        match job["state"]:
            case "working":
                return Waiting(job["done"])
            case "done":
                return Finished(job["url"], cost_usd=job["cost"], seed=job["seed"])
            case _:
                said = job["error"]
                error = RenderFailed(
                    f"{INFO.label} could not make the clip: {said}.",
                    target=self.http.target,
                    hint="Change the prompt, then give the command again.",
                )
                return Ended(error, is_charged=job["charged"])

    def abort(self, remote: str) -> bool | None:
        return bool(self.http.tell(f"{self._url}/jobs/{remote}/cancel")["charged"])

    def test_key(self) -> None:
        self.http.ask(f"{self._url}/account")


class CloudProvider(PollingProvider):
    """Its models; a real one imports its client late, in `client`."""

    info = INFO
    specs = (MODEL, UNPRICED)
    poll_s, leave_s = 0.05, 0.5

    def __init__(self, context: ProviderContext, url: str) -> None:
        super().__init__(context)
        self._url = url

    def client(self, target: str, key: str) -> CloudClient:
        return CloudClient(target, key, self._url)


def cloud_entry(url: str) -> ProviderEntry:
    """The line of the registration list."""
    return ProviderEntry(INFO, partial(CloudProvider, url=url))
