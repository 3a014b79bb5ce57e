"""The engine process when it is stopped, killed, starved, given damage, or left alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PIL import Image

from core.errors import (
    EngineCrashed,
    JobCancelled,
    NotConfigured,
    OutOfMemory,
    UnsupportedRequest,
)
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from providers.ltx_video.local import LocalLTX
from tests.providers.tiny_home import (
    TINY_AV,
    TINY_MODELS,
    TINY_VIDEO,
    context_of,
    install,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.video.plan import RenderPlan
    from tests.providers.tiny_home import Watched

    Watch = Callable[[], Watched]

ROOT = Path(__file__).resolve().parents[3]
LONG = 400


def cancel_at(job: Watched, stage: Stage, *, step: int = 0) -> list[float]:
    """Cancel when a stage is reported; gives a list that then holds the moment."""
    moments: list[float] = []

    def on_event(event: object) -> None:
        if isinstance(event, Progressed) and event.stage is stage and (event.step or 0) >= step:
            if not moments:
                moments.append(time.monotonic())
            job.context.cancel.cancel()

    job.on_event = on_event
    return moments


def test_cancel_while_the_engine_starts_ends_it_within_two_seconds(
    tiny_home: Path, watched: Watch
) -> None:
    provider = LocalLTX(context_of(tiny_home), TINY_MODELS)
    others = engines()
    job = watched()
    moments = cancel_at(job, Stage.LOAD)
    with pytest.raises(JobCancelled):
        provider.render(plan_for(provider, TINY_AV), job.context)
    assert time.monotonic() - moments[0] < 2
    assert engines() == others
    provider.close()


@pytest.mark.parametrize(
    ("stage", "step"),
    [(Stage.ENCODE, 0), (Stage.DENOISE, 2), (Stage.DECODE, 0), (Stage.WRITE, 0)],
)
def test_cancel_in_any_stage_leaves_no_clip_and_a_warm_engine(
    provider: LocalLTX, watched: Watch, stage: Stage, step: int
) -> None:
    provider.render(plan_for(provider, TINY_VIDEO), watched().context)
    engine = engines()
    job = watched()
    moments = cancel_at(job, stage, step=step)
    plan = plan_for(provider, TINY_VIDEO, steps=LONG if stage is Stage.DENOISE else 2)
    with pytest.raises(JobCancelled):
        provider.render(plan, job.context)
    assert time.monotonic() - moments[0] < 2
    assert all(event.stage is not Stage.WRITE or stage is Stage.WRITE for event in job.progress)
    provider.render(plan_for(provider, TINY_VIDEO), watched().context)
    assert engines() == engine


def test_a_job_cancelled_before_it_starts_touches_no_engine(
    provider: LocalLTX, watched: Watch
) -> None:
    job = watched()
    job.context.cancel.cancel()
    with pytest.raises(JobCancelled):
        provider.render(plan_for(provider, TINY_AV), job.context)
    assert job.events == []


def test_a_killed_engine_is_told_and_started_anew(provider: LocalLTX, watched: Watch) -> None:
    job = watched()

    def kill(event: object) -> None:
        if isinstance(event, Progressed) and event.step == 2:
            for pid in engines():
                os.kill(pid, signal.SIGKILL)

    job.on_event = kill
    with pytest.raises(EngineCrashed, match="signal 9") as caught:
        provider.render(plan_for(provider, TINY_VIDEO, steps=LONG), job.context)
    assert "starts again" in caught.value.hint
    assert provider.render(plan_for(provider, TINY_VIDEO), watched().context).path.exists()


def test_the_engine_ends_when_the_app_is_killed(tiny_home: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.providers.lonely_app", str(tiny_home), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        engine = int(app.stdout.readline())
        assert is_running(engine)
        app.kill()
    deadline = time.monotonic() + 2
    while is_running(engine) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(engine)


def test_damaged_weights_are_named_with_the_command_that_repairs_them(
    provider: LocalLTX, watched: Watch, tiny_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tiny_home / "models" / TINY_VIDEO.id
    weights = next((folder / "transformer").glob("*.safetensors"))
    content = weights.read_bytes()
    plan = plan_for(provider, TINY_VIDEO)
    weights.write_bytes(content[: len(content) // 2])
    try:
        with pytest.raises(NotConfigured, match=r"transformer/.*safetensors") as caught:
            provider.render(plan, watched().context)
        assert f"setup_ltx_video.py --model {TINY_VIDEO.id}" in caught.value.hint
        # A manifest that believes the damage lets it reach the engine, which must name it too.
        install(folder, TINY_VIDEO)
        with pytest.raises(NotConfigured, match=r"transformer/.*safetensors"):
            provider.render(plan, watched().context)
        (written,) = [entry for entry in caplog.records if "made nothing" in entry.message]
        assert written.levelname == "ERROR"
        assert "Traceback" in written.message
        assert "in load_pipeline" in written.message
    finally:
        weights.write_bytes(content)
        install(folder, TINY_VIDEO)
    assert provider.render(plan, watched().context).path.exists()


def test_a_missing_part_is_named(provider: LocalLTX, watched: Watch, tiny_home: Path) -> None:
    folder = tiny_home / "models" / TINY_VIDEO.id
    aside = tiny_home / "vae-aside"
    shutil.move(folder / "vae", aside)
    install(folder, TINY_VIDEO)
    try:
        with pytest.raises(NotConfigured, match="vae/"):
            provider.render(plan_for(provider, TINY_VIDEO), watched().context)
    finally:
        shutil.move(aside, folder / "vae")
        install(folder, TINY_VIDEO)


def test_too_long_a_prompt_is_refused_before_anything_is_made(
    provider: LocalLTX, watched: Watch
) -> None:
    job = watched()
    # Each comma is a token of its own, which a count of words does not see.
    plan = plan_for(provider, TINY_AV, prompt="a,red,ball," * 12)
    with pytest.raises(UnsupportedRequest, match="tokens"):
        provider.render(plan, job.context)
    assert {event.stage for event in job.progress} == {Stage.LOAD}


def test_too_long_a_prompt_of_a_part_is_refused_by_its_number(
    provider: LocalLTX, watched: Watch
) -> None:
    prompt = f"a ball | {'a,red,ball,' * 12}"
    plan = plan_for(provider, TINY_AV, prompt=prompt, num_frames=33)
    assert len(plan.parts) == 2
    with pytest.raises(UnsupportedRequest, match=r"The prompt of part 2 has \d+ tokens"):
        provider.render(plan, watched().context)


def test_too_little_memory_is_told_as_such_and_the_next_clip_works(
    provider: LocalLTX, watched: Watch
) -> None:
    plan = plan_for(provider, TINY_VIDEO)
    # Latents of this size exist in no machine's memory, so the allocator refuses at once.
    huge = plan.model_copy(update={"width": 32 * 10**6, "height": 32 * 10**6})
    with pytest.raises(OutOfMemory):
        provider.render(huge, watched().context)
    assert provider.render(plan, watched().context).path.exists()


def engines() -> list[int]:
    """The engine processes that this test run has started and that live."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if is_engine(child)]


def is_engine(process: psutil.Process) -> bool:
    try:
        return "providers.ltx_video.engine" in process.cmdline()
    except psutil.Error:
        return False


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_is_planned_while_a_clip_is_made_finds_the_model_loaded(
    provider: LocalLTX, watched: Watch
) -> None:
    for _ in range(2):
        provider.render(plan_for(provider, TINY_VIDEO), watched().context)
    alone = plan_for(provider, TINY_VIDEO).est_seconds
    meanwhile: list[float | None] = []
    job = watched()

    def plan(event: object) -> None:
        if isinstance(event, Progressed) and event.stage is Stage.DENOISE and not meanwhile:
            meanwhile.append(plan_for(provider, TINY_VIDEO).est_seconds)

    job.on_event = plan
    provider.render(plan_for(provider, TINY_VIDEO), job.context)

    assert alone is not None
    assert meanwhile == [alone]


def test_after_a_cancel_the_model_is_known_to_be_loaded_and_the_next_bar_begins_at_0(
    provider: LocalLTX, watched: Watch
) -> None:
    provider.render(plan_for(provider, TINY_VIDEO), watched().context)
    warm_s = plan_for(provider, TINY_VIDEO).est_seconds
    job = watched()
    cancel_at(job, Stage.DENOISE, step=2)
    with pytest.raises(JobCancelled):
        provider.render(plan_for(provider, TINY_VIDEO, steps=LONG), job.context)

    assert plan_for(provider, TINY_VIDEO).est_seconds == warm_s
    job = watched()
    provider.render(plan_for(provider, TINY_VIDEO, prompt="another ball"), job.context)
    before = [event for event in job.progress if event.stage is Stage.DENOISE and not event.step]
    assert before[0].fraction is not None
    assert before[0].fraction < 0.35, "what was loaded already is no part of the bar"


def test_reading_the_prompt_is_told_layer_by_layer(provider: LocalLTX, watched: Watch) -> None:
    job = watched()
    provider.render(plan_for(provider, TINY_AV, prompt="never read before"), job.context)
    told = {event.fraction for event in job.progress if event.stage is Stage.ENCODE}
    assert len(told) > 2


def test_a_start_of_the_engine_is_expected_to_take_what_it_took(
    tiny_home: Path, watched: Watch
) -> None:
    provider = LocalLTX(context_of(tiny_home), TINY_MODELS)
    plan = plan_for(provider, TINY_VIDEO, prompt="a green cube")
    began = time.monotonic()
    provider.render(plan, watched().context)
    cold_s = time.monotonic() - began
    warm = plan_for(provider, TINY_VIDEO, prompt="a green cube")
    provider.close()

    cold = plan_for(provider, TINY_VIDEO, prompt="a green cube")

    assert cold.est_seconds is not None
    assert warm.est_seconds is not None
    assert cold.est_seconds == pytest.approx(cold_s, rel=0.25)
    assert cold.est_next_seconds == warm.est_seconds
    assert warm.est_seconds < cold.est_seconds / 2


def test_what_is_done_beside_the_engine_is_part_of_what_a_clip_takes(
    provider: LocalLTX, watched: Watch, tmp_path: Path
) -> None:
    """A photo of a camera takes longer to be fitted than the small clip to be made."""
    photo = tmp_path / "photo.png"
    Image.effect_noise((4000, 3000), 80).convert("RGB").save(photo, compress_level=1)

    def plan() -> RenderPlan:
        # Of a length that no other test has, so that only these clips tell what it takes.
        return plan_for(provider, TINY_VIDEO, image=photo, num_frames=41)

    def render() -> float:
        began = time.monotonic()
        provider.render(plan(), watched().context)
        return time.monotonic() - began

    render()
    taken = sorted(render() for _ in range(3))
    expected = plan().est_seconds

    assert expected is not None
    assert expected > 0.75 * taken[0]
