"""Pictures of a clip while it is made: true to it, and of no consequence to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from core.jobs.job import CancelToken
from core.jobs.lanes import Stage
from core.video.spec import Residency
from providers.engine.engine_process import EngineProcess
from providers.engine.events import Advanced, Made
from providers.engine.following import follow
from providers.engine.preview_pace import SHARE
from providers.engine.progress_meter import ProgressMeter
from providers.engine.timings import EngineState
from providers.ltx_video.engine.pipeline import (
    PartLoader,
    load_pipeline,
    load_text_pipeline,
    needed_parts,
)
from providers.ltx_video.engine.preview import Previewer
from providers.ltx_video.engine.stages import decode, denoise
from providers.ltx_video.engine.text import EncodedPrompt, encode
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.timings import ltx_timings
from tests.providers.tiny_home import TINY_AV, TINY_VIDEO, context_of, order_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.frozen import Frozen
    from providers.engine.events import Event
    from providers.ltx_video.engine.pipeline import Pipeline
    from providers.ltx_video.engine.protocol import RenderOrder
    from providers.ltx_video.engine.stages import Denoised
    from tests.providers.tiny_home import Watched

MINI = BY_ID[LTXModel.LTX_MINI]


class Engine:
    """One loaded model, as the engine holds it."""

    def __init__(self, order: RenderOrder) -> None:
        self.order = order
        self.cancel = CancelToken()
        loader = PartLoader(order, self.cancel, lambda _done, _message: None)
        loader.expect(("text_encoder", *needed_parts(order)))
        tokenizer = loader.load("tokenizer")
        self.pipeline: Pipeline = load_pipeline(loader, order, tokenizer)
        text_pipeline = load_text_pipeline(loader, order, tokenizer)
        negative = None
        if order.profile.guidance.guidance_scale > 1:
            negative = encode(text_pipeline, order, "", lambda _: None)
        prompt = encode(text_pipeline, order, order.plan.prompt, lambda _: None)
        self.prompt = EncodedPrompt(prompt, negative)
        self.images: list[Path] = []

    def denoise(
        self, previewer: Previewer | None, after_step: Callable[[], None] = lambda: None
    ) -> Denoised:
        def on_step(_done: float, _step: int, _steps: int, image: Path | None) -> None:
            after_step()
            if image is not None:
                self.images.append(image)

        return denoise(self.pipeline, self.order, self.prompt, on_step, self.cancel, previewer)

    def frames(self, denoised: Denoised) -> np.ndarray:
        return decode(self.pipeline, self.order, denoised, lambda _: None, self.cancel)[0]


class Clock:
    """So many seconds for a step, and so many for whatever happens between two looks."""

    def __init__(self, *, step_s: float, look_s: float) -> None:
        self.now = 0.0
        self.step_s = step_s
        self.look_s = look_s

    def __call__(self) -> float:
        self.now += self.look_s
        return self.now

    def pass_a_step(self) -> None:
        self.now += self.step_s


def watch(engine: Engine, clock: Clock) -> Denoised:
    engine.images.clear()
    previewer = Previewer(engine.pipeline, engine.order, clock)
    return engine.denoise(previewer, clock.pass_a_step)


@pytest.fixture(params=["video", "video from an image", "sound and video"])
def engine(
    request: pytest.FixtureRequest, tiny_home: Path, tiny_files: Path, tmp_path: Path
) -> Engine:
    model = TINY_AV if request.param == "sound and video" else TINY_VIDEO
    image = tiny_files / "start.png" if "image" in request.param else None
    provider = LocalLTX(context_of(tiny_home), (TINY_VIDEO, TINY_AV))
    return Engine(order_for(provider, tiny_home, model, tmp_path, image))


def test_images_change_nothing_of_the_clip(engine: Engine) -> None:
    bare = engine.denoise(None)
    watched = watch(engine, Clock(step_s=1000, look_s=0))
    assert torch.equal(watched.video, bare.video)
    assert watched.generator.get_state().equal(bare.generator.get_state())
    assert len(engine.images) > 1
    plan = engine.order.plan
    for path in engine.images:
        with Image.open(path) as image:
            assert image.size == (plan.width, plan.height)
    assert len(set(engine.images)) == len(engine.images)


def test_no_image_where_it_would_cost_time_or_memory(engine: Engine) -> None:
    watch(engine, Clock(step_s=0.1, look_s=0))
    assert engine.images == []
    memory = engine.order.memory.model_copy(update={"residency": Residency.MODEL_OFFLOAD})
    engine.order = engine.order.model_copy(update={"memory": memory})
    watch(engine, Clock(step_s=1000, look_s=0))
    assert engine.images == []


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("mini")
    provider = LocalLTX(context_of(folder), (MINI,))
    return Engine(order_for(provider, folder, MINI, folder))


def test_image_resembles_the_clip_long_before_its_end(mini: Engine) -> None:
    frames = mini.frames(watch(mini, Clock(step_s=1000, look_s=0))).astype(float)
    steps = mini.order.plan.num_inference_steps or mini.order.profile.num_inference_steps
    halfway = mini.images[steps // 2 - 1]
    with Image.open(halfway) as image:
        difference = np.abs(np.asarray(image, dtype=float) - frames[0]).mean()
    assert difference < 12


def test_images_take_their_small_share_of_the_time_and_no_more(mini: Engine) -> None:
    clock = Clock(step_s=2.0, look_s=0.25)
    watch(mini, clock)
    assert mini.images
    assert len(mini.images) * clock.look_s <= SHARE * clock.now + clock.look_s


class ToldEngine(EngineProcess):
    """Says what it is given, without a process."""

    def __init__(self, *events: Event) -> None:
        self.events = list(events)

    def send(self, order: Frozen) -> None:
        """Take any order."""

    def next_event(self, timeout_s: float) -> Event | None:
        return self.events.pop(0)


def test_whoever_misses_an_image_sees_it_in_the_next_event(
    tiny_home: Path, watched: Callable[[], Watched], tmp_path: Path
) -> None:
    job = watched()
    provider = LocalLTX(context_of(tiny_home), (TINY_VIDEO,))
    order = order_for(provider, tiny_home, TINY_VIDEO, job.context.workdir)
    first, second = tmp_path / "preview-002.png", tmp_path / "preview-004.png"

    def step(number: int, preview: Path | None) -> Advanced:
        return Advanced(number=1, stage=Stage.DENOISE, done=number / 5, preview=preview)

    engine = ToldEngine(
        step(1, None),
        step(2, first),
        step(3, None),
        step(4, second),
        Advanced(number=1, stage=Stage.DECODE, done=0.5),
        Made(number=1, file=tmp_path / "clip.mp4", figures=()),
    )
    meter = ProgressMeter(ltx_timings(tmp_path / "none.json"), order.plan, EngineState.OTHER)
    follow(engine, order, meter, job.context)
    assert [event.preview for event in job.progress] == [None, first, first, second, second]


def test_images_of_a_later_part_do_not_lie_over_those_of_the_one_before(engine: Engine) -> None:
    names: list[set[str]] = []
    for before in (0, 10):
        engine.images.clear()
        clock = Clock(step_s=100.0, look_s=0.1)
        part = Previewer(engine.pipeline, engine.order, clock, steps_before=before)
        engine.denoise(part, clock.pass_a_step)
        names.append({image.name for image in engine.images})
    assert names[0]
    assert not names[0] & names[1]
    assert len(names[0]) == len(names[1])
