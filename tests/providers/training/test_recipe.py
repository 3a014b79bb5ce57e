"""The recipe against the pipelines: a model is asked in training what it is asked for a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from core.lora.training import Targets
from providers.ltx_video.engine.pipeline import compute_dtype
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.profiles import Guidance, PipelineFamily
from providers.ltx_video.training.adapter import TrainedLora
from providers.ltx_video.training.recipe import Learner, Sample, draw_levels
from tests.providers.engine.test_engine_preview import Engine
from tests.providers.tiny_home import (
    EVERY_GENERATION,
    TINY_INFO,
    TINY_VIDEO,
    context_of,
    loras_of,
    order_for,
)

if TYPE_CHECKING:
    from pathlib import Path

    from providers.ltx_video.models.catalog import LocalModel


def test_levels_lie_higher_for_larger_clips_and_reach_every_height() -> None:
    def drawn(tokens: int) -> torch.Tensor:
        return draw_levels(20_000, tokens, torch.Generator().manual_seed(1))

    few, many = drawn(100), drawn(8000)
    for levels in (few, many):
        assert 0 < float(levels.min()) < 0.05
        assert 0.99 < float(levels.max()) <= 1
    assert float(few.mean()) == pytest.approx(0.63, abs=0.02)
    assert float(many.mean()) == pytest.approx(0.74, abs=0.02)
    # A tenth of them is even.
    assert float((many < 0.3).float().mean()) > 0.025
    assert torch.equal(few, drawn(1024))
    assert torch.equal(many, drawn(4096))


@pytest.mark.parametrize("model", EVERY_GENERATION, ids=lambda model: model.id)
def test_the_model_is_asked_exactly_as_the_pipeline_asks_it(
    tiny_home: Path, tmp_path: Path, model: LocalModel
) -> None:
    provider = LocalLTX(context_of(tiny_home), EVERY_GENERATION, TINY_INFO)
    # One step of pure noise, unguided.
    plain = {"guidance": Guidance(), "num_inference_steps": 1, "sigmas": (1.0,)}
    row = model.model_copy(update={"profile": model.profile.model_copy(update=plain)})
    order = order_for(provider, tiny_home, row, tmp_path)
    order = order.model_copy(
        update={"plan": order.plan.model_copy(update={"num_inference_steps": 1})}
    )
    engine = Engine(order)
    transformer: Any = engine.pipeline.transformer
    asked: list[dict[str, torch.Tensor]] = []
    given: list[torch.Tensor] = []
    handles = [
        transformer.register_forward_pre_hook(
            lambda _module, _args, kwargs: asked.append(kwargs), with_kwargs=True
        ),
        transformer.register_forward_hook(lambda _module, _args, out: given.append(out[0])),
    ]
    engine.denoise(None)
    for handle in handles:
        handle.remove()
    (call,), (guess,) = asked, given
    frames = (order.plan.num_frames - 1) // 8 + 1
    grid = (frames, order.plan.height // 32, order.plan.width // 32)
    noise = call["hidden_states"]
    channels = noise.shape[-1]
    nothing = torch.zeros(0)
    audio_noise = call.get("audio_hidden_states", torch.zeros(1, 0, 0))
    sample = Sample(
        video=torch.zeros(channels, *grid),
        fps=float(order.plan.fps),
        text=call["encoder_hidden_states"][0],
        audio_text=call.get("audio_encoder_hidden_states", nothing[None])[0],
        mask=call["encoder_attention_mask"][0],
        audio=torch.zeros(audio_noise.shape[1:]),
    )
    learner = Learner(engine.pipeline, row.profile, compute_dtype(order))
    # What the training covers with noise is nothing but noise at the highest level: here it is the
    # pipeline's own, which makes the guess and so the loss the very same.
    noises = [noise[0].T.reshape(channels, *grid)[None], audio_noise]
    with torch.no_grad(), replaced_noise(noises):
        loss = learner.loss([sample], torch.ones(1), torch.Generator())
    wanted = ((guess - noise) ** 2).mean()
    assert float(loss) == pytest.approx(float(wanted), rel=1e-5)
    is_av = row.profile.family is PipelineFamily.LTX_2
    assert len(noises) == (0 if is_av else 1)


class replaced_noise(torch.overrides.TorchFunctionMode):  # noqa: N801 - a context, as torch's own
    """Gives these in turn wherever noise is drawn."""

    def __init__(self, noises: list[torch.Tensor]) -> None:
        super().__init__()
        self.noises = noises

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.randn:
            return self.noises.pop(0)
        return func(*args, **(kwargs or {}))


def test_a_first_frame_that_is_given_is_clean_and_does_not_count(
    tiny_home: Path, tmp_path: Path
) -> None:
    provider = LocalLTX(context_of(tiny_home), EVERY_GENERATION, TINY_INFO)
    order = order_for(provider, tiny_home, TINY_VIDEO, tmp_path)
    engine = Engine(order)
    learner = Learner(engine.pipeline, TINY_VIDEO.profile, compute_dtype(order))
    asked: list[dict[str, torch.Tensor]] = []
    engine.pipeline.transformer.register_forward_pre_hook(
        lambda _module, _args, kwargs: asked.append(kwargs), with_kwargs=True
    )
    prompt = engine.prompt.positive
    video = torch.randn(8, 3, 2, 3, generator=torch.Generator().manual_seed(5))
    sample = Sample(video, 16.0, prompt.embeds[0], torch.zeros(0), prompt.mask[0], torch.zeros(0))

    def loss(changed: torch.Tensor) -> float:
        one = Sample(changed, 16.0, sample.text, sample.audio_text, sample.mask, sample.audio)
        random = torch.Generator().manual_seed(1)
        with torch.no_grad():
            return float(learner.loss([one], torch.full((1,), 0.5), random, gives_first_frame=True))

    loss(video)
    times, noised = asked[-1]["timestep"][0], asked[-1]["hidden_states"][0]
    assert times[:6].tolist() == [0.0] * 6
    assert times[6:].tolist() == [500.0] * 12
    assert torch.equal(noised[:6], video[:, 0].reshape(8, 6).T)
    assert not torch.equal(noised[6:12], video[:, 1].reshape(8, 6).T)


def test_a_new_lora_changes_nothing_and_only_the_lora_learns(
    tiny_home: Path, tmp_path: Path
) -> None:
    provider = LocalLTX(context_of(tiny_home), EVERY_GENERATION, TINY_INFO)
    order = order_for(provider, tiny_home, TINY_VIDEO, tmp_path)
    engine = Engine(order)
    before = engine.denoise(None).video
    layers = [layer for layer in loras_of(TINY_VIDEO).layers if layer.count == 1][:2]
    lora = TrainedLora(layers, rank=2, alpha=4, seed=3, device=torch.device("cpu"))
    lora.lay_over(engine.pipeline.transformer)
    assert torch.equal(engine.denoise(None).video, before)
    with torch.no_grad():
        for name, parameter in lora.named_parameters():
            if name.endswith("_up"):
                parameter += 0.1
    assert not torch.equal(engine.denoise(None).video, before)
    saved = lora.tensors()
    up = saved[f"diffusion_model.{layers[0].name.removeprefix('transformer.')}.lora_B.weight"]
    # Alpha by rank is counted in.
    assert torch.allclose(up, torch.full_like(up, 0.2))


@pytest.mark.parametrize("model", [TINY_VIDEO, EVERY_GENERATION[2]], ids=lambda model: model.id)
def test_computing_blocks_twice_to_save_memory_teaches_the_same(
    tiny_home: Path, tmp_path: Path, model: LocalModel
) -> None:
    provider = LocalLTX(context_of(tiny_home), EVERY_GENERATION, TINY_INFO)
    order = order_for(provider, tiny_home, model, tmp_path)
    engine = Engine(order)
    pipeline: Any = engine.pipeline
    pipeline.transformer.requires_grad_(requires_grad=False)
    layers = Targets.ATTENTION.layers(loras_of(model))
    lora = TrainedLora(layers, rank=2, alpha=2, seed=3, device=torch.device("cpu"))
    lora.lay_over(pipeline.transformer)
    prompt = engine.prompt.positive
    words, audio_words, mask = prompt.embeds, torch.zeros(1, 0), prompt.mask
    if model is not TINY_VIDEO:
        words, audio_words, mask = pipeline.connectors(words, mask, padding_side="left")
    random = torch.Generator().manual_seed(5)
    sample = Sample(
        torch.randn(8, 3, 2, 3, generator=random), 16.0, words[0].detach(),
        audio_words[0].detach(), mask[0], torch.zeros(27, 8),
    )  # fmt: skip
    learner = Learner(engine.pipeline, model.profile, compute_dtype(order))

    def gradients() -> list[torch.Tensor]:
        lora.zero_grad()
        learner.loss([sample], torch.full((1,), 0.5), torch.Generator().manual_seed(1)).backward()
        found = [one.grad for one in lora.parameters() if one.grad is not None]
        return [gradient.clone() for gradient in found]

    plain = gradients()
    pipeline.transformer.enable_gradient_checkpointing()
    twice = gradients()
    assert any(bool(gradient.any()) for gradient in plain)
    assert len(plain) == len(twice) == 2 * len(layers)
    for one, other in zip(plain, twice, strict=True):
        torch.testing.assert_close(one, other)
