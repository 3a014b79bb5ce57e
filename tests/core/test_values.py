from __future__ import annotations

import errno
import os
from datetime import date
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from core.errors import FFmpegFailed, Problem, RateLimited, StudioError, UnsupportedRequest
from core.jobs.job import EVENT_JSON, CancelToken, ErrorReport, Failed, JobCancelled, Progressed
from core.jobs.lanes import Stage
from core.platform.suggestions import file_guess, nearest_name, unknown_name
from core.platform.units import count_text
from core.video.control_row import Control
from core.video.controls import taken_by
from core.video.price import Billed, PriceRow, PriceTable, PriceUnit
from core.video.spec import AspectRatio, FloatRange, FrameGrid, FrameSize, ModelSpec
from core.video.terms import AUTO, OutputKind, Target
from tests.fakes.provider import BIG, SMALL

if TYPE_CHECKING:
    from pathlib import Path


def test_target_reads_what_it_writes() -> None:
    target = Target.parse("ltx-video/local/ltx-mini")
    assert target == Target(provider="ltx-video", deployment="local", model="ltx-mini")
    assert Target.parse(str(target)) == target
    assert Target.parse("ltx-video/local").model == AUTO
    by_owner = Target(provider="replicate", deployment="replicate-api", model="owner/name")
    assert Target.parse(str(by_owner)) == by_owner


@pytest.mark.parametrize("text", ["", "ltx-video", "a//c", "a/b/"])
def test_target_of_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UnsupportedRequest, match="provider/deployment/model"):
        Target.parse(text)


def test_unknown_name_offers_the_nearest_and_lists_the_rest() -> None:
    sentence = unknown_name("model", "ltx-mni", ["ltx-mini", "ltx-2"])
    assert "'ltx-mni'" in sentence
    assert "Did you mean 'ltx-mini'?" in sentence
    assert "ltx-2" in sentence
    assert nearest_name("zzz", ["ltx-mini"]) is None
    assert nearest_name("LTX-MINI", ["ltx-mini"]) == "ltx-mini"


@pytest.mark.parametrize(
    ("wanted", "there", "meant"),
    [
        ("stat.png", "start.png", True),
        ("start.PNG", "start.png", True),
        ("photo.jpg", "photo.jpeg", True),
        ("boat.mp4", "goat.mp4", True),
        ("nope.png", "note.mp4", False),
        ("ink.safetensors", "oil.safetensors", False),
        ("nope", "core", False),
        ("scene.png", "scene.txt", False),
    ],
)
def test_only_a_neighbour_of_nearly_the_same_name_and_kind_is_offered(
    tmp_path: Path, wanted: str, there: str, *, meant: bool
) -> None:
    (tmp_path / there).touch()
    guess = f" Did you mean {str(tmp_path / there)!r}?" if meant else ""
    assert file_guess(tmp_path / wanted) == guess
    assert file_guess(tmp_path / "nowhere" / wanted) == ""


def test_frame_grid_gives_8k_plus_1() -> None:
    grid = FrameGrid(step=8, offset=1)
    assert [grid.frames(s, 24) for s in (0.01, 1, 5, 10)] == [9, 25, 121, 241]
    assert grid.is_on_grid(121)
    assert not grid.is_on_grid(120)
    assert not grid.is_on_grid(1)


def test_controls_say_what_a_model_takes() -> None:
    assert Control.CAMERA_MOTION in taken_by(SMALL)
    for_all = {"prompt", "provider", "deployment", "target", "resolution", "aspect", "fps"}
    of_clips = {"duration_s", "interpolated_fps", "wildcard_seed"}
    assert taken_by(BIG) == {Control.SEED, *for_all, *of_clips}


@pytest.mark.parametrize(
    "change",
    [
        {"default_fps": 30},
        {"sizes": (SMALL.sizes[0], SMALL.sizes[0])},
        {"sizes": (FrameSize(resolution="x", aspect=AspectRatio.SQUARE_1_1, width=96, height=64),)},
    ],
)
def test_inconsistent_model_row_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModelSpec.model_validate({**dict(SMALL), **change})


def test_default_outside_its_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="outside"):
        FloatRange(minimum=1, maximum=2, default=3)


def test_price_tells_unknown_from_free() -> None:
    def price(usd_per_s: float | None) -> PriceTable:
        rows = () if usd_per_s is None else (PriceRow(usd=usd_per_s, per=PriceUnit.SECOND),)
        return PriceTable(rows=rows, as_of=date(2026, 1, 1), source="x")

    clip = Billed(OutputKind.VIDEO, "64p", 96, 64, num_frames=16, duration_s=2)
    assert (str(price(None)), price(None).cost_usd(clip)) == ("unknown", None)
    assert (str(price(0)), price(0).cost_usd(clip)) == ("free", 0)
    assert (str(price(0.04)), price(0.04).cost_usd(clip)) == ("$0.04 per second", 0.08)


def test_error_report_keeps_sentence_hint_and_kind() -> None:
    report = ErrorReport.of(RateLimited("Too fast.", hint="Wait."))
    assert (report.kind, report.retryable, str(report)) == ("RateLimited", True, "Too fast. Wait.")
    assert EVENT_JSON.validate_json(Failed(error=report).model_dump_json()) == Failed(error=report)


def test_error_that_is_not_ours_is_reported_as_a_defect() -> None:
    report = ErrorReport.of(ZeroDivisionError("x"))
    assert "unexpected" in report.message
    assert "defect" in report.hint


def test_full_disk_is_reported_as_one() -> None:
    report = ErrorReport.of(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/clips/a"))
    assert str(report) == "The disk of '/clips/a' is full. Free some space there, then try again."
    line = f"av_interleaved_write_frame(): {os.strerror(errno.ENOSPC)}"
    assert FFmpegFailed(["ffmpeg"], 1, [line]).is_disk_full
    assert not FFmpegFailed(["ffmpeg"], 1, ["Invalid data"]).is_disk_full


def test_every_error_is_drawn_in_the_tree() -> None:
    import core.errors as errors

    def below(kind: type[Exception]) -> set[str]:
        subs = kind.__subclasses__()
        return {sub.__name__ for sub in subs}.union(*(below(sub) for sub in subs))

    drawn = errors.__doc__ or ""
    assert {name for name in below(StudioError) if name not in drawn} == set()


def test_unsupported_request_lists_every_problem() -> None:
    error = UnsupportedRequest([Problem("a", "First."), Problem("b", "Second.")])
    assert str(error) == "First.\nSecond."


def test_cancelled_token_ends_check_and_wait_at_once() -> None:
    token = CancelToken()
    token.check()
    token.wait(0.001)
    token.cancel()
    with pytest.raises(JobCancelled):
        token.check()
    with pytest.raises(JobCancelled):
        token.wait(60)


def test_fraction_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValidationError):
        Progressed(stage=Stage.LOAD, fraction=1.1)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (count_text(1, "frame"), "1 frame"),
        (count_text(0, "frame"), "0 frames"),
        (count_text(1200, "frame"), "1,200 frames"),
        (count_text(1, "job is", "jobs are"), "1 job is"),
        (count_text(2, "job is", "jobs are"), "2 jobs are"),
    ],
)
def test_one_of_something_is_told_as_one(said: str, expected: str) -> None:
    assert said == expected
