"""Clips that follow an audio file: how long they are, what is told, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.media.source_clip import AudioFacts, VideoFacts, read_audio_facts, write_audio
from core.video.inputs import CheckedInputs, check_inputs
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Input, RenderRequest
from core.video.spec import FrameGrid
from core.video.terms import OutputKind, Role, Target, Task
from tests.fakes.provider import FULL, SMALL

if TYPE_CHECKING:
    from core.video.plan import RenderPlan

TARGET = Target(provider="fake", deployment="local", model="fake-full")
LTX = FULL.model_copy(update={"frame_grid": FrameGrid(step=8, offset=1)})
SONG = Input(role=Role.AUDIO, path=Path("song.wav"))


def ask(duration_s: float | None = None, **fields: object) -> RenderRequest:
    return RenderRequest(
        target=TARGET,
        prompt="a singer",
        frame=FrameRequest(duration_s=duration_s),
        inputs=(SONG,),
    ).model_copy(update=fields)


def plan(request: RenderRequest, audio: AudioFacts, spec=LTX) -> RenderPlan:
    return make_plan(request, spec, CheckedInputs(audio=audio))


def problems(request: RenderRequest, audio: AudioFacts, spec=LTX) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(request, audio, spec)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("there_s", "frames", "said"),
    [
        (3600.0, 241, "3600.00 s long: the clip follows its first 10.04 s."),
        (3.0, 73, "3.00 s long, and so is the clip."),
        (3.2, 81, "3.20 s long: after that the clip of 3.38 s is silent."),
        (3.5, 81, "3.50 s long: the clip follows its first 3.38 s."),
        (0.2, 17, "0.20 s long: after that the clip of 0.71 s is silent."),
    ],
)
def test_a_clip_is_as_long_as_its_audio_file_or_as_it_can_be(
    there_s: float, frames: int, said: str
) -> None:
    found = plan(ask(), AudioFacts(there_s))
    assert (found.num_frames, found.task, found.has_audio) == (frames, Task.AUDIO_TO_VIDEO, True)
    assert f"The audio file is {said}" in found.notes
    assert "The audio file is its sound, as it is; Fake Full makes no sound for the clip." in (
        found.notes
    )
    assert not any("→" in note for note in found.notes)


def test_a_length_that_is_asked_for_counts_more() -> None:
    shorter = plan(ask(1.0), AudioFacts(3.0))
    assert shorter.num_frames == 25
    assert any("follows its first 1.04 s" in note for note in shorter.notes)
    longer = plan(ask(5.0), AudioFacts(3.0))
    assert longer.num_frames == 121
    assert any("after that the clip of 5.04 s is silent" in note for note in longer.notes)


def test_a_file_in_which_the_clip_would_hear_nothing_is_refused() -> None:
    for audio in (AudioFacts(3.0, math.inf), AudioFacts(60.0, 11.0)):
        message = problems(ask(), audio)["inputs.audio"]
        assert "there is nothing to follow" in message
    assert plan(ask(), AudioFacts(60.0, 9.0)).num_frames == 241


def test_the_clip_may_be_silent_and_follow_it_all_the_same() -> None:
    found = plan(ask(audio=False), AudioFacts(3.0))
    assert not found.has_audio
    assert any("is followed and left out" in note for note in found.notes)


@pytest.mark.parametrize("role", [Role.SOURCE_VIDEO, Role.EXTEND_VIDEO])
def test_beside_a_video_that_keeps_its_sound_it_is_refused(role: Role) -> None:
    video = VideoFacts(96, 64, 49, 24.0, 49 / 24, has_audio=True)
    request = ask().with_inputs((SONG, Input(role=role, path=Path("v.mp4"))))
    with pytest.raises(UnsupportedRequest, match="not both at once"):
        make_plan(request, LTX, CheckedInputs(videos={role: video}, audio=AudioFacts(2.0)))


def test_a_model_that_follows_no_sound_and_an_image_refuse_it() -> None:
    assert "takes no audio file" in problems(ask(), AudioFacts(3.0), SMALL)["inputs.audio"]
    image = ask(output=OutputKind.IMAGE)
    assert "An image has no audio file" in problems(image, AudioFacts(3.0))["inputs.audio"]


def sound(path: Path, *sources: str) -> Path:
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    joined = f"concat=n={len(sources)}:v=0:a=1"
    run_ffmpeg([*inputs, "-filter_complex", joined, str(path)], CancelToken())
    return path


def test_what_is_known_of_a_file_is_heard(tmp_path: Path) -> None:
    silence = "anullsrc=r=44100:cl=mono,atrim=duration=1.5"
    late = sound(tmp_path / "late.wav", silence, "sine=r=44100:duration=1")
    known = check_inputs(ask(inputs=(Input(role=Role.AUDIO, path=late),))).audio
    assert known is not None
    assert known.duration_s == pytest.approx(2.5, abs=0.01)
    assert known.silent_s == pytest.approx(1.5, abs=0.02)
    silent = read_audio_facts(sound(tmp_path / "silent.flac", silence))
    assert (silent.duration_s, silent.silent_s) == (pytest.approx(1.5, abs=0.1), math.inf)


def test_a_part_is_written_with_silence_behind_its_end(tmp_path: Path) -> None:
    import numpy as np

    tone = sound(tmp_path / "tone.ogg", "sine=r=44100:duration=1")
    out = tmp_path / "out.f32"
    write_audio(tone, out, 0.5, 1.0, 16_000, CancelToken())
    samples = np.fromfile(out, "<f4").reshape(-1, 2)
    assert len(samples) == 16_000
    assert np.abs(samples[:7000]).max() > 0.05
    assert np.abs(samples[9000:]).max() < 0.001
