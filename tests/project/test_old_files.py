"""Projects, requests and plans as the version before controls and inputs with roles wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.project.files.project_json import LoadedProject, parse_project, project_text
from core.project.model.project import Scene, VideoProject
from core.project.render.requests import fingerprint, scene_request
from core.project.render.rerender import choices_of, request_again
from core.video.plan import RenderPlan
from core.video.record import parse_record
from core.video.request import FrameRequest, Input, RenderChoices, RenderRequest
from core.video.terms import OutputKind, Residency, Role, Target, Task
from tests.fakes.inputs import inputs_of, lora
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.spec import ModelSpec

FOLDER = Path("/p")
TARGET = Target(provider="fake", deployment="local", model="fake-full")

PROJECT = """
{
 "schema_version": 1,
 "project": {
  "id": "project-1",
  "name": "Boats",
  "created_at": "2026-01-01T00:00:00+00:00",
  "render": {
   "target": {
    "provider": "fake",
    "deployment": "local",
    "model": "fake-full"
   },
   "resolution": "128p",
   "aspect": "3:2",
   "fps": 24,
   "duration_s": 1.5,
   "audio": true,
   "audio_prompt": "rain",
   "camera": "pan_left",
   "camera_speed": 0.5,
   "negative_prompt": "fog",
   "num_inference_steps": 6,
   "guidance_scale": 2.5,
   "seed": 9,
   "loras": [
    {
     "path": "inputs/ink.safetensors",
     "scale": 0.5
    },
    {
     "path": "inputs/oil.safetensors"
    }
   ],
   "memory": "resident",
   "webhook_url": "https://example.com/x"
  },
  "scenes": [
   {
    "id": "scene-1",
    "prompt": "A red boat."
   },
   {
    "id": "scene-2",
    "prompt": "A blue boat.",
    "start_image": "inputs/a.png",
    "end_image": "inputs/b.png",
    "own": {
     "audio": false,
     "seed": 77
    },
    "own_fields": [
     "seed",
     "audio",
     "negative_prompt"
    ]
   }
  ]
 }
}
"""

REQUEST = """
{
 "target": {
  "provider": "fake",
  "deployment": "local",
  "model": "fake-full"
 },
 "prompt": "A blue boat.",
 "negative_prompt": null,
 "frame": {
  "resolution": "128p",
  "aspect": "3:2",
  "fps": 24,
  "duration_s": 1.5
 },
 "inputs": {
  "start_image": "/p/inputs/a.png",
  "end_image": "/p/inputs/b.png",
  "reference_images": [
   "/p/r1.png",
   "/p/r2.png"
  ]
 },
 "motion": {
  "camera": "pan_left",
  "speed": 0.5
 },
 "audio": false,
 "audio_prompt": "rain",
 "sampling": {
  "seed": 77,
  "num_inference_steps": 6,
  "guidance_scale": 2.5
 },
 "loras": [
  {
   "path": "/p/inputs/ink.safetensors",
   "scale": 0.5
  },
  {
   "path": "/p/inputs/oil.safetensors",
   "scale": 1.0
  }
 ],
 "delivery": {
  "memory": "resident",
  "webhook_url": "https://example.com/x"
 }
}
"""

SPEC = """
{
 "id": "fake-full",
 "label": "Fake Full",
 "summary": "Takes everything that a model can take.",
 "family": "fake",
 "tasks": [
  "text-to-video",
  "image-to-video"
 ],
 "sizes": [
  {
   "resolution": "64p",
   "aspect": "3:2",
   "width": 96,
   "height": 64,
   "max_duration_s": null
  },
  {
   "resolution": "64p",
   "aspect": "2:3",
   "width": 64,
   "height": 96,
   "max_duration_s": null
  },
  {
   "resolution": "128p",
   "aspect": "3:2",
   "width": 192,
   "height": 128,
   "max_duration_s": 2.0
  }
 ],
 "fps": [
  24,
  25,
  30,
  48,
  50
 ],
 "default_fps": 24,
 "duration_s": {
  "minimum": 0.5,
  "maximum": 10.0,
  "default": 1.0
 },
 "frame_grid": {
  "step": 8,
  "offset": 1
 },
 "steps": {
  "minimum": 1,
  "maximum": 20,
  "default": 4
 },
 "guidance_scale": {
  "minimum": 1.0,
  "maximum": 20.0,
  "default": 3.0
 },
 "takes_negative_prompt": true,
 "camera": {
  "phrases": [
   {
    "motion": "pan_left",
    "phrase": "The camera pans left{speed}."
   },
   {
    "motion": "static",
    "phrase": "The camera does not move."
   }
  ],
  "speed": {
   "minimum": 0.5,
   "maximum": 2.0,
   "default": 1.0
  }
 },
 "audio": {
  "sample_rate_hz": 16000,
  "channels": 1
 },
 "max_prompt_tokens": 64,
 "takes_end_image": true,
 "max_reference_images": 3,
 "takes_audio_prompt": true,
 "max_loras": 2,
 "residencies": [
  "resident",
  "group-offload"
 ],
 "takes_webhook": true,
 "size_bytes": 1000000,
 "licence": {
  "name": "public domain",
  "url": "",
  "summary": "",
  "is_gated": false
 },
 "needs": {
  "ram_gb": 0.1,
  "vram_gb": null,
  "comfortable_vram_gb": null,
  "note": ""
 },
 "price": {
  "usd_per_s": 0.04,
  "as_of": "2026-11-01",
  "source": "this file"
 },
 "is_builtin": true,
 "as_of": "2026-11-01",
 "source": "this file"
}
"""

PLAN = """
{
 "prompt": "A blue boat. The camera pans left slowly.",
 "negative_prompt": null,
 "width": 192,
 "height": 128,
 "num_frames": 33,
 "fps": 24,
 "seed": 77,
 "num_inference_steps": 6,
 "guidance_scale": 2.5,
 "has_audio": false,
 "cost_usd": 0.055,
 "memory_plan": null,
 "notes": [
  "The camera move pan_left is asked for in words: 'The camera pans left slowly.'.",
  "The clip is silent, so its audio prompt is not used.",
  "1.5 s at 24 fps \u2192 33 frames, 1.38 s."
 ],
 "est_seconds": null,
 "request": %s,
 "spec": %s
}
"""

RECORD = """
{
 "prompt": "A blue boat. The camera pans left slowly.",
 "negative_prompt": null,
 "width": 192,
 "height": 128,
 "num_frames": 33,
 "fps": 24,
 "seed": 77,
 "num_inference_steps": 6,
 "guidance_scale": 2.5,
 "has_audio": false,
 "cost_usd": 0.055,
 "memory_plan": null,
 "notes": [
  "1.5 s at 24 fps → 33 frames, 1.38 s."
 ],
 "schema_version": 1,
 "program": "ImageAI 1",
 "job_id": "abc123",
 "created_at": "2026-01-02T00:00:00Z",
 "request": {
  "target": {
   "provider": "fake",
   "deployment": "local",
   "model": "fake-full"
  },
  "prompt": "A blue boat.",
  "negative_prompt": null,
  "frame": {
   "resolution": "128p",
   "aspect": "3:2",
   "fps": 24,
   "duration_s": 1.5
  },
  "inputs": {
   "start_image": "a.png",
   "end_image": "b.png",
   "reference_images": [
    "r1.png",
    "r2.png"
   ]
  },
  "motion": {
   "camera": "pan_left",
   "speed": 0.5
  },
  "audio": false,
  "audio_prompt": "rain",
  "sampling": {
   "seed": 77,
   "num_inference_steps": 6,
   "guidance_scale": 2.5
  },
  "loras": [
   {
    "path": "ink.safetensors",
    "scale": 0.5
   },
   {
    "path": "oil.safetensors",
    "scale": 1.0
   }
  ],
  "delivery": {
   "memory": null,
   "webhook_url": null
  }
 },
 "model_label": "Fake Full",
 "licence": "public domain",
 "start_image_sha256": "0000000000000000000000000000000000000000000000000000000000000000",
 "provenance": {
  "versions": {
   "python": "3.11"
  },
  "model_files": [],
  "measured": {}
 },
 "origin": null,
 "still_frame": null
}
"""


@pytest.fixture
def project() -> VideoProject:
    loaded = parse_project(PROJECT.encode(), FOLDER)
    assert isinstance(loaded, LoadedProject)
    assert loaded.notes == ()
    return loaded.project


def test_an_old_project_opens_with_every_choice(project: VideoProject) -> None:
    render = project.render
    assert (render.frame.resolution, render.frame.aspect) == ("128p", "3:2")
    assert (render.frame.fps, render.frame.duration_s) == (24, 1.5)
    assert (render.audio, render.audio_prompt, render.negative_prompt) == (True, "rain", "fog")
    assert (render.motion.camera, render.motion.speed) == ("pan_left", 0.5)
    assert (render.sampling.num_inference_steps, render.sampling.guidance_scale) == (6, 2.5)
    assert render.sampling.seed == 9
    assert render.inputs == (
        lora(FOLDER / "inputs" / "ink.safetensors", 0.5),
        lora(FOLDER / "inputs" / "oil.safetensors"),
    )
    assert render.delivery.memory is Residency.RESIDENT
    assert render.delivery.webhook_url == "https://example.com/x"
    own = project.scenes[1].choices(render)
    assert (own.sampling.seed, own.audio, own.negative_prompt) == (77, False, None)
    assert own.motion.camera == "pan_left"


def test_an_old_project_is_written_anew_and_read_back(project: VideoProject) -> None:
    loaded = parse_project(project_text(project, FOLDER).encode(), FOLDER)
    assert isinstance(loaded, LoadedProject)
    assert (loaded.project, loaded.notes) == (project, ())


def test_choices_that_are_no_table_make_the_project_unusable_and_no_crash() -> None:
    for broken in ('"render": 3', '"scenes": [{"id": "s", "own": [1]}]', '"scenes": 4'):
        text = f'{{"schema_version": 1, "project": {{{broken}}}}}'
        assert not isinstance(parse_project(text.encode(), FOLDER), LoadedProject), broken


@pytest.mark.parametrize(
    ("spec", "known"),
    [
        (FULL, ("6f9e161e13ea6712", "e8902f0eddffd413")),
        (SMALL, ("85ab58bea23214e5", "577122ee18081645")),
    ],
)
def test_unchanged_scenes_of_an_old_project_are_not_out_of_date(
    project: VideoProject, spec: ModelSpec, known: tuple[str, ...]
) -> None:
    found = tuple(scene_request(project, scene, spec).fingerprint for scene in project.scenes)
    assert found == known


# Projects choose sizes by name, so one in pixels never counted.
@pytest.mark.parametrize("resolution", [None, str(SMALL.default_size)])
def test_scenes_of_an_old_project_that_chose_nothing_are_not_out_of_date(
    project: VideoProject, resolution: str | None
) -> None:
    choices = RenderChoices(target=TARGET, frame=FrameRequest(resolution=resolution))
    bare = project.model_copy(update={"render": choices})
    found = [scene_request(bare, scene, SMALL).fingerprint for scene in bare.scenes]
    assert found == ["64b36f4cdc9f3d3d", "4ef8ddc0e2730a2a"]


def test_what_came_later_changes_the_fingerprint_only_where_it_is_asked_for() -> None:
    plain = RenderRequest(target=TARGET, prompt="A red boat.")
    keyframe = Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=1.0)
    with_keyframe = plain.with_inputs((keyframe,))
    moved = plain.with_inputs((keyframe.model_copy(update={"at_s": 2.0}),))
    image = Input(role=Role.START, path=Path("s.png"))
    started = plain.with_inputs((image,))
    faint = plain.with_inputs((image.model_copy(update={"strength": 0.5}),))
    requests = (plain, with_keyframe, moved, started, faint)
    assert len({fingerprint(request) for request in requests}) == len(requests)


def test_an_old_request_is_read_with_its_files_in_their_roles() -> None:
    request = RenderRequest.model_validate_json(REQUEST)
    assert request.inputs == inputs_of(
        FOLDER / "inputs" / "a.png",
        FOLDER / "inputs" / "b.png",
        (FOLDER / "r1.png", FOLDER / "r2.png"),
        (lora(FOLDER / "inputs/ink.safetensors", 0.5), lora(FOLDER / "inputs/oil.safetensors")),
    )
    assert request.task is Task.IMAGE_TO_VIDEO
    assert request.output is OutputKind.VIDEO
    assert fingerprint(request) == "b874ab65788d3dcd"
    assert RenderRequest.model_validate_json(request.model_dump_json()) == request


def test_an_old_request_without_files_is_read() -> None:
    old = {
        "target": TARGET.model_dump(),
        "prompt": "x",
        "inputs": {"start_image": None, "end_image": None, "reference_images": []},
        "loras": [],
    }
    assert RenderRequest.model_validate(old) == RenderRequest(target=TARGET, prompt="x")


def test_an_old_plan_in_a_journal_is_carried_out_as_it_was() -> None:
    plan = RenderPlan.model_validate_json(PLAN % (REQUEST, SPEC))
    spec = plan.spec
    assert spec.inputs == {Role.START: 1, Role.END: 1, Role.REFERENCE: 3, Role.LORA: 2}
    assert (spec.durations, spec.sizes) == (FULL.durations, FULL.sizes)
    assert [row.usd for row in spec.price.rows] == [0.04]
    assert RenderPlan.model_validate_json(plan.model_dump_json()) == plan


def test_a_scene_of_its_own_without_words_stays_without_them() -> None:
    scene = Scene(id="s").with_own("negative_prompt", None)
    assert scene.choices(RenderChoices(negative_prompt="fog")).negative_prompt is None


def test_an_old_record_is_read_and_gives_the_same_request_again() -> None:
    record = parse_record(RECORD)
    assert record is not None
    assert record.request.inputs == inputs_of(
        Path("a.png"),
        Path("b.png"),
        (Path("r1.png"), Path("r2.png")),
        (lora(Path("ink.safetensors"), 0.5), lora(Path("oil.safetensors"))),
    )
    again = request_again(record)
    assert again.inputs == record.request.inputs
    assert again.sampling.seed == 77
    found = choices_of(record)
    assert (found.start_image, found.end_image) == ("a.png", "b.png")
    assert found.references == ("r1.png", "r2.png")
    assert [item.path.name for item in found.choices.inputs] == [
        "ink.safetensors",
        "oil.safetensors",
    ]
