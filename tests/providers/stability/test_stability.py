"""What Stability alone takes and says, over its own wire."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.errors import UnsupportedRequest
from core.project.render.rerender import plan_again
from core.video.record import read_settings_of
from core.video.request import Editing, FrameRequest, Input, Margins, RenderRequest, Sampling
from core.video.terms import AUTO, OutputKind, Role, Target, Task
from providers.stability.info import STABILITY
from providers.stability.models import MODELS
from tests.providers.contract import Asked

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from tests.fakes.services.stability_server import StabilityServer

SIDE = 256
WIDE = (320, 192)
HOLE = (80, 80, 170, 170)


def asked_for(model: str, *inputs: Input, tool: Task | None = None, **more: Any) -> RenderRequest:
    editing = Editing(tool=tool, **more.pop("editing", {}))
    request = RenderRequest(
        target=Target(provider=STABILITY.id, deployment=STABILITY.deployment, model=model),
        prompt="a red ball", output=OutputKind.IMAGE, inputs=inputs, editing=editing,
        sampling=Sampling(seed=7),
    )  # fmt: skip
    return request.model_copy(update=more)


def rendered(studio: Studio, tmp_path: Path, request: RenderRequest) -> Asked:
    out = tmp_path / "image.png"
    asked = Asked(studio, studio.submit_render(studio.plan(request, out=out)), out)
    asked.run()
    return asked


def made(studio: Studio, tmp_path: Path, request: RenderRequest) -> Asked:
    asked = rendered(studio, tmp_path, request)
    assert asked.ended is not None
    assert asked.ended.event == "succeeded", asked.ended
    return asked


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Noise: each of its pixels is told from any other's."""
    noise = np.random.default_rng(5).integers(0, 256, (WIDE[1], WIDE[0], 3), np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def start(photo: Path) -> Input:
    return Input(role=Role.START, path=photo)


@pytest.fixture
def mask(tmp_path: Path) -> Input:
    painted = Image.new("L", WIDE, 0)
    ImageDraw.Draw(painted).rectangle(HOLE, fill=255)
    path = tmp_path / "mask.png"
    painted.save(path)
    return Input(role=Role.MASK, path=path)


@pytest.fixture
def other(tmp_path: Path) -> Input:
    path = tmp_path / "other.jpg"
    Image.new("RGB", (128, 96), "green").save(path)
    return Input(role=Role.REFERENCE, path=path)


TOOLS = {task: spec.id for spec in reversed(MODELS) for task in spec.tasks}


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.id)
def test_every_row_is_ordered_as_its_route_takes_it(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path, start: Input,
    mask: Input, other: Input, spec: Any,
) -> None:  # fmt: skip
    """The stub refuses what is missing, unknown to a route, or no form."""
    tool = None if spec.tasks[0] in (Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT) else spec.tasks[0]
    given = [one for one in (start, mask, other) if one.role in spec.inputs]
    of_tools: dict[Task | None, dict[str, Any]] = {
        Task.OUTPAINT: {"margins": Margins(left=64, down=32)},
        Task.SEARCH_AND_REPLACE: {"search": "a cap"},
        Task.SEARCH_AND_RECOLOR: {"search": "a cap"},
    }
    editing = dict(of_tools.get(tool, {}))
    if spec.strength is not None:
        editing["strength"] = 0.45
    more: dict[str, Any] = {"negative_prompt": "rain"} if spec.takes_negative_prompt else {}
    if spec.style_presets:
        more["style_preset"] = "low-poly"
    if not spec.takes_seed:
        more["sampling"] = Sampling()
    request = asked_for(spec.id, *given, tool=tool, editing=editing, **more)

    planned = stability_studio.plan(request).plan
    asked = made(stability_studio, tmp_path, request)

    assert stability.purchases == 1
    assert planned.cost_usd == pytest.approx(stability.billed_usd)
    assert stability_studio.ledger.spent_usd() == pytest.approx(stability.billed_usd)
    record = read_settings_of(asked.out)
    assert record is not None
    assert record.request.editing.tool is tool
    assert record.seed == (7 if spec.takes_seed else 343_940_597)
    if spec.upscaled_pixels is None:
        with Image.open(asked.out) as image:
            assert image.size == (planned.width, planned.height)


@pytest.mark.parametrize(
    ("tool", "field", "value"),
    [
        (None, "strength", "0.3"),
        (Task.OUTPAINT, "creativity", "0.3"),
        (Task.SKETCH, "control_strength", "0.7"),
        (Task.STRUCTURE, "control_strength", "0.7"),
        (Task.STYLE, "fidelity", "0.7"),
        (Task.REPLACE_BACKGROUND, "preserve_original_subject", "0.7"),
        (Task.STYLE_TRANSFER, "change_strength", "0.3"),
    ],
)
def test_a_strength_means_the_same_whatever_a_route_calls_it(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path, start: Input,
    other: Input, tool: Task | None, field: str, value: str,
) -> None:  # fmt: skip
    editing: dict[str, Any] = {"strength": 0.3}
    if tool is Task.OUTPAINT:
        editing["margins"] = Margins(up=10)
    given = (start, other) if tool is Task.STYLE_TRANSFER else (start,)
    made(stability_studio, tmp_path, asked_for(AUTO, *given, tool=tool, editing=editing))
    assert stability.fields[0][field] == value


def test_words_alone_go_as_a_form_of_parts_too(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path
) -> None:
    frame = FrameRequest(aspect="16:9")
    asked = made(stability_studio, tmp_path, asked_for(AUTO, frame=frame))
    assert stability.paths == ["generate/core"]
    assert stability.fields[0] == {
        "prompt": "a red ball", "seed": "7", "aspect_ratio": "16:9", "output_format": "png",
    }  # fmt: skip
    with Image.open(asked.out) as image:
        assert image.size == (2016, 1152)


def test_an_image_that_is_changed_keeps_its_shape(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path, start: Input
) -> None:
    made(stability_studio, tmp_path, asked_for("sd3.5-medium", start))
    (fields,) = stability.fields
    assert (fields["mode"], fields["model"]) == ("image-to-image", "sd3.5-medium")
    assert fields["strength"] == "0.6", "the service wants one, so the usual one is sent"
    assert "aspect_ratio" not in fields
    frame = FrameRequest(aspect="1:1")
    with pytest.raises(UnsupportedRequest, match="keeps the shape of the image"):
        stability_studio.plan(asked_for("sd3.5-medium", start, frame=frame))


@pytest.mark.parametrize("tool", [None, Task.ERASE])
def test_within_a_mask_the_image_changes_and_outside_it_every_pixel_stays(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path, photo: Path,
    start: Input, mask: Input, tool: Task | None,
) -> None:  # fmt: skip
    asked = made(stability_studio, tmp_path, asked_for(AUTO, start, mask, tool=tool))
    assert stability.paths == ["edit/inpaint" if tool is None else "edit/erase"]
    (form,) = stability.forms
    sent = {field: (name, content) for field, name, content in form if name}
    assert (sent["image"][0], sent["mask"][0]) == ("image.png", "mask.png"), "no name of a file"
    with Image.open(BytesIO(sent["mask"][1])) as found:
        white = np.asarray(found)
    assert (white[120, 120], white[10, 10]) == (255, 0), "white is where it is edited"
    before, after = np.asarray(Image.open(photo)), np.asarray(Image.open(asked.out))
    where = np.asarray(Image.open(mask.path)) > 0
    assert np.array_equal(after[~where], before[~where])
    assert tuple(after[125, 125]) == stability.habits.colour
    record = read_settings_of(asked.out)
    assert record is not None
    assert record.feather_px


@pytest.mark.parametrize("model", ["sd3.5-flash", "stable-upscale-creative"])
def test_what_is_blurred_is_billed_told_and_kept_but_is_no_result(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path, start: Input, model: str
) -> None:
    stability.habits.filters = True
    is_tool = model.startswith("stable")
    given = (start,) if is_tool else ()
    request = asked_for(model, *given, tool=Task.UPSCALE if is_tool else None)
    asked = rendered(stability_studio, tmp_path, request)
    assert asked.error.startswith("ContentRefused")
    assert "bills it all the same ($0." in asked.error
    assert not asked.out.exists()
    assert stability_studio.ledger.spent_usd() == pytest.approx(stability.billed_usd)
    (kept,) = (stability_studio.paths.inputs_dir / asked.job_id).glob("blurred*.png")
    assert str(kept) in asked.error
    job = stability.last
    size = getattr(job, "size", (0, 0))
    assert kept.read_bytes() == stability.image_of(size)

    again = Asked(stability_studio, stability_studio.resume(asked.job_id), asked.out)
    assert again.run().event == "failed"
    assert stability.purchases == 1
    assert stability_studio.ledger.spent_usd() == pytest.approx(stability.billed_usd)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (403, {"name": "content_moderation", "errors": ["flagged"]}, "ContentRefused"),
        (400, {"name": "bad_request", "errors": ["prompt: required", "seed: low"]}, "RenderFailed"),
        (402, {"name": "payment_required", "errors": ["no credits"]}, "QuotaExceeded"),
        (413, {"name": "payload_too_large", "errors": ["10MiB"]}, "RenderFailed"),
        (422, {"name": "public_figure", "errors": ["likeness of a person"]}, "RenderFailed"),
        (429, {"name": "rate_limit_exceeded", "errors": ["150 requests"]}, "RateLimited"),
    ],
)
def test_what_stability_refuses_is_told_in_its_words_and_costs_nothing(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path, status: int,
    error: dict[str, Any], kind: str,
) -> None:  # fmt: skip
    stability.habits.refuses, stability.habits.refusal = status, error
    asked = rendered(stability_studio, tmp_path, asked_for(AUTO))
    assert asked.error.startswith(kind)
    for words in error["errors"]:
        assert words in asked.error
    assert stability.purchases == 0
    assert stability_studio.ledger.spent_usd() == 0


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_sent(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path
) -> None:
    small = tmp_path / "small.png"
    Image.new("RGB", (40, 400), "red").save(small)
    start = Input(role=Role.START, path=small)
    editing = {"margins": Margins(left=3000), "upscale_factor": 2.0}
    frame = FrameRequest(resolution="1K")
    request = asked_for(AUTO, start, tool=Task.OUTPAINT, editing=editing, frame=frame)
    with pytest.raises(UnsupportedRequest) as caught:
        stability_studio.plan(request)
    said = str(caught.value)
    for part in ("sides of at least 64", "0 to 2000", "is for upscale", "size follows from"):
        assert part in said
    assert stability.purchases == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": "x" * 10_001}, "10,001 characters"),
        ({"sampling": Sampling(seed=0)}, "takes no seed of 0"),
        ({"sampling": Sampling(seed=2**32 - 1)}, "1 to 4294967294"),
        ({"style_preset": "low"}, "low-poly"),
        ({"sampling": Sampling(guidance_scale=11)}, "1 to 10"),
    ],
)
def test_what_no_table_says_is_refused_too(
    stability_studio: Studio, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnsupportedRequest, match=said):
        stability_studio.plan(asked_for("sd3.5-flash", **changes))


def test_more_than_an_order_may_hold_is_refused_before_it_is_sent(
    stability_studio: Studio, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2000, 2000, 3), np.uint8)
    path = tmp_path / "large.png"
    Image.fromarray(noise).save(path)
    with pytest.raises(UnsupportedRequest, match="takes at most 10"):
        stability_studio.plan(asked_for("sd3.5-flash", Input(role=Role.START, path=path)))


def test_a_key_is_tested_without_buying_anything(
    stability: StabilityServer, stability_studio: Studio
) -> None:
    target = Target(provider=STABILITY.id, deployment=STABILITY.deployment)
    said = stability_studio.check_key(target, STABILITY.keys[0])
    assert "accepts the key" in getattr(said, "note", "")
    assert stability.purchases == 0


def test_auto_finds_who_does_what_is_asked(stability_studio: Studio, start: Input) -> None:
    assert TOOLS[Task.UPSCALE] == "stable-upscale-fast"
    plan = stability_studio.plan(
        asked_for(AUTO, start, tool=Task.UPSCALE, sampling=Sampling())
    ).plan
    assert (plan.target.model, plan.cost_usd) == ("stable-upscale-fast", 0.02)
    assert (plan.width, plan.height) == (WIDE[0] * 4, WIDE[1] * 4)


@pytest.mark.parametrize("tool", [None, Task.OUTPAINT])
def test_an_image_that_was_worked_on_is_made_again_by_its_record(
    stability: StabilityServer, stability_studio: Studio, tmp_path: Path, start: Input,
    mask: Input, tool: Task | None,
) -> None:  # fmt: skip
    """Its size follows from the image once more, and is not asked for."""
    editing = {"margins": Margins(left=64)} if tool else {}
    given = (start,) if tool else (start, mask)
    asked = made(stability_studio, tmp_path, asked_for(AUTO, *given, tool=tool, editing=editing))
    record = read_settings_of(asked.out)
    assert record is not None
    again = plan_again(stability_studio, record).plan
    assert (again.task, again.seed, again.target) == (record.request.task, 7, record.request.target)
    assert (again.width, again.height) == (record.width, record.height)
