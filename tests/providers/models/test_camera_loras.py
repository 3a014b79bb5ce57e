"""Camera moves with the makers' LoRAs: which models have them, when they are used, what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.video.planning import make_plan
from core.video.request import Input, Motion, OutputKind, RenderRequest, Role, Target
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.camera_loras import FAMILY, OFFICIAL
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, MODELS, PROVIDER
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.lora_families import LORA_FAMILIES
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
    family = next(one for one in LORA_FAMILIES if one.id == FAMILY)
    name = family.layers[0].name
    pairs = random_pairs(family, rank=1, takes=lambda layer: layer.name == name)[:1]
    folder = tmp_path / "models" / "loras"
    folder.mkdir(parents=True)
    write_lora(folder / DOLLY_IN, as_comfy(pairs))
    return tmp_path


def test_every_move_with_a_lora_is_one_that_the_model_offers() -> None:
    spec = BY_ID[LTXModel.LTX_2_19B].spec
    assert spec.camera is not None
    assert set(OFFICIAL) <= set(spec.camera.motions)
    assert {model.id for model in MODELS if model.spec.lora_family == FAMILY} == {
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
