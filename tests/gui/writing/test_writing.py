"""Language models in the window: asked after a click on the price, taken or left by hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton, QTableWidget

from core.language.model import LanguageModel
from core.language.tasks.storyboards import NO_MODEL
from core.project.model.characters import Character
from core.project.model.project import Scene, new_project
from core.video.enhance_job import EnhancedPrompt
from gui.storyboard.storyboard_widget import StoryboardWidget
from gui.widgets.buttons import NetworkBadge
from gui.widgets.choice_field import ChoiceField
from gui.writing.proposals_dialog import ProposalsDialog
from gui.writing.writing_dialog import WritingDialog
from providers.language import LANGUAGE
from tests.fakes.services.language_server import Shape, own_server, rented_models
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control
from tests.gui.operating import choose, choose_index, click, tick, write
from tests.gui.storyboard.storyboards import box, cells, messages
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from tests.fakes.services.language_server import LanguageService

D = TypeVar("D", bound=QObject)
SONG = "The fox runs.\nThe owl sees it.\nIt sleeps."
ASKED = ["What line 1 shows.", "What line 2 shows.", "What line 3 shows."]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageService]:
    with own_server(tmp_path / "ollama") as (service, address):
        monkeypatch.setenv("OLLAMA_HOST", address)
        yield service


@pytest.fixture
def rented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageService]:
    with rented_models(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[OpenWindow]:
    window = OpenWindow(tmp_path / "home", qtbot, language=LANGUAGE)
    yield window
    window.close()


def opened(window: OpenWindow, kind: type[D]) -> D:
    window.until(lambda: window.tab.findChildren(kind))
    return window.tab.findChildren(kind)[-1]


def words(panel: QWidget) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.text())


def button(panel: QWidget, name: str) -> QPushButton:
    return child(panel, QPushButton, name)


def ask(window: OpenWindow, dialog: WritingDialog, model: str) -> None:
    """Choose who writes, and agree to the price."""
    field = child(dialog, ChoiceField, "writing_model")
    window.until(lambda: any(model in field.itemText(row) for row in range(field.count())))
    row = next(row for row in range(field.count()) if model in field.itemText(row))
    choose_index(row)(field)
    window.until(button(dialog, "writing_ask").isEnabled)
    click(button(dialog, "writing_ask"))


def storyboard(window: OpenWindow, text: str = SONG) -> StoryboardWidget:
    panel = opened(window, StoryboardWidget)
    write(text.replace("\n", " "))(box(panel)) if "\n" not in text else box(panel).replace_text(
        text
    )
    window.until(lambda: panel.is_up_to_date and table_has_rows(panel))
    return panel


def table_has_rows(panel: StoryboardWidget) -> bool:
    return bool(cells(panel, 2))


def enhanced(window: OpenWindow) -> list[str]:
    return [scene.enhanced_prompt for scene in window.model.project.scenes]


def test_a_storyboard_is_asked_for_looked_at_and_taken_over_in_one_step(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new()
    anna = Character(id="anna", name="Anna Lee")
    window.model.edit("Anna", window.model.project.model_copy(update={"characters": (anna,)}))
    panel = storyboard(window)
    assert own.asked == []
    click(button(panel, "write_storyboard"))
    dialog = opened(window, WritingDialog)
    window.until(lambda: "nothing is charged" in words(dialog))
    assert own.asked == []
    assert button(dialog, "writing_ask").text() == "&Ask"
    ask(window, dialog, "gemma4")
    window.until(lambda: panel.writer.written is not None and panel.is_up_to_date)
    assert len(own.asked) == 1
    assert "@Anna Lee" in own.asked[0].system
    assert window.model.project.scenes == ()
    assert cells(panel, 2) == ASKED

    # The other way stays a click away.
    by = child(panel, ChoiceField, "storyboard_writer")
    choose("By its own marks")(by)
    window.until(lambda: panel.is_up_to_date)
    choose_index(1)(by)
    window.until(lambda: panel.is_up_to_date)
    click(button(panel, "make_scenes"))
    window.until(lambda: len(window.model.project.scenes) == 3)
    assert [scene.prompt for scene in window.model.project.scenes] == ASKED
    window.model.undo_stack.undo()
    assert window.model.project.scenes == ()


def test_words_that_change_meanwhile_end_what_was_written_of_them(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new()
    panel = storyboard(window)
    click(button(panel, "write_storyboard"))
    ask(window, opened(window, WritingDialog), "gemma4")
    window.until(lambda: panel.writer.written is not None and panel.is_up_to_date)
    box(panel).setFocus()
    QTest.keyClicks(box(panel), "And ")
    assert panel.writer.written is None
    assert "The text was changed since" in messages(panel)
    window.until(lambda: panel.is_up_to_date)


def test_mended_lines_and_refusals_are_told(window: OpenWindow, own: LanguageService) -> None:
    def names_one_twice(_: object) -> object:
        scene = {"prompt": "A fox.", "camera": "static", "duration_s": 4, "characters": []}
        return {"scenes": [{**scene, "lines": [1, 2]}, {**scene, "lines": [2, 3]}]}

    own.habits.writes = names_one_twice
    window.new()
    panel = storyboard(window)
    click(button(panel, "write_storyboard"))
    ask(window, opened(window, WritingDialog), "gemma4")
    window.until(lambda: panel.writer.written is not None and panel.is_up_to_date)
    assert "ine 2" in messages(panel)

    own.habits.shapes = [Shape.NONSENSE, Shape.NONSENSE]
    click(button(panel, "write_storyboard"))
    ask(window, opened(window, WritingDialog), "gemma4")
    window.until(lambda: "cannot be used" in messages(panel) or "no JSON" in messages(panel))


def test_without_any_model_it_says_what_one_would_add(
    window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_server(tmp_path / "ollama") as (_, address):
        monkeypatch.setenv("OLLAMA_HOST", address)
    window.new()
    panel = storyboard(window)
    click(button(panel, "write_storyboard"))
    dialog = opened(window, WritingDialog)
    window.until(lambda: NO_MODEL in words(dialog))
    assert "ollama pull gemma4:e4b" in words(dialog)
    assert not button(dialog, "writing_ask").isEnabled()


def test_prompts_are_bought_at_a_price_that_is_told_and_taken_scene_by_scene(
    window: OpenWindow, rented: LanguageService
) -> None:
    window.new("A fox", "An owl", "")
    window.tab.select(())
    window.tab.scene_actions.set_selection(())
    window.tab.scene_actions.enhance.trigger()
    dialog = opened(window, WritingDialog)
    window.until(lambda: "Choose who writes." in words(dialog))
    assert rented.purchases == 0
    field = child(dialog, ChoiceField, "writing_model")
    paid = next(row for row in range(field.count()) if "per million tokens" in field.itemText(row))
    choose_index(paid)(field)
    window.until(button(dialog, "writing_ask").isEnabled)
    assert "at most $0.0" in button(dialog, "writing_ask").text()
    assert rented.purchases == 0
    click(button(dialog, "writing_ask"))
    proposals = opened(window, ProposalsDialog)
    assert rented.purchases == 1
    table = child(proposals, QTableWidget, "proposals")
    assert table.rowCount() == 2
    first = table.item(0, 0)
    assert first is not None
    first.setCheckState(Qt.CheckState.Unchecked)
    assert button(proposals, "proposals_take").text() == "&Take 1 prompt"
    click(button(proposals, "proposals_take"))
    assert enhanced(window) == ["", "An owl In low light.", ""]
    assert window.model.project.scenes[1].prompt == "An owl"
    window.model.undo_stack.undo()
    assert enhanced(window) == ["", "", ""]


def test_every_control_of_the_proposals_does_what_it_says(qtbot: QtBot) -> None:
    scenes = tuple(Scene(id=f"s{n}", prompt=f"Prompt {n}") for n in range(2))
    project = new_project("A film", datetime.now().astimezone())
    project = project.model_copy(update={"scenes": scenes})
    taken: list[object] = []
    windows: list[QMainWindow] = []

    def fresh() -> ProposalsDialog:
        window = QMainWindow()
        qtbot.addWidget(window)
        windows.append(window)
        rewritten = [EnhancedPrompt(one.prompt, "More", scene_id=one.id) for one in scenes]
        dialog = ProposalsDialog(project, rewritten, window, writer="Gemma")
        dialog.taken.connect(taken.append)
        dialog.show()
        return dialog

    def ticks(dialog: ProposalsDialog) -> str:
        return button(dialog, "proposals_take").text()

    def untick(table: QWidget) -> None:
        assert isinstance(table, QTableWidget)
        table.setFocus()
        table.setCurrentCell(0, 0)
        QTest.keyClick(table, Qt.Key.Key_Space)

    def tick_again(all_: QWidget) -> None:
        dialog = all_.window()
        click(button(dialog, "proposals_none"))
        assert not button(dialog, "proposals_take").isEnabled()
        click(all_)
        assert isinstance(dialog, ProposalsDialog)
        assert ticks(dialog) == "&Take 2 prompts"
        click(button(dialog, "proposals_take"))

    check_every_control(
        fresh,
        [
            ControlCase("proposals", untick, ticks),
            ControlCase("proposals_all", tick_again, lambda _: len(taken)),
            ControlCase("proposals_none", click, ticks),
            ControlCase("proposals_leave", click, lambda _: len(taken)),
            ControlCase("proposals_take", click, lambda _: len(taken)),
        ],
    )


def test_one_scene_is_enhanced_beside_its_prompt(window: OpenWindow, own: LanguageService) -> None:
    window.new("A fox", "An owl")
    window.tab.select([window.model.project.scenes[0].id])
    window.until(button(window.tab, "scene_write").isVisible)
    click(button(window.tab, "scene_write"))
    ask(window, opened(window, WritingDialog), "gemma4")
    take = button(window.tab, "scene_take_enhanced")
    window.until(take.isVisible)
    click(take)
    assert enhanced(window) == ["A fox In low light.", ""]


def test_one_style_is_proposed_with_its_sentence_and_found_again(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new("A fox", "An owl")
    folder = window.folder
    window.tab.scene_actions.style.trigger()
    ask(window, opened(window, WritingDialog), "gemma4")
    proposals = opened(window, ProposalsDialog)
    assert "Grainy film, cold blue light." in words(proposals)
    # Closed it is not answered.
    proposals.close()
    window.saved()
    window.new("Another film")
    window.open(folder)
    proposals = opened(window, ProposalsDialog)
    click(button(proposals, "proposals_take"))
    assert enhanced(window) == ["A fox In low light.", "An owl In low light."]
    assert len(own.asked) == 2
    window.saved()
    window.new("Another film")
    window.open(folder)
    QTest.qWait(300)
    assert not window.tab.findChildren(ProposalsDialog)


def test_all_proposals_that_nobody_answered_are_found_again(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new("A fox", "An owl")
    folder = window.folder
    for _ in range(2):
        window.tab.scene_actions.style.trigger()
        ask(window, opened(window, WritingDialog), "gemma4")
        opened(window, ProposalsDialog).close()
        window.until(lambda: not window.tab.findChildren(ProposalsDialog))
    window.saved()
    window.new("Another film")
    window.open(folder)
    window.until(lambda: len(window.tab.findChildren(ProposalsDialog)) == 2)


def test_a_storyboard_that_is_turned_down_stays_away(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new()
    folder = window.folder
    panel = storyboard(window)
    click(button(panel, "write_storyboard"))
    ask(window, opened(window, WritingDialog), "gemma4")
    window.until(lambda: panel.writer.written is not None and panel.is_up_to_date)
    choose("By its own marks")(child(panel, ChoiceField, "storyboard_writer"))
    window.until(lambda: panel.is_up_to_date)
    click(button(panel, "make_scenes"))
    window.until(lambda: bool(window.model.project.scenes))
    window.saved()
    window.new("Another film")
    window.open(folder)
    QTest.qWait(300)
    assert opened(window, StoryboardWidget).writer.written is None


def test_what_was_changed_meanwhile_stays_as_it_is(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new("A fox", "An owl")
    window.tab.scene_actions.style.trigger()
    ask(window, opened(window, WritingDialog), "gemma4")
    proposals = opened(window, ProposalsDialog)
    owl = window.model.project.scenes[1]
    window.model.edit_scene("Edit", owl.model_copy(update={"prompt": "A hen"}))
    click(button(proposals, "proposals_take"))
    assert enhanced(window) == ["A fox In low light.", ""]
    assert "1 scene changed meanwhile" in window.messages


def test_a_refusal_of_a_paid_model_is_told_once(
    window: OpenWindow, rented: LanguageService
) -> None:
    rented.habits.shapes = [Shape.REFUSED]
    window.new("A fox", "An owl")
    window.tab.scene_actions.style.trigger()
    ask(window, opened(window, WritingDialog), "per million tokens")
    window.until(lambda: "Nothing was written" in window.messages)
    assert rented.purchases == 1
    assert enhanced(window) == ["", ""]


def test_a_dialog_that_is_closed_while_it_looks_hears_nothing_more(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new("A fox", "An owl")
    window.tab.scene_actions.style.trigger()
    opened(window, WritingDialog).close()
    window.until(lambda: not window.tab.findChildren(WritingDialog))
    # What goes wrong in a slot fails the test.
    QTest.qWait(1500)
    window.tab.scene_actions.style.trigger()
    ask(window, opened(window, WritingDialog), "gemma4")
    opened(window, ProposalsDialog)


def test_the_network_switch_holds(window: OpenWindow, rented: LanguageService) -> None:
    window.new("A fox", "An owl")
    badge = window.window.findChildren(NetworkBadge)[0]
    click(badge)
    window.tab.scene_actions.style.trigger()
    dialog = opened(window, WritingDialog)
    window.until(lambda: "No language model is there" in words(dialog))
    assert "switched off" in words(dialog)
    assert not button(dialog, "writing_ask").isEnabled()
    assert rented.purchases == 0


def test_a_cap_holds(window: OpenWindow, rented: LanguageService) -> None:
    window.new("A fox", "An owl")
    capped = window.model.project.model_copy(update={"spending_cap_usd": 0.0001})
    window.model.edit("Cap", capped)
    window.tab.scene_actions.style.trigger()
    dialog = opened(window, WritingDialog)
    field = child(dialog, ChoiceField, "writing_model")
    window.until(lambda: isinstance(field.value(), LanguageModel) or field.count() > 1)
    choose_index(next(row for row in range(field.count()) if "per million" in field.itemText(row)))(
        field
    )
    window.until(lambda: "cap" in child(dialog, QLabel, "writing_warning").text())
    assert not button(dialog, "writing_ask").isEnabled()
    assert rented.purchases == 0


def test_every_control_of_the_dialogs_does_what_it_says(
    window: OpenWindow, own: LanguageService
) -> None:
    window.new("A fox", "An owl")

    def fresh() -> WritingDialog:
        for old in window.tab.findChildren(WritingDialog):
            old.close()
        QTest.qWait(50)
        window.tab.scene_actions.set_selection((window.model.project.scenes[0].id,))
        window.tab.scene_actions.enhance.trigger()
        dialog = opened(window, WritingDialog)
        window.until(button(dialog, "writing_ask").isEnabled)
        return dialog

    def seen(dialog: WritingDialog) -> object:
        model = child(dialog, ChoiceField, "writing_model").currentText()
        return model, words(dialog), button(dialog, "writing_ask").isEnabled(), dialog.isVisible()

    check_every_control(
        fresh,
        [
            ControlCase("writing_model", choose_index(1), seen),
            ControlCase("writing_look", click, seen),
            ControlCase("writing_style", write("ink"), seen),
            ControlCase("writing_selected", tick, seen),
            ControlCase("writing_key", click, seen),
            ControlCase("writing_cancel", click, seen),
            ControlCase("writing_ask", click, seen),
        ],
    )
