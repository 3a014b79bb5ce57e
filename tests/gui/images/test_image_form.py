"""The images, the mask and the quality of a picture that is ordered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

from core.project.model.edits import FrameSlot
from core.video.listing import ModelListing
from core.video.terms import Role, Task
from gui.images.image_batch import ImageBatch
from gui.images.image_form import ImageForm, model_choices
from gui.render.plan_fixes import ChooseValue, ClearFrame
from tests.fakes.provider import SMALL
from tests.fakes.stills import TARGET
from tests.gui.controls import controls_of
from tests.gui.images.models import IMAGE, with_images
from tests.gui.operating import click

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_images_mask_and_quality_are_asked_for(qtbot: QtBot, offers: ModelListing) -> None:
    form = ImageForm()
    qtbot.addWidget(form)
    form.set_listing(with_images(offers))
    batch = ImageBatch(
        target=TARGET, prompt="a hat", quality="rough", images=(IMAGE, IMAGE.parent), mask=IMAGE
    )
    form.set_value(batch)

    (request,) = form.value().requests
    assert request.task is Task.IMAGE_EDIT
    assert request.quality == "rough"
    assert [(item.role, item.path) for item in request.inputs] == [
        (Role.START, IMAGE),
        (Role.REFERENCE, IMAGE.parent),
        (Role.MASK, IMAGE),
    ]
    box = controls_of(form)["image_quality"]
    assert isinstance(box, QComboBox)
    assert box.itemText(0) == "The model's usual one (fine)"


def test_a_mask_goes_with_the_image_that_it_was_painted_over(
    qtbot: QtBot, offers: ModelListing
) -> None:
    form = ImageForm()
    qtbot.addWidget(form)
    form.set_listing(with_images(offers))
    batch = ImageBatch(target=TARGET, prompt="a hat", images=(IMAGE, IMAGE.parent), mask=IMAGE)
    form.set_value(batch)

    click(controls_of(form)["image_input_remove_1"])
    assert form.value().mask == IMAGE
    click(controls_of(form)["image_input_remove_0"])
    assert (form.value().images, form.value().mask) == ((), None)


def test_what_another_model_does_not_take_is_left_behind_and_not_shown(
    qtbot: QtBot, offers: ModelListing
) -> None:
    form = ImageForm()
    qtbot.addWidget(form)
    listing = with_images(offers)
    form.set_listing(listing)
    batch = ImageBatch(target=TARGET, prompt="a hat", quality="rough", images=(IMAGE,), mask=IMAGE)
    form.set_value(batch)
    bare = SMALL.model_copy(update={"id": "bare", "inputs": {}, "takes_seed": False})
    offer = listing.providers[0]
    other = replace(offer.models[0], spec=bare, target=TARGET.with_model("bare"))
    form.set_listing(ModelListing((replace(offer, models=(*offer.models, other)),)))

    form.choose(ChooseValue("target", TARGET.with_model("bare")))

    assert form.value() == ImageBatch(target=TARGET.with_model("bare"), prompt="a hat")
    shown = controls_of(form)
    for name in ("image_inputs_add", "image_mask", "image_quality", "seed_number"):
        assert not shown[name].isVisibleTo(form)


def test_an_image_that_cannot_be_used_is_left_out_by_its_button(
    qtbot: QtBot, offers: ModelListing
) -> None:
    form = ImageForm()
    qtbot.addWidget(form)
    form.set_listing(with_images(offers))
    form.set_value(ImageBatch(target=TARGET, prompt="a hat", images=(IMAGE,)))

    form.choose(ClearFrame(FrameSlot.START))

    assert form.value().images == ()


def test_who_starts_clips_from_images_and_makes_images_of_words_alone_is_given_none(
    qtbot: QtBot, offers: ModelListing
) -> None:
    form = ImageForm()
    qtbot.addWidget(form)
    offer = offers.providers[0]
    tasks = (Task.IMAGE_TO_VIDEO, Task.TEXT_TO_IMAGE)
    inputs = {Role.START: 1, Role.REFERENCE: 2}
    spec = SMALL.model_copy(update={"inputs": inputs, "tasks": tasks})
    model = replace(offer.models[0], spec=spec, target=TARGET.with_model(spec.id))
    form.set_listing(ModelListing((replace(offer, models=(model,)),)))
    form.set_value(ImageBatch(target=TARGET.with_model(spec.id), prompt="a hat"))
    assert not controls_of(form)["image_inputs_add"].isVisibleTo(form)


def test_who_makes_images_in_two_places_is_told_by_the_place(
    qtbot: QtBot, offers: ModelListing
) -> None:
    offer = offers.providers[0]
    elsewhere = replace(offer, info=replace(offer.info, deployment="away", place="Far away"))
    labels = [choice.label for choice in model_choices(ModelListing((offer, elsewhere)))]
    assert sum(label.startswith(f"{offer.place}, automatic") for label in labels) == 1
    assert sum(label.startswith("Far away, automatic") for label in labels) == 1
