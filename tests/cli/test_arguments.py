from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.arguments import RenderArguments, choose_target, read_arguments
from core.config.settings import RenderSettings
from core.jobs.job import Lane
from core.video.provider import ProviderInfo
from core.video.request import Role

INFOS = [
    ProviderInfo("one", "local", "One", "", Lane.GPU),
    ProviderInfo("two", "cloud", "Two", "", Lane.CLOUD),
]
SETTINGS = RenderSettings(provider="one", deployment="local", model="small")


def read(**typed: str):
    return read_arguments(replace(RenderArguments(), **typed), SETTINGS, INFOS)


def test_every_option_lands_in_the_request() -> None:
    typed = RenderArguments(
        provider="two",
        deployment="cloud",
        model="m",
        prompt="p",
        negative_prompt="n",
        out="o.mp4",
        image="i.png",
        duration="2.5s",
        fps="24",
        resolution="720p",
        aspect="16:9",
        seed="7",
        steps="8",
        guidance="3.5",
        audio=False,
        camera_motion="pan_left",
        camera_speed="0.5",
    )
    reading = read_arguments(typed, SETTINGS, INFOS)
    request = reading.request
    assert reading.problems == ()
    assert reading.out == Path("o.mp4")
    assert str(request.target) == "two/cloud/m"
    assert (request.prompt, request.negative_prompt, request.audio) == ("p", "n", False)
    assert request.path_of(Role.START) == Path("i.png")
    assert request.frame.model_dump() == {
        "resolution": "720p",
        "aspect": "16:9",
        "fps": 24,
        "duration_s": 2.5,
    }
    assert request.sampling.model_dump() == {
        "seed": 7,
        "num_inference_steps": 8,
        "guidance_scale": 3.5,
    }
    assert request.motion.model_dump() == {"camera": "pan_left", "speed": 0.5}


def test_what_is_not_typed_is_not_asked_for() -> None:
    request = read(prompt="p").request
    assert request.negative_prompt is None
    assert request.audio is None
    assert set(request.frame.model_dump().values()) == {None}
    assert set(request.sampling.model_dump().values()) == {None}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("fps", "abc"),
        ("fps", "24.5"),
        ("fps", ""),
        ("duration", "nan"),
        ("duration", "inf"),
        ("duration", "two"),
        ("seed", "1e3"),
        ("steps", "eight"),
        ("guidance", "-inf"),
        ("camera_speed", "fast"),
        ("out", " "),
        ("image", ""),
        ("image", "a\0b"),
        ("resolution", ""),
    ],
)
def test_a_value_that_cannot_be_read_is_told_with_its_option(option, value) -> None:
    reading = read(prompt="p", **{option: value})
    assert len(reading.problems) == 1
    assert f"--{option.replace('_', '-')}" in reading.problems[0].message


def test_all_unreadable_values_are_told_together() -> None:
    assert len(read(prompt="p", fps="x", seed="y", duration="z").problems) == 3


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, "one/local/small"),
        ({"model": "big"}, "one/local/big"),
        ({"provider": "two"}, "two/cloud/auto"),
        ({"provider": "two", "deployment": "elsewhere"}, "two/elsewhere/auto"),
        ({"deployment": "cloud"}, "one/cloud/auto"),
        ({"provider": "three"}, "three/local/auto"),
    ],
)
def test_settings_fill_in_only_what_belongs_to_their_own_provider(typed, expected) -> None:
    assert str(choose_target(RenderArguments(**typed), SETTINGS, INFOS)) == expected
