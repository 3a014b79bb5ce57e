"""Camera moves and slow motion with the makers' LoRAs: which models have them, what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.video.planning.clip_plan import make_plan
from core.video.planning.prompt_parts import with_enhanced_prompt
from core.video.request import Input, Motion, RenderRequest
from core.video.terms import OutputKind, Role, Target
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, MODELS, MOST_LORAS, PROVIDER
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.lora_families import LORA_FAMILIES
from providers.ltx_video.models.motion_loras import (
    CAMERA_FAMILY,
    OFFICIAL,
    SLOW_FAMILY,
    SLOW_MOTION,
)
from tests.fakes.loras import as_comfy, random_pairs, write_lora
from tests.providers.tiny_home import context_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan

DOLLY_IN = "ltx-2-19b-lora-camera-control-dolly-in.safetensors"


def planned(home: Path, model: LTXModel, *loras: Input, **fields: object) -> RenderPlan:
    request = RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.value),
        prompt="a lighthouse",
        inputs=loras,
        motion=Motion(camera="dolly_forward"),
    ).model_copy(update=fields)
    return LocalLTX(context_of(home)).fit(make_plan(request, BY_ID[model].spec))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in whose folder of LoRAs the one for a dolly lies."""
    return with_lora(tmp_path, CAMERA_FAMILY, DOLLY_IN)


def with_lora(home: Path, family_id: str, name: str) -> Path:
    """The home, with a LoRA of that family in its folder of LoRAs."""
    family = next(one for one in LORA_FAMILIES if one.id == family_id)
    layer_name = family.layers[0].name
    pairs = random_pairs(family, rank=1, takes=lambda layer: layer.name == layer_name)[:1]
    folder = home / "models" / "loras"
    folder.mkdir(parents=True)
    write_lora(folder / name, as_comfy(pairs))
    return home


def test_every_move_with_a_lora_is_one_that_the_model_offers() -> None:
    spec = BY_ID[LTXModel.LTX_2_19B].spec
    assert spec.camera is not None
    assert set(OFFICIAL) <= set(spec.camera.motions)
    assert {model.id for model in MODELS if model.spec.lora_family == CAMERA_FAMILY} == {
        "ltx-2-19b", "ltx-2-19b-distilled",
    }  # fmt: skip


@pytest.mark.parametrize("model", [LTXModel.LTX_2_19B, LTXModel.LTX_2_19B_DISTILLED])
def test_the_lora_of_a_move_is_laid_over_the_model_besides_the_words(
    home: Path, model: LTXModel
) -> None:
    plan = planned(home, model)
    (lora,) = plan.request.of_role(Role.LORA)
    assert (lora.path, lora.strength) == (home / "models" / "loras" / DOLLY_IN, 1.0)
    assert "dollies forward" in plan.prompt
    assert any("asked for in words" in note for note in plan.notes)
    assert any(f"{DOLLY_IN!r}, is laid over the model at 1." in note for note in plan.notes)


@pytest.mark.parametrize(("speed", "scale"), [(0.5, 0.5), (0.9, 0.9), (2.0, 1.2)])
def test_the_speed_is_its_scale_within_what_suits_it(
    home: Path, speed: float, scale: float
) -> None:
    plan = planned(home, LTXModel.LTX_2_19B, motion=Motion(camera="Dolly Forward", speed=speed))
    assert [item.strength for item in plan.request.of_role(Role.LORA)] == [scale]


def test_without_the_file_the_plan_says_where_it_is_to_be_had(tmp_path: Path) -> None:
    plan = planned(tmp_path, LTXModel.LTX_2_19B)
    assert plan.request.inputs == ()
    (note,) = (note for note in plan.notes if "makers have a LoRA" in note)
    assert DOLLY_IN in note
    assert "Lightricks/LTX-2-19b-LoRA-Camera-Control-Dolly-In" in note
    assert str(tmp_path / "models" / "loras") in note


def test_other_moves_and_other_models_go_by_words_alone(home: Path) -> None:
    for plan in (
        planned(home, LTXModel.LTX_2_19B, motion=Motion(camera="pan_left")),
        planned(home, LTXModel.LTX_2_3),
        planned(home, LTXModel.LTX_2_19B, motion=Motion()),
    ):
        assert plan.request.inputs == ()
        assert not any("makers" in note for note in plan.notes)


def test_one_that_is_chosen_already_is_left_as_it_is(home: Path) -> None:
    own = Input(role=Role.LORA, path=home / "models" / "loras" / DOLLY_IN, strength=0.3)
    assert planned(home, LTXModel.LTX_2_19B, own).request.inputs == (own,)


def test_a_still_gets_it_too(home: Path) -> None:
    plan = planned(home, LTXModel.LTX_2_19B, output=OutputKind.IMAGE)
    assert [item.path.name for item in plan.request.of_role(Role.LORA)] == [DOLLY_IN]
    assert any("is laid over the model" in note for note in plan.notes)


SLOW_FILE = f"{SLOW_MOTION.stem}.safetensors"
SLOW = Motion(motion_speed=0.2)


@pytest.fixture
def slow_home(tmp_path: Path) -> Path:
    """A home in whose folder of LoRAs the one for slow motion lies."""
    return with_lora(tmp_path, SLOW_FAMILY, SLOW_FILE)


@pytest.mark.parametrize("model", [LTXModel.LTX_2_5, LTXModel.LTX_2_5_DISTILLED])
def test_slow_motion_goes_by_the_lora_and_the_models_clock_without_words(
    slow_home: Path, model: LTXModel
) -> None:
    plan = planned(slow_home, model, motion=SLOW)
    (lora,) = plan.request.of_role(Role.LORA)
    assert (lora.path.name, lora.strength) == (SLOW_FILE, 1.0)
    assert (plan.motion_speed, plan.prompt) == (0.2, "a lighthouse")
    assert any(f"{SLOW_FILE!r}, is laid over the model at 1." in note for note in plan.notes)
    assert any("at 0.2 times its real speed" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (0.05, "Everything moves in extreme slow motion."),
        (0.5, "Everything moves in slow motion."),
    ],
)
@pytest.mark.parametrize("model", [LTXModel.LTX_2_5, LTXModel.LTX_2_3, LTXModel.LTX_VIDEO_2B_095])
def test_without_the_lora_slow_motion_is_asked_for_in_words(
    tmp_path: Path, model: LTXModel, speed: float, words: str
) -> None:
    plan = planned(tmp_path, model, motion=Motion(motion_speed=speed))
    assert (plan.prompt, plan.motion_speed) == (f"a lighthouse. {words}", 1.0)
    assert any(f"asked for in words, a rough measure: {words!r}" in note for note in plan.notes)
    is_offered = any(SLOW_FILE in note and SLOW_MOTION.page in note for note in plan.notes)
    assert is_offered is (model is LTXModel.LTX_2_5)


def test_the_words_come_to_each_part_of_a_clip(tmp_path: Path) -> None:
    plan = planned(tmp_path, LTXModel.LTX_2_3, motion=SLOW, prompt="a wave | a calm sea")
    assert [part.prompt for part in plan.parts] == [
        "a wave. Everything moves in extreme slow motion.",
        "a calm sea. Everything moves in extreme slow motion.",
    ]
    assert plan.prompt == " | ".join(part.prompt for part in plan.parts)


def test_the_words_follow_what_an_enhancer_writes(tmp_path: Path) -> None:
    motion = Motion(camera="dolly_forward", motion_speed=0.5)
    fields = {"motion": motion, "enhance_prompt": True}
    plan = planned(tmp_path, LTXModel.LTX_2_3, **fields)
    words = plan.prompt.removeprefix("a lighthouse")
    assert "slow motion" in words
    assert with_enhanced_prompt(plan, "a white lighthouse").prompt == f"a white lighthouse{words}"
    assert with_enhanced_prompt(plan, "It is white.").prompt == f"It is white.{words[1:]}"


def test_a_speed_near_real_time_is_told_and_changes_nothing(tmp_path: Path) -> None:
    for speed, note in ((1.0, "real time, as without it"), (0.9, "too near to real time")):
        plan = planned(tmp_path, LTXModel.LTX_2_5, motion=Motion(motion_speed=speed))
        assert (plan.prompt, plan.motion_speed) == ("a lighthouse", 1.0)
        assert any(note in said for said in plan.notes)


def test_the_lora_that_is_chosen_already_keeps_its_strength_and_gets_the_clock(
    slow_home: Path,
) -> None:
    own = Input(role=Role.LORA, path=slow_home / "models" / "loras" / SLOW_FILE, strength=0.7)
    plan = planned(slow_home, LTXModel.LTX_2_5, own, motion=SLOW)
    assert (plan.request.inputs, plan.motion_speed) == ((own,), 0.2)


def test_where_no_more_loras_fit_the_words_ask_for_it(slow_home: Path) -> None:
    others = [
        with_lora(slow_home / str(number), SLOW_FAMILY, "other.safetensors")
        / "models" / "loras" / "other.safetensors"
        for number in range(MOST_LORAS)
    ]  # fmt: skip
    own = [Input(role=Role.LORA, path=path) for path in others]
    plan = planned(slow_home, LTXModel.LTX_2_5, *own, motion=SLOW)
    assert "in extreme slow motion" in plan.prompt
    assert any("for slow motion is left out" in note for note in plan.notes)


def test_models_without_a_way_refuse_it_with_one(tmp_path: Path) -> None:
    for model, motion in ((LTXModel.LTX_MINI, SLOW), (LTXModel.LTX_2_5, Motion(motion_speed=2.0))):
        with pytest.raises(UnsupportedRequest) as caught:
            planned(tmp_path, model, motion=motion)
        assert [problem.field for problem in caught.value.problems] == ["motion.motion_speed"]
