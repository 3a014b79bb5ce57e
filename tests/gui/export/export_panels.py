"""The settings of an export in their panel, all of them given."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from core.film.model.delivery import ExportSettings, FrameFormat
from core.film.model.film import Caption, Film, Lut, Music, Subtitles, Transition, Watermark
from core.project.model.project import FilmChoices
from gui.export.export_settings_widget import ExportSettingsWidget
from gui.widgets.panes import FoldingSection
from tests.gui.controls import controls_of
from tests.gui.operating import choose_row

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

SONG, OTHER_SONG = Path("/media/song.mp3"), Path("/media/other.wav")
FULL = FilmChoices(
    film=Film(
        clips=(),
        transition=Transition(kind="dissolve"),
        music=(
            Music(path=SONG, volume_db=-6),
            Music(path=OTHER_SONG),
            Music(path=SONG, start_s=4),
        ),
        captions=(Caption(text="One"), Caption(text="Two"), Caption(text="Three")),
        subtitles=Subtitles(path=Path("/media/film.srt")),
        lut=Lut(path=Path("/media/warm.cube")),
        watermark=Watermark(path=Path("/media/logo.png")),
    ),
    settings=ExportSettings(crf=20),
    path=Path("/media/film.mp4"),
)
OWN_FRAME = FULL.model_copy(
    update={"settings": ExportSettings(frame=FrameFormat(width=500, height=300, rate=Fraction(7)))}
)


def opened(qtbot: QtBot, value: FilmChoices = FULL) -> ExportSettingsWidget:
    panel = ExportSettingsWidget()
    qtbot.addWidget(panel)
    panel.buttons.set_last_export(Path("/media/film.mp4"))
    panel.resize(420, 3000)
    panel.show()
    set_back(panel, value)
    return panel


def set_back(panel: ExportSettingsWidget, value: FilmChoices) -> None:
    """Show these choices, every section open, the second piece of each list chosen."""
    # Dialogs that were answered.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    panel.set_value(value)
    for section in panel.findChildren(FoldingSection):
        section.open()
    QApplication.processEvents()
    for name in ("music_list", "caption_list"):
        view = controls_of(panel)[name]
        if not view.isHidden():
            choose_row(1)(view)
