"""The one who changes the settings while the window is open: in effect at once, then on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.config.target_names import set_target
from gui.background import Background

if TYPE_CHECKING:
    from core.config.settings import Settings, SettingsResult
    from core.jobs.job import CancelToken
    from core.studio import Studio


class SettingsController(QObject):
    """Lets the studio go by new settings and saves them beside the main thread.

    Signals:
        changed(Settings): they are in effect.
        message(str): what else changed with them.
        failed(StudioError): they are in effect, and could not be saved.
    """

    changed = Signal(object)
    message = Signal(object)
    failed = Signal(object)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        # One thread, so that an older file never replaces a newer one.
        self._background = Background(self, threads=1)
        self._is_saved = True

    def change(self, settings: Settings) -> None:
        """Go by these from now on, and save them."""
        if settings == self._studio.settings:
            return
        self._go_by(settings)
        self._is_saved = False

        def save(cancel: CancelToken) -> SettingsResult:
            settled = set_target(self._studio.registry, settings)
            cancel.check()
            self._studio.config.save(settled.settings)
            return settled

        self._background.run(save, self._finish_saving, self.failed.emit, key="save")

    def close(self) -> None:
        """Save what is not saved yet, and stop.

        Raises:
            SettingsError: it cannot be saved.
        """
        self._background.close()
        if not self._is_saved:
            self._studio.config.save(self._studio.settings)
            self._is_saved = True

    def _go_by(self, settings: Settings) -> None:
        self._studio.apply_settings(settings)
        self.changed.emit(settings)

    def _finish_saving(self, settled: SettingsResult) -> None:
        self._is_saved = True
        if settled.settings != self._studio.settings:
            self._go_by(settled.settings)
        for note in settled.notes:
            self.message.emit(note)
