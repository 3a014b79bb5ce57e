"""An image that is shown while OpenAI makes it: what of a stream is what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import Progressed
from core.video.request import Delivery, Input
from core.video.terms import Role
from tests.fakes.services.openai_server import PREVIEW_COLOUR
from tests.providers.contract import Asked
from tests.providers.openai.test_openai import TARGET, asked_for, rendered

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import JobUpdate
    from core.studio import Studio
    from tests.fakes.services.openai_server import OpenAIServer

PREVIEW = Delivery(preview=True)


@pytest.fixture
def seen(openai_studio: Studio) -> list[tuple[Path, object]]:
    """The previews that are told of, each once, with its colour as it was then."""
    found: dict[Path, object] = {}

    def look(update: JobUpdate) -> None:
        event = update.event
        if isinstance(event, Progressed) and event.preview and event.preview not in found:
            with Image.open(event.preview) as image:
                found[event.preview] = image.getpixel((5, 5))
                previews.append((event.preview, image.getpixel((5, 5))))

    previews: list[tuple[Path, object]] = []
    openai_studio.queue.subscribe(look)
    return previews


def test_previews_are_shown_in_their_order_and_the_last_event_is_the_image(
    openai: OpenAIServer,
    openai_studio: Studio,
    tmp_path: Path,
    seen: list[tuple[Path, object]],
) -> None:
    asked = rendered(openai_studio, tmp_path, asked_for(delivery=PREVIEW))
    assert [colour for _, colour in seen] == [PREVIEW_COLOUR] * 2
    assert openai.last.body["stream"] is True
    assert openai.last.body["partial_images"] == 2
    with Image.open(asked.out) as image:
        assert image.getpixel((5, 5)) == openai.habits.colour
    assert openai_studio.ledger.spent_usd() == pytest.approx(openai.billed_usd)


def test_an_edit_is_shown_as_well(
    openai: OpenAIServer,
    openai_studio: Studio,
    tmp_path: Path,
    seen: list[tuple[Path, object]],
) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (64, 64), "white").save(photo)
    request = asked_for(Input(role=Role.START, path=photo), delivery=PREVIEW)
    asked = rendered(openai_studio, tmp_path, request)
    assert len(seen) == 2
    (form,) = openai.forms
    assert {name: value for name, file, value in form if not file}["stream"] == b"true"
    assert asked.ended is not None
    assert asked.ended.event == "succeeded", asked.ended


def test_without_being_asked_for_nothing_is_streamed(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path
) -> None:
    rendered(openai_studio, tmp_path, asked_for())
    assert "stream" not in openai.last.body
    assert "partial_images" not in openai.last.body


@pytest.mark.parametrize("previews", [0, 1])
def test_the_image_may_come_before_all_previews(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path, previews: int
) -> None:
    openai.habits.previews = previews
    asked = rendered(openai_studio, tmp_path, asked_for(delivery=PREVIEW))
    assert asked.ended is not None
    assert asked.ended.event == "succeeded", asked.ended


def test_an_event_of_another_name_is_neither_preview_nor_image(
    openai: OpenAIServer,
    openai_studio: Studio,
    tmp_path: Path,
    seen: list[tuple[Path, object]],
) -> None:
    openai.habits.first = (("image_generation.thinking", {"b64_json": "bm8gaW1hZ2U="}),)
    openai.habits.previews = 0
    asked = rendered(openai_studio, tmp_path, asked_for(delivery=PREVIEW))
    assert seen == []
    with Image.open(asked.out) as image:
        assert image.getpixel((5, 5)) == openai.habits.colour


def test_a_preview_that_is_none_costs_no_image(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path
) -> None:
    openai.habits.first = (("image_generation.partial_image", {"b64_json": "%%%"}),)
    asked = rendered(openai_studio, tmp_path, asked_for(delivery=PREVIEW))
    assert asked.ended is not None
    assert asked.ended.event == "succeeded", asked.ended


@pytest.mark.parametrize("last", [("done", {}), ("image_generation.finished", {"b64_json": "aa"})])
def test_a_stream_that_ends_without_the_image_is_a_lost_answer_with_its_price(
    openai: OpenAIServer,
    openai_studio: Studio,
    tmp_path: Path,
    last: tuple[str, dict[str, str]],
) -> None:
    openai.habits.last = last
    asked = rendered(openai_studio, tmp_path, asked_for(delivery=PREVIEW))
    assert asked.error.startswith("AnswerLost")
    assert openai.purchases == 1
    assert openai_studio.ledger.spent_usd() > 0
    again = Asked(openai_studio, openai_studio.resume(asked.job_id), asked.out)
    assert again.run().event == "failed"
    assert openai.purchases == 1


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"code": "moderation_blocked", "message": "unsafe"}}, "ContentRefused"),
        ({"code": "server_error", "message": "out of order"}, "RenderFailed"),
    ],
)
def test_an_error_in_the_stream_is_told_and_counts_since_nobody_says_what_it_cost(
    openai: OpenAIServer,
    openai_studio: Studio,
    tmp_path: Path,
    event: dict[str, object],
    kind: str,
) -> None:
    openai.habits.last = ("error", event)
    asked = rendered(openai_studio, tmp_path, asked_for(delivery=PREVIEW))
    assert asked.error.startswith(kind)
    assert "unsafe" in asked.error or "out of order" in asked.error
    assert "usage says whether it was billed" in asked.error
    assert openai.purchases == 1
    assert openai_studio.ledger.spent_usd() > 0


def test_the_plan_says_that_the_price_of_previews_is_not_known(openai_studio: Studio) -> None:
    notes = openai_studio.plan(asked_for(delivery=PREVIEW)).plan.notes
    assert any("What they cost OpenAI does not say" in note for note in notes)
    assert not any("preview" in note for note in openai_studio.plan(asked_for()).plan.notes)


def test_a_transparent_background_is_ordered_of_models_that_have_it(
    openai: OpenAIServer, openai_studio: Studio, tmp_path: Path
) -> None:
    rendered(openai_studio, tmp_path, asked_for(background="Transparent"))
    assert openai.last.body["background"] == "transparent"
    with pytest.raises(UnsupportedRequest, match="leaves no background to choose"):
        openai_studio.plan(
            asked_for(background="transparent", target=TARGET.with_model("gpt-image-2"))
        )
    with pytest.raises(UnsupportedRequest, match="opaque"):
        openai_studio.plan(asked_for(background="green"))
