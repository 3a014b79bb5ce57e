"""The rows of a tool: what there is to choose for it, and what of an order another one leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QComboBox

from core.video.listing import ListedModel, ListedProvider, ModelListing
from core.video.provider import Ready
from core.video.record import ClipRecord
from core.video.request import Editing, RenderRequest, Sampling
from core.video.terms import AUTO, OutputKind, Role, Target, Task
from gui.images.image_batch import ImageBatch
from gui.images.image_form import ImageForm
from gui.render.plan_fixes import ChooseValue
from providers.stability.info import STABILITY
from providers.stability.models import MODELS
from tests.gui.controls import controls_of
from tests.gui.images.models import IMAGE

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

AUTOMATIC = Target(provider=STABILITY.id, deployment=STABILITY.deployment)
ROWS = {
    "image_prompt", "image_mask", "image_left", "image_search", "image_upscale_factor",
    "image_strength", "image_style_preset", "image_negative_prompt", "image_resolution",
    "image_aspect", "seed_number",
}  # fmt: skip


@pytest.fixture
def form(qtbot: QtBot) -> ImageForm:
    form = ImageForm()
    qtbot.addWidget(form)
    models = tuple(
        ListedModel(AUTOMATIC.with_model(spec.id), STABILITY, spec, Ready()) for spec in MODELS
    )
    form.set_listing(ModelListing((ListedProvider(STABILITY, models, MODELS[0].id),)))
    return form


def shown(form: ImageForm) -> set[str]:
    fields = controls_of(form)
    return {name for name in ROWS if fields[name].isVisibleTo(form)}


@pytest.mark.parametrize(
    ("tool", "rows"),
    [
        (None, {"image_prompt", "image_mask", "image_strength", "image_style_preset",
                "image_negative_prompt", "image_resolution", "image_aspect", "seed_number"}),
        (Task.OUTPAINT, {"image_left", "image_strength", "image_style_preset", "seed_number"}),
        (Task.ERASE, {"image_mask", "seed_number"}),
        (Task.SEARCH_AND_REPLACE, {"image_search", "image_style_preset", "image_negative_prompt",
                                   "seed_number"}),
        (Task.REMOVE_BACKGROUND, set()),
        (Task.UPSCALE, set()),
    ],
)  # fmt: skip
def test_a_tool_shows_what_it_needs_and_nothing_that_means_nothing(
    form: ImageForm, tool: Task | None, rows: set[str]
) -> None:
    batch = ImageBatch(target=AUTOMATIC, prompt="a hat", images=(IMAGE,))
    form.set_value(batch)
    form.put("tool", tool)
    assert shown(form) - {"image_prompt"} == rows - {"image_prompt"}


def test_a_tool_that_reads_no_words_is_made_without_them(form: ImageForm) -> None:
    form.set_value(ImageBatch(target=AUTOMATIC, images=(IMAGE,)))
    assert not form.can_be_made
    form.put("tool", Task.REMOVE_BACKGROUND)
    assert form.can_be_made
    (request,) = form.value().requests
    assert (request.task, request.target.model) == (Task.REMOVE_BACKGROUND, AUTO)
    assert form.model is not None
    assert form.model.spec.id == "stable-remove-background"
    box = controls_of(form)["image_model"]
    assert isinstance(box, QComboBox)
    assert box.currentText() == "Stability, automatic: Stable Remove Background"


def test_what_was_said_for_one_tool_is_not_asked_of_another_and_comes_back(
    form: ImageForm,
) -> None:
    form.set_value(ImageBatch(target=AUTOMATIC, images=(IMAGE,), mask=IMAGE, seed=5, aspect="1:1"))
    form.put("tool", Task.OUTPAINT)
    form.put("left", 40)
    form.put("style_preset", "anime")
    form.put("tool", Task.REMOVE_BACKGROUND)
    batch = form.value()
    (request,) = batch.requests
    assert request.editing == Editing(tool=Task.REMOVE_BACKGROUND)
    assert (request.style_preset, request.sampling.seed, batch.mask, batch.aspect) == (
        None, None, None, "",
    )  # fmt: skip
    form.put("tool", Task.OUTPAINT)
    assert form.value().choices.editing.margins.left == 40
    assert form.value().choices.style_preset == "anime"


def test_a_model_that_is_one_tool_brings_it_and_another_lets_go_of_it(form: ImageForm) -> None:
    form.set_value(ImageBatch(target=AUTOMATIC, images=(IMAGE,), prompt="a hat"))
    form.choose(ChooseValue("target", AUTOMATIC.with_model("stable-outpaint")))
    assert form.value().choices.editing.tool is Task.OUTPAINT
    form.choose(ChooseValue("target", AUTOMATIC.with_model("stable-image-ultra")))
    assert form.value().choices.editing.tool is None
    box = controls_of(form)["image_tool"]
    assert not box.isVisibleTo(form), "it has no tool to choose"


def test_variations_are_filled_in_by_the_record_of_an_image(form: ImageForm) -> None:
    request = RenderRequest(
        target=AUTOMATIC.with_model("sd3.5-medium"), prompt="a red ball", output=OutputKind.IMAGE,
        style_preset="origami", sampling=Sampling(seed=None), editing=Editing(),
    )  # fmt: skip
    record = ClipRecord.model_construct(request=request, seed=41)
    heard: list[ImageBatch] = []
    form.changed.connect(heard.append)
    form.vary(record, IMAGE)
    (batch,) = heard
    assert (batch.images, batch.prompt, batch.count) == ((IMAGE,), "a red ball", 4)
    first, second, *_ = batch.requests
    assert (first.sampling.seed, second.sampling.seed) == (42, 43)
    assert first.editing.strength == 0.35
    assert first.style_preset == "origami"
    assert first.path_of(Role.START) == IMAGE


def test_the_tools_of_a_list_are_those_of_its_models(form: ImageForm) -> None:
    form.set_value(ImageBatch(target=AUTOMATIC, prompt="a hat"))
    box = controls_of(form)["image_tool"]
    assert isinstance(box, QComboBox)
    names = [box.itemText(place) for place in range(box.count())]
    assert names[0] == "None"
    assert {"Extend (outpaint)", "Remove the background", "Upscale"} <= {*names}
