"""Schedules and guidance of the LTX profiles."""

from __future__ import annotations

from itertools import pairwise

import pytest

from providers.ltx_video.models import profiles
from providers.ltx_video.models.catalog import MODELS
from providers.ltx_video.models.profiles import Guidance, PipelineFamily


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@pytest.mark.parametrize("steps", [4, 8, 20, 30, 60])
def test_noise_levels_fall_from_one_and_are_as_many_as_the_steps(model, steps: int) -> None:
    sigmas = model.profile.sigmas_for(steps)
    if sigmas is None:
        assert model.profile.family is PipelineFamily.LTX_VIDEO
        return
    assert len(sigmas) == steps
    assert sigmas[0] == pytest.approx(1.0)
    assert all(high > low > 0 for high, low in pairwise(sigmas))


def test_a_distilled_model_keeps_its_trained_levels_exactly() -> None:
    trained = (1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875)
    assert profiles.LTX_23_DISTILLED.sigmas_for(8) == trained
    assert profiles.LTX_VIDEO_098_DISTILLED.timesteps_for(7) == pytest.approx(
        [1000, 993.7, 987.5, 981.2, 975, 909.4, 725]
    )


def test_the_dev_levels_end_at_a_tenth_whatever_the_size_of_the_clip() -> None:
    sigmas = profiles.LTX_23_DEV.sigmas_for(30)
    assert sigmas is not None
    assert sigmas[-1] == pytest.approx(0.1)
    assert sigmas[20] == pytest.approx(0.77, abs=0.01)


def test_the_audio_follows_the_scale_only_where_it_had_the_same() -> None:
    asked = Guidance().at(2.5)
    assert (asked.guidance_scale, asked.audio_guidance_scale) == (2.5, 2.5)
    dev = profiles.LTX_23_DEV.guidance.at(4.0)
    assert (dev.guidance_scale, dev.audio_guidance_scale) == (4.0, 7.0)
    assert Guidance().at(None) == Guidance()


def test_the_generations_differ_where_they_were_trained_differently() -> None:
    assert not profiles.LTX_2_DEV.use_cross_timestep
    assert profiles.LTX_23_DEV.use_cross_timestep
    assert profiles.LTX_2_DEV.stg_blocks == (29,)
    assert profiles.LTX_23_DEV.stg_blocks == (28,)
    assert profiles.LTX_23_DISTILLED.image_crf == 33
    assert profiles.LTX_25_DISTILLED.image_crf == 18


def test_only_the_distilled_096_draws_new_noise_in_each_step() -> None:
    stochastic = [model.id for model in MODELS if model.profile.is_stochastic]
    name = "ltx-video-2b-0.9.6-distilled"
    assert stochastic == [name, f"{name}-q4"]


def test_start_images_of_the_first_family_are_softened_as_their_maker_does() -> None:
    for model in MODELS:
        if model.profile.family is PipelineFamily.LTX_VIDEO:
            assert (model.profile.blurs_image, model.profile.image_crf) == (True, 29)
        else:
            assert not model.profile.blurs_image


def test_no_profile_lets_the_scheduler_change_a_given_schedule() -> None:
    flags = {"use_dynamic_shifting": False, "shift": 1.0, "shift_terminal": None}
    assert flags == profiles.SCHEDULER_FLAGS


def test_every_profile_has_one_schedule_with_a_level_for_each_step() -> None:
    for profile in (model.profile for model in MODELS):
        assert profile.sigmas is None or profile.shift_mu is None
        if profile.sigmas is not None:
            assert len(profile.sigmas) == profile.num_inference_steps
