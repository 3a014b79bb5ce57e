"""Reference images on a sheet: when the IC-LoRA for it is used, and what the plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.media.source_clip import VideoFacts
from core.video.inputs import CheckedInputs, check_inputs
from core.video.placement import images_of
from core.video.planning.clip_plan import make_plan
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import Role, Target
from providers.ltx_video.engine.drive_render import write_reference_sheet
from providers.ltx_video.local import LocalLTX
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, MOST_LORAS, PROVIDER
from providers.ltx_video.models.control_video import FOR_SHEETS
from providers.ltx_video.models.info import LTXModel
from tests.fakes.inputs import lora
from tests.providers.models.test_control_video import HALF, UNION_23, saved
from tests.providers.tiny_home import context_of

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan

NAME = FOR_SHEETS["ltx-2.3"]
SOFT = "is a soft keyframe"


def planned(
    home: Path, *more: Input, model: LTXModel = LTXModel.LTX_2_3, count: int = 2, **fields: object
) -> RenderPlan:
    sizes = ((300, 200), (80, 240), (100, 100))
    references: list[Input] = []
    for number in range(count):
        path = home / f"r{number}.png"
        Image.new("RGB", sizes[number], ("red", "lime", "blue")[number]).save(path)
        references.append(Input(role=Role.REFERENCE, path=path))
    request = RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.value),
        prompt="a lighthouse",
        inputs=(*references, *more),
    ).model_copy(update=fields)
    known = (
        check_inputs(request)
        if not request.of_role(Role.EXTEND_VIDEO)
        else CheckedInputs(
            videos={Role.EXTEND_VIDEO: VideoFacts(960, 544, 49, 24.0, 49 / 24, has_audio=False)}
        )
    )
    return LocalLTX(context_of(home)).fit(make_plan(request, BY_ID[model].spec, known))


def test_the_images_are_a_sheet_once_the_ic_lora_is_there(tmp_path: Path) -> None:
    path = saved(tmp_path, NAME, reference_downscale_factor="1")
    plan = planned(tmp_path)
    assert plan.request.of_role(Role.LORA) == (lora(path, 1.0),)
    assert (plan.has_reference_sheet, plan.reference_downscale) == (True, 1)
    assert images_of(plan) == ()
    assert not any(SOFT in note or "is cut at its edges" in note for note in plan.notes)
    assert any(note.startswith("The reference images are one sheet") for note in plan.notes)
    assert any("trained on clips of 768x448 with 121 frames" in note for note in plan.notes)


def test_the_size_that_it_was_trained_at_can_be_chosen(tmp_path: Path) -> None:
    saved(tmp_path, NAME)
    plan = planned(tmp_path, frame=FrameRequest(resolution="768x448"))
    assert (plan.width, plan.height, plan.num_frames, plan.fps) == (768, 448, 121, 24)
    assert plan.has_reference_sheet
    assert not any("trained on clips of" in note for note in plan.notes)


def test_without_it_they_are_soft_keyframes_and_the_plan_says_where_to_get_it(
    tmp_path: Path,
) -> None:
    plan = planned(tmp_path)
    assert not plan.has_reference_sheet
    assert len(images_of(plan)) == 2
    assert sum(SOFT in note for note in plan.notes) == 2
    (told,) = (note for note in plan.notes if "The makers have an IC-LoRA" in note)
    for word in (f"{NAME}.safetensors", "LTX-2.3-22b-IC-LoRA-Ingredients", "loras"):
        assert word in told


def test_one_that_is_chosen_keeps_its_scale(tmp_path: Path) -> None:
    mine = lora(saved(tmp_path, NAME, reference_downscale_factor="1"), 1.4)
    plan = planned(tmp_path, mine)
    assert plan.has_reference_sheet
    assert plan.request.of_role(Role.LORA) == (mine,)


@pytest.mark.parametrize(
    "model", [LTXModel.LTX_2_19B, LTXModel.LTX_VIDEO_2B_095, LTXModel.LTX_MINI]
)
def test_other_models_take_soft_keyframes(tmp_path: Path, model: LTXModel) -> None:
    saved(tmp_path, NAME)
    plan = planned(tmp_path, model=model)
    assert not plan.has_reference_sheet
    assert not any("IC-LoRA" in note for note in plan.notes)


def test_the_sheet_is_for_a_whole_clip_in_one_stage_that_is_made_of_no_video(
    tmp_path: Path,
) -> None:
    saved(tmp_path, NAME)
    extended = Input(role=Role.EXTEND_VIDEO, path=tmp_path / "e.mp4")
    plan = planned(tmp_path, extended)
    assert not plan.has_reference_sheet
    assert any(SOFT in note for note in plan.notes)
    parts = planned(tmp_path, prompt="a lighthouse | a storm", frame=FrameRequest(duration_s=4))
    assert not parts.has_reference_sheet


def test_where_no_more_fit_it_is_left_out_and_told(tmp_path: Path) -> None:
    saved(tmp_path, NAME)
    inks = [lora(saved(tmp_path, f"ink{number}")) for number in range(MOST_LORAS)]
    plan = planned(tmp_path, *inks)
    assert not plan.has_reference_sheet
    assert any("for reference images is left out: 4 others" in note for note in plan.notes)


def test_an_ic_lora_for_something_else_is_refused_as_ever(tmp_path: Path) -> None:
    saved(tmp_path, NAME)
    union = lora(saved(tmp_path, UNION_23, **HALF))
    with pytest.raises(UnsupportedRequest, match="there is nothing for it"):
        planned(tmp_path, union)


def test_each_image_is_whole_in_a_field_of_its_own(tmp_path: Path) -> None:
    saved(tmp_path, NAME)
    for frame, count in ((FrameRequest(), 3), (FrameRequest(aspect="9:16"), 2)):
        plan = planned(tmp_path, count=count, frame=frame, sampling=Sampling(seed=1))
        path = write_reference_sheet(plan, tmp_path)
        assert path is not None
        with Image.open(path) as opened:
            sheet = opened.convert("RGB")
        assert sheet.size == (plan.width, plan.height)
        for number, colour in enumerate(((255, 0, 0), (0, 255, 0), (0, 0, 255))[:count]):
            place = (2 * number + 1) / (2 * count)
            across, down = (place, 0.5) if plan.width > plan.height else (0.5, place)
            middle = round(across * plan.width), round(down * plan.height)
            assert sheet.getpixel(middle) == colour
        assert sheet.getpixel((0, 0)) == (0, 0, 0)
        # As large as its field allows: the first image, of 300x200.
        row = [
            sheet.getpixel((x, sheet.height // (2 if count == 3 else 4)))
            for x in range(sheet.width)
        ]
        wide = sheet.width // 3 if count == 3 else sheet.width
        assert row.count((255, 0, 0)) == wide
    assert write_reference_sheet(planned(tmp_path, model=LTXModel.LTX_MINI), tmp_path) is None
