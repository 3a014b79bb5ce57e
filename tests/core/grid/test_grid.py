"""A grid from its axes to its sheet: planned as a whole, made once, drawn with what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import SpendingCapReached, UnsupportedRequest
from core.grid.render.axis import axis_controls, axis_name, read_axis
from core.grid.render.grid_plan import MOST_CELLS, GridPlan, GridRequest, plan_grid
from core.grid.render.grid_run import GridRun
from core.grid.sheet.grid import GRID_FILE, SHEET_FILE, read_grid
from core.jobs.job import CancelToken, Succeeded
from core.metadata.ai_marks import SourceType, read_marks
from core.video.control_row import Control
from core.video.record import read_settings_of
from core.video.request import RenderRequest
from core.video.terms import OutputKind, Residency, Role
from tests.fakes.provider import FakeProvider

if TYPE_CHECKING:
    from pathlib import Path

    from core.grid.render.axis import GridAxis
    from core.studio import Studio


LAYOUTS = (Residency.RESIDENT, Residency.GROUP_OFFLOAD)


@pytest.fixture
def request_small(request_small: RenderRequest) -> RenderRequest:
    return request_small.model_copy(update={"output": OutputKind.IMAGE})


def axis(studio: Studio, text: str) -> GridAxis:
    return read_axis(text, "x", studio.registry)


def plan(
    studio: Studio,
    request: RenderRequest,
    x: str | None,
    y: str | None = None,
    folder: Path | None = None,
    *,
    overwrite: bool = False,
) -> GridPlan:
    axes = [
        None if text is None else read_axis(text, name, studio.registry)
        for name, text in (("x", x), ("y", y))
    ]
    asked = GridRequest(request, *axes, folder=folder, overwrite=overwrite)
    return plan_grid(studio, asked, CancelToken())


def run(studio: Studio, planned: GridPlan) -> Path:
    """Make all of it; gives the sheet."""
    group = GridRun(studio, planned)
    group.begin()
    for job_id in group.running:
        studio.queue.run_job(job_id)
    outcome = studio.queue.job(group.report_id)
    assert outcome.path is not None, outcome.error
    return outcome.path


def unseeded(request: RenderRequest) -> RenderRequest:
    return request.model_copy(
        update={"sampling": request.sampling.model_copy(update={"seed": None})}
    )


@pytest.mark.parametrize(
    ("text", "control", "values"),
    [
        ("steps=4,8, 12", Control.STEPS, (4, 8, 12)),
        ("--guidance=1.5,3", Control.GUIDANCE_SCALE, (1.5, 3.0)),
        ("guidance_scale=2", Control.GUIDANCE_SCALE, (2.0,)),
        ("seed=none,7", Control.SEED, (None, 7)),
        ("memory=resident,group-offload", Control.MEMORY, LAYOUTS),
        ("two-stage=yes,no", Control.TWO_STAGE, (True, False)),
        ('negative-prompt="fog, rain",snow', Control.NEGATIVE_PROMPT, ("fog, rain", "snow")),
        ("aspect=3:2,2:3", Control.ASPECT, ("3:2", "2:3")),
    ],
)  # fmt: skip
def test_any_control_is_an_axis_by_the_name_of_its_option(
    studio: Studio, text: str, control: Control, values: tuple[object, ...]
) -> None:
    found = axis(studio, text)
    row = next(row for row in axis_controls() if row.id is control)
    asked = RenderRequest(prompt="a ball")
    assert tuple(row.value(change(asked)) for change in found.changes) == values


def test_every_control_of_images_has_a_name_that_is_read(studio: Studio) -> None:
    for row in axis_controls():
        # None leaves any of them out, but for words, of which it is one.
        assert axis(studio, f"{axis_name(row)}=none").control is row.id


def test_words_of_the_prompt_are_replaced_and_models_named(studio: Studio) -> None:
    asked = RenderRequest(prompt="a red red ball")
    words = axis(studio, "prompt:red=red,blue")
    assert [change(asked).prompt for change in words.changes] == [
        "a red red ball",
        "a blue blue ball",
    ]
    models = axis(studio, "model=fake-small,fake/local/fake-full")
    targets = [str(change(asked).target) for change in models.changes]
    assert targets[1] == "fake/local/fake-full"
    assert targets[0].endswith("/fake-small")


def test_a_lora_is_an_axis_with_its_strength(studio: Studio) -> None:
    loras = axis(studio, "lora=none,ink@0.5")
    without, with_it = (change(RenderRequest(prompt="a")) for change in loras.changes)
    assert without.of_role(Role.LORA) == ()
    (item,) = with_it.of_role(Role.LORA)
    assert (item.path.name, item.strength) == ("ink", 0.5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps", "is no axis. Write a setting, =, and its values"),
        ("=4", "is no axis"),
        ("steps=", "has no values"),
        ("steps=4,4", "has the value '4' twice"),
        ("steps=four", "'four' is no value for steps: it takes a whole number"),
        ("steps=4,,8", "it is empty"),
        ("stepps=4", "There is no setting for an axis named 'stepps'. Did you mean 'steps'?"),
        ("duration=4", "There is no setting for an axis named 'duration'"),
        ("provider=a", "There is no setting for an axis named 'provider'"),
        ("steps:4=5", "words to be replaced follow 'prompt:'"),
        ("memory=moon", "'moon' is no value for memory"),
        ("two-stage=maybe", "it takes yes or no"),
        ("model=fake/local/none", "is no value for model"),
        ("lora=ink@9", "a LoRA's strength is 0 to 2"),
    ],
)
def test_an_axis_that_cannot_be_read_says_why(studio: Studio, text: str, told: str) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        axis(studio, text)
    assert told in caught.value.message


def test_the_whole_grid_is_planned_with_its_price_and_one_seed(
    studio: Studio, request_small: RenderRequest
) -> None:
    request = unseeded(request_small.with_model("fake-full"))
    planned = plan(studio, request, "steps=4,8,12", "guidance=1,3")
    assert len(planned.cells) == 6
    assert planned.cost_usd == pytest.approx(0.12)
    plans = [one.planned.plan for one in planned.cells if one.planned]
    assert {one.seed for one in plans} == {planned.grid.seed}
    assert [(one.num_inference_steps, one.guidance_scale) for one in plans] == [
        (4, 1), (8, 1), (12, 1), (4, 3), (8, 3), (12, 3),
    ]  # fmt: skip
    assert len({one.planned.output.path for one in planned.cells if one.planned}) == 6


def test_all_cells_get_the_same_words_of_a_wildcard(
    studio: Studio, request_small: RenderRequest
) -> None:
    request = unseeded(request_small).model_copy(update={"prompt": "a {red|blue|green|black} ball"})
    planned = plan(studio, request, "steps=2,3,4,5,6,7")
    assert len({one.planned.plan.prompt for one in planned.cells if one.planned}) == 1


def test_every_problem_is_told_once_with_the_values_that_it_comes_from(
    studio: Studio, request_small: RenderRequest
) -> None:
    request = request_small.model_copy(update={"quality": "fine"})
    with pytest.raises(UnsupportedRequest) as caught:
        plan(studio, request, "steps=4,99", "guidance=3,50")
    told = [problem.message for problem in caught.value.problems]
    assert len(told) == 3
    assert any(text.startswith("Steps 99: Fake Small takes a number of steps") for text in told)
    assert any(text.startswith("Guidance 50: Fake Small takes a guidance") for text in told)
    assert any("quality" in text and "Steps" not in text for text in told)


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        (None, None, "A grid needs an axis"),
        ("steps=1,2", "steps=3,4", "Both axes are 'steps'"),
        ("prompt:cube=a,b", None, "The prompt does not hold 'cube'"),
        (
            "seed=" + ",".join(map(str, range(13))),
            "steps=2,3,4,5,6",
            f"The grid has 65 cells, and at most {MOST_CELLS} are made",
        ),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(
    studio: Studio, request_small: RenderRequest, x: str | None, y: str | None, told: str
) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        plan(studio, request_small, x, y)
    assert told in caught.value.message


def test_caps_hold_for_all_of_it_together(studio: Studio, request_small: RenderRequest) -> None:
    cloud = studio.settings.cloud.model_copy(update={"daily_cap_usd": 0.05})
    studio.apply_settings(studio.settings.model_copy(update={"cloud": cloud}))
    planned = plan(studio, request_small.with_model("fake-full"), "steps=4,8,12")
    with pytest.raises(SpendingCapReached):
        GridRun(studio, planned).begin()
    assert studio.queue.jobs() == ()
    assert not planned.folder.exists()


def test_the_sheet_shows_every_image_at_its_place_under_its_words(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    seeds = (40, 230)
    planned = plan(
        studio, unseeded(request_small), "steps=2,3", f"seed={seeds[0]},{seeds[1]}", tmp_path / "g"
    )
    sheet = run(studio, planned)

    assert sheet == tmp_path / "g" / SHEET_FILE
    assert read_marks(sheet).source is SourceType.MADE
    with Image.open(sheet) as image:
        pixels = np.asarray(image.convert("RGB"))
        assert image.info["Description"] == "a red ball"
    shown: list[list[int]] = []
    for one in planned.cells:
        assert one.planned is not None
        with Image.open(tmp_path / "g" / one.planned.output.path.name) as cell:
            shown.append(list(np.asarray(cell.convert("RGB"))[10, 10]))
    # Each image stands in one piece: rows of cells, 96x64 each, 12 pixels apart.
    height, width, _ = pixels.shape
    right, bottom = width - 12 - 96, height - 12 - 64
    for column in (0, 1):
        for row in (0, 1):
            x, y = right - (1 - column) * 108 + 10, bottom - (1 - row) * 76 + 10
            assert list(pixels[y, x]) == shown[2 * row + column]
    words = pixels[: bottom - 76, :]
    assert words.min() < 60, "the title and the words above the columns are written"
    grid = read_grid(tmp_path / "g")
    assert grid is not None
    assert grid.failed == ()


def test_a_cell_that_fails_is_shown_as_such_and_only_it_is_made_again(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    planned = plan(studio, request_small, "prompt:red=red,fail,green", None, tmp_path / "g")
    sheet = run(studio, planned)
    grid = read_grid(tmp_path / "g")
    assert grid is not None
    (failed,) = grid.failed
    assert (failed.column, failed.reason[:27]) == (1, "The fake was told to fail. ")
    with Image.open(sheet) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert (pixels == (150, 30, 30)).all(axis=2).any(), "its place has a red edge"

    again = plan(studio, request_small, "prompt:red=red,fail,green", None, tmp_path / "g")

    assert [one.planned is not None for one in again.cells] == [False, True, False]
    assert again.cost_usd == 0
    whole = plan(
        studio, request_small, "prompt:red=red,fail,green", None, tmp_path / "g", overwrite=True
    )
    assert all(one.planned for one in whole.cells)


def test_an_image_that_is_gone_is_made_again_and_the_sheet_with_it(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    request = unseeded(request_small)
    first = plan(studio, request, "steps=2,3", None, tmp_path / "g")
    run(studio, first)
    gone = first.cells[0].planned
    assert gone is not None
    before = gone.output.path.read_bytes()
    gone.output.path.unlink()
    gone.output.sidecar.unlink()

    again = plan(studio, request, "steps=2,3", None, tmp_path / "g")
    assert again.grid.seed == first.grid.seed
    run(studio, again)

    with Image.open(gone.output.path) as image:
        assert image.size == (96, 64)
    old, new = read_settings_of(gone.output.path), before
    assert old is not None
    assert str(old.seed).encode() in new
    provider = studio.registry.open(request.target)
    assert isinstance(provider, FakeProvider)
    assert len(provider.rendered) == 3


def test_another_grid_is_not_written_into_the_folder_of_one(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    run(studio, plan(studio, request_small, "steps=2,3", None, tmp_path / "g"))
    with pytest.raises(UnsupportedRequest, match="holds another grid"):
        plan(studio, request_small, "steps=2,4", None, tmp_path / "g")
    (tmp_path / "g" / GRID_FILE).write_text("{}")
    with pytest.raises(UnsupportedRequest, match="it is none of ours"):
        plan(studio, request_small, "steps=2,3", None, tmp_path / "g")


def test_a_sheet_goes_on_after_a_restart(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    group = GridRun(studio, plan(studio, request_small, "steps=2,3", None, tmp_path / "g"))
    group.begin()
    kinds = {job.kind for job in studio.queue.jobs()}
    assert kinds == {"render", "grid"}
    job = studio.queue.job(group.report_id)
    assert job.subject is not None
    for job_id in group.running[:-1]:
        studio.queue.run_job(job_id)
    assert isinstance(studio.queue.run_job(group.report_id), Succeeded)


def test_without_the_prompt_in_files_the_sheet_does_not_show_it(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    images = studio.settings.images.model_copy(update={"holds_prompt": False})
    studio.apply_settings(studio.settings.model_copy(update={"images": images}))
    sheet = run(studio, plan(studio, request_small, "steps=2,3", None, tmp_path / "g"))
    assert b"red ball" not in sheet.read_bytes()
    assert read_marks(sheet).source is SourceType.MADE
