"""The prompts of before at the field: back and forth, looked for, taken back, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget

from core.history.prompt_history import PromptHistory
from gui.images.image_batch import ImageBatch
from gui.images.prompt_bar import PromptBar, PromptPopup
from tests.fakes.stills import TARGET
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.operating import click

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.background import Background

WHALE = ImageBatch(target=TARGET, prompt="a blue whale", resolution="128p", seed=9, count=2)


class Field:
    """A field for the prompt with the bar over it."""

    def __init__(self, prompts: PromptHistory, background: Background, qtbot: QtBot) -> None:
        self.qtbot, self.prompts, self.background = qtbot, prompts, background
        self.bar = PromptBar(prompts, background)
        self.text = ""
        self.orders: list[ImageBatch] = []
        qtbot.addWidget(self.bar, before_close_func=lambda _: background.close())
        self.bar.prompt_wanted.connect(self.write)
        self.bar.order_wanted.connect(self.orders.append)
        self.bar.show()
        self.bar.begin()
        self.until_enabled("prompt_back")

    def write(self, text: str) -> None:
        self.text = text
        self.bar.set_typed(text)

    def until_enabled(self, name: str) -> None:
        self.qtbot.waitUntil(lambda: controls_of(self.bar)[name].isEnabled())

    def press(self, *names: str) -> str:
        for name in names:
            click(controls_of(self.bar)[name])
        return self.text

    def open(self) -> PromptPopup:
        self.press("prompt_list")
        return child(self.bar, PromptPopup)


@pytest.fixture
def field(tmp_path: Path, background: Background, qtbot: QtBot) -> Field:
    prompts = PromptHistory(tmp_path / "prompts.sqlite")
    prompts.add("a red kite")
    prompts.add(WHALE.prompt, WHALE.model_dump_json())
    prompts.add("a kite at night", "of another version")
    return Field(prompts, background, qtbot)


def listed(popup: PromptPopup) -> list[str]:
    view = child(popup, QListWidget)
    return [view.item(row).text().partition("\n")[0] for row in range(view.count())]


def test_back_and_forth_lead_through_them_and_back_to_what_was_typed(field: Field) -> None:
    field.write("half a pro")
    assert field.press("prompt_back") == "a kite at night"
    assert field.press("prompt_back") == "a blue whale"
    assert field.press("prompt_back") == "a red kite"
    assert not controls_of(field.bar)["prompt_back"].isEnabled()
    assert field.press("prompt_forth", "prompt_forth") == "a kite at night"
    assert field.press("prompt_forth") == "half a pro"
    assert not controls_of(field.bar)["prompt_forth"].isEnabled()


def test_whoever_types_begins_at_the_newest_again_and_sees_none_twice(field: Field) -> None:
    field.press("prompt_back", "prompt_back")
    field.write("a kite at night")
    assert field.press("prompt_back") == "a blue whale", "what stands there is no step"


def test_what_is_ordered_is_the_newest_of_the_list(field: Field) -> None:
    field.write("a red kite")
    field.bar.add(ImageBatch(target=TARGET, prompt="a red kite"))
    field.qtbot.waitUntil(lambda: field.prompts.find()[0].prompt == "a red kite")
    field.qtbot.waitUntil(lambda: field.background.is_idle)
    assert listed(field.open())[0] == "a red kite"


def test_words_are_looked_for_and_return_takes_the_prompt_alone(field: Field) -> None:
    popup = field.open()
    assert listed(popup) == ["a kite at night", "a blue whale", "a red kite"]
    search = controls_of(popup)["prompt_search"]
    QTest.keyClicks(search, "kite")
    field.qtbot.waitUntil(lambda: listed(popup) == ["a kite at night", "a red kite"])
    QTest.keyClick(search, Qt.Key.Key_Down)
    click(controls_of(popup)["prompt_use"])
    assert (field.text, field.orders) == ("a red kite", [])


def test_all_settings_come_back_where_they_are_known(field: Field) -> None:
    popup = field.open()
    view, use_all = controls_of(popup)["prompts"], controls_of(popup)["prompt_use_all"]
    assert not use_all.isEnabled(), "written by another version"
    QTest.keyClick(view, Qt.Key.Key_Down)
    click(use_all)
    assert field.orders == [WHALE]


def test_one_is_forgotten_for_good(field: Field) -> None:
    popup = field.open()
    click(controls_of(popup)["prompt_forget"])
    assert listed(popup) == ["a blue whale", "a red kite"]
    field.qtbot.waitUntil(lambda: len(field.prompts.find()) == 2)
    popup.close()
    field.qtbot.waitUntil(lambda: field.background.is_idle)
    assert field.press("prompt_back") == "a blue whale"


def test_a_search_that_finds_nothing_says_so(field: Field) -> None:
    popup = field.open()
    QTest.keyClicks(controls_of(popup)["prompt_search"], "zebra")
    field.qtbot.waitUntil(lambda: listed(popup) == [])
    assert not controls_of(popup)["prompt_use"].isEnabled()
