"""What OpenAI alone takes and says, over its own wire."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.media.masks import feathered
from core.video.record import read_image_record, read_settings_of
from core.video.request import FrameRequest, Input, RenderRequest
from core.video.terms import OutputKind, Role, Target
from providers.openai.info import OPENAI
from tests.fakes.inputs import painted_mask
from tests.providers.contract import Asked

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from tests.fakes.services.openai_server import OpenAIServer

TARGET = Target(provider=OPENAI.id, deployment=OPENAI.deployment, model="gpt-image-2.6-flare")
SIDE = 300
HOLE: tuple[int, ...] = (100, 100, 200, 200)


def asked_for(*inputs: Input, **more: object) -> RenderRequest:
    request = RenderRequest(
        target=TARGET, prompt="a hat", output=OutputKind.IMAGE, inputs=inputs, quality="low"
    )
    return request.model_copy(update=more)


def rendered(studio: Studio, tmp_path: Path, request: RenderRequest) -> Asked:
    out = tmp_path / "image.png"
    asked = Asked(studio, studio.submit_render(studio.plan(request, out=out)), out)
    asked.run()
    return asked


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Noise: each of its pixels is told from any other's."""
    noise = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(noise).save(path)
    return path


def painted(
    path: Path, size: tuple[int, int] = (SIDE, SIDE), hole: tuple[int, ...] | None = HOLE
) -> Path:
    return painted_mask(path, size, hole)


def test_within_a_mask_the_image_changes_and_outside_it_every_pixel_stays(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path, photo: Path
) -> None:
    mask = painted(tmp_path / "mask.png")
    image, hole = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=mask)
    planned = openai_studio.plan(asked_for(image, hole)).plan
    assert any("keeps its 300x300" in note for note in planned.notes)
    asked = rendered(openai_studio, tmp_path, asked_for(image, hole))
    assert asked.ended is not None
    assert asked.ended.event == "succeeded", asked.ended
    before, after = np.asarray(Image.open(photo)), np.asarray(Image.open(asked.out))
    where = np.asarray(Image.open(mask)) > 0
    assert after.shape == before.shape
    assert np.array_equal(after[~where], before[~where])
    assert tuple(after[150, 150]) == openai.habits.colour
    record = read_settings_of(asked.out)
    assert record is not None
    assert record.feather_px == 3
    assert (record.width, record.height) == (SIDE, SIDE)
    assert any("Outside of the mask" in note for note in record.notes)
    (original,) = asked.out.parent.glob("image-original.png")
    assert original.read_bytes() == openai.image_of((1024, 1024))


def test_what_was_made_within_a_soft_mask_is_no_file_of_the_service_any_more(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path, photo: Path
) -> None:
    path = painted(tmp_path / "mask.png")
    with Image.open(path) as hard:
        soft, _ = feathered(hard, 20)
    soft.save(path)
    image, hole = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=path)
    asked = rendered(openai_studio, tmp_path, asked_for(image, hole))
    record = read_image_record(asked.out)
    assert record is not None, "it is inside of the file"
    assert record.feather_px == 0, "its edge stays as soft as it is"
    (original,) = asked.out.parent.glob("image-original.png")
    assert original.read_bytes() == openai.image_of((1024, 1024))


def test_the_mask_is_sent_clear_where_it_is_edited(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path, photo: Path
) -> None:
    mask = painted(tmp_path / "mask.png")
    image, hole = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=mask)
    rendered(openai_studio, tmp_path, asked_for(image, hole))
    (form,) = openai.forms
    sent = {field: (name, content) for field, name, content in form}
    assert sent["image"][0] == "image-0.png", "its own name stays here"
    with Image.open(BytesIO(sent["mask"][1])) as found:
        alpha = np.asarray(found.getchannel("A"))
    assert alpha[150, 150] == 0
    assert alpha[10, 10] == 255


def test_several_images_go_in_their_order_the_edited_one_first(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path, photo: Path
) -> None:
    other = tmp_path / "other.jpg"
    Image.new("RGB", (80, 60), "green").save(other)
    look, edit = Input(role=Role.REFERENCE, path=other), Input(role=Role.START, path=photo)
    rendered(openai_studio, tmp_path, asked_for(look, edit))
    (form,) = openai.forms
    files = [(field, content) for field, name, content in form if name]
    assert [field for field, _ in files] == ["image[]", "image[]"]
    assert [content for _, content in files] == [photo.read_bytes(), other.read_bytes()]


@pytest.mark.parametrize(
    ("size", "hole", "said"),
    [
        ((SIDE, SIDE), None, "black everywhere"),
        ((SIDE, SIDE), (0, 0, SIDE, SIDE), "white everywhere"),
        ((SIDE, 200), HOLE, "is 300x200 and the image 300x300"),
    ],
)
def test_a_mask_that_fits_nothing_is_refused_before_anything_is_sent(
    openai: OpenAIServer,
    openai_studio: Studio,
    tmp_path: Path,
    photo: Path,
    size: tuple[int, int],
    hole: tuple[int, ...] | None,
    said: str,
) -> None:
    mask = painted(tmp_path / "mask.png", size, hole)
    image, edited = Input(role=Role.START, path=photo), Input(role=Role.MASK, path=mask)
    with pytest.raises(UnsupportedRequest, match=said):
        openai_studio.plan(asked_for(image, edited))
    assert openai.purchases == 0


def test_all_that_is_wrong_is_told_at_once(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path
) -> None:
    mask = Input(role=Role.MASK, path=painted(tmp_path / "mask.png"))
    request = asked_for(mask, quality="best", prompt=" ", frame=FrameRequest(aspect="5:1"))
    with pytest.raises(UnsupportedRequest) as caught:
        openai_studio.plan(request, out=tmp_path / "a.jpg")
    said = str(caught.value)
    for part in ("needs an image", "'best'", "prompt", "'5:1'", "PNG"):
        assert part in said
    assert openai.purchases == 0


def test_an_image_of_another_shape_than_the_model_makes_is_not_edited_within_a_mask(
    openai_studio: Studio, tmp_path: Path
) -> None:
    wide = tmp_path / "wide.png"
    Image.new("RGB", (500, 130), "white").save(wide)
    mask = painted(tmp_path / "mask.png", (500, 130))
    image, hole = Input(role=Role.START, path=wide), Input(role=Role.MASK, path=mask)
    with pytest.raises(UnsupportedRequest, match="Cut it to a ratio"):
        openai_studio.plan(asked_for(image, hole))


def test_a_model_that_has_ended_says_what_there_is_instead(openai_studio: Studio) -> None:
    with pytest.raises(UnsupportedRequest, match=r"has ended dall-e-3.*gpt-image-2\.6-flare"):
        openai_studio.plan(asked_for(target=TARGET.with_model("dall-e-3")))


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": "moderation_blocked", "message": "unsafe"}, "ContentRefused"),
        (400, {"type": "image_generation_user_error", "message": "unsafe"}, "ContentRefused"),
        (429, {"code": "insufficient_quota", "message": "no money"}, "QuotaExceeded"),
        (429, {"code": "rate_limit_exceeded", "message": "5 per minute"}, "RateLimited"),
        (403, {"message": "verify the organization"}, "AuthFailed"),
    ],
)
def test_what_openai_refuses_is_told_in_its_words_and_costs_nothing(
    openai: OpenAIServer,
    openai_studio: Studio,
    tmp_path: Path,
    status: int,
    error: dict[str, str],
    kind: str,
) -> None:
    openai.habits.refuses, openai.habits.refusal = status, error
    asked = rendered(openai_studio, tmp_path, asked_for())
    assert asked.error.startswith(kind)
    assert error["message"] in asked.error
    assert openai.purchases == 0
    assert openai_studio.ledger.spent_usd() == 0


def test_the_plan_is_never_cheaper_than_the_bill(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path, photo: Path
) -> None:
    inputs = (
        Input(role=Role.START, path=photo),
        *(Input(role=Role.REFERENCE, path=photo) for _ in range(4)),
    )
    planned = openai_studio.plan(asked_for(*inputs)).plan.cost_usd
    rendered(openai_studio, tmp_path, asked_for(*inputs))
    assert planned is not None
    assert planned >= openai.billed_usd > 0
    assert openai_studio.ledger.spent_usd() == pytest.approx(openai.billed_usd)


def test_a_key_is_tested_without_buying_anything(
    openai: OpenAIServer, openai_studio: Studio
) -> None:
    said = openai_studio.check_key(TARGET, OPENAI.keys[0])
    assert "accepts the key" in getattr(said, "note", "")
    assert openai.purchases == 0
