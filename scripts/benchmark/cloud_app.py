"""The program as it renders in the cloud: its one provider orders of the bench's service.

    python3 -m scripts.benchmark.cloud_app ADDRESS FOLDER JOBS SECONDS

orders that many clips at once, of which each takes the service so long, and ends with 1 unless all
are in their place.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.jobs.job import Succeeded
from core.jobs.lanes import Lane
from core.platform.paths import Paths
from core.services.polling_provider import PollingProvider
from core.services.service_client import (
    Finished,
    RemoteOrder,
    RemoteState,
    ServiceClient,
    Waiting,
)
from core.services.service_http import ServiceHttp
from core.studio import Studio
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.provider import ProviderContext, ProviderEntry, ProviderInfo
from core.video.request import RenderRequest, Sampling
from core.video.spec import (
    AspectRatio,
    AudioSpec,
    Durations,
    FrameGrid,
    FrameSize,
    Licence,
    ModelSpec,
    Needs,
)
from core.video.terms import Target, Task

if TYPE_CHECKING:
    from collections.abc import Generator

    from core.video.planning.render_planner import PlannedRender

POLL_S = 1.0
WIDTH, HEIGHT, FPS, FRAMES = 768, 512, 24, 121
_TODAY = date(2026, 12, 1)
INFO = ProviderInfo(
    id="bench",
    deployment="cloud",
    label="Bench",
    summary="Renders on the loopback.",
    lane=Lane.CLOUD,
    keys=(),
)
MODEL = ModelSpec(
    id="bench",
    label="Bench",
    summary="One and the same clip.",
    family="bench",
    tasks=(Task.TEXT_TO_VIDEO,),
    sizes=(
        FrameSize(resolution="512p", aspect=AspectRatio.LANDSCAPE_3_2, width=WIDTH, height=HEIGHT),
    ),
    fps=(FPS,),
    default_fps=FPS,
    durations=Durations(minimum=1.0, maximum=10.0, default=5.0),
    frame_grid=FrameGrid(step=8, offset=1),
    steps=None,
    guidance_scale=None,
    takes_negative_prompt=False,
    camera=None,
    audio=AudioSpec(sample_rate_hz=48_000, channels=1),
    max_prompt_tokens=256,
    size_bytes=None,
    is_exact=False,
    licence=Licence(name="public domain"),
    needs=Needs(ram_gb=0.1),
    price=PriceTable(
        rows=(PriceRow(usd=0.01, per=PriceUnit.SECOND),), as_of=_TODAY, source="this file"
    ),
    as_of=_TODAY,
    source="this file",
)


class BenchClient(ServiceClient):
    """Speaks to the bench's service."""

    def __init__(self, target: str, url: str, render_s: float) -> None:
        super().__init__(INFO.label, ServiceHttp(INFO.label, target, {}, "no key"))
        self._url = url
        self._render_s = render_s

    def submit(self, order: RemoteOrder) -> str:
        """Order it."""
        body = {"prompt": order.plan.prompt, "render_s": self._render_s}
        return str(self.http.order(f"{self._url}/jobs", body)["id"])

    def poll(self, remote: str) -> RemoteState:
        """How far it is."""
        is_done = self.http.ask(f"{self._url}/jobs/{remote}")["is_done"]
        return Finished(f"{self._url}/results/{remote}") if is_done else Waiting()

    def abort(self, remote: str) -> bool | None:
        """Nothing is ended by a bench."""

    def test_key(self) -> None:
        """There is none."""


class BenchProvider(PollingProvider):
    """Orders of the bench's service, by the template that all services are built on."""

    info = INFO
    specs = (MODEL,)
    poll_s = POLL_S

    def __init__(self, context: ProviderContext, url: str, render_s: float) -> None:
        super().__init__(context)
        self._url = url
        self._render_s = render_s

    def client(self, target: str, key: str) -> BenchClient:
        """What speaks to it."""
        return BenchClient(target, self._url, self._render_s)


@contextmanager
def cloud_studio(url: str, home: Path, render_s: float) -> Generator[Studio]:
    """The studio of a new user who renders at the bench's service."""
    entry = ProviderEntry(INFO, partial(BenchProvider, url=url, render_s=render_s))
    studio = Studio([entry], paths=Paths.below(home))
    try:
        yield studio
    finally:
        studio.close()


def plan_clip(studio: Studio, out: Path) -> PlannedRender:
    """The plan of the bench's one clip."""
    target = Target(provider=INFO.id, deployment=INFO.deployment, model=MODEL.id)
    return studio.plan(
        RenderRequest(target=target, prompt="a red ball", sampling=Sampling(seed=7)), out=out
    )


def _render_at_once(url: str, folder: Path, jobs: int, render_s: float) -> bool:
    with cloud_studio(url, folder / "home", render_s) as studio:
        studio.queue.set_places(Lane.CLOUD, jobs)
        plans = [plan_clip(studio, folder / f"{number}.mp4") for number in range(jobs)]
        ids = [studio.submit_render(plan) for plan in plans]
        with ThreadPoolExecutor(jobs) as pool:
            ends = list(pool.map(studio.queue.run_job, ids))
    return all(isinstance(end, Succeeded) for end in ends)


if __name__ == "__main__":
    _url, _folder, _jobs, _seconds = sys.argv[1:]
    raise SystemExit(not _render_at_once(_url, Path(_folder), int(_jobs), float(_seconds)))
