"""Everything about the film and its file: presets first, the rest in sections that fold away."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from core.errors import Problem
from core.film.model.delivery import settings_problems
from core.project.model.project import FilmChoices
from gui.export.export_actions import ExportActions
from gui.export.export_labels import preset_choices, settings_text, summaries
from gui.export.film_edits import is_preset_changed, with_preset
from gui.export.film_forms import AudioForm, CodingForm, FileForm, about_form, cuts_form
from gui.export.film_parts import CaptionsList, MusicList
from gui.export.look_box import lut_part, subtitles_part, watermark_part
from gui.theme import GAP
from gui.widgets.buttons import IconButton
from gui.widgets.choice_field import ChoiceField
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel, label_of
from gui.widgets.layouts import hbox, vbox
from gui.widgets.model_form import ModelForm, part
from gui.widgets.panes import FoldingSection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont

    from gui.widgets.fields import Field


class ExportSettingsWidget(QWidget):
    """Edits `FilmChoices`: the film around the clips and the file it becomes.

    Signals:
        changed(FilmChoices): a person changed something.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._value = FilmChoices()
        self._given: tuple[Problem, ...] = ()
        self._preset = PresetBox()
        self._forms: dict[str, ModelForm[FilmChoices]] = {}
        self._sections: dict[str, FoldingSection] = {}
        self.buttons = ExportActions()
        self._page = vbox(self._preset, of=self, gap=GAP)
        self._add_forms()
        self._preset.changed.connect(self._take)
        self._show()

    def value(self) -> FilmChoices:
        """The choices as they are now."""
        return self._value

    def set_value(self, value: FilmChoices) -> None:
        """Show other choices; tells nobody."""
        self._value = value
        self._show()

    def set_film_length(self, seconds: float | None) -> None:
        """Tell how long the film would be now; None where that is not known."""
        self._music.preview.set_film_length(seconds)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Say what stands in the way of an export, beside the fields where there is one."""
        self._given = tuple(problems)
        self._show_problems()

    def _add_forms(self) -> None:
        file = self._forms["file"] = FileForm()
        file.changed.connect(self._take)
        self._page.addWidget(file)
        # Before what is seldom needed: the way to the file is never below the fold.
        self._page.addWidget(self.buttons)
        self._add(cuts_form(), "cuts", "Cuts", "Transitions, and clips of another shape.")
        self._music = MusicList()
        self._add(_form_of("music", self._music), "music", "Music", "Music under the film.")
        self._add(AudioForm(), "sound", "Sound", "The clips' own sound, loudness, audio codec.")
        captions = _form_of("captions", CaptionsList())
        self._add(captions, "captions", "Words on the picture", "Titles, captions, credits.")
        subtitles = _form_of("subtitles", subtitles_part())
        self._add(subtitles, "subtitles", "Subtitles", "Subtitles from a file.")
        self._add(_look_form(), "look", "Look", "A colour table and a watermark.")
        self._add(CodingForm(), "coding", "Coding", "Codec, bitrate, bits, hardware.")
        self._add(about_form(), "about", "About the film", "Title, chapters, AI mark, poster.")

    def _add(self, form: ModelForm[FilmChoices], name: str, title: str, tip: str) -> None:
        self._forms[name] = form
        self._sections[name] = FoldingSection(name, title, tip, [form])
        self._page.addWidget(self._sections[name])
        form.changed.connect(self._take)

    @Slot(object)
    def _take(self, value: FilmChoices) -> None:
        self._value = value
        self._show()
        self.changed.emit(value)

    def _show(self) -> None:
        self._preset.set_value(self._value)
        for form in self._forms.values():
            form.set_value(self._value)
        for name, text in summaries(self._value).items():
            self._sections[name].set_summary(text)
        self._show_problems()

    def _show_problems(self) -> None:
        found = [Problem(*pair) for pair in settings_problems(self._value.settings)]
        problems = dict.fromkeys((*found, *self._given))
        by_field: dict[str, list[str]] = {}
        for problem in problems:
            by_field.setdefault(problem.field, []).append(problem.message)
        for name, form in self._forms.items():
            form.clear_problems()
            placed = [
                field
                for field, messages in by_field.items()
                if form.show_problem(field, "\n".join(messages))
            ]
            count = sum(len(by_field.pop(field)) for field in placed)
            if name in self._sections:
                self._sections[name].set_problem_count(count)
        self.buttons.show_problems(list(chain(*by_field.values())))


def _form_of(name: str, field: Field) -> ModelForm[FilmChoices]:
    form = ModelForm(FilmChoices())
    form.add_row(name, "", field, value_path=part("film", name))
    return form


def _look_form() -> ModelForm[FilmChoices]:
    form = ModelForm(FilmChoices())
    form.add_row("lut", "LUT", lut_part(), value_path=part("film", "lut"))
    watermark = part("film", "watermark")
    form.add_row("watermark", "Watermark", watermark_part(), value_path=watermark)
    return form


class PresetBox(QWidget):
    """Edits the preset in `FilmChoices`, and with it all settings.

    Signals:
        changed(FilmChoices)
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._value = FilmChoices()
        self._preset = named(
            ChoiceField(preset_choices()),
            "preset",
            "Where the film goes; sets everything about its file at once.",
            "Made for",
        )
        self._reset = IconButton(
            "preset_reset", "undo-variant", "Set everything about the file as the preset has it."
        )
        label = label_of(self._preset, "Made for")
        label.setFont(_bold(label.font()))
        self._meaning = ToneLabel()
        head = hbox(label, self._preset, self._reset, gap=GAP, grows=self._preset)
        vbox(head, self._meaning, of=self, gap=GAP // 2)
        self._preset.edited.connect(self._choose)
        self._reset.clicked.connect(lambda: self._choose(self._value.preset))
        self.set_value(self._value)

    def set_value(self, value: FilmChoices) -> None:
        """Show other choices; tells nobody."""
        self._value = value
        self._preset.show_value(value.preset)
        is_changed = is_preset_changed(value)
        self._reset.setVisible(is_changed)
        changed = "Changed: " if is_changed and value.preset else ""
        self._meaning.show_message(f"{changed}{settings_text(value.settings)}")

    @Slot(object)
    def _choose(self, name: object) -> None:
        self.set_value(with_preset(self._value, str(name)))
        self.changed.emit(self._value)


def _bold(font: QFont) -> QFont:
    font.setBold(True)
    return font
