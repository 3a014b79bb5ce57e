"""Steps of the export in the undo menu: each by its name, and one for each thing done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QListWidget, QWidget

from core.film.model.delivery import Container, ExportSettings, FrameFormat, Hardware
from core.film.model.film import Alignment, Caption, Film, Fit, Lut, Music, Subtitles, Transition
from core.film.model.film import Watermark as Mark
from core.project.model.project import FilmChoices
from gui.export.film_edits import with_container, with_preset
from gui.export.film_steps import describe_film_edit
from gui.widgets.fields import TextField
from tests.gui.children import child
from tests.gui.operating import click

if TYPE_CHECKING:
    from tests.gui.whole_window import OpenWindow

ONE, TWO, THREE = (Caption(text=text) for text in ("one", "two", "three"))


def film(**changes: Any) -> FilmChoices:
    return FilmChoices(film=Film(clips=(), **changes))


def settings(**changes: Any) -> FilmChoices:
    return FilmChoices(settings=ExportSettings(**changes))


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (film(), film(captions=(ONE,)), "Add text 1"),
        (film(captions=(ONE, TWO)), film(captions=(TWO,)), "Remove text 1"),
        (film(captions=(ONE, TWO)), film(captions=(ONE,)), "Remove text 2"),
        (film(captions=(ONE, TWO)), film(captions=(TWO, ONE)), "Move text 1"),
        (film(captions=(ONE, TWO)), film(captions=(ONE, THREE)), "Change text 2"),
        (
            film(),
            film(music=(Music(path=Path("a.mp3")), Music(path=Path("b.mp3")))),
            "Add 2 pieces of music",
        ),
        (film(), film(transition=Transition(kind="fade")), "Change transition between scenes"),
        (film(), film(lut=Lut(path=Path("a.cube"))), "Change LUT"),
        (film(), film(subtitles=Subtitles(path=Path("a.srt"))), "Change subtitles"),
        (film(), film(watermark=Mark(path=Path("a.png"))), "Change watermark"),
        (film(), film(title="T"), "Change title of the film"),
        (film(), film(fit=Fit.FILL), "Change fit of other shapes"),
        (settings(), settings(frame=FrameFormat(width=640)), "Change size or rate of the film"),
        (settings(), settings(hardware=Hardware.NVENC), "Change encoder"),
        (film(), with_container(film(), Container.WEBM), "Change kind of file"),
        (film(), with_preset(film(), "youtube-1080p"), "Change what the film is made for"),
        (film(), FilmChoices(path=Path("/films/a.mp4")), "Change place of the film"),
        (film(), FilmChoices(poster_s=1.0), "Change poster"),
    ],
)
def test_each_step_is_called_what_it_does(
    before: FilmChoices, after: FilmChoices, text: str
) -> None:
    assert describe_film_edit(before, after).text == text


def other_value(model: Film | ExportSettings, name: str) -> object:
    """Any value that differs, for the description looks at no more."""
    value = getattr(model, name)
    return "other" if value != "other" else "another"


@pytest.mark.parametrize("name", [n for n in Film.model_fields if n != "clips"])
def test_every_field_of_the_film_has_a_step_of_its_own_name(name: str) -> None:
    before = FilmChoices()
    value = (ONE,) if name in ("captions", "music") else other_value(before.film, name)
    changed = before.film.model_copy(update={name: value})
    after = before.model_copy(update={"film": changed})
    assert describe_film_edit(before, after).text != "Change the export"


@pytest.mark.parametrize("name", list(ExportSettings.model_fields))
def test_every_setting_has_a_step_of_its_own_name(name: str) -> None:
    before = FilmChoices()
    changed = before.settings.model_copy(update={name: other_value(before.settings, name)})
    after = before.model_copy(update={"settings": changed})
    assert describe_film_edit(before, after).text != "Change the export"


def test_letters_of_one_text_are_one_step_and_other_fields_another() -> None:
    words = describe_film_edit(film(captions=(ONE,)), film(captions=(TWO,)))
    moved = ONE.model_copy(update={"place": Alignment.TOP})
    place = describe_film_edit(film(captions=(ONE,)), film(captions=(moved,)))
    assert words.text == place.text == "Change text 1"
    assert words.merge
    assert words.merge != place.merge


def opened_captions(window: OpenWindow) -> QAbstractButton:
    """The button that adds a text, once its section is open and laid out."""
    for section in ("export", "captions"):
        click(child(window.tab, QWidget, f"section_{section}"))
    add = child(window.tab, QAbstractButton, "caption_add")
    window.until(lambda: add.visibleRegion().boundingRect() == add.rect())
    return add


def test_what_is_typed_after_adding_a_text_is_the_text(opened: OpenWindow) -> None:
    opened.new("one")
    add = opened_captions(opened)
    click(add)
    words = child(opened.tab, TextField, "caption_text")
    opened.window.activateWindow()
    opened.until(lambda: QApplication.focusWidget() is words)
    QTest.keyClicks(words, "Song of the red ball")

    captions = opened.model.project.film.film.captions
    assert [caption.text for caption in captions] == ["Song of the red ball"]
    undo = opened.model.undo_stack
    assert undo.undoText() == "Change text 1"
    undo.undo()
    assert [caption.text for caption in opened.model.project.film.film.captions] == ["New text"]
    assert undo.undoText() == "Add text 1"


def test_each_added_text_is_undone_alone(opened: OpenWindow) -> None:
    opened.new("one")
    add = opened_captions(opened)
    for _ in range(3):
        click(add)
    assert child(opened.tab, QListWidget, "caption_list").count() == 3

    opened.model.undo_stack.undo()

    assert len(opened.model.project.film.film.captions) == 2
    assert opened.model.undo_stack.undoText() == "Add text 2"


def test_ctrl_z_in_the_words_of_a_text_takes_them_back(opened: OpenWindow) -> None:
    opened.new("one")
    click(opened_captions(opened))
    words = child(opened.tab, TextField, "caption_text")
    opened.window.activateWindow()
    opened.until(lambda: QApplication.focusWidget() is words)
    QTest.keyClicks(words, "Dawn")
    window = words.window().windowHandle()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert words.toPlainText() == "New text"
