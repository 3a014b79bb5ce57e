"""The window is killed at the worst moments, opened again, and has lost nothing that was made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

import pytest

from core.project.files.project_file import read_project
from core.project.model.project import RenderChoices
from tests.fakes.app import STAY_VARIABLE
from tests.fakes.program import ROOT, environment
from tests.fakes.services.every_service import SERVICES
from tests.fakes.window_app import SHIPPED_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.project.model.project import VideoProject

WITHIN_S = 40.0


class Window:
    """A window in a process of its own."""

    def __init__(self, home: Path, *words: str, **more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.window_app", *words],
            cwd=ROOT,
            env=environment(IMAGEAI_HOME=str(home), QT_QPA_PLATFORM="offscreen", **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.messages: list[dict[str, Any]] = []
        self._lines: Queue[dict[str, Any]] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def do(self, what: str, **more: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()

    def until(self, is_it: Callable[[dict[str, Any]], bool], count: int = 1) -> dict[str, Any]:
        end = time.monotonic() + WITHIN_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, end - time.monotonic()))
            except Empty:
                raise AssertionError(f"it never came; told: {self.messages[-8:]}") from None
            self.messages.append(line)
            count -= is_it(line)
            if not count:
                return line

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self._reader.join()
        with self.process:
            pass

    def quit(self) -> None:
        self.do("quit")
        assert self.process.wait(timeout=20) == 0


def kind(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda line: line["kind"] == name


def event(name: str, stage: str = "") -> Callable[[dict[str, Any]], bool]:
    return lambda line: line["event"] == name and line.get("stage", stage) == stage


@pytest.fixture
def windows() -> Iterator[list[Window]]:
    opened: list[Window] = []
    yield opened
    for window in opened:
        window.close()


def begin(windows: list[Window], home: Path, *prompts: str, **more: str) -> tuple[Window, Path]:
    window = Window(home, **more)
    windows.append(window)
    window.until(kind("ready"))
    window.do("new", name="Kill me")
    folder = Path(window.until(kind("opened"))["folder"])
    window.do("target")
    window.do("scenes", prompts=list(prompts))
    window.until(kind("saved"))
    return window, folder


def again(windows: list[Window], home: Path, folder: Path, scenes: int) -> Window:
    window = Window(home, str(folder))
    windows.append(window)
    assert window.until(kind("opened"))["scenes"] == scenes
    return window


def takes_in(folder: Path) -> list[int]:
    project = read_project(folder).project
    return [len(project.takes_of(scene.id).takes) for scene in project.scenes]


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)


def until_on_disk(folder: Path, is_so: Callable[[VideoProject], bool]) -> None:
    until(lambda: is_so(read_project(folder).project))


def test_typing_up_to_two_seconds_ago_is_there(windows: list[Window], tmp_path: Path) -> None:
    window, folder = begin(windows, tmp_path, "a ball")
    words = "a ball that somebody goes on describing word by word without a pause"
    written: list[tuple[float, str]] = []
    for end in range(1, len(words) + 1):
        window.do("write", scene=0, text=words[:end])
        written.append((time.monotonic(), words[:end]))
        time.sleep(0.06)
    window.kill()
    killed = time.monotonic()

    found = read_project(folder).project.scenes[0].prompt

    old_enough = [text for at, text in written if at < killed - 2.0]
    assert len(found) >= len(old_enough[-1])
    assert words.startswith(found)


def test_a_kill_in_the_middle_of_a_render_begins_it_again(
    windows: list[Window], tmp_path: Path
) -> None:
    window, folder = begin(windows, tmp_path, "one", "two", **{STAY_VARIABLE: "denoise"})
    window.do("render")
    window.until(lambda line: line.get("stage") == "denoise")
    # It stays there while the window goes on to the second scene.
    while sum(map(event("queued"), window.messages)) < 2:
        window.until(event("queued"))
    window.kill()

    # What was under way may be finished before the project is open again.
    window = again(windows, tmp_path, folder, 2)
    until_on_disk(folder, lambda project: all(project.chosen_take(s.id) for s in project.scenes))
    window.quit()

    assert takes_in(folder) == [1, 1]
    assert len(list((folder / "clips").glob("*.mp4"))) == 2


def test_a_clip_that_was_finished_a_moment_before_is_taken_in(
    windows: list[Window], tmp_path: Path
) -> None:
    window, folder = begin(windows, tmp_path, "one")
    window.do("render")
    window.until(event("succeeded"))
    window.kill()  # the project is saved a moment later than the clip

    window = again(windows, tmp_path, folder, 1)
    until_on_disk(folder, lambda project: project.chosen_take(project.scenes[0].id) is not None)
    window.quit()

    assert takes_in(folder) == [1]


def test_scenes_that_wait_for_another_one_follow_after_a_kill(
    windows: list[Window], tmp_path: Path
) -> None:
    window, folder = begin(windows, tmp_path, "one", "two", **{STAY_VARIABLE: "denoise"})
    window.do("link", scene=1)
    window.until(kind("saved"))
    window.do("render")
    window.until(lambda line: line.get("stage") == "denoise")
    until_on_disk(folder, lambda project: bool(project.to_render))
    window.kill()

    window = again(windows, tmp_path, folder, 2)
    window.until(event("succeeded"), count=2)
    until_on_disk(folder, lambda project: all(project.chosen_take(s.id) for s in project.scenes))
    window.quit()

    assert takes_in(folder) == [1, 1]
    assert read_project(folder).project.to_render == ()


def test_a_kill_in_the_middle_of_an_export_leaves_no_half_film_and_makes_it_again(
    windows: list[Window], tmp_path: Path
) -> None:
    window, folder = begin(windows, tmp_path, "one", "two")
    window.do("render")
    window.until(event("succeeded"), count=2)
    until_on_disk(folder, lambda project: all(project.chosen_take(s.id) for s in project.scenes))
    window.do("export")
    window.until(lambda line: line.get("stage") in ("assemble", "mix", "write"))
    window.kill()

    window = again(windows, tmp_path, folder, 2)
    done = window.until(event("succeeded"))
    window.quit()

    assert Path(done["path"]).suffix == ".mp4"
    assert [path.name for path in (folder / "exports").iterdir()] == [Path(done["path"]).name]
    assert takes_in(folder) == [1, 1]


def test_closing_in_the_middle_of_a_render_goes_on_at_the_next_start(
    windows: list[Window], tmp_path: Path
) -> None:
    window, folder = begin(windows, tmp_path, "one", **{STAY_VARIABLE: "denoise"})
    window.do("render")
    window.until(lambda line: line.get("stage") == "denoise")
    window.quit()

    window = again(windows, tmp_path, folder, 1)
    window.until(event("succeeded"))
    until_on_disk(folder, lambda project: project.chosen_take(project.scenes[0].id) is not None)
    window.quit()

    assert takes_in(folder) == [1]


def test_closing_before_the_answer_to_an_order_ends_well_and_the_next_window_asks_about_it(
    windows: list[Window], tmp_path: Path
) -> None:
    (place,) = (one for one in SERVICES if one.target.deployment == "fal")
    choices = RenderChoices(target=place.target, frame=place.frame).model_dump(mode="json")
    with place.serve(tmp_path / "service") as service:
        service.habits.stalls_answers = True
        more = {**service.environment, SHIPPED_VARIABLE: "1"}
        window, folder = begin(windows, tmp_path / "home", "one", **more)
        window.do("target", choices=choices)
        window.do("render")
        until(lambda: service.purchases)
        window.quit()

        window = Window(tmp_path / "home", str(folder), **more)
        windows.append(window)
        told = window.until(event("failed"))
        window.quit()
    assert told["error"]["kind"] == "SubmitUnknown"
    assert service.purchases == 1
    assert takes_in(folder) == [0]
