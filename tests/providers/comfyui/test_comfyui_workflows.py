"""A person's own graphs: what their titled nodes get, what stays, and what has no place."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.media.ffmpeg import probe_clip
from core.video.record import read_settings_of
from core.video.request import FrameRequest, Input, Sampling
from core.video.terms import Role
from providers.ltx_video.comfyui.info import INFO
from tests.fakes.clips import large_clip
from tests.providers.hosted_place import HostedPlace

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from tests.fakes.services.comfyui_server import ComfyStub

PLACE = HostedPlace(INFO, FrameRequest(), "workflow")


def node(class_type: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title or class_type}}


def graph(**changed: dict[str, Any]) -> dict[str, Any]:
    """LTX-Video from words, as ComfyUI exports it; nodes are replaced by their names."""
    nodes = {
        "model": node("CheckpointLoaderSimple", ckpt_name="ltx-video-2b-v0.9.5.safetensors"),
        "clip": node("CLIPLoader", clip_name="t5xxl_fp8_e4m3fn.safetensors", type="ltxv"),
        "words": node("CLIPTextEncode", "Prompt", text="a cat", clip=["clip", 0]),
        "unwanted": node("CLIPTextEncode", "Negative prompt", text="fog", clip=["clip", 0]),
        "paced": node(
            "LTXVConditioning",
            positive=["words", 0],
            negative=["unwanted", 0],
            frame_rate=24.0,
        ),
        "latent": node(
            "EmptyLTXVLatentVideo",
            "width, height, frames",
            width=640,
            height=384,
            length=33,
            batch_size=1,
        ),
        "levels": node(
            "LTXVScheduler",
            "steps",
            steps=12,
            max_shift=2.05,
            base_shift=0.95,
            stretch=True,
            terminal=0.1,
        ),
        "way": node("KSamplerSelect", sampler_name="euler"),
        "sampler": node(
            "SamplerCustom",
            "seed, guidance",
            model=["model", 0],
            add_noise=True,
            noise_seed=5,
            cfg=3.5,
            positive=["paced", 0],
            negative=["paced", 1],
            sampler=["way", 0],
            sigmas=["levels", 0],
            latent_image=["latent", 0],
        ),
        "pixels": node("VAEDecode", samples=["sampler", 0], vae=["model", 2]),
        "video": node("CreateVideo", images=["pixels", 0], fps=24.0),
        "save": node("SaveVideo", video=["video", 0], filename_prefix="video/mine", format="auto"),
    }
    return {**nodes, **changed}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "graph.json"


def asked(file: Path, content: object, *inputs: Input, **more: Any) -> Any:
    file.write_text(json.dumps(content), encoding="utf-8")
    workflow = Input(role=Role.WORKFLOW, path=file)
    return PLACE.asked("", workflow, *inputs, **{"frame": FrameRequest(), **more})


def refused(studio: Studio, request: Any) -> UnsupportedRequest:
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan(request)
    return caught.value


def test_words_and_seed_go_into_the_titled_nodes_and_the_rest_stays(
    server: ComfyStub, studio: Studio, tmp_path: Path, file: Path
) -> None:
    request = asked(file, graph(), sampling=Sampling(seed=77))
    planned = studio.plan(request)
    plan = planned.plan
    assert (plan.width, plan.height, plan.num_frames, plan.fps) == (640, 384, 33, 24)
    assert (plan.num_inference_steps, plan.guidance_scale, plan.cost_usd) == (12, 3.5, 0.0)
    job = PLACE.rendered(studio, tmp_path, request)
    assert job.out.exists(), job.ended
    assert "instead of" not in job.notes
    sent = server.graph
    assert sent["words"]["inputs"]["text"] == "a red ball"
    assert sent["unwanted"]["inputs"]["text"] == "fog"
    assert sent["sampler"]["inputs"]["noise_seed"] == 77
    assert sent["sampler"]["inputs"]["cfg"] == 3.5
    assert sent["latent"]["inputs"]["width"] == 640
    assert sent["save"]["inputs"]["filename_prefix"] == f"imageai/{server.ours[0].id}"
    record = read_settings_of(job.out)
    assert record is not None
    assert (record.seed, record.num_inference_steps) == (77, 12)
    assert record.request.inputs[0].path.name == "graph.json"
    assert server.uploads == {}


def test_what_is_asked_for_replaces_what_the_graph_says(
    server: ComfyStub, studio: Studio, tmp_path: Path, file: Path
) -> None:
    frame = FrameRequest(duration_s=2, resolution="480p", aspect="16:9")
    sampling = Sampling(seed=1, num_inference_steps=9, guidance_scale=2.0)
    request = asked(file, graph(), frame=frame, sampling=sampling, negative_prompt="rain")
    job = PLACE.rendered(studio, tmp_path, request)
    assert job.out.exists(), job.ended
    facts = probe_clip(job.out)
    assert (facts.width, facts.height, facts.num_frames) == (832, 480, 49)
    sent = server.graph
    assert sent["levels"]["inputs"]["steps"] == 9
    assert sent["sampler"]["inputs"]["cfg"] == 2.0
    assert sent["unwanted"]["inputs"]["text"] == "rain"


def test_files_go_where_the_graph_wants_them_and_images_whole(
    server: ComfyStub, studio: Studio, tmp_path: Path, file: Path
) -> None:
    image = tmp_path / "a.jpg"
    Image.new("RGB", (300, 200), (9, 99, 9)).save(image)
    content = graph(
        photo=node("LoadImage", "start image", image="example.png"),
        latent=node(
            "LTXVImgToVideo",
            positive=["paced", 0],
            negative=["paced", 1],
            vae=["model", 2],
            image=["photo", 0],
            width=640,
            height=384,
            length=33,
            batch_size=1,
            strength=1.0,
        ),
    )
    content["sampler"]["inputs"] |= {"latent_image": ["latent", 2]}
    job = PLACE.rendered(studio, tmp_path, asked(file, content, Input(role=Role.START, path=image)))
    assert job.out.exists(), job.ended
    ((name, sent),) = server.uploads.items()
    assert server.graph["photo"]["inputs"]["image"] == name
    with Image.open(io.BytesIO(sent)) as whole:
        assert whole.size == (300, 200)


def test_a_source_video_is_sent_as_it_is(
    server: ComfyStub, studio: Studio, tmp_path: Path, file: Path
) -> None:
    clip = large_clip(tmp_path / "source.mp4", "640x384", 24, 1)
    content = graph(
        latent=node("VAEEncode", pixels=["parts", 0], vae=["model", 2]),
        parts=node("GetVideoComponents", video=["source", 0]),
        source=node("LoadVideo", "source video", file=""),
        video=node("CreateVideo", images=["pixels", 0], fps=24.0, audio=["parts", 1]),
    )
    before = clip.read_bytes()
    request = asked(file, content, Input(role=Role.SOURCE_VIDEO, path=clip))
    job = PLACE.rendered(studio, tmp_path, request)
    assert job.out.exists(), job.ended
    assert list(server.uploads.values()) == [before]
    assert probe_clip(job.out).has_audio


@pytest.mark.parametrize(
    ("changed", "more", "field", "said"),
    [
        ({"words": node("CLIPTextEncode", text="a", clip=["clip", 0])}, {}, "prompt", "'prompt'"),
        (
            {"levels": graph()["levels"] | {"_meta": {"title": "other"}}},
            {"sampling": Sampling(num_inference_steps=9)},
            "sampling.num_inference_steps",
            "'steps'",
        ),
        (
            {"latent": graph()["latent"] | {"_meta": {"title": "other"}}},
            {"frame": FrameRequest(duration_s=2)},
            "frame.duration_s",
            "'frames'",
        ),
        (
            {"way": node("KSamplerSelect", "seed", sampler_name="euler")},
            {},
            "inputs.workflow",
            "has no noise_seed or seed or value",
        ),
    ],
)
def test_what_has_no_place_in_the_graph_is_refused_by_its_control(
    server: ComfyStub,
    studio: Studio,
    file: Path,
    changed: dict[str, Any],
    more: dict[str, Any],
    field: str,
    said: str,
) -> None:
    error = refused(studio, asked(file, graph(**changed), **more))
    assert [problem.field for problem in error.problems] == [field]
    assert said in error.message


def test_a_graph_of_the_editor_is_named_as_such_with_the_menu_for_the_other(
    server: ComfyStub, studio: Studio, file: Path
) -> None:
    content = {"nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4}
    error = refused(studio, asked(file, content))
    assert "editor's format" in error.message
    assert "Workflow > Export (API)" in error.message


@pytest.mark.parametrize("content", [{}, [], {"1": {"inputs": {}}}, {"a": 1}, "text"])
def test_what_is_no_graph_is_told(
    server: ComfyStub, studio: Studio, file: Path, content: object
) -> None:
    assert "no graph in API format" in refused(studio, asked(file, content)).message


def test_what_cannot_be_read_is_told_once(server: ComfyStub, studio: Studio, file: Path) -> None:
    request = asked(file, graph())
    file.write_text("{", encoding="utf-8")
    (problem,) = refused(studio, request).problems
    assert "is no JSON" in problem.message
    file.unlink()
    (problem,) = refused(studio, request).problems
    assert "There is no workflow" in problem.message


def test_a_graph_that_is_wrapped_as_it_is_posted_is_read_too(
    server: ComfyStub, studio: Studio, file: Path
) -> None:
    assert studio.plan(asked(file, {"prompt": graph(), "client_id": "x"})).plan.width == 640


def test_node_classes_that_the_server_lacks_are_named_with_their_pack(
    server: ComfyStub, studio: Studio, file: Path
) -> None:
    content = graph(
        more=node("LTXVExtendSampler"), other=node("VHS_VideoCombine", images=["pixels", 0])
    )
    message = refused(studio, asked(file, content)).message
    assert "LTXVExtendSampler, VHS_VideoCombine" in message
    assert "ComfyUI-LTXVideo, by Lightricks" in message


def test_parts_of_a_graph_that_are_wrong_stop_the_whole_of_it(
    server: ComfyStub, studio: Studio, tmp_path: Path, file: Path
) -> None:
    # The server makes what is right and drops the rest without a word.
    content = graph(
        also=node("PreviewImage", images=["bad", 0]),
        bad=node("LoadImage", image="gone.png"),
    )
    job = PLACE.rendered(studio, tmp_path, asked(file, content))
    assert "did not accept the graph" in job.error
    assert "cannot use the image" in job.error
    assert server.ours[0].is_cancelled
    assert studio.queue.job(job.job_id).ticket is None


def test_without_a_workflow_its_model_asks_for_one_and_no_other_model_takes_one(
    server: ComfyStub, studio: Studio, file: Path
) -> None:
    assert "needs a workflow" in refused(studio, PLACE.asked(frame=FrameRequest())).message
    other = asked(file, graph()).with_model("ltx-2.3-distilled")
    assert "takes no workflow" in refused(studio, other).message
    assert "Your own workflow (workflow)" in refused(studio, other).message


def test_auto_is_the_workflow_where_one_is_named(
    server: ComfyStub, studio: Studio, file: Path
) -> None:
    assert studio.plan(asked(file, graph()).with_model("auto")).plan.target.model == "workflow"


def test_a_graph_without_a_seed_says_so(server: ComfyStub, studio: Studio, file: Path) -> None:
    sampler = graph()["sampler"] | {"_meta": {"title": "sampler"}}
    notes = studio.plan(asked(file, graph(sampler=sampler))).plan.notes
    assert any("No node of the workflow is titled 'seed'" in note for note in notes)
