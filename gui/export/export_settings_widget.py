"""Everything about the film and its file: presets first, the rest in sections that fold away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.errors import Problem
from core.film.model.delivery import settings_problems
from core.project.model.project import FilmChoices
from gui.export.export_actions import ExportActions
from gui.export.export_labels import preset_choices, settings_text, summaries
from gui.export.film_edits import is_preset_changed, with_preset
from gui.export.film_forms import AudioForm, CodingForm, FileForm, about_form, cuts_form
from gui.export.film_parts import CaptionsList, MusicList
from gui.export.look_box import lut_part, subtitles_part, watermark_part
from gui.theme import EDGE, GAP
from gui.widgets.buttons import IconButton
from gui.widgets.choice_field import ChoiceField
from gui.widgets.labels import ToneLabel
from gui.widgets.model_form import ModelForm, part
from gui.widgets.panes import FoldingSection, scrolled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QFont

    from gui.widgets.fields import Field


@dataclass(frozen=True)
class _Part:
    form: ModelForm[FilmChoices]
    section: FoldingSection | None = None


class ExportSettingsWidget(QWidget):
    """Edits `FilmChoices`: the film around the clips and the file it becomes.

    Signals:
        changed(FilmChoices): a person changed something.
        export_wanted(): the film is to be made.
        show_file_wanted(): the last export is to be shown in its folder.
        handoff_wanted(Path): the film is to be written for other programs, as the suffix says:
            one of `HANDOFF_FORMATS`, or `.json` for a film file.
    """

    changed = Signal(object)
    export_wanted = Signal()
    show_file_wanted = Signal()
    handoff_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = FilmChoices()
        self._given: tuple[Problem, ...] = ()
        self._preset = PresetBox()
        self._sections: dict[str, FoldingSection] = {}
        self._parts: list[_Part] = []
        page = QWidget()
        self._page = QVBoxLayout(page)
        self._page.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        self._page.setSpacing(GAP)
        self._page.addWidget(self._preset)
        self._add_parts()
        self._page.addStretch(1)
        scroll = scrolled(page)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._actions = ExportActions()
        self._actions.setContentsMargins(EDGE, 0, EDGE, EDGE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._actions)
        self._preset.changed.connect(self._take)
        self._actions.export_wanted.connect(self.export_wanted)
        self._actions.show_file_wanted.connect(self.show_file_wanted)
        self._actions.handoff_wanted.connect(self.handoff_wanted)
        self._show()

    def value(self) -> FilmChoices:
        """The choices as they are now."""
        return self._value

    def set_value(self, value: FilmChoices) -> None:
        """Show other choices; tells nobody."""
        self._value = value
        self._show()

    def set_estimate(self, text: str) -> None:
        """Say how large the film will be."""
        self._actions.set_estimate(text)

    def set_last_export(self, path: Path | None) -> None:
        """Name the newest finished film; None while there is none."""
        self._actions.set_last_export(path)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Say what stands in the way of an export, beside the fields where there is one."""
        self._given = tuple(problems)
        self._show_problems()

    def _add_parts(self) -> None:
        self._add(FileForm())
        self._add(cuts_form(), "cuts", "Cuts", "Transitions, and clips of another shape.")
        self._add(_form_of("music", MusicList()), "music", "Music", "Music under the film.")
        self._add(AudioForm(), "sound", "Sound", "The clips' own sound, loudness, audio codec.")
        captions = _form_of("captions", CaptionsList())
        self._add(captions, "captions", "Words on the picture", "Titles, captions, credits.")
        subtitles = _form_of("subtitles", subtitles_part())
        self._add(subtitles, "subtitles", "Subtitles", "Subtitles from a file.")
        self._add(_look_form(), "look", "Look", "A colour table and a watermark.")
        self._add(CodingForm(), "coding", "Coding", "Codec, bitrate, bits, hardware.")
        self._add(about_form(), "about", "About the film", "Title, chapters, AI mark, poster.")

    def _add(
        self, form: ModelForm[FilmChoices], name: str = "", title: str = "", tip: str = ""
    ) -> None:
        section = FoldingSection(name, title, tip, [form]) if name else None
        if section is not None:
            self._sections[name] = section
        self._parts.append(_Part(form, section))
        self._page.addWidget(section or form)
        form.changed.connect(self._take)

    @Slot(object)
    def _take(self, value: FilmChoices) -> None:
        self._value = value
        self._show()
        self.changed.emit(value)

    def _show(self) -> None:
        self._preset.set_value(self._value)
        for part_ in self._parts:
            part_.form.set_value(self._value)
        for name, text in summaries(self._value).items():
            if name in self._sections:
                self._sections[name].set_summary(text)
        self._show_problems()

    def _show_problems(self) -> None:
        found = [Problem(*pair) for pair in settings_problems(self._value.settings)]
        problems = dict.fromkeys((*found, *self._given))
        by_field: dict[str, list[str]] = {}
        for problem in problems:
            by_field.setdefault(problem.field, []).append(problem.message)
        for part_ in self._parts:
            part_.form.clear_problems()
            placed = [
                field
                for field, messages in by_field.items()
                if part_.form.show_problem(field, "\n".join(messages))
            ]
            count = sum(len(by_field.pop(field)) for field in placed)
            if part_.section is not None:
                part_.section.set_problem_count(count)
        self._actions.show_problems([said for said_ in by_field.values() for said in said_])


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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = FilmChoices()
        self._preset = ChoiceField(preset_choices())
        self._preset.setObjectName("preset")
        self._preset.setToolTip("Where the film goes; sets everything about its file at once.")
        self._preset.setAccessibleName("Made for")
        self._reset = IconButton(
            "preset_reset", "undo-variant", "Set everything about the file as the preset has it."
        )
        label = QLabel("Made for")
        label.setBuddy(self._preset)
        label.setFont(_bold(label.font()))
        self._meaning = ToneLabel()
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(label)
        row.addWidget(self._preset, 1)
        row.addWidget(self._reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addLayout(row)
        layout.addWidget(self._meaning)
        self._preset.edited.connect(self._choose)
        self._reset.clicked.connect(self._again)
        self.set_value(self._value)

    def value(self) -> FilmChoices:
        """The choices as they are now."""
        return self._value

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

    @Slot()
    def _again(self) -> None:
        self._choose(self._value.preset)


def _bold(font: QFont) -> QFont:
    font.setBold(True)
    return font
