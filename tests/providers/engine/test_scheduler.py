"""Steps that draw new noise: to the clean clip and back, by the seed alone."""

from __future__ import annotations

import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)

from providers.ltx_video.engine.scheduler import StochasticScheduler, scheduler_for
from providers.ltx_video.models import profiles

PROFILE = profiles.LTX_VIDEO_2B_096_DISTILLED
SHAPE = (1, 6, 4)
# The clip that a perfect model expects at every step.
CLEAN = torch.linspace(-1, 1, 24).reshape(SHAPE)


def run(seed: int, *, per_token: bool) -> list[torch.Tensor]:
    """The latents after each of four steps of a model that always expects the same clip."""
    scheduler = scheduler_for(FlowMatchEulerDiscreteScheduler().config, PROFILE)
    assert isinstance(scheduler, StochasticScheduler)
    scheduler.seed(seed)
    scheduler.set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25])
    latents = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    after: list[torch.Tensor] = []
    timesteps = scheduler.timesteps
    assert timesteps is not None
    for timestep in timesteps:
        velocity = (latents - CLEAN) / (timestep / 1000)
        if per_token:
            # As the pipeline of LTX-Video does it.
            levels = torch.full(SHAPE[:2], float(timestep))
            (latents,) = scheduler.step(
                -velocity, timestep, latents, per_token_timesteps=levels, return_dict=False
            )
        else:
            (latents,) = scheduler.step(velocity, timestep, latents, return_dict=False)
        after.append(latents)
    return after


@pytest.mark.parametrize("per_token", [False, True])
def test_a_step_goes_to_the_clean_clip_and_back_to_the_next_level(per_token: bool) -> None:
    noise = torch.Generator("cpu").manual_seed(5 + 10_000)
    after = run(5, per_token=per_token)
    for latents, level in zip(after, (0.75, 0.5, 0.25, 0.0), strict=True):
        drawn = torch.randn(SHAPE, generator=noise)
        assert torch.allclose(latents, (1 - level) * CLEAN + level * drawn, atol=1e-5)
    assert torch.allclose(after[-1], CLEAN, atol=1e-5)


def test_the_noise_comes_from_the_seed_and_from_nothing_else() -> None:
    torch.manual_seed(1)
    first = run(5, per_token=True)
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, run(5, per_token=True), strict=True))
    assert not torch.equal(first[0], run(6, per_token=True)[0])


def test_every_other_model_steps_straight() -> None:
    scheduler = scheduler_for(FlowMatchEulerDiscreteScheduler().config, profiles.LTX_VIDEO_2B_DEV)
    assert type(scheduler) is FlowMatchEulerDiscreteScheduler
    assert not scheduler.config["stochastic_sampling"]
