"""A control's field follows from its kind and from what a model allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit

from core.video.control_row import Control, ControlKind
from core.video.controls import CHOICES, ROWS
from core.video.listing import ModelListing
from core.video.request import RenderChoices
from core.video.spec import Durations
from gui.render.control_fields import is_list, make_field
from gui.render.render_form import RenderForm
from tests.fakes.inputs import chosen
from tests.fakes.model_choices import LOCAL, LTX_SMALL
from tests.fakes.provider import FULL, SMALL
from tests.gui.controls import controls_of
from tests.gui.operating import choose_index, step_up, write

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from core.video.control_row import ControlRow

LISTED = SMALL.model_copy(update={"durations": Durations.of(2, 4, 8, default=4)})


def offered(row: ControlRow, qtbot: QtBot) -> QWidget:
    allowed = row.allowed(FULL)
    assert allowed is not None, f"{row.id} is not taken by the model that takes everything"
    field = make_field(row, from_list=is_list(row, allowed))
    qtbot.addWidget(field.widget)
    field.show(RenderChoices(), FULL, allowed)
    return field.widget


@pytest.mark.parametrize("row", [row for row in CHOICES if row.id is not Control.TARGET])
def test_every_control_of_the_table_has_a_field_that_shows_a_model(
    row: ControlRow, qtbot: QtBot
) -> None:
    assert offered(row, qtbot).sizeHint().isValid()


@pytest.mark.parametrize(
    ("control", "kind"),
    [
        (Control.STEPS, QDoubleSpinBox),
        (Control.GUIDANCE_SCALE, QDoubleSpinBox),
        (Control.FPS, QComboBox),
        (Control.MEMORY, QComboBox),
        (Control.AUDIO, QCheckBox),
        (Control.WEBHOOK, QLineEdit),
    ],
)
def test_the_kind_decides_what_is_shown(control: Control, kind: type, qtbot: QtBot) -> None:
    assert isinstance(offered(ROWS[control], qtbot), kind)


def test_a_whole_number_is_told_as_one(qtbot: QtBot) -> None:
    row = ROWS[Control.STEPS]
    field = make_field(row, from_list=False)
    qtbot.addWidget(field.widget)
    assert FULL.steps is not None
    field.show(RenderChoices(), FULL, FULL.steps)
    told: list[object] = []
    field.edited.connect(told.append)
    step_up(field.widget)
    assert row.kind is ControlKind.WHOLE
    assert [type(value) for value in told] == [int]


def test_words_that_are_taken_away_ask_for_nothing(qtbot: QtBot) -> None:
    field = make_field(ROWS[Control.AUDIO_PROMPT], from_list=False)
    assert field.read("") is None
    assert field.read("rain ") == "rain "
    address = make_field(ROWS[Control.WEBHOOK], from_list=False)
    assert address.read(" https://a.b/ ") == "https://a.b/"


def test_lengths_are_chosen_from_a_list_where_the_model_has_one(qtbot: QtBot) -> None:
    form = RenderForm()
    qtbot.addWidget(form)
    models = tuple(
        replace(model, spec=LISTED) if model.spec is SMALL else model for model in LOCAL.models
    )
    form.set_listing(ModelListing((replace(LOCAL, models=models),)))
    form.set_value(chosen(target=LTX_SMALL))
    box = controls_of(form)["duration_s"]
    assert isinstance(box, QComboBox)
    assert [box.itemText(row) for row in range(box.count())] == ["2 s", "4 s", "8 s"]
    assert box.currentText() == "4 s"
    choose_index(2)(box)
    assert form.value().frame.duration_s == 8

    form.set_value(chosen(target=LTX_SMALL.with_model(FULL.id), duration_s=8))
    number = controls_of(form)["duration_s"]
    assert isinstance(number, QDoubleSpinBox)
    assert number.value() == 8
    write("3")(number)
    assert form.value().frame.duration_s == 3
