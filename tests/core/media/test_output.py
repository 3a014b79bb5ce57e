from __future__ import annotations

import errno
import os
import sys
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import OutputError, UnsupportedRequest
from core.media.output import (
    SUFFIX,
    Output,
    aside_path,
    default_name,
    find_place,
    make_folder,
    place_clip,
)
from core.platform.machine import free_disk_bytes
from core.video.planning.clip_plan import make_plan
from core.video.planning.render_planner import check_space
from tests.fakes.provider import SMALL, memory_plan

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest

NAME = "2026-01-02_a-red-ball_7.mp4"


@pytest.fixture
def plan(request_small: RenderRequest) -> RenderPlan:
    return make_plan(request_small, SMALL)


def refusals(out: Path, *, overwrite: bool = False) -> str:
    with pytest.raises(UnsupportedRequest) as caught:
        find_place(out, out.parent, NAME, overwrite=overwrite)
    assert {problem.field for problem in caught.value.problems} == {"out"}
    return str(caught.value)


@pytest.mark.parametrize(
    ("prompt", "slug"),
    [
        ("a red ball moving right at sunset, slowly", "a-red-ball-moving-right-at"),
        ("Ein Kätzchen / läuft!", "ein-katzchen-lauft"),
        ("猫", "clip"),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_name_is_made_of_date_prompt_and_seed(prompt: str, slug: str) -> None:
    assert default_name(prompt, 7, date(2026, 1, 2), SUFFIX) == f"2026-01-02_{slug}_7.mp4"


def test_no_name_gives_the_usual_folder_which_is_made_only_on_request(tmp_path: Path) -> None:
    folder = tmp_path / "videos" / "output"
    output = find_place(None, folder, NAME, overwrite=False)
    assert output == Output(folder / NAME, is_named=False)
    assert list(tmp_path.iterdir()) == []
    make_folder(output)
    make_folder(output)
    assert folder.is_dir()


def test_usual_folder_that_cannot_be_made_is_told(tmp_path: Path, plan: RenderPlan) -> None:
    (tmp_path / "videos").touch()
    output = find_place(None, tmp_path / "videos" / "output", NAME, overwrite=False)
    with pytest.raises(UnsupportedRequest, match="cannot be written"):
        check_space(plan, output.path.parent, tmp_path, free_disk_bytes)
    with pytest.raises(OutputError, match=r"output' cannot be made .* Name a file"):
        make_folder(output)


def test_taken_name_in_a_folder_is_numbered(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    (tmp_path / NAME).with_stem("2026-01-02_a-red-ball_7-2").with_suffix(".json").touch()
    output = find_place(tmp_path, tmp_path, NAME, overwrite=False)
    assert output.path.name == "2026-01-02_a-red-ball_7-3.mp4"


def test_named_file_is_taken_literally(tmp_path: Path) -> None:
    output = find_place(tmp_path / "ball.mp4", tmp_path, NAME, overwrite=False)
    assert output == Output(tmp_path / "ball.mp4", is_named=True)
    assert output.sidecar == tmp_path / "ball.json"


def test_existing_file_or_record_is_refused_without_force(tmp_path: Path) -> None:
    out = tmp_path / "ball.mp4"
    out.write_text("mine", encoding="utf-8")
    out.with_suffix(".json").write_text("mine", encoding="utf-8")
    words = refusals(out)
    assert "ball.mp4' exists" in words
    assert "ball.json' exists" in words
    assert find_place(out, tmp_path, NAME, overwrite=True).overwrite


def test_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "ball.mp4").symlink_to(tmp_path / "nowhere")
    assert "exists" in refusals(tmp_path / "ball.mp4")


def test_missing_folder_is_refused_and_not_made(tmp_path: Path) -> None:
    assert "does not exist" in refusals(tmp_path / "none" / "ball.mp4")
    assert not (tmp_path / "none").exists()


def test_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a file, not a folder" in refusals(tmp_path / "file" / "ball.mp4")


@pytest.mark.parametrize(("name", "better"), [("ball.avi", "ball.mp4"), ("ball", "ball.mp4")])
def test_other_suffix_is_refused_with_the_right_name(
    tmp_path: Path, name: str, better: str
) -> None:
    assert better in refusals(tmp_path / name)


@pytest.mark.parametrize("name", ["x" * 300 + ".mp4", "x" * 220 + ".mp4"])
def test_name_too_long_is_refused(tmp_path: Path, name: str) -> None:
    assert "name" in refusals(tmp_path / name)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that nobody can write to")
def test_folder_that_cannot_be_written_is_refused(plan: RenderPlan, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedRequest, match="cannot be written"):
        check_space(plan, Path("/proc"), tmp_path, lambda _: 10**12)


def test_full_disk_is_told_for_each_place_before_the_start(
    plan: RenderPlan, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        check_space(plan, tmp_path, tmp_path / "work", lambda _: 1_000_000)
    first, second = caught.value.problems
    assert "has 1 MB free" in first.message
    assert "work" in second.message


def test_scratch_space_of_the_memory_plan_counts(plan: RenderPlan, tmp_path: Path) -> None:
    free = 100_000_000
    check_space(plan, tmp_path, tmp_path, lambda _: free)
    memory = memory_plan(0).model_copy(update={"scratch_disk_gb": 5.0})
    big = plan.model_copy(update={"memory_plan": memory})
    with pytest.raises(UnsupportedRequest, match=r"50.. MB"):
        check_space(big, tmp_path, tmp_path, lambda _: free)


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    path = tmp_path / "work.mp4"
    path.write_bytes(b"finished clip")
    return path


def test_clip_is_put_in_place_and_nothing_stays_beside_it(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    placed = place_clip(finished, Output(folder / "a.mp4", is_named=True), "j1")
    assert placed == folder / "a.mp4"
    assert [path.name for path in folder.iterdir()] == ["a.mp4"]


def test_name_taken_meanwhile_is_kept_and_the_clip_numbered(finished: Path, tmp_path: Path) -> None:
    taken = tmp_path / "a.mp4"
    taken.write_bytes(b"of another")
    placed = place_clip(finished, Output(taken, is_named=True), "j1")
    assert placed.name == "a-2.mp4"
    assert taken.read_bytes() == b"of another"


def test_force_replaces(finished: Path, tmp_path: Path) -> None:
    taken = tmp_path / "a.mp4"
    taken.write_bytes(b"old")
    placed = place_clip(finished, Output(taken, is_named=True, overwrite=True), "j1")
    assert placed.read_bytes() == b"finished clip"


def test_many_racing_for_one_name_all_keep_their_clip(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    output = Output(folder / "a.mp4", is_named=True)
    gate = threading.Barrier(8)

    def race(number: int) -> None:
        source = tmp_path / f"{number}.mp4"
        source.write_bytes(str(number).encode())
        gate.wait()
        place_clip(source, output, f"job{number}")

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path.read_bytes() for path in folder.iterdir()} == {b"%d" % n for n in range(8)}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
def test_disk_that_fills_up_at_the_last_moment_is_told_and_keeps_the_clip(
    finished: Path, tmp_path: Path
) -> None:
    output = Output(tmp_path / "a.mp4", is_named=True)
    aside_path(output.path, "j1").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=os.strerror(errno.ENOSPC)):
        place_clip(finished, output, "j1")
    assert finished.exists()
    assert not output.path.exists()
    assert not os.path.lexists(aside_path(output.path, "j1"))
