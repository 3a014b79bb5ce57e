"""What every provider promises; a provider's own test subclasses it and says how to ask.

`PaidContract` of `tests/providers/paid_contract.py` is for those that take money.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.jobs.job import Failed, JobEvent, Notice, Progressed, Terminal
from core.jobs.job_record import JobState
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import NotReady, ProviderEntry, Ready
from core.video.record import read_settings_of
from core.video.request import Input, RenderRequest
from core.video.terms import Role, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.jobs.job import JobUpdate

SOON_S = 1.0
"""Within which a job that was cancelled has ended."""


@dataclass
class Asked:
    """One job with all that it said."""

    studio: Studio
    job_id: str
    out: Path
    events: list[JobEvent] = field(default_factory=list)
    ended: Terminal | None = None

    def __post_init__(self) -> None:
        self.studio.queue.subscribe(self._listen)

    def _listen(self, update: JobUpdate) -> None:
        if update.job_id == self.job_id:
            self.events.append(update.event)

    def run(self) -> Terminal:
        """Run it here, to its end."""
        self.ended = self.studio.queue.run_job(self.job_id)
        return self.ended

    @contextmanager
    def running(self) -> Iterator[threading.Thread]:
        """Run it beside this thread; waits for its end."""
        thread = threading.Thread(target=self.run)
        thread.start()
        yield thread
        thread.join(timeout=30)
        assert not thread.is_alive()

    @property
    def notes(self) -> str:
        return " ".join(event.message for event in self.events if isinstance(event, Notice))

    @property
    def fractions(self) -> list[float]:
        found = [event.fraction for event in self.events if isinstance(event, Progressed)]
        return [fraction for fraction in found if fraction is not None]

    def is_beyond(self, fraction: float) -> bool:
        return any(found > fraction for found in self.fractions)

    @property
    def is_made(self) -> bool:
        """Whether the work itself has begun; not every service says how far it is."""
        stages = [event.stage for event in self.events if isinstance(event, Progressed)]
        return bool({Stage.WAIT, Stage.DENOISE} & set(stages)) or self.is_beyond(0.01)

    @property
    def error(self) -> str:
        assert isinstance(self.ended, Failed), self.ended
        return f"{self.ended.error.kind}: {self.ended.error}"


def wait_for(condition: Callable[[], object], within_s: float = 30) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


class ProviderContract(ABC):
    """What holds for whoever renders.

    Attributes:
        stops_within_s: after a cancel a job has ended, with all that it started.
        roles: of the images that the small request may carry.
        suffix: of what it makes.
    """

    stops_within_s = SOON_S
    roles: tuple[Role, ...] = (Role.START,)
    suffix = ".mp4"

    @pytest.fixture
    @abstractmethod
    def entry(self) -> ProviderEntry:
        """The provider's line of the registration list."""

    @pytest.fixture
    @abstractmethod
    def request_small(self) -> RenderRequest:
        """The least that it renders, quickly."""

    @pytest.fixture
    @abstractmethod
    def request_slow(self) -> RenderRequest:
        """A render that takes some seconds, so that there is a middle to stop it in."""

    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        return tmp_path / "home"

    @pytest.fixture
    def open_studio(self, entry: ProviderEntry, home: Path) -> Iterator[Callable[[], Studio]]:
        """Opens the program; a second call is the program after it was closed."""
        opened: list[Studio] = []

        def open_one() -> Studio:
            opened.append(Studio([entry], paths=Paths.below(home)))
            return opened[-1]

        yield open_one
        for studio in opened:
            studio.close()

    @pytest.fixture
    def studio(self, open_studio: Callable[[], Studio]) -> Studio:
        return open_studio()

    @pytest.fixture
    def ask(self, tmp_path: Path) -> Callable[..., Asked]:
        """Puts a render into the queue."""

        def ask(studio: Studio, request: RenderRequest, name: str = "clip") -> Asked:
            out = tmp_path / "out" / f"{name}{self.suffix}"
            out.parent.mkdir(exist_ok=True)
            return Asked(studio, studio.submit_render(studio.plan(request, out=out)), out)

        return ask

    def test_every_model_says_what_it_takes_and_where_that_was_read(
        self, studio: Studio, entry: ProviderEntry
    ) -> None:
        target = Target(provider=entry.info.id, deployment=entry.info.deployment)
        specs = studio.registry.open(target).models()
        assert specs
        assert len({spec.id for spec in specs}) == len(specs)
        for spec in specs:
            assert spec.label
            assert spec.summary
            assert spec.source
            assert spec.licence.name
            assert spec.price.source

    def test_looking_whether_it_can_render_asks_nobody_and_raises_nothing(
        self, studio: Studio, entry: ProviderEntry
    ) -> None:
        studio.registry.network.is_off = True
        target = Target(provider=entry.info.id, deployment=entry.info.deployment)
        provider = studio.registry.open(target)
        began = time.monotonic()
        for spec in provider.models():
            readiness = provider.check(target.with_model(spec.id))
            assert isinstance(readiness, Ready | NotReady)
            if isinstance(readiness, NotReady):
                assert readiness.reason
                assert readiness.fix
        assert time.monotonic() - began < 2

    def test_a_render_gives_a_clip_that_plays_with_its_record(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_small)
        assert asked.run().event == "succeeded", asked.ended
        self.check_made(asked.out)
        record = read_settings_of(asked.out)
        assert record is not None
        assert record.request.prompt == request_small.prompt
        # What takes no seed has none to give back.
        asked_for = request_small.sampling.seed
        assert record.seed == asked_for or not studio.registry.spec(request_small.target).takes_seed
        assert sorted(path.name for path in asked.out.parent.iterdir()) == [
            "clip.json",
            f"clip{self.suffix}",
        ]
        assert list(studio.paths.work_dir.iterdir()) == []

    def test_fractions_rise_to_one_and_exactly_one_event_ends_it(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_small)
        asked.run()
        assert asked.fractions == sorted(asked.fractions)
        assert asked.fractions[-1] == 1.0
        ends = [e for e in asked.events if e.event in ("succeeded", "failed", "cancelled")]
        assert len(ends) == 1
        assert asked.events[-1] is ends[0]

    def test_what_is_cancelled_before_it_begins_makes_nothing(
        self, studio: Studio, request_small: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_small)
        studio.queue.cancel(asked.job_id)
        assert asked.run().event == "cancelled"
        assert not asked.out.exists()

    def test_what_is_cancelled_in_the_middle_ends_soon_and_leaves_nothing(
        self, studio: Studio, request_slow: RenderRequest, ask: Callable[..., Asked]
    ) -> None:
        asked = ask(studio, request_slow)
        with asked.running() as thread:
            wait_for(lambda: asked.is_made)
            studio.queue.cancel(asked.job_id)
            began = time.monotonic()
            thread.join(timeout=30)
        assert time.monotonic() - began < self.stops_within_s
        assert asked.ended is not None
        assert asked.ended.event == "cancelled"
        assert not asked.out.exists()
        assert list(studio.paths.work_dir.iterdir()) == []

    def test_closing_the_program_leaves_the_job_and_the_next_start_finishes_it(
        self,
        open_studio: Callable[[], Studio],
        request_slow: RenderRequest,
        ask: Callable[..., Asked],
    ) -> None:
        first = open_studio()
        asked = ask(first, request_slow)
        with asked.running():
            wait_for(lambda: asked.is_made)
            first.close()
        assert first.queue.job(asked.job_id).state is JobState.INTERRUPTED
        self.let_it_be_quick()

        second = open_studio()
        (left,) = second.queue.resumable()
        again = Asked(second, second.resume(left.id), asked.out)
        assert again.run().event == "succeeded", again.ended
        self.check_made(asked.out)

    def check_made(self, path: Path) -> None:
        """What was made is whole."""
        assert probe_clip(path).num_frames > 1

    @abstractmethod
    def let_it_be_quick(self) -> None:
        """The slow render may end soon from now on."""

    def test_inputs_of_a_queued_job_survive_being_moved_and_deleted(
        self,
        studio: Studio,
        request_small: RenderRequest,
        ask: Callable[..., Asked],
        images: tuple[Path, ...],
    ) -> None:
        asked = ask(studio, request_small.with_inputs(self.inputs(images)))
        for path in images:
            path.unlink()
        assert asked.run().event == "succeeded", asked.ended

    def inputs(self, images: tuple[Path, ...]) -> tuple[Input, ...]:
        return tuple(
            Input(role=role, path=path) for role, path in zip(self.roles, images, strict=True)
        )

    @pytest.fixture
    def images(self, tmp_path: Path) -> tuple[Path, ...]:
        paths = tuple(tmp_path / f"{role.value}.png" for role in self.roles)
        for number, path in enumerate(paths):
            Image.new("RGB", (96, 64), (number * 60, 120, 30)).save(path)
        return paths
