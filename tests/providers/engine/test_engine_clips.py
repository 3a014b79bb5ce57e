"""Clips out of the real engine, against what plain diffusers makes with the same settings."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from core.film.model.source import read_source
from core.jobs.lanes import Stage
from core.media.ffmpeg import probe_clip
from providers.ltx_video.engine.clip import Audio, write_clip
from tests.fakes.program import environment
from tests.film.bundled import run_bundled
from tests.providers.tiny_home import (
    FRAMES,
    TINY_AV,
    TINY_AV_GUIDED,
    TINY_MODELS,
    TINY_VIDEO,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from providers.ltx_video.local import LocalLTX
    from providers.ltx_video.models.catalog import LocalModel
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]


def images(clip: Path) -> np.ndarray:
    with av.open(str(clip)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def samples(clip: Path) -> np.ndarray:
    with av.open(str(clip)) as container:
        return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)


@pytest.mark.parametrize("task", ["t2v", "i2v"])
@pytest.mark.parametrize("model", TINY_MODELS, ids=lambda model: model.id)
def test_a_clip_is_what_plain_diffusers_makes(
    provider: LocalLTX,
    watched: Watch,
    tiny_files: Path,
    tmp_path: Path,
    model: LocalModel,
    task: str,
) -> None:
    job = watched()
    image = tiny_files / "start.png" if task == "i2v" else None
    clip = provider.render(plan_for(provider, model, image=image), job.context).path

    bare = np.load(tiny_files / f"{model.id.removesuffix('-single')}-{task}.npz")
    audio = None if bare["waveform"].size == 0 else Audio(bare["waveform"], int(bare["rate_hz"]))
    expected = tmp_path / "bare.mp4"
    # Its sound rings at both ends, which is faded.
    soft = None if audio is None else audio.with_soft_ends(len(bare["frames"]), 16)
    write_clip(expected, bare["frames"], 16, soft, lambda _: None)
    assert np.array_equal(images(clip), images(expected))
    if audio is not None:
        assert np.array_equal(samples(clip), samples(expected))
    assert clip.parent == job.context.workdir


WRITES = """
import sys
from pathlib import Path
import numpy as np
from providers.ltx_video.engine.clip import write_clip
frames = np.fromfile(sys.argv[1], np.uint8).reshape(-1, 128, 192, 3)
write_clip(Path(sys.argv[2]), frames, 16, None, lambda _: None)
"""


def test_the_same_frames_are_the_same_bytes_whatever_lies_in_memory(tmp_path: Path) -> None:
    # The width in macroblocks, 12, is no multiple of 8. glibc fills fresh memory with what the
    # variable says; elsewhere plain runs are compared.
    raw = tmp_path / "frames.rgb"
    zoom = ["-f", "lavfi", "-i", "mandelbrot=s=192x128:r=25:end_scale=0.05", "-t", "2"]
    run_bundled([*zoom, "-f", "rawvideo", "-pix_fmt", "rgb24", str(raw)])
    coded: set[bytes] = set()
    for fill in ("0", "85", "170", "254"):
        clip = tmp_path / f"{fill}.mp4"
        subprocess.run(
            [sys.executable, "-c", WRITES, str(raw), str(clip)],
            env=environment(MALLOC_PERTURB_=fill),
            check=True,
        )
        with av.open(str(clip)) as container:
            coded.add(b"".join(bytes(packet) for packet in container.demux(video=0)))
    assert len(coded) == 1


def test_the_start_image_decides_the_clip(tiny_files: Path) -> None:
    for model in (TINY_VIDEO, TINY_AV, TINY_AV_GUIDED):
        text = np.load(tiny_files / f"{model.id}-t2v.npz")["frames"]
        image = np.load(tiny_files / f"{model.id}-i2v.npz")["frames"]
        assert not np.array_equal(text, image)


@pytest.mark.parametrize("num_frames", [9, 33])
def test_length_size_rate_and_audio_are_exactly_as_planned(
    provider: LocalLTX, watched: Watch, num_frames: int
) -> None:
    plan = plan_for(provider, TINY_AV, num_frames=num_frames)
    clip = provider.render(plan, watched().context).path
    facts = probe_clip(clip)
    assert (facts.width, facts.height, facts.num_frames) == (96, 64, num_frames)
    assert facts.fps == 16
    source = read_source(clip).facts
    assert (source.codec, source.pixel_format) == ("h264", "yuv420p")
    assert source.audio_sample_rate_hz == 24_000
    with av.open(str(clip)) as container:
        track = container.streams.audio[0]
        assert track.duration is not None
        assert track.time_base is not None
        # AAC decodes to whole packets of 1024 samples; what counts is where the file says that the
        # sound ends, which it says in milliseconds.
        assert float(track.duration * track.time_base) == pytest.approx(num_frames / 16, abs=0.0006)


def test_without_audio_there_is_no_audio_track(provider: LocalLTX, watched: Watch) -> None:
    plan = plan_for(provider, TINY_AV).model_copy(update={"has_audio": False})
    assert not probe_clip(provider.render(plan, watched().context).path).has_audio


def test_the_same_seed_gives_the_same_clip_and_another_seed_another(
    provider: LocalLTX, watched: Watch
) -> None:
    plan = plan_for(provider, TINY_AV)
    first = images(provider.render(plan, watched().context).path)
    again = images(provider.render(plan, watched().context).path)
    other = plan.model_copy(update={"seed": plan.seed + 1})
    assert np.array_equal(first, again)
    assert not np.array_equal(first, images(provider.render(other, watched().context).path))


def test_a_prompt_from_the_cache_gives_the_same_clip(
    provider: LocalLTX, watched: Watch, tiny_home: Path
) -> None:
    plan = plan_for(provider, TINY_AV_GUIDED, prompt="the blue ball at sunset")
    cache = tiny_home / "cache" / "ltx-video" / "prompts"
    before = set(cache.glob("*"))
    fresh = images(provider.render(plan, watched().context).path)
    written = set(cache.glob("*")) - before
    stored = images(provider.render(plan, watched().context).path)
    assert written
    assert np.array_equal(fresh, stored)
    # Only damage makes it encode once more; that too must give the same clip.
    for file in written:
        file.write_bytes(b"damaged")
    assert np.array_equal(fresh, images(provider.render(plan, watched().context).path))


def test_progress_names_every_stage_and_step_and_never_falls(
    provider: LocalLTX, watched: Watch
) -> None:
    plan = plan_for(provider, TINY_VIDEO, prompt="a grey ball at sunset")
    job = watched()
    provider.render(plan, job.context)
    stages = list(dict.fromkeys(event.stage for event in job.progress))
    assert stages == [Stage.LOAD, Stage.ENCODE, Stage.DENOISE, Stage.DECODE, Stage.WRITE]
    fractions = [event.fraction for event in job.progress if event.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == pytest.approx(1)
    steps = [event.step for event in job.progress if event.stage is Stage.DENOISE and event.step]
    assert steps == list(range(1, 7))
    decoding = [event for event in job.progress if event.stage is Stage.DECODE]
    assert len(decoding) > 3


def test_the_engine_tells_each_change_once(provider: LocalLTX, watched: Watch) -> None:
    job = watched()
    provider.render(plan_for(provider, TINY_AV), job.context)
    assert sum(event.stage is Stage.WRITE for event in job.progress) > FRAMES
    assert [event for event, following in pairwise(job.progress) if event == following] == []


def test_the_time_left_is_known_once_a_clip_was_made(provider: LocalLTX, watched: Watch) -> None:
    provider.render(plan_for(provider, TINY_AV), watched().context)
    plan = plan_for(provider, TINY_AV, prompt="a red ball at sunset")
    assert plan.est_seconds is not None
    job = watched()
    provider.render(plan, job.context)
    left = [event.eta_s for event in job.progress[1:]]
    assert None not in left
    assert left[-1] == 0


def test_tiles_and_single_frames_decode_to_about_the_same_image(
    provider: LocalLTX, watched: Watch
) -> None:
    plan = plan_for(provider, TINY_VIDEO, num_frames=33)
    assert plan.memory_plan is not None
    tiled = plan.memory_plan.model_copy(update={"tiled_decode": True, "framewise_decode": True})
    whole = images(provider.render(plan, watched().context).path).astype(float)
    job = watched()
    parts = images(
        provider.render(plan.model_copy(update={"memory_plan": tiled}), job.context).path
    )
    assert parts.shape == whole.shape
    assert np.abs(parts - whole).mean() < 40
    # The decoder ran once for each group of frames, and each run was counted.
    assert len([e for e in job.progress if e.stage is Stage.DECODE]) > 10


def test_audio_is_cut_and_filled_to_the_image() -> None:
    long = Audio(np.ones((2, 30_000), np.float32), 24_000).as_long_as(FRAMES, 16)
    short = Audio(np.ones((2, 20_000), np.float32), 24_000).as_long_as(FRAMES, 16)
    assert long.samples.shape == short.samples.shape == (2, 25_500)
    assert short.samples[:, 20_000:].max() == 0


@pytest.mark.parametrize("count", [20_000, 30_000, 3])
def test_a_sound_begins_and_ends_softly_and_is_else_as_it_was(count: int) -> None:
    loud = Audio(np.ones((2, count), np.float32), 24_000)
    soft = loud.with_soft_ends(FRAMES, 16)
    assert soft.samples.shape[1] == min(count, 25_500)
    assert np.abs(soft.samples[:, [0, -1]]).max() == 0
    assert (soft.samples[:, 120:-120] == 1).all()
    assert (loud.samples == 1).all()
