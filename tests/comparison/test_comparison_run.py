"""A comparison as jobs: several at a time, over a restart, and what a folder proves."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.comparison.render.comparison_plan import ComparisonRequest, plan_comparison
from core.comparison.render.comparison_run import ComparisonRun
from core.comparison.report.comparison import TargetState, clip_name, read_comparison
from core.errors import StudioError, UnsupportedRequest
from core.jobs.job import CancelToken
from core.jobs.job_record import JobState
from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from tests.fakes.program import FAKE, Program
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.jobs.job import JobUpdate

SMALL = Target.parse("fake/local/fake-small")
FULL = Target.parse("fake/local/fake-full")
WITHIN_S = 60.0


@pytest.fixture
def open_studio(tmp_path: Path) -> Iterator[Callable[[], Studio]]:
    """Opens the program on one home, one time after the other."""
    opened: list[Studio] = []

    def open_one() -> Studio:
        for studio in opened:
            studio.close()
        opened.append(Studio([ENTRY], paths=Paths.below(tmp_path / "home")))
        return opened[-1]

    yield open_one
    for studio in opened:
        studio.close()


def asked(folder: Path | None = None, prompt: str = "grey", **more) -> ComparisonRequest:
    request = RenderRequest(prompt=prompt)
    return ComparisonRequest(request, (SMALL, FULL), folder, **more)


def begun(studio: Studio, request: ComparisonRequest) -> ComparisonRun:
    run = ComparisonRun(studio, plan_comparison(studio, request, CancelToken()))

    def listen(update: JobUpdate) -> None:
        run.on_event(update)

    studio.queue.subscribe(listen)
    run.begin()
    return run


def work(studio: Studio, report_id: str) -> JobState:
    """Lends the queue threads until the report has ended; gives how."""
    for lane in studio.queue.places:
        threading.Thread(target=studio.queue.run, args=(lane,), daemon=True).start()
    waiting = CancelToken()
    for _ in range(round(WITHIN_S / 0.1)):
        state = studio.queue.job(report_id).state
        if state.has_ended:
            return state
        waiting.wait(0.1)
    raise AssertionError(f"{studio.queue.job(report_id)} has not ended")


def refusal(studio: Studio, request: ComparisonRequest) -> str:
    with pytest.raises(UnsupportedRequest) as raised:
        plan_comparison(studio, request, CancelToken())
    return str(raised.value)


def test_a_comparison_whose_program_was_killed_goes_on_and_makes_its_page(
    open_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    words = ("compare", "-p", "slow", "-t", f"{SMALL},{FULL}", "--out", str(folder), "--yes")
    home = {"IMAGEAI_HOME": str(tmp_path / "home")}
    program = Program(FAKE, *words, cwd=tmp_path, env=home)
    program.read_until("progressed", stage="denoise")
    program.process.kill()
    program.stop()
    before = read_comparison(folder)
    assert before is not None
    assert {entry.state for entry in before.entries} == {TargetState.ORDERED}
    assert not (folder / "index.html").exists()
    studio = open_studio()
    ids = studio.queue.resume_all()
    assert len(ids) == 3
    assert work(studio, ids[-1]) is JobState.SUCCEEDED
    found = read_comparison(folder)
    assert found is not None
    assert len(found.made) == 2
    assert [entry.job_id for entry in found.entries] == [e.job_id for e in before.entries]
    assert (folder / "index.html").is_file()
    # Nobody drew the names here, and the film is there all the same.
    assert found.has_film
    assert "no names" in found.notes[0]


def test_an_interrupted_comparison_that_is_asked_for_again_is_made_once(
    open_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    words = ("compare", "-p", "slow", "-t", f"{SMALL},{FULL}", "--out", str(folder), "--yes")
    program = Program(FAKE, *words, cwd=tmp_path, env={"IMAGEAI_HOME": str(tmp_path / "home")})
    program.read_until("progressed", stage="denoise")
    program.signal(signal.SIGINT)
    assert program.end() == 130
    program.stop()
    studio = open_studio()
    run = begun(studio, asked(folder, "slow"))
    assert work(studio, run.report_id) is JobState.SUCCEEDED
    found = read_comparison(folder)
    assert found is not None
    assert len(found.made) == 2
    assert studio.ledger.spent_usd() == pytest.approx(0.04, abs=0.005)


def test_a_second_run_keeps_what_is_there_and_adds_a_target_with_the_same_seed(
    open_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    studio, folder = open_studio(), tmp_path / "out"
    first = begun(studio, asked(folder))
    work(studio, first.report_id)
    plan = plan_comparison(studio, asked(folder), CancelToken())
    assert plan.to_buy == ()
    assert plan.cost_usd == 0
    assert [one.is_there for one in plan.targets] == [True, True]
    assert plan.seed == first.plan.seed
    (folder / clip_name(FULL)).unlink()
    (folder / clip_name(FULL)).with_suffix(".json").unlink()
    plan = plan_comparison(studio, asked(folder), CancelToken())
    assert [one.is_there for one in plan.targets] == [True, False]
    assert plan.cost_usd == pytest.approx(0.04, abs=0.005)


def test_a_clip_of_another_request_under_that_name_is_neither_taken_nor_replaced(
    open_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    studio, folder = open_studio(), tmp_path / "out"
    work(studio, begun(studio, asked(folder)).report_id)
    other = tmp_path / "other"
    work(studio, begun(studio, asked(other, "grey and green")).report_id)
    (other / clip_name(SMALL)).replace(folder / clip_name(SMALL))
    assert "was not made by this request" in refusal(studio, asked(folder))
    forced = plan_comparison(studio, asked(folder, overwrite=True), CancelToken())
    assert len(forced.to_buy) == 2


def test_a_folder_holds_one_comparison(open_studio: Callable[[], Studio], tmp_path: Path) -> None:
    studio, folder = open_studio(), tmp_path / "out"
    begun(studio, asked(folder))
    assert "holds another comparison" in refusal(studio, asked(folder, "green"))
    seeded = RenderRequest(prompt="grey", sampling=Sampling(seed=1))
    assert "holds another" in refusal(studio, replace(asked(folder), request=seeded))
    (folder / "comparison.json").write_text("{}", encoding="utf-8")
    assert "none of ours" in refusal(studio, asked(folder))
    (folder / "comparison.json").unlink()
    (folder / "index.html").write_text("mine", encoding="utf-8")
    assert "index.html" in refusal(studio, asked(folder))


def test_clips_that_are_being_made_are_not_ordered_once_more(
    open_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    studio, folder = open_studio(), tmp_path / "out"
    begun(studio, asked(folder))
    assert "is making its clip" in refusal(studio, asked(folder))


def test_a_cancelled_clip_stands_on_the_page_and_the_other_is_there(
    open_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    studio, folder = open_studio(), tmp_path / "out"
    run = begun(studio, asked(folder))
    studio.queue.cancel(run.running[0])
    assert work(studio, run.report_id) is JobState.SUCCEEDED
    found = read_comparison(folder)
    assert found is not None
    small, full = found.entries
    assert (small.state, small.reason) == (TargetState.FAILED, "It was cancelled.")
    assert full.state is TargetState.MADE


def test_where_the_folder_cannot_be_written_nothing_is_ordered(
    open_studio: Callable[[], Studio], tmp_path: Path
) -> None:
    studio, folder = open_studio(), tmp_path / "out"
    plan = plan_comparison(studio, asked(folder), CancelToken())
    folder.write_text("a file", encoding="utf-8")
    with pytest.raises(StudioError, match="cannot be written"):
        ComparisonRun(studio, plan).begin()
    assert studio.queue.jobs() == ()
    assert studio.ledger.spent_usd() == 0
    assert "is a file" in refusal(studio, asked(folder))


def test_names_of_clips_are_letters_that_every_disk_takes() -> None:
    assert clip_name(SMALL) == "fake_local_fake-small.mp4"
    odd = Target(provider="comfyui", deployment="local", model="My flow: v2/é?.json")
    assert clip_name(odd) == "comfyui_local_My-flow-v2-.json.mp4"
