"""The graph of each kind of clip, as the server that checks it sees it, and the clip of it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import CancelToken
from core.media.ffmpeg import probe_clip
from core.media.source_clip import read_frames
from core.video.request import Editing, FrameRequest, Input, Sampling
from core.video.terms import Role
from providers.ltx_video.comfyui.info import INFO
from providers.ltx_video.comfyui.models import MODELS, find_served
from tests.fakes.clips import large_clip
from tests.fakes.loras import as_comfy, random_pairs, write_lora
from tests.fakes.services.comfyui_graphs import open_media_of
from tests.providers.hosted_place import HostedPlace

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from tests.fakes.services.comfyui_server import ComfyStub

SMALL = FrameRequest(duration_s=1, resolution="480p", aspect="16:9")
FIRST = HostedPlace(INFO, SMALL, "ltx-video-2b-0.9.8-distilled")
DEV = HostedPlace(INFO, SMALL, "ltx-video-13b-0.9.8-dev")
SECOND = HostedPlace(INFO, SMALL, "ltx-2.3-distilled")
SECOND_DEV = HostedPlace(INFO, SMALL, "ltx-2.3")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A photo that knows where it was taken."""
    path = tmp_path / "start.jpg"
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "a camera of mine"
    Image.new("RGB", (1280, 720), (20, 120, 30)).save(path, exif=exif)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2 s at 832x480 with a tone."""
    return large_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", "832x480", 24, 2)


def one(server: ComfyStub, name: str) -> dict[str, Any]:
    (inputs,) = server.classes_of(name)
    return inputs


def class_of(server: ComfyStub, link: list[Any]) -> str:
    return server.graph[link[0]]["class_type"]


def test_a_clip_from_words_is_sampled_by_the_levels_that_the_model_was_distilled_for(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    job = FIRST.rendered(studio, tmp_path, FIRST.asked(sampling=Sampling(seed=7)))
    assert job.out.exists(), job.ended
    facts = probe_clip(job.out)
    assert (facts.width, facts.height, facts.num_frames, facts.fps) == (832, 480, 25, 24)
    assert not facts.has_audio
    assert one(server, "CheckpointLoaderSimple") == {
        "ckpt_name": "ltxv-2b-0.9.8-distilled.safetensors"
    }
    assert one(server, "CLIPLoader")["type"] == "ltxv"
    assert [text["text"] for text in server.classes_of("CLIPTextEncode")] == ["a red ball", ""]
    assert one(server, "ManualSigmas")["sigmas"] == (
        "1, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0"
    )
    sampler = one(server, "SamplerCustom")
    assert (sampler["noise_seed"], sampler["cfg"]) == (7, 1.0)
    latent = one(server, "EmptyLTXVLatentVideo")
    assert (latent["width"], latent["height"], latent["length"]) == (832, 480, 25)
    assert one(server, "SaveVideo")["filename_prefix"] == f"imageai/{server.ours[0].id}"


def test_the_whole_models_are_guided_and_told_what_not_to_show(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    sampling = Sampling(seed=7, num_inference_steps=25, guidance_scale=4.5)
    job = DEV.rendered(studio, tmp_path, DEV.asked(sampling=sampling, negative_prompt="rain"))
    assert job.out.exists(), job.ended
    assert one(server, "LTXVScheduler")["steps"] == 25
    assert one(server, "SamplerCustom")["cfg"] == 4.5
    assert server.classes_of("CLIPTextEncode")[1]["text"] == "rain"


def test_a_start_image_is_sent_as_the_clips_size_and_without_what_a_camera_noted(
    server: ComfyStub, studio: Studio, tmp_path: Path, image: Path
) -> None:
    start = Input(role=Role.START, path=image, strength=0.8)
    job = FIRST.rendered(studio, tmp_path, FIRST.asked("", start, frame=SMALL))
    assert job.out.exists(), job.ended
    ((name, content),) = server.uploads.items()
    assert name.startswith("imageai/")
    assert one(server, "LoadImage") == {"image": name}
    sent = Image.open(io.BytesIO(content))
    assert (sent.size, dict(sent.getexif()), sent.info) == ((832, 480), {}, {})
    begun = one(server, "LTXVImgToVideo")
    assert (begun["strength"], begun["length"]) == (0.8, 25)
    sampler = one(server, "SamplerCustom")
    assert class_of(server, sampler["latent_image"]) == "LTXVImgToVideo"
    assert [sampler[name][1] for name in ("positive", "negative", "latent_image")] == [0, 1, 2]


def test_keyframes_are_guides_one_after_the_other_and_cut_off_again(
    server: ComfyStub, studio: Studio, tmp_path: Path, image: Path
) -> None:
    inputs = (
        Input(role=Role.START, path=image),
        Input(role=Role.KEYFRAME, path=image, at_s=0.5, strength=0.6),
        Input(role=Role.END, path=image),
    )
    job = FIRST.rendered(studio, tmp_path, FIRST.asked("", *inputs, frame=SMALL))
    assert job.out.exists(), job.ended
    assert probe_clip(job.out).num_frames == 25, "no guide stays as a frame"
    guides = server.classes_of("LTXVAddGuide")
    assert [(guide["frame_idx"], guide["strength"]) for guide in guides] == [
        (0, 1.0),
        (12, 0.6),
        (24, 1.0),
    ]
    assert class_of(server, guides[1]["latent"]) == "LTXVAddGuide"
    crop = one(server, "LTXVCropGuides")
    assert class_of(server, crop["positive"]) == "LTXVAddGuide"
    assert class_of(server, crop["latent"]) == "SamplerCustom"
    assert len(server.uploads) == 1, "the same picture is sent once"


def test_a_source_video_comes_at_the_clips_size_and_its_strength_is_a_noise_level(
    server: ComfyStub, studio: Studio, tmp_path: Path, clip: Path
) -> None:
    source = Input(role=Role.SOURCE_VIDEO, path=clip)
    request = FIRST.asked(
        "", source, frame=FrameRequest(duration_s=1), editing=Editing(strength=0.5)
    )
    job = FIRST.rendered(studio, tmp_path, request)
    assert job.out.exists(), job.ended
    ((name, content),) = server.uploads.items()
    with open_media_of(content) as sent:
        stream = sent.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (832, 480, 25)
    assert one(server, "LoadVideo") == {"file": name}
    assert one(server, "ManualSigmas")["sigmas"] == "0.5, 0"
    assert class_of(server, one(server, "SamplerCustom")["latent_image"]) == "VAEEncode"
    facts = probe_clip(job.out)
    assert (facts.num_frames, facts.has_audio) == (25, True)


def test_a_video_goes_on_with_its_own_frames_and_only_its_end_is_sent(
    server: ComfyStub, studio: Studio, tmp_path: Path, clip: Path
) -> None:
    extend = Input(role=Role.EXTEND_VIDEO, path=clip)
    job = FIRST.rendered(
        studio, tmp_path, FIRST.asked("", extend, frame=FrameRequest(duration_s=1))
    )
    assert job.out.exists(), job.ended
    ((_, content),) = server.uploads.items()
    with open_media_of(content) as sent:
        assert sent.streams.video[0].frames == 25, "a second of it is seen"
        assert not sent.streams.audio
    guide = one(server, "LTXVAddGuide")
    assert (guide["frame_idx"], guide["strength"]) == (0, 1.0)
    assert one(server, "EmptyLTXVLatentVideo")["length"] == 25 + 24
    facts = probe_clip(job.out)
    assert (facts.num_frames, facts.has_audio) == (48 + 24, True)
    own, whole = (
        np.asarray(next(iter(read_frames(path, range(20, 21), CancelToken()))), int)
        for path in (clip, job.out)
    )
    assert abs(own - whole).mean() < 4, "its own frames are not made anew"


def test_loras_are_named_as_the_server_names_them_and_not_sent(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    spec = find_served(FIRST.model).spec
    family = INFO.lora_family(spec)
    assert family is not None
    few = random_pairs(family, takes=lambda layer: layer is family.layers[0])
    ink = write_lora(tmp_path / "ink.safetensors", as_comfy(few))
    lora = Input(role=Role.LORA, path=ink, strength=0.7)
    job = FIRST.rendered(studio, tmp_path, FIRST.asked("", lora, frame=SMALL))
    assert job.out.exists(), job.ended
    laid = one(server, "LoraLoaderModelOnly")
    assert (laid["lora_name"], laid["strength_model"]) == ("styles/ink.safetensors", 0.7)
    assert class_of(server, one(server, "SamplerCustom")["model"]) == "LoraLoaderModelOnly"
    assert server.uploads == {}


def test_a_lora_that_the_server_does_not_have_is_told_with_its_folder(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    family = INFO.lora_family(find_served(FIRST.model).spec)
    assert family is not None
    few = random_pairs(family, takes=lambda layer: layer is family.layers[0])
    lora = Input(role=Role.LORA, path=write_lora(tmp_path / "inks.safetensors", as_comfy(few)))
    with pytest.raises(UnsupportedRequest) as refused:
        studio.plan(FIRST.asked("", lora, frame=SMALL))
    assert "ComfyUI has no LoRA 'inks.safetensors'" in refused.value.message
    assert "models/loras" in refused.value.message
    assert "The nearest that it has is 'ink.safetensors'" in refused.value.message


def test_ltx_2_makes_picture_and_sound_together(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    job = SECOND.rendered(studio, tmp_path, SECOND.asked(sampling=Sampling(seed=3)))
    assert job.out.exists(), job.ended
    assert probe_clip(job.out).has_audio
    name = "video/ltx-2.3-22b-distilled-fp8.safetensors"
    assert one(server, "LTXVAudioVAELoader") == {"ckpt_name": name}
    encoder = one(server, "LTXAVTextEncoderLoader")
    assert encoder["text_encoder"] == "gemma_3_12B_it_fp4_mixed.safetensors"
    audio = one(server, "LTXVEmptyLatentAudio")
    assert (audio["frames_number"], audio["frame_rate"]) == (25, 24)
    assert one(server, "LTXVConditioning")["frame_rate"] == 24.0
    assert one(server, "CreateVideo")["fps"] == 24.0
    assert class_of(server, one(server, "VAEDecodeTiled")["samples"]) == "LTXVSeparateAVLatent"
    assert one(server, "LTXVAudioVAEDecode")["samples"][1] == 1
    assert one(server, "RandomNoise")["noise_seed"] == 3


def test_a_silent_clip_of_ltx_2_is_silent(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    job = SECOND.rendered(studio, tmp_path, SECOND.asked(audio=False))
    assert job.out.exists(), job.ended
    assert "audio" not in one(server, "CreateVideo")
    assert server.classes_of("LTXVAudioVAEDecode") == []


def test_ltx_2_starts_from_an_image_before_picture_and_sound_are_joined(
    server: ComfyStub, studio: Studio, tmp_path: Path, image: Path
) -> None:
    start = Input(role=Role.START, path=image)
    job = SECOND_DEV.rendered(studio, tmp_path, SECOND_DEV.asked("", start, frame=SMALL))
    assert job.out.exists(), job.ended
    joined = one(server, "LTXVConcatAVLatent")
    assert class_of(server, joined["video_latent"]) == "LTXVImgToVideoInplace"
    assert one(server, "LTXVScheduler")["steps"] == 30
    assert one(server, "CFGGuider")["cfg"] == 4.0


def test_keyframes_of_ltx_2_are_cut_off_the_picture_alone(
    server: ComfyStub, studio: Studio, tmp_path: Path, image: Path
) -> None:
    end = Input(role=Role.END, path=image)
    job = SECOND.rendered(studio, tmp_path, SECOND.asked("", end, frame=SMALL))
    assert job.out.exists(), job.ended
    assert probe_clip(job.out).num_frames == 25
    assert class_of(server, one(server, "LTXVCropGuides")["latent"]) == "LTXVSeparateAVLatent"


def test_in_two_stages_the_second_is_twice_the_size_and_holds_the_image(
    server: ComfyStub, studio: Studio, tmp_path: Path, image: Path
) -> None:
    frame = FrameRequest(duration_s=1, resolution="720p", aspect="3:2")
    start = Input(role=Role.START, path=image)
    request = SECOND.asked("", start, frame=frame, sampling=Sampling(seed=3, two_stage=True))
    job = SECOND.rendered(studio, tmp_path, request)
    assert job.out.exists(), job.ended
    facts = probe_clip(job.out)
    assert (facts.width, facts.height) == (1152, 768)
    latent = one(server, "EmptyLTXVLatentVideo")
    assert (latent["width"], latent["height"]) == (576, 384)
    assert [each["strength"] for each in server.classes_of("LTXVImgToVideoInplace")] == [0.7, 1.0]
    assert [each["sigmas"] for each in server.classes_of("ManualSigmas")] == [
        "1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0",
        "0.85, 0.725, 0.4219, 0",
    ]
    assert one(server, "LatentUpscaleModelLoader") == {
        "model_name": "ltx-2.3-spatial-upscaler-x2-1.1.safetensors"
    }
    first, second = server.classes_of("LTXVConcatAVLatent")
    assert class_of(server, second["audio_latent"]) == "LTXVSeparateAVLatent"
    assert class_of(server, first["audio_latent"]) == "LTXVEmptyLatentAudio"


def test_a_clip_follows_a_sound_which_nothing_changes(
    server: ComfyStub, studio: Studio, tmp_path: Path, clip: Path
) -> None:
    request = SECOND.asked("", Input(role=Role.AUDIO, path=clip), frame=SMALL)
    job = SECOND.rendered(studio, tmp_path, request)
    assert job.out.exists(), job.ended
    ((name, content),) = server.uploads.items()
    with open_media_of(content) as sent:
        assert not sent.streams.video, "only the sound is sent"
    assert name.endswith(".wav")
    assert one(server, "SolidMask")["value"] == 0.0
    assert class_of(server, one(server, "LTXVConcatAVLatent")["audio_latent"]) == (
        "SetLatentNoiseMask"
    )
    assert class_of(server, one(server, "CreateVideo")["audio"]) == "LoadAudio"


def test_what_the_graphs_do_not_do_is_refused_by_its_control(
    server: ComfyStub, studio: Studio, image: Path, clip: Path
) -> None:
    two_stage = Sampling(two_stage=True)
    frame = FrameRequest(duration_s=1, resolution="720p", aspect="3:2")
    with pytest.raises(UnsupportedRequest) as refused:
        studio.plan(
            SECOND.asked("", Input(role=Role.END, path=image), frame=frame, sampling=two_stage)
        )
    assert [problem.field for problem in refused.value.problems] == ["sampling.two_stage"]
    video, start = Input(role=Role.SOURCE_VIDEO, path=clip), Input(role=Role.START, path=image)
    with pytest.raises(UnsupportedRequest) as refused:
        studio.plan(FIRST.asked("", video, start, frame=FrameRequest()))
    assert [problem.field for problem in refused.value.problems] == ["inputs.start"]


@pytest.mark.parametrize("model", [served.spec.id for served in MODELS])
def test_every_model_is_found_by_the_words_in_its_files_names(
    server: ComfyStub, studio: Studio, model: str
) -> None:
    served = find_served(model)
    files = server.habits.files
    files["checkpoints"] = [other.checkpoint.example for other in MODELS]
    planned = studio.plan(FIRST.asked(model, frame=SMALL))
    assert any(served.checkpoint.example in note for note in planned.plan.notes)
    assert json.dumps(planned.plan.cost_usd) == "0.0"
