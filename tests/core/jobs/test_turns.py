"""Whose turn it is: jobs of what is loaded first, and whoever waits for that not for ever."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.jobs.job import Cancelled
from core.jobs.journal import Journal
from core.jobs.lanes import Lane
from core.jobs.turns import MOST_PASSED, WaitingJob, in_turn, next_place
from core.platform.paths import Paths
from tests.core.jobs.test_queue_order import (
    WordJob,
    add,
    forget_owner,
    open_queue,
    wait_for,
    waiting,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.jobs.job import JobUpdate
    from core.jobs.queue import JobQueue

ALTERNATING = ("1 gpu A", "2 gpu B", "3 gpu A", "4 gpu B", "5 gpu A", "6 gpu B")


@pytest.fixture
def queue(paths: Paths) -> Iterator[JobQueue]:
    queue = open_queue(paths)
    queue.set_grouping(True)
    yield queue
    queue.close()


def line(loads: Sequence[str]) -> list[WaitingJob]:
    return [WaitingJob(str(number), text) for number, text in enumerate(loads)]


def num_loads(loads: Sequence[str], loaded: str = "") -> int:
    """How often something is loaded when jobs run in this order."""
    before = [loaded, *loads]
    return sum(bool(text) and text != last for last, text in zip(before, loads, strict=False))


def run_all(queue: JobQueue, count: int) -> list[str]:
    """The titles of so many jobs, as one worker began them."""
    with working(queue, Lane.GPU) as started:
        wait_for(lambda: len(started) == count)
        wait_for(lambda: all(job.state.has_ended for job in queue.jobs()))
        return [queue.job(job_id).title for job_id in started]


@dataclass
class Line:
    """A queue as it runs: who has come, who has begun, and by whom each was passed."""

    left: list[WaitingJob] = field(default_factory=list[WaitingJob])
    begun: list[WaitingJob] = field(default_factory=list[WaitingJob])
    passed: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def begin_next(self) -> None:
        place = next_place(self.left, self.begun[-1].loads if self.begun else "")
        chosen = self.left.pop(place)
        for number, job in enumerate(self.left[:place]):
            self.passed.setdefault(job.id, set()).add(chosen.id)
            self.left[number] = replace(job, passed_by=job.passed_by + 1)
        self.begun.append(chosen)


_LOADS = st.sampled_from(["", "A", "B", "C"])


@settings(max_examples=300)
@given(
    jobs=st.lists(st.tuples(_LOADS, st.integers(0, 5), st.booleans()), max_size=60),
)
def test_whenever_jobs_come_each_runs_once_with_no_more_loads_and_is_passed_by_few(
    jobs: list[tuple[str, int, bool]],
) -> None:
    """Each comes after so many others have begun since the one before it, or is put in place."""
    queue = Line()
    coming = [
        (WaitingJob(str(number), loads, is_placed=is_placed), pause)
        for number, (loads, pause, is_placed) in enumerate(jobs)
    ]
    for job, pause in coming:
        for _ in range(min(pause, len(queue.left))):
            queue.begin_next()
        queue.left.append(job)
    while queue.left:
        queue.begin_next()
    came = [job for job, _ in coming]
    assert sorted(job.id for job in queue.begun) == sorted(job.id for job in came)
    assert num_loads([one.loads for one in queue.begun]) <= num_loads([one.loads for one in came])
    assert all(len(passing) <= MOST_PASSED for passing in queue.passed.values())
    assert not any(queue.passed.get(job.id) for job in came if job.is_placed)
    for load in ("", "A", "B", "C"):
        alike = [int(job.id) for job in queue.begun if job.loads == load]
        assert alike == sorted(alike), "of those that load the same the first comes first"


@given(loads=st.lists(_LOADS, max_size=40), loaded=_LOADS)
def test_the_order_that_is_shown_is_the_order_that_happens(loads: list[str], loaded: str) -> None:
    shown = [job.id for job in in_turn(line(loads), loaded)]
    queue = Line(line(loads), [WaitingJob("before", loaded)])
    while queue.left:
        assert [job.id for job in in_turn(queue.left, queue.begun[-1].loads)] == shown[
            len(queue.begun) - 1 :
        ]
        queue.begin_next()
    assert [job.id for job in queue.begun[1:]] == shown


def test_no_job_waits_for_more_than_a_few_that_came_later() -> None:
    loads = ["B", *"A" * 30]
    order = [job.loads for job in in_turn(line(loads), "A")]
    assert order.index("B") == MOST_PASSED


def test_alternating_jobs_load_six_times_in_their_order_and_twice_grouped(
    queue: JobQueue, paths: Paths
) -> None:
    add(queue, *ALTERNATING)
    shown = waiting(queue)
    begun = run_all(queue, len(ALTERNATING))
    assert begun == shown
    assert num_loads([title.split()[2] for title in begun]) == 2
    plain = open_queue(Paths.below(paths.settings_file.parent / "plain"))
    add(plain, *ALTERNATING)
    begun = run_all(plain, len(ALTERNATING))
    assert begun == list(ALTERNATING)
    assert num_loads([title.split()[2] for title in begun]) == 6


def test_switched_off_again_jobs_go_by_their_coming(queue: JobQueue) -> None:
    add(queue, *ALTERNATING)
    assert waiting(queue) != list(ALTERNATING)
    queue.set_grouping(False)
    assert waiting(queue) == list(ALTERNATING)
    assert run_all(queue, len(ALTERNATING)) == list(ALTERNATING)


def test_what_loads_nothing_never_comes_earlier(queue: JobQueue) -> None:
    texts = ("1 gpu A", "2 gpu", "3 gpu B", "4 gpu", "5 gpu A", "6 cloud", "7 cloud")
    add(queue, *texts)
    assert waiting(queue) == ["1 gpu A", "5 gpu A", "2 gpu", "3 gpu B", "4 gpu", *texts[5:]]


def test_the_order_of_a_person_stays_and_later_jobs_come_behind_it(queue: JobQueue) -> None:
    ids = add(queue, *ALTERNATING)
    # As shown: 1, 3, 5, then 2, 4, 6.
    queue.move(ids[3], ids[2])
    placed = ["1 gpu A", "4 gpu B", "3 gpu A", "5 gpu A", "2 gpu B", "6 gpu B"]
    assert waiting(queue) == placed
    add(queue, "7 gpu A", "8 gpu B", "9 gpu A")
    assert waiting(queue) == [*placed, "8 gpu B", "7 gpu A", "9 gpu A"]
    assert run_all(queue, 9) == [*placed, "8 gpu B", "7 gpu A", "9 gpu A"]


def test_an_order_from_before_it_was_switched_on_stays_too(queue: JobQueue) -> None:
    queue.set_grouping(False)
    ids = add(queue, "1 gpu A", "2 gpu A", "3 gpu B")
    queue.move(ids[2], ids[1])
    queue.set_grouping(True)
    assert waiting(queue) == ["1 gpu A", "3 gpu B", "2 gpu A"]


def test_moving_in_one_lane_leaves_the_others_to_their_turns(queue: JobQueue) -> None:
    ids = add(queue, "1 gpu A", "2 gpu B", "3 gpu A", "4 disk", "5 disk")
    queue.move(ids[4], ids[3])
    assert waiting(queue) == ["1 gpu A", "3 gpu A", "2 gpu B", "5 disk", "4 disk"]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    loads=st.lists(_LOADS, min_size=1, max_size=7),
    moves=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7)), max_size=3),
    followers=st.dictionaries(st.integers(0, 6), _LOADS, max_size=4),
)
def test_any_queue_runs_whole_and_what_goes_on_from_another_comes_after_it(
    loads: list[str],
    moves: list[tuple[int, int]],
    followers: dict[int, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """As with linked scenes, a job that goes on from another is queued once that one is done."""
    queue = open_queue(Paths.below(tmp_path_factory.mktemp("home")))
    queue.set_grouping(True)
    texts = [f"{number} gpu {load}" for number, load in enumerate(loads)]
    came_before = {f"{number}+": text for number, text in enumerate(texts)}
    ids = add(queue, *texts)
    following = {
        ids[number]: f"{number}+ gpu {load}"
        for number, load in followers.items()
        if number < len(ids)
    }
    for moved, before in moves:
        if moved < len(ids):
            shown = [job.id for job in queue.jobs()]
            before_id = ids[before] if before < len(ids) else None
            queue.move(ids[moved], before_id)
            if before_id != ids[moved]:
                shown.remove(ids[moved])
                shown.insert(shown.index(before_id) if before_id else len(shown), ids[moved])
            assert [job.id for job in queue.jobs()] == shown

    def follow(update: JobUpdate) -> None:
        if update.event.event == "succeeded" and update.job_id in following:
            queue.submit(WordJob(following[update.job_id]))

    queue.subscribe(follow)
    shown = waiting(queue)
    begun = run_all(queue, len(ids) + len(following))
    assert sorted(begun) == sorted([*texts, *following.values()])
    for title in following.values():
        assert begun.index(title) > begun.index(came_before[title.split()[0]])
    if not following:
        assert begun == shown
    assert max(job.passed_by for job in queue.jobs()) <= MOST_PASSED


def test_after_a_restart_turns_go_on_and_nobody_is_passed_anew(paths: Paths) -> None:
    journal = Journal(paths.journal_file)
    journal.groups_by_load = True
    texts = ("0 gpu A", "1 gpu B", "2 gpu C", *(f"{number} gpu A" for number in range(3, 9)))
    for number, text in enumerate(texts):
        journal.add(f"job-{number}", WordJob(text))
    for _ in range(7):
        record = journal.claim(Lane.GPU, 1)
        assert record is not None
        assert record.title.endswith("A")
        journal.finish(record.id, Cancelled())
    forget_owner(paths)

    later = open_queue(paths)
    later.set_grouping(True)
    assert [record.passed_by for record in later.resumable()] == [6, 6]
    assert len(later.resume_all()) == 2
    add(later, *(f"{number} gpu B" for number in range(9, 15)))
    few = MOST_PASSED - 6
    new = [f"{number} gpu B" for number in range(9, 15)]
    assert waiting(later) == ["1 gpu B", *new[:few], "2 gpu C", *new[few:]]
    assert run_all(later, 8) == ["1 gpu B", *new[:few], "2 gpu C", *new[few:]]


def test_what_was_interrupted_is_listed_as_it_will_run(queue: JobQueue, paths: Paths) -> None:
    add(queue, *ALTERNATING)
    forget_owner(paths)
    later = open_queue(paths)
    later.set_grouping(True)
    listed = [record.title for record in later.resumable()]
    later.resume_all()
    assert listed == waiting(later)
    assert num_loads([title.split()[2] for title in listed]) == 2


def test_one_that_is_named_runs_at_once_and_passes_nobody(queue: JobQueue) -> None:
    ids = add(queue, *ALTERNATING)
    assert queue.run_job(ids[5]).event == "succeeded"
    assert {record.passed_by for record in queue.jobs()} == {0}
    assert waiting(queue) == ["2 gpu B", "4 gpu B", "1 gpu A", "3 gpu A", "5 gpu A"]
