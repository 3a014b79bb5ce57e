from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.platform.paths import Paths
from core.project.model.characters import Character
from core.project.model.edits import with_continues
from core.project.model.project import RenderChoices, Scene, VideoProject
from core.project.render.requests import scene_request
from core.project.render.rerender import choices_of, plan_again, request_again, scene_again
from core.studio import Studio
from core.video.plan import Retake
from core.video.record import Origin
from core.video.request import Editing, Input, RenderRequest, Sampling
from core.video.terms import ExtendDirection, RetakePart, Role, Target
from tests.fakes.inputs import chosen, lora
from tests.fakes.provider import ENTRY, SMALL
from tests.fakes.records import record_of
from tests.fakes.scenes import make_project

TARGET = Target(provider="fake", deployment="local", model="fake-small")


def project_with(scene: Scene) -> VideoProject:
    project = make_project(1).model_copy(update={"render": RenderChoices(target=TARGET)})
    return project.model_copy(update={"scenes": (scene,)})


def request_for(project: VideoProject, scene: Scene) -> RenderRequest:
    return scene_request(project, scene, SMALL).request


def test_scene_is_set_up_as_its_take_was_made() -> None:
    then = Scene(id="s1", prompt="A red boat.").with_own("duration_s", 2.0)
    then = then.with_own("camera", "pan_left").with_own("negative_prompt", "rain")
    project = project_with(then)
    record = record_of(request_for(project, then))
    changed = Scene(id="s1", prompt="A blue boat.", title="Boat").with_own("audio", False)
    again = scene_again(project, changed, record)
    assert again.notes == ()
    assert again.scene.prompt == "A red boat."
    assert again.scene.title == "Boat"
    found = again.scene.choices(project.render)
    assert found.sampling.seed == record.seed
    assert (found.motion.camera, found.negative_prompt) == ("pan_left", "rain")
    made_again = record_of(request_for(project, again.scene))
    for name in ("prompt", "negative_prompt", "width", "height", "num_frames", "fps", "seed"):
        assert getattr(made_again, name) == getattr(record, name), name


def test_the_prompt_comes_back_as_it_was_typed() -> None:
    then = Scene(id="s1", prompt="@Anna at @@home.")
    project = project_with(then).model_copy(
        update={"characters": (Character(id="a", name="Anna", sentence="a tall woman"),)}
    )
    record = record_of(request_for(project, then))
    assert record.request.prompt == "Anna at @home. Anna: a tall woman."
    origin = Origin(project_id=project.id, scene_id="s1", prompt=then.prompt)
    typed = record.model_copy(update={"origin": origin})
    assert scene_again(project, Scene(id="s1"), typed).scene.prompt == then.prompt
    # Of a clip of another project only what was sent is known, which means what it says.
    again = scene_again(project, Scene(id="s1"), record).scene
    assert again.prompt == "Anna at @@home. Anna: a tall woman."
    assert request_for(project, again).prompt == record.request.prompt


def test_only_what_differs_from_the_project_is_the_scenes_own() -> None:
    scene = Scene(id="s1", prompt="A boat.")
    project = project_with(scene)
    project = project.model_copy(
        update={"render": chosen(target=TARGET, negative_prompt="rain", seed=5)}
    )
    record = record_of(request_for(project, scene))
    again = scene_again(project, scene, record).scene
    assert "negative_prompt" not in again.own_fields
    assert "seed" not in again.own_fields
    assert "target" not in again.own_fields


def test_files_that_a_take_was_made_from_are_found_by_their_names_or_told() -> None:
    known = lora(path=Path("/loras/ink.safetensors"), scale=0.5)
    record = record_of(RenderRequest(target=TARGET, prompt="A boat."))
    loras = (lora(path=Path("ink.safetensors")), lora(path=Path("lost.safetensors")))
    request = record.request.model_copy(update={"inputs": loras, "sampling": Sampling(seed=3)})
    record = record.model_copy(update={"request": request})
    scene = Scene(id="s1").with_own("loras", (known,))
    again = scene_again(project_with(scene), scene, record)
    assert again.scene.choices(RenderChoices()).inputs == (lora(path=known.path, scale=1.0),)
    assert again.notes == ("The LoRA 'lost.safetensors' is left out: choose its file again.",)


def test_other_start_frame_is_told_and_left() -> None:
    scene = Scene(id="s1", prompt="A boat.", start_image=Path("/pictures/boat.png"))
    record = record_of(RenderRequest(target=TARGET, prompt="A boat."))
    again = scene_again(project_with(scene), scene, record)
    assert again.scene.start_image == scene.start_image
    assert "no picture" in again.notes[0]
    linked = with_continues(scene, True)
    assert scene_again(project_with(linked), linked, record).notes == ()


def test_keyframes_and_videos_of_a_take_come_back_with_their_places() -> None:
    at = Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=1.5, strength=0.5)
    video = Input(role=Role.EXTEND_VIDEO, path=Path("v.mp4"))
    record = record_of(RenderRequest(target=TARGET, prompt="A boat."))
    request = record.request.model_copy(
        update={"inputs": (at, video), "editing": Editing(direction=ExtendDirection.BACKWARD)}
    )
    record = record.model_copy(update={"request": request})
    here = at.model_copy(update={"path": Path("/pictures/k.png"), "at_s": 9.0})
    scene = Scene(id="s1").with_own("keyframes", (here,))
    again = scene_again(project_with(scene), scene, record)
    found = again.scene.choices(RenderChoices())
    assert found.inputs == (at.model_copy(update={"path": here.path}),)
    assert found.editing.direction is ExtendDirection.BACKWARD
    assert again.notes == ("The video to extend 'v.mp4' is left out: choose its file again.",)


def test_of_an_extended_clip_the_length_is_that_of_the_new_part() -> None:
    record = record_of(RenderRequest(target=TARGET, prompt="A boat."))
    extended = record.model_copy(update={"num_frames": 48, "kept_frames": 32, "fps": 8})
    assert choices_of(extended, SMALL).choices.frame.duration_s == 2.0


def test_a_clip_of_which_a_part_was_made_anew_has_no_length_of_its_own() -> None:
    record = record_of(RenderRequest(target=TARGET, prompt="A boat."))
    retake = Retake(first=9, stop=17, seen_first=0, seen_stop=25, part=RetakePart.BOTH)
    retaken = record.model_copy(
        update={"num_frames": 48, "kept_frames": 40, "fps": 8, "retake": retake}
    )
    assert choices_of(retaken, SMALL).choices.frame.duration_s is None


@pytest.mark.parametrize("told", [{"steps_taken": 5}, {"refine_steps": 3}])
def test_steps_that_nobody_chose_are_not_asked_for_where_they_cannot_be_chosen(
    told: dict[str, int],
) -> None:
    record = record_of(RenderRequest(target=TARGET, prompt="A boat."))
    distilled = record.model_copy(update={"num_inference_steps": 8, **told})
    assert request_again(distilled).sampling.num_inference_steps is None
    usual = record.model_copy(update={"num_inference_steps": 8})
    assert request_again(usual).sampling.num_inference_steps == 8


def test_every_file_of_a_clip_is_found_by_its_content_or_told(tmp_path: Path) -> None:
    studio = Studio([ENTRY], paths=Paths.below(tmp_path))
    stored = studio.paths.inputs_dir / "job-1"
    stored.mkdir(parents=True)
    # Two pictures of one name: the job calls its copy of the second by its place.
    for number, name in enumerate(("a.png", "1-a.png")):
        Image.new("RGB", (96, 64), (number * 90, 0, 0)).save(stored / name)
    inputs = tuple(Input(role=Role.KEYFRAME, path=Path("a.png"), at_s=at_s) for at_s in (0.25, 0.5))
    digests = tuple(
        hashlib.sha256((stored / name).read_bytes()).hexdigest() for name in ("a.png", "1-a.png")
    )
    record = record_of(RenderRequest(target=TARGET, prompt="A boat."))
    full = TARGET.with_model("fake-full")
    request = record.request.model_copy(update={"inputs": inputs, "target": full})
    record = record.model_copy(update={"request": request, "inputs_sha256": digests, "fps": 24})
    found = plan_again(studio, record).plan.request.inputs
    assert [item.path for item in found] == [stored / "a.png", stored / "1-a.png"]
    assert [item.at_s for item in found] == [0.25, 0.5]
    lost = record.model_copy(update={"inputs_sha256": ("0" * 64, "1" * 64)})
    with pytest.raises(UnsupportedRequest) as caught:
        plan_again(studio, lost)
    assert [problem.field for problem in caught.value.problems] == ["inputs.keyframe"] * 2
