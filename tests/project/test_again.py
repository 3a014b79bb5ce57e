from __future__ import annotations

from pathlib import Path

from core.project.model.edits import with_continues
from core.project.model.project import RenderChoices, Scene, VideoProject
from core.project.render.requests import scene_request
from core.project.render.rerender import scene_again
from core.video.request import RenderRequest, Sampling, Target
from tests.fakes.inputs import chosen, lora
from tests.fakes.provider import SMALL
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
