"""What each model for images at Fal is sent, what that costs, and what comes of it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.errors import UnsupportedRequest
from core.platform.paths import Paths
from core.services.service_client import RemoteOrder
from core.studio import Studio
from core.video.control_row import Control
from core.video.controls import CONTROLS
from core.video.record import read_settings_of
from core.video.request import Editing, FrameRequest, Input, Margins, RenderRequest, Sampling
from core.video.terms import OutputKind, Role, Target, Task
from providers.fal.images.client import FLAGGED
from providers.fal.images.models import MODELS, find_model
from providers.fal.info import IMAGES
from tests.fakes.services.fal_server import FalServer, fal_image_entry
from tests.providers.contract import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TARGET = Target(provider=IMAGES.id, deployment=IMAGES.deployment)
SIDE = 300
HOLE = (100, 100, 200, 200)


@pytest.fixture
def studio(fal: FalServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([fal_image_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Noise: each of its pixels is told from any other's."""
    noise = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    path = tmp_path / "mask.png"
    image = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(image).rectangle(HOLE, fill=255)
    image.save(path)
    return path


def asked(model: str, *inputs: Input, **more: Any) -> RenderRequest:
    fields = {"prompt": "a hat", "inputs": inputs, **more}
    return RenderRequest(target=TARGET.with_model(model), output=OutputKind.IMAGE, **fields)


def sent(studio: Studio, request: RenderRequest) -> tuple[str, dict[str, object]]:
    """Where an order goes, and what is in it."""
    plan = studio.plan(request).plan
    uploads = {item.path: f"https://up/{item.path.name}" for item in plan.request.inputs}
    endpoint = find_model(plan.target.model).endpoint(plan.task)
    return endpoint.id, endpoint.body(RemoteOrder(plan, "attempt", uploads))


def rendered(studio: Studio, tmp_path: Path, request: RenderRequest) -> Asked:
    out = tmp_path / "image.png"
    job = Asked(studio, studio.submit_render(studio.plan(request, out=out)), out)
    job.run()
    return job


WORDS = [
    (
        "flux-2-klein-4b",
        "fal-ai/flux-2/klein/4b",
        {"image_size": {"width": 1024, "height": 1024}, "seed": 5},
    ),
    (
        "flux-2-flex",
        "fal-ai/flux-2-flex",
        {
            "image_size": {"width": 1024, "height": 1024},
            "seed": 5,
            "num_inference_steps": 28,
            "guidance_scale": 3.5,
        },
    ),
    (
        "z-image-turbo",
        "fal-ai/z-image/turbo",
        {
            "image_size": {"width": 1024, "height": 1024},
            "seed": 5,
            "num_inference_steps": 8,
            "enable_prompt_expansion": False,
        },
    ),
    (
        "nano-banana-pro",
        "fal-ai/nano-banana-pro",
        {"aspect_ratio": "1:1", "resolution": "1K", "seed": 5, "limit_generations": True},
    ),
    (
        "seedream-5-pro",
        "bytedance/seedream/v5/pro/text-to-image",
        {"image_size": {"width": 1536, "height": 1536}},
    ),
    (
        "gpt-image-2.5-flare",
        "openai/gpt-image-2.5/flare/text-to-image",
        {"image_size": {"width": 1024, "height": 1024}, "quality": "medium"},
    ),
]


@pytest.mark.parametrize(("model", "endpoint", "fields"), WORDS)
def test_an_image_of_words_is_ordered_word_for_word(
    studio: Studio, model: str, endpoint: str, fields: dict[str, object]
) -> None:
    seed = 5 if "seed" in fields else None
    request = asked(model, sampling=Sampling(seed=seed))
    expected = {"prompt": "a hat", "output_format": "png", **fields}
    assert sent(studio, request) == (endpoint, expected)


def test_the_lite_one_has_no_choice_of_a_file(studio: Studio) -> None:
    request = asked("seedream-5-lite", frame=FrameRequest(resolution="4K", aspect="16:9"))
    assert sent(studio, request) == (
        "bytedance/seedream/v5/lite/text-to-image",
        {"prompt": "a hat", "image_size": {"width": 5456, "height": 3072}},
    )


def test_the_edited_image_comes_first_and_those_to_look_at_in_their_order(
    studio: Studio, photo: Path, mask: Path
) -> None:
    look, edit = Input(role=Role.REFERENCE, path=mask), Input(role=Role.START, path=photo)
    endpoint, body = sent(studio, asked("flux-2-pro", look, edit))
    assert endpoint == "fal-ai/flux-2-pro/edit"
    assert body["image_urls"] == ["https://up/photo.png", "https://up/mask.png"]


TOOLS = [
    (
        "flux-2-pro-outpaint",
        Editing(tool=Task.OUTPAINT, margins=Margins(left=64, down=32)),
        "fal-ai/flux-2-pro/outpaint",
        {"expand_left": 64, "expand_right": 0, "expand_top": 0, "expand_bottom": 32},
        (SIDE + 64, SIDE + 32),
    ),
    (
        "seedvr2-upscale",
        Editing(tool=Task.UPSCALE, upscale_factor=3),
        "fal-ai/seedvr/upscale/image",
        {"upscale_mode": "factor", "upscale_factor": 3},
        (3 * SIDE, 3 * SIDE),
    ),
    (
        "clarity-upscale",
        Editing(tool=Task.UPSCALE, strength=0.5),
        "fal-ai/clarity-upscaler",
        {"upscale_factor": 2, "creativity": 0.5, "num_inference_steps": 18, "guidance_scale": 4},
        (2 * SIDE, 2 * SIDE),
    ),
    (
        "esrgan-upscale",
        Editing(tool=Task.UPSCALE),
        "fal-ai/esrgan",
        {"scale": 2},
        (2 * SIDE, 2 * SIDE),
    ),
    (
        "birefnet-2",
        Editing(tool=Task.REMOVE_BACKGROUND),
        "fal-ai/birefnet/v2",
        {},
        (SIDE, SIDE),
    ),
]


@pytest.mark.parametrize(("model", "editing", "endpoint", "fields", "size"), TOOLS)
def test_a_tool_is_ordered_of_one_image_and_gives_one(
    fal: FalServer,
    studio: Studio,
    tmp_path: Path,
    photo: Path,
    model: str,
    editing: Editing,
    endpoint: str,
    fields: dict[str, object],
    size: tuple[int, int],
) -> None:
    image = Input(role=Role.START, path=photo)
    takes_seed = find_model(model).spec.takes_seed
    request = asked(
        model, image, prompt="", editing=editing, sampling=Sampling(seed=5 if takes_seed else None)
    )
    plan = studio.plan(request).plan
    assert (plan.width, plan.height) == size
    job = rendered(studio, tmp_path, request)
    assert job.ended is not None
    assert job.ended.event == "succeeded", job.ended
    (bought,) = fal.jobs.values()
    rest = {name: value for name, value in bought.body.items() if name != "image_url"}
    rest.pop("output_format", None)
    assert bought.endpoint == endpoint
    assert rest == {**fields, **({"seed": 5} if takes_seed else {})}
    assert next(iter(fal.uploads.values())) == photo.read_bytes()


@pytest.mark.parametrize("factor", [0.5, 11])
def test_a_factor_beyond_what_it_takes_is_refused(
    studio: Studio, photo: Path, factor: float
) -> None:
    editing = Editing(tool=Task.UPSCALE, upscale_factor=factor)
    with pytest.raises(UnsupportedRequest, match="1 to 10"):
        studio.plan(asked("seedvr2-upscale", Input(role=Role.START, path=photo), editing=editing))


@pytest.mark.parametrize("model", ["z-image-turbo-inpaint", "gpt-image-2.5-flare"])
def test_within_a_mask_the_image_changes_and_outside_it_every_pixel_stays(
    fal: FalServer, studio: Studio, tmp_path: Path, photo: Path, mask: Path, model: str
) -> None:
    image, hole = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=mask)
    fal.habits.colour = (10, 200, 30)
    job = rendered(studio, tmp_path, asked(model, image, hole))
    assert job.ended is not None
    assert job.ended.event == "succeeded", job.ended
    before, after = np.asarray(Image.open(photo)), np.asarray(Image.open(job.out))
    where = np.asarray(Image.open(mask)) > 0
    assert after.shape == before.shape
    assert np.array_equal(after[~where], before[~where])
    assert tuple(after[150, 150]) == fal.habits.colour
    record = read_settings_of(job.out)
    assert record is not None
    assert any("Outside of the mask" in note for note in record.notes)


def test_a_mask_is_sent_white_where_it_is_edited(
    fal: FalServer, studio: Studio, tmp_path: Path, photo: Path
) -> None:
    """Also one that was saved clear there, as many programs do."""
    clear = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 255))
    clear.paste((0, 0, 0, 0), HOLE)
    clear.save(tmp_path / "clear.png")
    image = Input(role=Role.START, path=photo)
    hole = Input(role=Role.MASK, path=tmp_path / "clear.png")
    rendered(studio, tmp_path, asked("z-image-turbo-inpaint", image, hole))
    with Image.open(BytesIO(list(fal.uploads.values())[1])) as found:
        assert found.mode == "L"
        assert (found.getpixel((150, 150)), found.getpixel((5, 5))) == (255, 0)


def test_where_the_kind_of_mask_is_not_told_it_says_the_same_either_way(
    fal: FalServer, studio: Studio, tmp_path: Path, photo: Path, mask: Path
) -> None:
    image, hole = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=mask)
    rendered(studio, tmp_path, asked("gpt-image-2.5-flare", image, hole))
    with Image.open(BytesIO(list(fal.uploads.values())[1])) as found:
        assert found.getpixel((150, 150)) == (255, 255, 255, 0)
        assert found.getpixel((5, 5)) == (0, 0, 0, 255)


def test_images_are_sent_upright_and_opaque(fal: FalServer, studio: Studio, tmp_path: Path) -> None:
    turned, clear = tmp_path / "turned.jpg", tmp_path / "clear.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40), "red").save(turned, exif=exif)
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(clear)
    edit, look = Input(role=Role.START, path=turned), Input(role=Role.REFERENCE, path=clear)
    rendered(studio, tmp_path, asked("flux-2-klein-4b", edit, look))
    first, second = (Image.open(BytesIO(content)) for content in fal.uploads.values())
    assert (first.size, second.mode) == ((40, 80), "RGB")
    assert second.getpixel((5, 5)) == (255, 255, 255)
    assert set(fal.names) == {"input.png"}


def test_no_reference_is_dropped(fal: FalServer, studio: Studio, photo: Path) -> None:
    """Seedream would use the last ten, and say nothing."""
    look = tuple(Input(role=Role.REFERENCE, path=photo) for _ in range(10))
    request = asked("seedream-5-pro", Input(role=Role.START, path=photo), *look)
    with pytest.raises(UnsupportedRequest, match="at most 9 reference images, and 10 are given"):
        studio.plan(request)
    assert fal.purchases == 0


def white(path: Path, size: tuple[int, int]) -> Path:
    Image.new("RGB", size, "white").save(path)
    return path


@pytest.mark.parametrize(
    ("model", "resolution", "usd"),
    [
        # 1 or 4 that are made, and 1, 2 and at most 4 that are sent.
        ("flux-2-klein-4b", "1 MP", (1 + 1 + 2 + 4) * 0.009),
        ("flux-2-klein-4b", "4 MP", (4 + 1 + 2 + 4) * 0.009),
        ("flux-2-pro", "1 MP", 0.03 + 7 * 0.015),
        ("flux-2-max", "1 MP", 0.07 + 7 * 0.03),
        ("seedream-5-lite", "2K", 0.035),
        ("seedream-5-pro", "1.5K", 0.0675),
        ("seedream-5-pro", "2K", 0.135),
        ("nano-banana-pro", "4K", 0.30),
    ],
)
def test_what_is_made_and_sent_is_billed_by_whole_megapixels_or_by_the_image(
    studio: Studio, tmp_path: Path, model: str, resolution: str, usd: float
) -> None:
    sizes = {"one.png": (1024, 1024), "two.png": (1025, 1024), "many.png": (3000, 2000)}
    files = [white(tmp_path / name, size) for name, size in sizes.items()]
    edit, *look = files
    inputs = [Input(role=Role.START, path=edit)]
    inputs += [Input(role=Role.REFERENCE, path=path) for path in look]
    request = asked(model, *inputs, frame=FrameRequest(resolution=resolution))
    assert studio.plan(request).plan.cost_usd == pytest.approx(usd)


@pytest.mark.parametrize(
    ("model", "told", "usd"),
    [
        ("flux-2-klein-4b", (0.02, "processed megapixels"), 0.02),
        ("z-image-turbo", (0.01, "megapixels"), 0.01 * 1024 * 1024 / 1e6),
        ("qwen-image-2512", (0.02, "megapixel"), 0.02 * 1024 * 1024 / 1e6),
        ("seedream-5-lite", (0.05, "images"), 0.05),
        ("nano-banana-pro", (0.2, "images"), 0.2),
        # Of the first it asks another price than of the next, and tells one.
        ("flux-2-pro", (0.05, "megapixels"), 0.03),
        ("flux-2-klein-4b", (0.05, "compute seconds"), 0.009),
    ],
)
def test_the_price_is_asked_before_anything_is_bought(
    fal: FalServer, studio: Studio, model: str, told: tuple[float, str], usd: float
) -> None:
    endpoint = find_model(model).endpoints[0].id
    fal.habits.prices = {endpoint: told}
    assert studio.plan(asked(model)).plan.cost_usd == pytest.approx(usd)
    assert fal.asked_prices == 1


def test_a_price_that_was_not_told_is_unknown_and_said_to_be(
    fal: FalServer, studio: Studio
) -> None:
    plan = studio.plan(asked("qwen-image-2512")).plan
    assert plan.cost_usd is None
    assert any("has not told it yet" in note for note in plan.notes)


def test_a_flagged_image_is_kept_and_told_as_billed(
    fal: FalServer, studio: Studio, tmp_path: Path
) -> None:
    fal.habits.is_flagged = True
    job = rendered(studio, tmp_path, asked("flux-2-klein-4b"))
    assert job.ended is not None
    assert job.ended.event == "succeeded", job.ended
    assert FLAGGED in job.notes
    assert "billed all the same" in FLAGGED
    assert job.out.read_bytes() == fal.image_of((1024, 1024))
    record = read_settings_of(job.out)
    assert record is not None
    assert FLAGGED in record.notes
    assert studio.ledger.spent_usd() == pytest.approx(0.009)


@pytest.mark.parametrize("moment", ["order", "result"])
def test_a_refused_prompt_is_told_as_such(
    fal: FalServer, studio: Studio, tmp_path: Path, moment: str
) -> None:
    detail = [
        {"loc": ["body", "prompt"], "msg": "not that", "type": "content_policy_violation",
         "ctx": {"categories": ["model_moderated"]}},
    ]  # fmt: skip
    if moment == "order":
        fal.habits.refuses, fal.habits.refusal = 422, detail
    else:
        fal.habits.detail = detail
    job = rendered(studio, tmp_path, asked("flux-2-klein-4b"))
    assert job.error.startswith("ContentRefused")
    assert "prompt: not that" in job.error


def test_what_cannot_count_for_less_is_refused(studio: Studio, photo: Path) -> None:
    half = Input(role=Role.START, path=photo, strength=0.5)
    with pytest.raises(UnsupportedRequest, match="full strength"):
        studio.plan(asked("flux-2-klein-4b", half))


def test_how_much_is_made_anew_is_the_persons_choice_where_the_model_leaves_one(
    studio: Studio, photo: Path
) -> None:
    image = Input(role=Role.START, path=photo)
    _, usual = sent(studio, asked("z-image-turbo", image))
    _, chosen = sent(studio, asked("z-image-turbo", image, editing=Editing(strength=0.3)))
    assert (usual["strength"], chosen["strength"]) == (0.6, 0.3)
    with pytest.raises(UnsupportedRequest, match="strength"):
        studio.plan(asked("flux-2-klein-4b", image, editing=Editing(strength=0.3)))


_OTHER = {
    Control.PROMPT: "a blue ball",
    Control.NEGATIVE_PROMPT: "people",
    Control.RESOLUTION: "4 MP",
    Control.ASPECT: "3:2",
    Control.STEPS: 6,
    Control.GUIDANCE_SCALE: 2.5,
    Control.SEED: 77,
    Control.QUALITY: "high",
    Control.STRENGTH: 0.25,
    Control.UPSCALE_FACTOR: 3.5,
}


@pytest.mark.parametrize("model", [model.spec.id for model in MODELS])
def test_no_control_is_dropped(studio: Studio, photo: Path, mask: Path, model: str) -> None:
    spec = find_model(model).spec
    for task in spec.tasks:
        image, hole = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=mask)
        given = [] if task is Task.TEXT_TO_IMAGE else [image]
        given += [hole] if Role.MASK in spec.required else []
        editing = Editing()
        if task not in (Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT):
            margins = Margins(left=8) if task is Task.OUTPAINT else Margins()
            editing = Editing(tool=task, margins=margins)
        seed = Sampling(seed=5 if spec.takes_seed else None)
        request = asked(model, *given, editing=editing, sampling=seed)
        if not spec.takes_prompt:
            request = request.model_copy(update={"prompt": ""})
        plain = sent(studio, request)
        for row in CONTROLS:
            if row.id not in _OTHER:
                continue
            other = row.with_value(request, _OTHER[row.id])
            try:
                changed = sent(studio, other)
            except UnsupportedRequest:
                continue
            notes = studio.plan(other).plan.notes
            is_told = row.id is Control.PROMPT and any("prompt" in note for note in notes)
            assert changed != plain or is_told, (task, row.id)


def test_each_model_does_what_its_row_offers_at_one_app() -> None:
    for model in MODELS:
        assert {endpoint.task for endpoint in model.endpoints} == set(model.spec.tasks)
        assert {"/".join(one.id.split("/")[:2]) for one in model.endpoints} == {model.app}
