"""Whatever goes wrong in whatever order: one purchase, no lost clip, one end a run, true books.

A person stands before each job: resumes what did not end, looks into the account where nobody
knows whether an order arrived, and cancels or closes the program at moments of the script. Ten
thousand sequences with `--nightly`.
"""

from __future__ import annotations

import logging
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import JournalError
from core.jobs.job import Cancelled, Failed, JobEvent, Succeeded
from core.jobs.job_record import JobState
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.services.service_http import ServiceHttp
from core.studio import Studio
from core.video.record import read_settings_of
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import Role, Target
from tests.fakes.services.cloud_provider import CLOUD_KEY, INFO, MODEL
from tests.fakes.services.cloud_server import KEY
from tests.fakes.services.faulty_service import (
    FAULTS,
    Fault,
    FaultyService,
    Kind,
    Outcome,
    Script,
    Step,
    World,
    faulty_entry,
    faulty_service,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.jobs.job import JobUpdate
    from core.jobs.job_record import JobRecord

EXAMPLES, NIGHTLY_EXAMPLES = 300, 10_000
MOST_FAULTS = 6
MOST_RUNS = 2 * MOST_FAULTS + 8
# Each sequence writes a journal and a ledger; a disk would be waited for most of the time.
IN_MEMORY = Path("/dev/shm")
TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model=MODEL.id)

SCRIPTS = st.builds(
    Script,
    outcome=st.sampled_from(Outcome),
    faults=st.lists(st.sampled_from(FAULTS), max_size=MOST_FAULTS).map(tuple),
    polls_until_done=st.integers(0, 2),
    knows_attempts=st.booleans(),
    charges_aborted=st.booleans(),
    has_image=st.booleans(),
    is_hasty=st.booleans(),
)


class Person:
    """Whoever asked for a clip, and brings its job to an end.

    Attributes:
        given_up: orders of which nobody can know that they never arrived; they go on counting.
    """

    def __init__(self, world: World, folder: Path, image: Path) -> None:
        self._world = world
        self._home = folder / "home"
        self._http = ServiceHttp(INFO.label, str(TARGET), {"Authorization": f"Key {KEY}"}, KEY)
        self._events: list[JobEvent] = []
        self._is_running = False
        self._is_hasty = world.script.is_hasty
        self.out = folder / "clip.mp4"
        self.given_up = 0
        self.studio = self._open()
        world.on_moment = self._do
        planned = self.studio.plan(_request(image, world.script), out=self.out)
        assert planned.plan.cost_usd
        world.list_usd = planned.plan.cost_usd
        self._job_id = self.studio.submit_render(planned)

    def _open(self) -> Studio:
        entry = faulty_entry(self._world, self._http)
        studio = Studio([entry], paths=Paths.below(self._home))
        studio.queue.subscribe(self._listen)
        self._is_closed = False
        return studio

    def _listen(self, update: JobUpdate) -> None:
        self._events.append(update.event)

    def _do(self, kind: Kind) -> None:
        """Cancel or close the program, while the job runs."""
        if not self._is_running:
            return
        if kind is Kind.CLOSE:
            self._is_closed = True
            self.studio.close()
            return
        with suppress(JournalError):
            self.studio.queue.cancel(self._job_id)

    @property
    def record(self) -> JobRecord:
        return self.studio.queue.job(self._job_id)

    def bring_to_end(self) -> JobRecord:
        """Run the job and resume it until it has a clip, or nothing changes any more."""
        quiet = ""
        for _ in range(MOST_RUNS):
            before = len(self._world.consumed)
            record = self._run()
            if record.state is JobState.SUCCEEDED:
                return record
            if record.state is JobState.CANCELLED and record.ticket is None:
                return record
            if len(self._world.consumed) == before:
                assert record.error is not None
                if quiet == record.error.kind:
                    return record
                quiet = record.error.kind
            self._take_up(record)
        raise AssertionError(f"it never ends: {self.record}")

    def _run(self) -> JobRecord:
        self._events.clear()
        self._is_running = True
        if self._world.next(Step.REST):
            self._do(Kind.CANCEL)
        else:
            self.studio.queue.run_job(self._job_id)
        self._is_running = False
        if self._is_closed:
            self.studio = self._open()
        record = self.record
        self._check_end(record)
        return record

    def _check_end(self, record: JobRecord) -> None:
        ends = [e for e in self._events if isinstance(e, Succeeded | Failed | Cancelled)]
        if record.state is JobState.INTERRUPTED:
            assert ends == [], "it goes on with the next start"
            return
        assert len(ends) == 1
        assert self._events[-1] is ends[0]
        assert list(self.studio.paths.work_dir.glob("*")) == []
        if record.state is JobState.SUCCEEDED:
            return
        if record.error is not None:
            assert record.error.hint, record.error
        if self._has_paid_clip():
            assert record.ticket is not None, "what was paid for can be fetched"
            words = " ".join([str(record.error or ""), *record.notes])
            assert any(way in words for way in ("esum", "attach", "go on and be charged")), words

    def _has_paid_clip(self) -> bool:
        world = self._world
        jobs = (job for job in world.jobs.values() if not job.is_cancelled)
        return world.script.outcome.is_given and any(world.bill_of(job) for job in jobs)

    def _take_up(self, record: JobRecord) -> None:
        """Do what the error says: look into the account, or resume the job."""
        unknown = record.error is not None and record.error.kind == "SubmitUnknown"
        if not unknown or self._world.script.knows_attempts or self._is_hasty:
            self._is_hasty &= not unknown
            self.studio.resume(self._job_id)
            return
        assert record.ticket is not None
        there = [job for job in self._world.jobs.values() if job.attempt in record.ticket]
        if there:
            self.studio.attach(self._job_id, there[0].id)
        else:
            self.given_up += 1
            self._job_id = self.studio.buy_again(self._job_id)

    def check_books(self) -> None:
        """Hold what was bought against the books of the service."""
        world = self._world
        bills = {job.id: world.bill_of(job) for job in world.jobs.values()}
        assert world.second == 0
        assert sum(bill > 0 for bill in bills.values()) <= 1, bills
        counted = sum(one.counted_usd or 0.0 for one in self.studio.ledger.purchases())
        assert counted == pytest.approx(sum(bills.values()) + self.given_up * world.list_usd)

    def check_clip(self, record: JobRecord) -> None:
        """Hold what is on the disk against what the service has made and was paid for."""
        world = self._world
        paid = [job for job in world.jobs.values() if world.bill_of(job) and not job.is_cancelled]
        if not paid or not world.script.outcome.is_made:
            assert not self.out.exists()
            return
        match world.script.outcome:
            case Outcome.CLIP | Outcome.OTHER_SIZE:
                assert record.state is JobState.SUCCEEDED, record
                assert probe_clip(self.out).num_frames > 1
                settings = read_settings_of(self.out)
                assert settings is not None
                assert settings.facts["remote_id"] == paid[0].id
            case Outcome.EMPTY:
                kept = list(self.out.parent.glob("*-unreadable*"))
                assert kept
                assert b"" in [path.read_bytes() for path in kept]
            case _:
                assert record.error is not None
                assert record.error.kind == "ResultLost"


def _request(image: Path, script: Script) -> RenderRequest:
    inputs = (Input(role=Role.START, path=image),) if script.has_image else ()
    return RenderRequest(
        target=TARGET,
        prompt="a red ball",
        frame=FrameRequest(duration_s=0.5),
        sampling=Sampling(seed=5),
        inputs=inputs,
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyService]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CLOUD_KEY.variables[0], KEY)
        with faulty_service(tmp_path_factory.mktemp("service")) as service:
            yield service


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("image") / "start.png"
    Image.new("RGB", (96, 64), (60, 120, 30)).save(path)
    return path


@contextmanager
def _folder() -> Iterator[Path]:
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _hold(service: FaultyService, image: Path, script: Script) -> JobRecord:
    """Bring one job through a script, hold it to every rule, and give what became of it."""
    with _folder() as folder, service.world(script) as world:
        person = Person(world, folder, image)
        try:
            record = person.bring_to_end()
            person.check_books()
            person.check_clip(record)
        finally:
            person.studio.close()
    return record


# The nightly one takes half an hour on a busy machine.
@pytest.mark.timeout(0)
def test_any_sequence_of_faults_ends_with_one_purchase_its_clip_and_true_books(
    service: FaultyService,
    image: Path,
    pytestconfig: pytest.Config,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # What is logged of a failed job holds all that it used, for as long as the test takes.
    caplog.set_level(logging.CRITICAL + 1)

    @settings(
        max_examples=NIGHTLY_EXAMPLES if pytestconfig.getoption("nightly") else EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(script=SCRIPTS)
    def hold(script: Script) -> None:
        _hold(service, image, script)

    hold()


@pytest.mark.parametrize("kind", [Kind.BAD_KEY, Kind.NO_CREDIT, Kind.FORBIDDEN, Kind.INVALID])
@pytest.mark.parametrize("step", [Step.POLL, Step.DOWNLOAD])
def test_a_refusal_after_the_order_leads_back_to_what_was_ordered(
    service: FaultyService, image: Path, step: Step, kind: Kind
) -> None:
    script = Script(Outcome.CLIP, (Fault(step, kind),))
    assert _hold(service, image, script).state is JobState.SUCCEEDED


def test_a_lost_order_that_never_arrived_is_bought_again_and_both_count(
    service: FaultyService, image: Path
) -> None:
    script = Script(Outcome.CLIP, (Fault(Step.ORDER, Kind.LOST, arrives=False),))
    assert _hold(service, image, script).state is JobState.SUCCEEDED
