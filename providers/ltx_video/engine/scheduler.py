"""The schedulers: plain Euler steps, and steps that draw new noise from the seed."""

# pyright: standard

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)

from providers.ltx_video.models.profiles import SCHEDULER_FLAGS

if TYPE_CHECKING:
    from typing import Any

    from providers.ltx_video.models.profiles import Profile

# The clip's own seed draws the noise that it begins with, which must not come again.
_SEED_OFFSET = 10_000


class StochasticScheduler(FlowMatchEulerDiscreteScheduler):
    """Each step goes to the clean clip that it expects, and back to the next level of noise.

    The pipelines hand no random source to a step, so it has one of its own.
    """

    # No `__init__`: diffusers reads the parent's to tell which settings there are.
    _generator: torch.Generator | None = None

    def seed(self, seed: int) -> None:
        """Draw the noise of the next clip from its seed, on the CPU as all noise of it."""
        self._generator = torch.Generator("cpu").manual_seed(seed + _SEED_OFFSET)

    def step(  # pyright: ignore[reportIncompatibleMethodOverride] - its noise is not the caller's
        self,
        model_output: Any,
        timestep: Any,
        sample: Any,
        *,
        per_token_timesteps: torch.Tensor | None = None,
        return_dict: bool = True,
    ) -> Any:
        """One step, as the parent's."""
        # With a level for each token the pipeline hands over the velocity towards the clean clip;
        # the parent heeds that in its plain steps and not in these.
        towards_noise = model_output if per_token_timesteps is None else -model_output
        return super().step(
            towards_noise,
            timestep,
            sample,
            generator=self._generator,
            per_token_timesteps=per_token_timesteps,
            return_dict=return_dict,
        )


def scheduler_for(config: dict[str, Any], profile: Profile) -> FlowMatchEulerDiscreteScheduler:
    """The scheduler of a model, with the changes that its profile makes."""
    kind: Any = StochasticScheduler if profile.is_stochastic else FlowMatchEulerDiscreteScheduler
    flags = {**SCHEDULER_FLAGS, "stochastic_sampling": profile.is_stochastic}
    return kind.from_config(config, **flags)
