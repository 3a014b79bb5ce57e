"""`start-frames` and `characters`: images that a project's clips begin with, and whom they show."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.project.files.lock import ProjectLock
from core.project.files.project_file import read_project, write_project
from core.project.model.project import Scene
from core.video.record import read_settings_of
from core.video.request import RenderChoices
from core.video.terms import Role, Target
from tests.fakes.services.google_images_server import google_images_entry, google_images_server
from tests.project.projects import made_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.project.model.project import VideoProject
    from tests.cli.conftest import Answer
    from tests.fakes.services.google_images_server import GoogleImageService

    Run = Callable[..., Answer]

FAKE = RenderChoices(target=Target(provider="fake", deployment="local", model="fake-small"))
GOOGLE = ("--provider", "google", "--model", "gemini-nano-banana-2.1")


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleImageService]:
    with google_images_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def ask(google: GoogleImageService, program_with: Callable[..., Callable[..., Answer]]) -> Run:
    """Runs one command line of a program that has Google's images besides."""
    return program_with(google_images_entry())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Storm"
    project = made_project(folder, "Storm")
    prompts = ("@Anna walks home.", "The harbour at night", "She sleeps.", "A gull")
    scenes = tuple(
        Scene(id=f"s{place}", prompt=prompt, continues=place == 2)
        for place, prompt in enumerate(prompts)
    )
    write_project(project.model_copy(update={"scenes": scenes, "render": FAKE}), folder)
    return folder


def photo(folder: Path, name: str, colour: str) -> str:
    path = folder.parent / f"{name}.png"
    Image.new("RGB", (64, 64), colour).save(path)
    return str(path)


def anna(ask: Run, folder: Path, *more: str) -> Answer:
    files = ("--image", photo(folder, "face", "red"), "--image", photo(folder, "coat", "green"))
    sentence = ("--sentence", "a tall woman in a red coat")
    return ask("characters", "add", str(folder), "Anna", *sentence, *files, *more)


def project_in(folder: Path) -> VideoProject:
    return read_project(folder).project


def said(answer: Answer) -> str:
    return " ".join(answer.err.split())


def words_of(google: GoogleImageService, order: int = -1) -> str:
    parts = list(google.jobs.values())[order].body["contents"][0]["parts"]
    return next(part["text"] for part in parts if "text" in part)


def images_of(google: GoogleImageService, order: int = -1) -> list[bytes]:
    parts = list(google.jobs.values())[order].body["contents"][0]["parts"]
    letters = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
    return [base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for text in letters]


def test_characters_are_kept_shown_renamed_and_removed(ask: Run, folder: Path) -> None:
    assert anna(ask, folder).code == 0
    (one,) = project_in(folder).characters
    assert [image.path.parent for image in one.images] == [folder / "inputs"] * 2
    listed = ask("characters", "list", str(folder))
    assert "@Anna (character): 2 images" in listed.out
    assert "in scene 1." in listed.out

    taken = ask("characters", "add", str(folder), "anna")
    assert (taken.code, "already" in said(taken)) == (2, True)

    renamed = ask("characters", "change", str(folder), "ANNA", "--rename", "Bertha")
    assert "Renamed in scene 1." in said(renamed)
    assert project_in(folder).scenes[0].prompt == "@Bertha walks home."
    missing = ask("characters", "change", str(folder), "Berta", "--sentence", "x")
    assert "Did you mean 'Bertha'?" in said(missing)

    asked = ask("characters", "remove", str(folder), "Bertha")
    assert asked.code == 2
    assert "is in scene 1: add --yes" in said(asked)
    assert ask("characters", "remove", str(folder), "@Bertha", "--yes").code == 0
    assert project_in(folder).characters == ()
    assert project_in(folder).scenes[0].prompt == "Bertha walks home."


def test_what_is_no_image_adds_no_character(ask: Run, folder: Path) -> None:
    bad = folder.parent / "bad.png"
    bad.write_text("no image")
    answer = ask("characters", "add", str(folder), "Anna", "--image", str(bad), "--image", "no.png")
    assert answer.code == 2
    assert "bad.png" in answer.err
    assert "no.png" in answer.err
    assert project_in(folder).characters == ()


def test_a_project_that_is_open_elsewhere_gets_no_character(ask: Run, folder: Path) -> None:
    lock = ProjectLock(folder)
    assert lock.acquire()
    answer = ask("characters", "add", str(folder), "Anna")
    lock.release()
    assert answer.code == 1
    assert "open elsewhere" in said(answer)
    assert project_in(folder).characters == ()


def test_images_are_bought_once_it_was_agreed_to_and_are_what_scenes_start_from(
    ask: Run, google: GoogleImageService, folder: Path
) -> None:
    anna(ask, folder)
    plan = ask("start-frames", str(folder), *GOOGLE, "--dry-run")
    assert plan.code == 0, plan.err
    assert "3 images, $0.10 in all." in said(plan)
    assert "@Anna goes along as reference images 1 and 2." in said(plan)
    asked = ask("start-frames", str(folder), *GOOGLE)
    assert asked.code == 2
    assert "It would buy 3 images" in said(asked)
    assert google.purchases == 0

    made = ask("start-frames", str(folder), *GOOGLE, "--yes")
    assert made.code == 0, made.err
    assert google.purchases == 3
    project = project_in(folder)
    starts = [scene.start_image for scene in project.scenes]
    assert [image is not None for image in starts] == [True, True, False, True]
    # The clips are 96x64, and so are the images as nearly as the model makes them.
    configs = [job.body["generationConfig"]["imageConfig"] for job in google.jobs.values()]
    assert {config["aspectRatio"] for config in configs} == {"3:2"}
    first = starts[0]
    assert first is not None
    assert first.parent == folder / "frames"
    record = read_settings_of(first)
    assert record is not None
    assert record.origin is not None
    assert record.origin.role is Role.START
    assert record.origin.prompt == "@Anna walks home."
    assert record.origin.whose == ("Anna", "Anna")
    # Several are ordered side by side, whichever comes first.
    words = [words_of(google, number) for number in range(3)]
    of_first = words.index("Anna walks home. Reference images 1 and 2 show Anna.")
    assert record.request.prompt == words[of_first]
    assert len(images_of(google, of_first)) == 2
    # Rendered, a clip begins with it.
    clip = ask("render", str(folder), "--scene", "1")
    assert clip.code == 0, clip.err
    take = project_in(folder).chosen_take("s0")
    assert take is not None
    of_clip = read_settings_of(take.path)
    assert of_clip is not None
    assert of_clip.request.path_of(Role.START) is not None
    assert "the sentence stands" not in of_clip.request.prompt
    assert of_clip.request.prompt == "Anna walks home. Anna: a tall woman in a red coat."
    assert "no image of it is sent, and its sentence stands in the prompt" in said(clip)


def test_a_dry_run_says_why_nothing_can_be_made(
    ask: Run, google: GoogleImageService, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna(ask, folder)
    monkeypatch.delenv("GEMINI_API_KEY")
    plan = ask("start-frames", str(folder), *GOOGLE, "--dry-run")
    assert plan.code == 3
    assert "This cannot be made here: " in said(plan)
    assert "need its key" in said(plan)
    assert google.purchases == 0


def test_nothing_is_missing_then_and_an_earlier_image_is_kept(
    ask: Run, google: GoogleImageService, folder: Path
) -> None:
    anna(ask, folder)
    ask("start-frames", str(folder), *GOOGLE, "--scene", "2", "--yes")
    before = project_in(folder).scenes[1].start_image
    # Who makes them is remembered.
    assert ask("start-frames", str(folder), "--scene", "2", "--yes").code == 0
    project = project_in(folder)
    assert project.scenes[1].start_image != before
    assert project.start_frames["s1"] == (before, project.scenes[1].start_image)
    assert before is not None
    assert before.is_file()
    ask("start-frames", str(folder), "--yes")
    assert google.purchases == 4
    again = ask("start-frames", str(folder), "--missing", "--yes")
    assert (again.code, "nothing to make" in said(again)) == (0, True)
    assert ask("start-frames", str(folder), "--all", "--yes").code == 0
    assert google.purchases == 7


def test_all_problems_are_told_before_anything_is_bought(
    ask: Run, google: GoogleImageService, folder: Path
) -> None:
    words = ("--scene", "1", "--scene", "3", "--quality", "best")
    answer = ask("start-frames", str(folder), *GOOGLE, *words, "--yes")
    assert answer.code == 2
    assert "Scene 1: There is no character named 'Anna'. Add it, or write '@@Anna'" in said(answer)
    assert "Scene 1: Gemini Nano Banana 2.1 takes no quality" in said(answer)
    assert "Scene 3: The scene starts from the last frame of scene 2. Unlink it" in said(answer)
    assert ask("start-frames", str(folder), *GOOGLE, "--scene", "9").code == 2
    assert ask("start-frames", str(folder), *GOOGLE, "--all", "--missing").code == 2
    assert ask("start-frames", *GOOGLE).code == 2
    unknown = ask("start-frames", str(folder), "--provider", "google", "--model", "gemini-x")
    assert unknown.code == 2
    assert google.purchases == 0


def test_one_that_fails_is_told_and_can_be_made_again(
    ask: Run, google: GoogleImageService, folder: Path
) -> None:
    google.habits.end = "IMAGE_SAFETY"
    answer = ask("start-frames", str(folder), *GOOGLE, "--scene", "4", "--yes")
    assert answer.code == 1
    assert "Scene 4 failed:" in said(answer)
    assert project_in(folder).scenes[3].start_image is None
    google.habits.end = "STOP"
    assert ask("start-frames", str(folder), "--scene", "4", "--yes").code == 0
    assert project_in(folder).scenes[3].start_image is not None


def test_a_lost_order_is_told_before_it_is_bought_again(
    ask: Run, google: GoogleImageService, folder: Path
) -> None:
    google.habits.drops_answers = 1
    assert ask("start-frames", str(folder), *GOOGLE, "--scene", "4", "--yes").code == 1
    told = ask("start-frames", str(folder), *GOOGLE, "--scene", "4", "--dry-run")
    assert "Scene 4: the answer to its earlier order was lost" in said(told)
    assert google.purchases == 1
    # A clip of the scene is another thing.
    assert "was lost" not in said(ask("render", str(folder), "--scene", "4", "--dry-run"))


def test_a_crop_is_told_as_that_of_any_start_image(
    ask: Run, google: GoogleImageService, folder: Path
) -> None:
    answer = ask(
        "start-frames", str(folder), *GOOGLE, "--aspect", "1:1", "--scene", "4", "--dry-run"
    )
    assert "The start image of 1024x1024 is cut at its edges to fill 96x64." in said(answer)


def test_what_is_made_while_a_window_has_the_project_is_found_when_it_is_opened(
    ask: Run, google: GoogleImageService, folder: Path
) -> None:
    from core.jobs.job import CancelToken
    from core.project.files.media import take_over_frames

    lock = ProjectLock(folder)
    assert lock.acquire()
    answer = ask("start-frames", str(folder), *GOOGLE, "--scene", "4", "--yes")
    lock.release()
    assert answer.code == 0, answer.err
    project = project_in(folder)
    assert project.scenes[3].start_image is None
    (made,) = take_over_frames(project, folder, CancelToken())
    assert made.scene_id == "s3"
    assert made.path.is_file()


def test_events_name_job_and_scene(ask: Run, google: GoogleImageService, folder: Path) -> None:
    answer = ask("start-frames", str(folder), *GOOGLE, "--scene", "4", "--yes", "--json")
    (plan,) = [event for event in answer.events if event["event"] == "plan"]
    (done,) = [event for event in answer.events if event["event"] == "succeeded"]
    assert plan["scene"] == done["scene"] == 4
    assert done["path"].endswith(".png")
