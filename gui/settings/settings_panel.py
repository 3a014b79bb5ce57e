"""All settings as a form made from their schema: sections at the left, a search above."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from core.config.setting_fields import fields, with_text
from core.config.settings import Settings
from core.errors import SettingsError
from gui import theme
from gui.settings.setting_row import SettingRow
from gui.widgets.fields import SearchField, named
from gui.widgets.labels import ToneLabel, heading
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import scrolled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from core.config.target_names import TargetNames


@dataclass
class _Section:
    title: str
    heading: QLabel
    rows: list[SettingRow] = field(default_factory=list[SettingRow])
    more: QWidget | None = None

    def show_only(self, words: str, *, is_chosen: bool) -> bool:
        """Show what the search or the choice of the section asks for; whether that is anything."""
        shown = [row for row in self.rows if (row.matches(words) if words else is_chosen)]
        for row in self.rows:
            row.setVisible(row in shown)
        has_more = self.more is not None and (
            words.casefold() in self.title.casefold() if words else is_chosen
        )
        if self.more is not None:
            self.more.setVisible(has_more)
        self.heading.setVisible(bool(shown) or has_more)
        return bool(shown) or has_more


class SettingsPanel(QWidget):
    """Shows one section, or everywhere what the search finds.

    Signals:
        changed(Settings): a person changed a setting.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = Settings()
        self._rows: dict[str, SettingRow] = {}
        self._sections: list[_Section] = []
        self._search = SearchField(
            "search", "Search settings", "Shows every setting whose name or help has these words."
        )
        self._list = named(QListWidget(), "sections", "The sections of the settings.", "Sections")
        self._list.setMaximumWidth(150)
        self._list.setSpacing(2)
        self._nothing = ToneLabel(theme.Tone.QUIET, self)
        self._page = QVBoxLayout()
        self._page.setSpacing(theme.GAP)
        self._lay_out()
        for setting in fields(self._settings):
            section = self._section(setting.section)
            row = SettingRow(setting, self)
            row.edited.connect(partial(self._take, setting.name))
            section.rows.append(row)
            self._rows[setting.name] = row
            self._page.insertWidget(self._page.count() - 2, row)
        self._search.textChanged.connect(self._show_rows)
        self._list.currentRowChanged.connect(self._show_rows)
        self._list.setCurrentRow(0)

    def value(self) -> Settings:
        """The settings as they are shown."""
        return self._settings

    def set_value(self, settings: Settings) -> None:
        """Show these settings without telling of it."""
        self._settings = settings
        for setting in fields(settings):
            self._rows[setting.name].set_field(setting)

    def set_names(self, names: TargetNames) -> None:
        """The providers, deployments and models to choose from."""
        for row in self._rows.values():
            part = row.field.about.part
            if part is not None:
                row.set_choices(names.get(part, {}))

    def set_usual_folders(self, folders: Mapping[str, Path]) -> None:
        """By the name of its setting, the folder that is used while none is set."""
        for name, folder in folders.items():
            self._rows[name].set_usual_folder(folder)

    def show_problem(self, name: str, text: str) -> None:
        """Say beside a setting what is wrong with it; nothing for an empty text."""
        self._rows[name].show_problem(text)

    def add_section(self, title: str, content: QWidget) -> None:
        """A section that is not made from the schema."""
        section = self._section(title)
        section.more = content
        self._page.insertWidget(self._page.count() - 2, content)
        self._show_rows()

    def show_section(self, title: str) -> None:
        """Turn to a section."""
        self._search.clear()
        self._list.setCurrentRow([section.title for section in self._sections].index(title))

    def _section(self, title: str) -> _Section:
        for section in self._sections:
            if section.title == title:
                return section
        words = heading(title, 1.25)
        self._page.insertWidget(self._page.count() - 2, words)
        self._sections.append(_Section(title, words))
        self._list.addItem(title)
        return self._sections[-1]

    def _lay_out(self) -> None:
        content = QWidget(self)
        content.setLayout(self._page)
        self._page.setContentsMargins(theme.EDGE, 0, theme.EDGE, theme.EDGE)
        self._page.addWidget(self._nothing)
        self._page.addStretch(1)
        rows = scrolled(content)
        columns = hbox(self._list, rows, gap=theme.EDGE, grows=rows)
        vbox(self._search, columns, of=self, gap=theme.GAP, grows=columns)

    @Slot()
    def _show_rows(self) -> None:
        words = self._search.text().strip()
        chosen = self._list.currentRow()
        shown = [
            section.show_only(words, is_chosen=number == chosen)
            for number, section in enumerate(self._sections)
        ]
        self._list.setEnabled(not words)
        self._nothing.show_message("" if any(shown) else "No setting has these words.")

    def _take(self, name: str, text: str) -> None:
        try:
            settings = with_text(self._settings, name, text)
        except SettingsError as error:
            self.show_problem(name, str(error))
            return
        if settings != self._settings:
            self.set_value(settings)
            self.changed.emit(settings)
        else:
            self.show_problem(name, "")
