"""LTX for Python scripts: what is asked for, clips of the real built-in model, and the guide."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job_record import JobState
from core.jobs.journal import Journal
from core.lora.lora_file import read_lora
from core.lora.training import TRAINING_CONTROLS
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.video.request import Editing, Input, Sampling
from core.video.terms import ControlMap, ExtendDirection, Role
from providers.ltx_video import LTXDeploymentMode, LTXModel
from providers.ltx_video.client import (
    LTXGenerationConfig,
    LTXTrainingChoices,
    LTXVideoClient,
)
from providers.ltx_video.engine.clip import Audio, write_clip
from scripts.sample_training_set import write_ink_set
from tests.fakes.clips import moving_clip, moving_frames
from tests.fakes.program import ROOT, environment
from tests.ltx_mini_analyser import on_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.jobs.job import Progressed

LOCAL = LTXDeploymentMode.LOCAL
CONFIG = LTXGenerationConfig("a red ball moving right at sunset", seed=7, duration_s=0.5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("client")


@pytest.fixture(scope="module")
def events() -> list[Progressed]:
    return []


@pytest.fixture(scope="module")
def client(home: Path, events: list[Progressed]) -> Iterator[LTXVideoClient]:
    with LTXVideoClient(paths=Paths.below(home), on_progress=events.append) as opened:
        yield opened


def test_a_config_is_a_request_word_for_word() -> None:
    config = LTXGenerationConfig(
        "a boat",
        model=LTXModel.LTX_2_3,
        resolution="720p",
        fps=25,
        interpolated_fps=50,
        motion_speed=0.4,
        include_audio=False,
        image=Path("a.png"),
        keyframes=((1.5, Path("k.png")),),
        loras=((Path("ink"), 0.5),),
        extend_direction=ExtendDirection.BACKWARD,
        seed=3,
        two_stage=True,
    )
    request = config.request(LOCAL)
    assert str(request.target) == "ltx-video/local/ltx-2.3"
    assert (request.frame.resolution, request.frame.fps, request.audio) == ("720p", 25, False)
    assert (request.frame.interpolated_fps, request.motion.motion_speed) == (50, 0.4)
    assert request.inputs == (
        Input(role=Role.START, path=Path("a.png")),
        Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=1.5),
        Input(role=Role.LORA, path=Path("ink"), strength=0.5),
    )
    assert request.editing == Editing(direction=ExtendDirection.BACKWARD)
    assert request.sampling == Sampling(seed=3, two_stage=True)
    assert LTXGenerationConfig("a boat").request(LOCAL).target.model == "auto"


def test_names_and_paths_may_be_plain_strings() -> None:
    config = LTXGenerationConfig(
        "a boat",
        model="ltx-mini",
        image="a.png",
        keyframes=((1.5, "k.png"), (2.0, "l.png", 0.4)),
        reference_images=("r.png",),
        audio_file="s.wav",
        loras=(("ink", 0.5),),
    )
    request = config.request(LOCAL)
    assert request.target.model == "ltx-mini"
    assert request.inputs == (
        Input(role=Role.START, path=Path("a.png")),
        Input(role=Role.AUDIO, path=Path("s.wav")),
        Input(role=Role.KEYFRAME, path=Path("k.png"), at_s=1.5),
        Input(role=Role.KEYFRAME, path=Path("l.png"), at_s=2.0, strength=0.4),
        Input(role=Role.REFERENCE, path=Path("r.png")),
        Input(role=Role.LORA, path=Path("ink"), strength=0.5),
    )


@pytest.mark.parametrize("field", [field.name for field in fields(LTXGenerationConfig)])
def test_every_field_of_a_config_that_is_no_such_value_is_named(field: str) -> None:
    with pytest.raises(UnsupportedRequest) as refused:
        LTXGenerationConfig(**{"prompt": "a boat", field: object()})
    (problem,) = refused.value.problems
    assert problem.field == field
    assert problem.message.startswith(f"{field} takes ")


def test_all_wrong_fields_are_told_at_once_and_unknown_ones_with_the_nearest() -> None:
    wrong: dict[str, Any] = {"fps": 1.5, "extend_direction": "up", "resolutoin": "720p"}
    with pytest.raises(UnsupportedRequest) as refused:
        LTXGenerationConfig("a boat", **wrong)
    assert [problem.field for problem in refused.value.problems] == [
        "fps",
        "extend_direction",
        "resolutoin",
    ]
    assert "'forward', 'backward' or 'both', not 'up'" in str(refused.value)
    assert "Did you mean 'resolution'?" in str(refused.value)
    with pytest.raises(UnsupportedRequest, match="prompt is missing"):
        LTXGenerationConfig()  # pyright: ignore[reportCallIssue] - this is what is refused


def test_a_time_before_the_clip_and_a_strength_beyond_all_are_refused() -> None:
    early = LTXGenerationConfig("a boat", keyframes=((-1.0, "k.png"),))
    with pytest.raises(UnsupportedRequest, match=r"keyframe 'k\.png'.*takes 0 or more, not -1"):
        early.request(LOCAL)
    strong = LTXGenerationConfig("a boat", loras=(("ink", 9.0),))
    with pytest.raises(UnsupportedRequest, match=r"LoRA 'ink'.*strength takes 2 or less, not"):
        strong.request(LOCAL)


def test_a_strength_that_is_none_hides_nothing_else(client: LTXVideoClient) -> None:
    config = LTXGenerationConfig(
        "a boat",
        resolution="8k",
        keyframes=((-1.0, "k.png"), (0.5, "l.png", 7.0)),
        loras=(("ink", 9.0),),
        out="clip.avi",
    )
    with pytest.raises(UnsupportedRequest) as refused:
        client.plan(config)
    told = "\n".join(problem.message for problem in refused.value.problems)
    for part in ("'k.png'", "'l.png'", "'ink'", "'8k'", "clip.mp4"):
        assert part in told


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"deployment": "cloud"}, "deployment"),
        ({"paths": "/somewhere"}, "paths"),
        ({"on_progress": 3}, "on_progress"),
    ],
)
def test_a_client_of_wrong_arguments_is_refused(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(UnsupportedRequest, match=f"^{named} takes "):
        LTXVideoClient(**arguments)


def test_wrong_arguments_of_every_method_are_named(client: LTXVideoClient) -> None:
    wrong: Any = "a ball"
    for method in (client.plan, client.generate_video_async, client.generate_with_keyframes):
        with pytest.raises(UnsupportedRequest, match=r"^config takes LTXGenerationConfig"):
            _ = method(wrong)
    for method in (client.extend_video, client.transform_video, client.retake_video):
        with pytest.raises(UnsupportedRequest) as refused:
            _ = method(cast("Any", 5), wrong)
        assert [problem.field for problem in refused.value.problems] == ["video_path", "config"]
    choices: dict[str, Any] = {
        "model": 5, "resolution": 5, "length_s": "x", "targets": "all", "steps": "many", "rnk": 3
    }  # fmt: skip
    with pytest.raises(UnsupportedRequest) as refused:
        _ = client.fine_tune_lora(cast("Any", 5), **choices)
    assert {problem.field for problem in refused.value.problems} == {"source", *choices}
    assert "Did you mean 'rank'?" in str(refused.value)


def test_what_a_training_can_choose_is_what_a_script_can_name() -> None:
    assert list(LTXTrainingChoices.__annotations__) == [one.field for one in TRAINING_CONTROLS]


def test_a_clip_is_made_by_its_plan_and_told_on_the_way(
    client: LTXVideoClient, events: list[Progressed], tmp_path: Path
) -> None:
    config = LTXGenerationConfig(CONFIG.prompt, seed=7, duration_s=0.5, out=tmp_path / "ball.mp4")
    planned = client.plan(config)
    assert not events
    result = asyncio.run(client.generate_video_async(config))
    assert result.path == tmp_path / "ball.mp4"
    assert result.plan == planned.plan
    facts = probe_clip(result.path)
    assert (facts.width, facts.num_frames) == (192, result.plan.num_frames)
    fractions = [event.fraction for event in events if event.fraction is not None]
    assert fractions
    assert fractions == sorted(fractions)
    with pytest.raises(UnsupportedRequest) as refused:
        asyncio.run(client.generate_video_async(config))
    for problem in refused.value.problems:
        # Not the option of the command line, which a script has not got.
        assert problem.message.endswith("or set overwrite=True to replace it.")


def test_whoever_stops_waiting_stops_the_work(client: LTXVideoClient, home: Path) -> None:
    async def stop_it() -> None:
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_progress(_: Progressed) -> None:
            loop.call_soon_threadsafe(began.set)

        with LTXVideoClient(paths=Paths.below(home), on_progress=on_progress) as other:
            longer = LTXGenerationConfig(CONFIG.prompt, duration_s=5.0, num_inference_steps=30)
            task = asyncio.create_task(other.generate_video_async(longer))
            await began.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    before = sorted(Paths.below(home).output_dir.glob("*"))
    asyncio.run(stop_it())
    states = [job.state for job in Journal(Paths.below(home).journal_file).all()]
    assert JobState.CANCELLED in states
    assert not {JobState.RUNNING, JobState.QUEUED} & set(states)
    assert sorted(Paths.below(home).output_dir.glob("*")) == before


def test_what_a_model_does_not_take_is_refused_before_anything_starts(
    client: LTXVideoClient,
) -> None:
    large = LTXGenerationConfig("a ball", model=LTXModel.LTX_MINI, resolution="4k")
    with pytest.raises(UnsupportedRequest, match="4k"):
        asyncio.run(client.generate_video_async(large))
    followed = replace(CONFIG, control_video=Path("c.mp4"), control_map=ControlMap.CANNY)
    with pytest.raises(UnsupportedRequest, match="takes no control video") as caught:
        client.plan(followed)
    fields = {problem.field for problem in caught.value.problems}
    assert {"inputs.control", "editing.control_map"} <= fields
    with pytest.raises(UnsupportedRequest, match="No keyframe is named"):
        asyncio.run(client.generate_with_keyframes(CONFIG))
    with pytest.raises(UnsupportedRequest, match="brings no prompt enhancer"):
        asyncio.run(client.enhance_prompt(replace(CONFIG, model=LTXModel.LTX_MINI)))


def test_a_clip_comes_by_pictures_and_a_video_is_extended_made_anew_and_retaken(
    client: LTXVideoClient, tmp_path: Path
) -> None:
    video = moving_clip(tmp_path / "v.mp4", 17, 16, size=(192, 128))
    picture = tmp_path / "p.png"
    Image.new("RGB", (192, 128), "red").save(picture)
    by = replace(CONFIG, keyframes=((0.25, picture), (0.5, picture, 0.4)))
    result = asyncio.run(client.generate_with_keyframes(by))
    made = [(one.at_s, one.strength) for one in result.plan.request.of_role(Role.KEYFRAME)]
    assert made == [(0.25, None), (0.5, 0.4)]
    extended = asyncio.run(client.extend_video(str(video), CONFIG))
    assert probe_clip(extended.path).num_frames == 17 + 8
    both = replace(CONFIG, extend_direction=ExtendDirection.BOTH)
    extended = asyncio.run(client.extend_video(video, both))
    assert probe_clip(extended.path).num_frames == 17 + 2 * 8
    assert extended.plan.new == (range(8), range(25, 33))
    anew = asyncio.run(client.transform_video(video, replace(CONFIG, strength=0.5)))
    assert anew.plan.strength == 0.5
    part = replace(CONFIG, duration_s=None, retake_from_s=0.5, retake_to_s=1.0)
    retaken = asyncio.run(client.retake_video(video, part))
    assert retaken.plan.new == (range(8, 16),)
    assert probe_clip(retaken.path).num_frames == 17


def test_the_sound_of_a_clip_goes_on_without_a_gap_at_both_ends_of_it(
    client: LTXVideoClient, tmp_path: Path
) -> None:
    wave_s, rate_hz = 17 / 16, 48_000
    times = np.arange(round(wave_s * rate_hz)) / rate_hz
    tone = np.tile((0.3 * np.sin(2 * np.pi * 200 * times)).astype(np.float32), (2, 1))
    video = tmp_path / "v.mp4"
    write_clip(video, moving_frames(17, 192, 128), 16, Audio(tone, rate_hz), lambda _: None)
    config = replace(
        CONFIG,
        prompt="a red ball, with a low tone",
        duration_s=2.0,
        extend_direction=ExtendDirection.BOTH,
    )
    made = asyncio.run(client.extend_video(video, config))
    assert any("goes on with that" in note for note in made.plan.notes)
    heard, rate_hz = sound_in(made.path)
    seams = [round(frame / 16 * rate_hz) for frame in (16, 16 + 17)]
    assert [on_event(part, rate_hz) for part in np.split(heard, seams, axis=1)] == ["low_tone"] * 3
    near, window = rate_hz // 20, rate_hz // 100
    levels = np.array(
        [
            [heard[:, at + step : at + step + window].std() for step in range(-near, near, window)]
            for at in seams
        ]
    )
    # Where the one only followed the other, there was a gap of silence at each seam.
    assert (levels.min(axis=1) > 0.5 * np.median(levels, axis=1)).all()


def sound_in(path: Path) -> tuple[np.ndarray, int]:
    """The sound of a clip, (channels, samples), and its rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts = [frame.to_ndarray() for frame in container.decode(stream)]
        return np.concatenate(parts, axis=1).astype(np.float32), int(stream.rate)


def test_a_lora_is_trained_and_a_wrong_choice_is_refused(
    client: LTXVideoClient, tmp_path: Path, home: Path
) -> None:
    write_ink_set(tmp_path / "ink")
    with pytest.raises(UnsupportedRequest, match="Rank takes 1 to 256, not 0"):
        asyncio.run(client.fine_tune_lora(tmp_path / "ink", model=LTXModel.LTX_MINI, rank=0))
    path = asyncio.run(client.fine_tune_lora(str(tmp_path / "ink"), model="ltx-mini", steps=2))
    assert path == Paths.below(home).models_dir / "loras" / "ink.safetensors"
    assert read_lora(path).metadata["steps"] == "2"


def test_the_example_of_the_guide_makes_its_clip(tmp_path: Path) -> None:
    guide = (ROOT / "Docs" / "LTX-Video-Provider-Guide.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment(IMAGEAI_HOME=str(tmp_path / "home")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert probe_clip(tmp_path / "ball.mp4").num_frames == 33
    assert "ball.mp4" in ran.stdout
