"""`render PROJECT`: what the window makes of scenes, a command makes too."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from core.media.ffmpeg import probe_clip
from core.project.files.lock import ProjectLock
from core.project.files.project_file import NAME, read_project, write_project
from core.project.model.project import Scene, VideoProject
from core.video.record import read_settings_of
from core.video.request import RenderChoices
from core.video.terms import Target
from tests.project.projects import made_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Answer

    Run = Callable[..., Answer]

FAKE = RenderChoices(target=Target(provider="fake", deployment="local", model="fake-small"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Storm"
    project = made_project(folder, "Storm")
    save(folder, project, "one", "two", "three", links=(1,))
    return folder


def save(folder: Path, project: VideoProject, *prompts: str, links: tuple[int, ...] = ()) -> None:
    scenes = tuple(
        Scene(id=f"s{place}", prompt=prompt, continues=place in links)
        for place, prompt in enumerate(prompts)
    )
    write_project(project.model_copy(update={"scenes": scenes, "render": FAKE}), folder)


def takes(folder: Path) -> list[int]:
    project = read_project(folder).project
    return [len(project.takes_of(scene.id).takes) for scene in project.scenes]


def test_missing_scenes_get_their_clips_and_linked_ones_go_on(run: Run, folder: Path) -> None:
    answer = run("render", str(folder))
    assert answer.code == 0, answer.err
    assert takes(folder) == [1, 1, 1]
    project = read_project(folder).project
    assert project.to_render == ()
    take = project.chosen_take("s1")
    assert take is not None
    assert probe_clip(take.path).num_frames > 1
    record = read_settings_of(take.path)
    assert record is not None
    assert record.origin is not None
    assert (record.origin.project_id, record.origin.scene_id) == (project.id, "s1")
    assert [item.path.name for item in record.request.inputs] == [
        f"last-of-{project.takes_of('s0').takes[0].id}.png"
    ]


def test_what_is_done_is_not_made_again_and_all_makes_a_second_take(run: Run, folder: Path) -> None:
    run("render", str(folder))
    again = run("render", str(folder), "--missing")
    assert again.code == 0
    assert "nothing to render" in again.err
    assert takes(folder) == [1, 1, 1]
    assert run("render", str(folder), "--all").code == 0
    assert takes(folder) == [2, 2, 2]


def test_scenes_are_chosen_by_number(run: Run, folder: Path) -> None:
    assert run("render", str(folder), "--scene", "1", "--scene", "3").code == 0
    assert takes(folder) == [1, 0, 1]


def test_a_number_that_no_scene_has_is_refused(run: Run, folder: Path) -> None:
    answer = run("render", str(folder), "--scene", "0", "--scene", "9")
    assert answer.code == 2
    assert "There is no scene 0" in answer.err
    assert "There is no scene 9; the project has 3." in answer.err
    assert takes(folder) == [0, 0, 0]


def test_a_folder_without_a_project_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    answer = run("render", str(tmp_path / "nowhere"))
    assert answer.code == 2
    assert "There is no project in" in answer.err


def test_a_dry_run_shows_every_plan_and_makes_nothing(run: Run, folder: Path) -> None:
    before = (folder / NAME).read_bytes()
    answer = run("render", str(folder), "--dry-run")
    assert answer.code == 0
    assert "Scene 2: goes on from scene 1," in " ".join(answer.err.split())
    assert "3 clips, free in all." in answer.err
    assert (folder / NAME).read_bytes() == before
    assert takes(folder) == [0, 0, 0]


def test_events_name_job_and_scene(run: Run, folder: Path) -> None:
    answer = run("render", str(folder), "--json")
    events = answer.events
    assert [e["scene"] for e in events if e["event"] == "plan"] == [1, 2, 3]
    done = [e for e in events if e["event"] == "succeeded"]
    assert sorted(e["scene"] for e in done) == [1, 2, 3]
    assert all(e["job"] and e["path"].endswith(".mp4") for e in done)


def test_scenes_that_cannot_be_rendered_are_told_at_once_and_nothing_is_begun(
    run: Run, folder: Path
) -> None:
    save(folder, read_project(folder).project, "one", "", "unfit")
    answer = run("render", str(folder), "--all")
    assert answer.code == 2
    assert "Scene 2: The prompt is empty." in answer.err
    assert "Scene 3: The fake does not like this prompt." in " ".join(answer.err.split())
    assert takes(folder) == [0, 0, 0]


def test_asked_to_skip_it_renders_the_others_and_says_which_are_left_out(
    run: Run, folder: Path
) -> None:
    save(folder, read_project(folder).project, "one", "", "three")
    answer = run("render", str(folder), "--all", "--skip")
    assert answer.code == 0
    assert "Scene 2: The prompt is empty." in answer.err
    assert "It is left out." in " ".join(answer.err.split())
    assert takes(folder) == [1, 0, 1]


def test_where_nothing_is_left_no_scene_is_said_to_have_its_clip(run: Run, folder: Path) -> None:
    save(folder, read_project(folder).project, "", "unfit")
    answer = run("render", str(folder), "--skip")
    assert answer.code == 0
    assert "The rest is left out; there is nothing to render." in answer.err
    assert "Every scene has its clip" not in answer.err


def test_what_follows_a_failure_is_left_out_and_the_rest_is_made(run: Run, folder: Path) -> None:
    save(folder, read_project(folder).project, "fail", "two", "three", links=(1,))
    answer = run("render", str(folder))
    assert answer.code == 1
    assert "The fake was told to fail." in answer.err
    assert "Scene 2 is not rendered. It goes on from scene 1" in " ".join(answer.err.split())
    assert takes(folder) == [0, 0, 1]


def test_a_link_to_a_clip_that_is_missing_is_told(run: Run, folder: Path) -> None:
    run("render", str(folder))
    clip = read_project(folder).project.takes_of("s0").takes[0].path
    clip.unlink()
    for image in (folder / "inputs").glob("last-of-*"):
        image.unlink()
    answer = run("render", str(folder), "--scene", "2")
    assert answer.code == 2
    assert "Scene 2:" in answer.err
    assert clip.name in answer.err


@pytest.mark.parametrize("what", ["missing", "damaged", "no project"])
def test_what_is_no_project_is_told(run: Run, folder: Path, tmp_path: Path, what: str) -> None:
    place = folder
    if what == "missing":
        place = tmp_path / "nowhere"
    elif what == "damaged":
        (folder / NAME).write_bytes(b"{")
        for copy in folder.glob(f"{NAME}.*"):
            copy.unlink()
    else:
        place = tmp_path
    answer = run("render", str(place))
    assert answer.code != 0
    assert "Traceback" not in answer.err
    assert place.name in answer.err


def test_a_project_that_a_window_has_open_is_rendered_and_left_as_it_is(
    run: Run, folder: Path
) -> None:
    lock = ProjectLock(folder)
    assert lock.acquire()
    before = (folder / NAME).read_bytes()
    answer = run("render", str(folder))
    lock.release()
    assert answer.code == 0, answer.err
    assert "open in another window" in " ".join(answer.err.split())
    assert (folder / NAME).read_bytes() == before
    assert len(list((folder / "clips").glob("*.mp4"))) == 3


def test_ctrl_c_stops_what_runs_and_what_waits(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import signal

    save(folder, read_project(folder).project, "slow one", "two", "three", links=(1,))

    def press() -> None:
        time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    answer = run("render", str(folder))
    thread.join()
    assert answer.code == 130
    assert read_project(folder).project.to_render == ()
