"""What following a control video takes: which models can, which IC-LoRA, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import Problem, UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs
from core.video.planning.clip_plan import make_plan
from core.video.request import Editing, Input, Motion, RenderRequest
from core.video.terms import ControlMap, Role, Target
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, MODELS, MOST_LORAS, PROVIDER
from providers.ltx_video.models.control_video import FOR_SHEETS, OFFICIAL
from providers.ltx_video.models.info import LTXModel
from providers.ltx_video.models.lora_families import LORA_FAMILIES
from providers.ltx_video.models.map_models import FILES, MapModel, find_map_models
from providers.weights.hub import NeededFile
from tests.fakes.inputs import lora
from tests.fakes.loras import as_comfy, random_pairs, write_lora
from tests.providers.tiny_home import context_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan

UNION_23 = "ltx-2.3-22b-ic-lora-union-control-ref0.5"
UNION_19B = "ltx-2-19b-ic-lora-union-control-ref0.5"
CANNY_19B = "ltx-2-19b-ic-lora-canny-control"
DEPTH_19B = "ltx-2-19b-ic-lora-depth-control"
HALF = {"reference_downscale_factor": "2"}


def saved(home: Path, name: str, family: str = "ltx-2.3", **notes: str) -> Path:
    """A LoRA for one layer of a family, in the folder of LoRAs."""
    like = next(one for one in LORA_FAMILIES if one.id == family)
    # What the other generations do not have, or have in another shape.
    marks = {"ltx-2.3": "audio_attn1.to_gate_logits", "ltx-2-19b": "audio_caption_projection"}
    pairs = random_pairs(like, rank=1, takes=lambda layer: marks[family] in layer.name)[:1]
    folder = home / "models" / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"model_version": "2.3", **notes} if family == "ltx-2.3" else notes
    return write_lora(folder / f"{name}.safetensors", as_comfy(pairs), metadata)


def planned(
    home: Path,
    model: LTXModel,
    *loras: Input,
    kind: ControlMap = ControlMap.CANNY,
    **fields: object,
) -> RenderPlan:
    request = RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.value),
        prompt="a lighthouse",
        inputs=(Input(role=Role.CONTROL, path=home / "c.mp4"), *loras),
        editing=Editing(control_map=kind),
    ).model_copy(update=fields)
    facts = VideoFacts(960, 544, 49, 24.0, 49 / 24, has_audio=False)
    known = CheckedInputs(videos={Role.CONTROL: facts})
    return LocalLTX(context_of(home)).fit(make_plan(request, BY_ID[model].spec, known))


def refused(home: Path, model: LTXModel, *loras: Input, **fields: object) -> Problem:
    with pytest.raises(UnsupportedRequest) as caught:
        planned(home, model, *loras, **fields)  # pyright: ignore[reportArgumentType] - as above
    (problem,) = caught.value.problems
    return problem


def test_the_models_that_follow_a_video_are_those_with_an_ic_lora_for_it() -> None:
    families = {model.spec.lora_family for model in MODELS if model.spec.control_maps}
    assert families == {"ltx-2.3", "ltx-2-19b"}
    following = {model.id: model.spec for model in MODELS if model.spec.lora_family in families}
    assert {"ltx-2.3", "ltx-2.3-distilled", "ltx-2-19b", "ltx-2-19b-distilled"} <= set(following)
    for spec in following.values():
        assert set(OFFICIAL[spec.lora_family]) == set(spec.control_maps)
        assert spec.limit(Role.CONTROL) == 1


@pytest.mark.parametrize("model", [LTXModel.LTX_2_3, LTXModel.LTX_2_3_DISTILLED])
def test_the_makers_ic_lora_is_laid_over_the_model_and_named(
    tmp_path: Path, model: LTXModel
) -> None:
    path = saved(tmp_path, UNION_23, **HALF)
    plan = planned(tmp_path, model)
    assert plan.request.of_role(Role.LORA) == (lora(path, 1.0),)
    assert plan.reference_downscale == 2
    assert plan.notes.count(
        "The clip follows the outlines in the control video by the IC-LoRA "
        f"'{UNION_23}.safetensors', which is laid over the model at 1; the model sees them at 1/2 "
        "of the clip's size."
    )


def test_of_the_19b_one_for_a_single_map_will_do_too(tmp_path: Path) -> None:
    saved(tmp_path, CANNY_19B, "ltx-2-19b")
    plan = planned(tmp_path, LTXModel.LTX_2_19B)
    assert [item.path.stem for item in plan.request.of_role(Role.LORA)] == [CANNY_19B]
    assert plan.reference_downscale == 1
    saved(tmp_path, UNION_19B, "ltx-2-19b", **HALF)
    plan = planned(tmp_path, LTXModel.LTX_2_19B)
    assert [item.path.stem for item in plan.request.of_role(Role.LORA)] == [UNION_19B]


@pytest.mark.parametrize(
    ("model", "name", "page"),
    [
        (LTXModel.LTX_2_3, UNION_23, "Lightricks/LTX-2.3-22b-IC-LoRA-Union-Control"),
        (LTXModel.LTX_2_19B, UNION_19B, "Lightricks/LTX-2-19b-IC-LoRA-Union-Control"),
    ],
)
def test_without_the_file_the_refusal_says_where_it_is_to_be_had(
    tmp_path: Path, model: LTXModel, name: str, page: str
) -> None:
    problem = refused(tmp_path, model)
    assert (problem.field, problem.is_of_setup) == ("inputs.control", True)
    for word in (f"{name}.safetensors", page, str(tmp_path / "models" / "loras")):
        assert word in problem.message
    # One that is no IC-LoRA does not help.
    ink = saved(tmp_path, "ink")
    assert (
        "None of the chosen LoRAs is one." in refused(tmp_path, LTXModel.LTX_2_3, lora(ink)).message
    )


def test_one_of_a_persons_own_is_used_as_it_is_chosen(tmp_path: Path) -> None:
    saved(tmp_path, UNION_23, **HALF)
    mine = saved(tmp_path, "mine", reference_downscale_factor="4")
    plan = planned(tmp_path, LTXModel.LTX_2_3, lora(mine, 0.8))
    assert plan.request.of_role(Role.LORA) == (lora(mine, 0.8),)
    assert plan.reference_downscale == 4
    assert any("'mine.safetensors', which is laid over the model at 0.8" in n for n in plan.notes)


def test_others_lie_beside_it_as_many_as_fit(tmp_path: Path) -> None:
    saved(tmp_path, UNION_23, **HALF)
    inks = [lora(saved(tmp_path, f"ink{number}")) for number in range(MOST_LORAS)]
    plan = planned(tmp_path, LTXModel.LTX_2_3, *inks[1:])
    assert len(plan.request.of_role(Role.LORA)) == MOST_LORAS
    problem = refused(tmp_path, LTXModel.LTX_2_3, *inks)
    assert problem.field == "inputs.lora"
    assert "there would be 5 LoRAs; LTX-2.3 dev takes at most 4. Leave one out." in problem.message


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    first, second = (saved(tmp_path, name, **HALF) for name in ("first", "second"))
    both = refused(tmp_path, LTXModel.LTX_2_3, lora(first), lora(second))
    assert both.message == (
        "'first.safetensors' and 'second.safetensors' are IC-LoRAs, and a control video is "
        "followed by one. Leave all but one out."
    )
    depth = saved(tmp_path, DEPTH_19B, "ltx-2-19b")
    assert (
        "made for other maps than canny"
        in refused(tmp_path, LTXModel.LTX_2_19B, lora(depth)).message
    )
    assert (
        "made for another model than LTX-2.3 dev"
        in refused(tmp_path, LTXModel.LTX_2_3, lora(depth)).message
    )
    other = saved(tmp_path, "other", "ltx-2-19b", **HALF)
    problem = refused(tmp_path, LTXModel.LTX_2_3, lora(other))
    assert problem.field == "inputs.lora"
    assert "It fits LTX-2 19B." in problem.message
    sheet = saved(tmp_path, FOR_SHEETS["ltx-2.3"])
    assert "follows reference images" in refused(tmp_path, LTXModel.LTX_2_3, lora(sheet)).message
    slow = saved(tmp_path, "slow", reference_temporal_scale_factor="2")
    assert (
        "in another way than is known here"
        in refused(tmp_path, LTXModel.LTX_2_3, lora(slow)).message
    )


def test_one_that_is_damaged_is_told(tmp_path: Path) -> None:
    saved(tmp_path, UNION_23).write_bytes(b"x")
    problem = refused(tmp_path, LTXModel.LTX_2_3)
    assert problem.field == "inputs.control"
    assert problem.message.endswith("The control video needs it.")


def begun(home: Path, *there: MapModel, model: LTXModel = LTXModel.LTX_2_3) -> Path:
    """The folder of a model with what draws these maps, and nothing more."""
    folder = home / "models" / model.value
    folder.mkdir(parents=True)
    for part in there:
        (folder / part).mkdir()
        for name in FILES[part]:
            (folder / part / name).write_text("{}", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("kind", "needed", "size", "followed"),
    [
        (ControlMap.DEPTH, (MapModel.DEPTH,), "0.1 GB", "the depth"),
        (ControlMap.POSE, (MapModel.PEOPLE, MapModel.JOINTS), "0.5 GB", "the people"),
    ],
)
def test_what_draws_the_maps_is_a_part_of_the_model(
    tmp_path: Path, kind: ControlMap, needed: tuple[MapModel, ...], size: str, followed: str
) -> None:
    saved(tmp_path, UNION_23, **HALF)
    # Of one that is not installed at all that is told, and comes with it.
    assert planned(tmp_path, LTXModel.LTX_2_3, kind=kind)
    folder = begun(tmp_path, *needed)
    plan = planned(tmp_path, LTXModel.LTX_2_3, kind=kind)
    assert any(f"follows {followed} in the control video" in note for note in plan.notes)
    (folder / needed[-1] / "model.safetensors").unlink()
    problem = refused(tmp_path, LTXModel.LTX_2_3, kind=kind)
    assert (problem.field, problem.is_of_setup) == ("inputs.control", True)
    for word in ("Apache 2.0", size, "setup_ltx_video.py --model ltx-2.3", "adds that alone"):
        assert word in problem.message
    assert planned(tmp_path, LTXModel.LTX_2_3)


def test_what_draws_maps_for_another_model_will_do(tmp_path: Path) -> None:
    saved(tmp_path, UNION_19B, "ltx-2-19b", **HALF)
    begun(tmp_path, MapModel.DEPTH)
    own = begun(tmp_path, model=LTXModel.LTX_2_19B)
    assert planned(tmp_path, LTXModel.LTX_2_19B, kind=ControlMap.DEPTH)
    found = find_map_models(ControlMap.DEPTH, own, tmp_path / "models")
    assert found == {MapModel.DEPTH: tmp_path / "models" / "ltx-2.3" / "depth_model"}


def test_a_depth_model_that_was_put_there_by_hand_is_still_found(tmp_path: Path) -> None:
    saved(tmp_path, UNION_23, **HALF)
    begun(tmp_path)
    by_hand = tmp_path / "models" / "depth-anything-v2-small"
    by_hand.mkdir()
    for name in FILES[MapModel.DEPTH]:
        (by_hand / name).write_text("{}", encoding="utf-8")
    assert planned(tmp_path, LTXModel.LTX_2_3, kind=ControlMap.DEPTH)


def test_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    begun(tmp_path)
    with pytest.raises(UnsupportedRequest) as caught:
        planned(tmp_path, LTXModel.LTX_2_3, kind=ControlMap.DEPTH)
    lora_file, depth_model = (problem.message for problem in caught.value.problems)
    assert UNION_23 in lora_file
    assert "Depth Anything V2 Small" in depth_model


def test_a_model_that_follows_a_video_comes_with_what_draws_maps() -> None:
    for model in MODELS:
        if not model.weights:
            continue
        folders = {part.target_folder for part in model.weights.sets}
        assert (set(MapModel) <= folders) is bool(model.spec.control_maps), model.id
    weights = BY_ID[LTXModel.LTX_2_3].weights
    assert weights is not None
    parts = [part for part in weights.sets if part.target_folder in set(MapModel)]
    assert {part.licence for part in parts} == {"Apache 2.0"}
    files = [
        NeededFile(f"{part.target_folder}/{name}", part.repo_id, "c", name, 1_000_000, None, None)
        for part in parts
        for name in part.allow_patterns
    ]
    assert weights.licensed_parts(files)[0] == (
        "model for depth maps: 3.0 MB of depth-anything/Depth-Anything-V2-Small-hf, under Apache "
        "2.0"
    )


def test_maps_from_elsewhere_go_with_whatever_ic_lora_they_are_for(tmp_path: Path) -> None:
    depth = saved(tmp_path, DEPTH_19B, "ltx-2-19b")
    plan = planned(tmp_path, LTXModel.LTX_2_19B, lora(depth), kind=ControlMap.GIVEN)
    assert any("the maps that the control video shows" in note for note in plan.notes)
    assert UNION_19B in refused(tmp_path, LTXModel.LTX_2_19B, kind=ControlMap.GIVEN).message


def test_the_camera_lora_lies_beside_it(tmp_path: Path) -> None:
    saved(tmp_path, UNION_19B, "ltx-2-19b", **HALF)
    dolly = saved(tmp_path, "ltx-2-19b-lora-camera-control-dolly-in", "ltx-2-19b")
    plan = planned(tmp_path, LTXModel.LTX_2_19B, motion=Motion(camera="dolly_forward"))
    union = tmp_path / "models" / "loras" / f"{UNION_19B}.safetensors"
    assert [item.path for item in plan.request.of_role(Role.LORA)] == [union, dolly]
    # Where not both fit, what was asked for is there.
    inks = [lora(saved(tmp_path, f"ink{n}", "ltx-2-19b")) for n in range(MOST_LORAS - 1)]
    plan = planned(tmp_path, LTXModel.LTX_2_19B, *inks, motion=Motion(camera="dolly_forward"))
    assert plan.request.of_role(Role.LORA) == (*inks, lora(union))
    assert any("for this move is left out" in note for note in plan.notes)
