"""The settings and the keys in a window of their own; what is changed counts at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from core.config.api_keys import KeyUse, source_of
from core.config.target_names import TargetNames, target_names
from core.platform.files import folder_problem
from core.video.provider import NotReady, Readiness
from gui import theme
from gui.background import Background
from gui.settings.keys_panel import KeysPanel, KeyState, StoreKey
from gui.settings.settings_panel import SettingsPanel
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.config.settings import Settings
    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.studio import Studio
    from gui.settings.settings_controller import SettingsController

KEYS = "Keys"


class SettingsDialog(QDialog):
    """Joins the panels with the studio; keyring, folders and services are asked beside the window.

    Signals:
        keys_changed(KeyUse): a key was kept or removed.
    """

    keys_changed = Signal(object)

    def __init__(
        self, studio: Studio, controller: SettingsController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._studio = studio
        self._settings_controller = controller
        self._background = Background(self)
        self.panel = SettingsPanel(self)
        self.keys = KeysPanel(self)
        self.panel.add_section(KEYS, self.keys)
        self._message = ToneLabel(theme.Tone.QUIET, self)
        self._lay_out()
        self.panel.set_value(studio.settings)
        self.panel.set_usual_folders(studio.usual_folders)
        self.panel.changed.connect(self._change)
        controller.changed.connect(self._follow)
        controller.message.connect(self._tell)
        controller.failed.connect(self._complain)
        self.keys.store_wanted.connect(self._store)
        self.keys.test_wanted.connect(self._test)
        self.keys.remove_wanted.connect(self._remove)
        self._refresh(studio.settings)
        self._look_for_keys()

    def show_keys(self) -> None:
        """Turn to the keys."""
        self.panel.show_section(KEYS)

    def close_down(self) -> None:
        """Stop what is being asked; for the end of the program."""
        self._background.close()

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setObjectName("close")
        close.setToolTip("Close the settings; every change is in effect already.")
        close.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        vbox(
            self.panel,
            self._message,
            buttons,
            of=self,
            gap=theme.GAP,
            grows=self.panel,
            margin=theme.EDGE,
        )
        self.resize(720, 560)

    @Slot(object)
    def _change(self, settings: Settings) -> None:
        self._message.show_message("")
        self._settings_controller.change(settings)

    @Slot(object)
    def _follow(self, settings: Settings) -> None:
        if settings != self.panel.value():
            self.panel.set_value(settings)
        self._refresh(settings)

    def _refresh(self, settings: Settings) -> None:
        """Look for the names to choose from, and at the folders."""

        def look(_: CancelToken) -> TargetNames:
            return target_names(self._studio.registry, settings)

        self._background.run(look, self.panel.set_names, self._complain, key="names")
        folders = settings.folders
        for name, folder in (("output", folders.output), ("models", folders.models)):
            self._background.run(
                partial(_problem_of, folder),
                partial(self.panel.show_problem, f"folders.{name}"),
                self._complain,
                key=name,
            )

    @Slot(object)
    def _tell(self, text: str) -> None:
        self._message.show_message(text, theme.Tone.QUIET)

    @Slot(object)
    def _complain(self, error: StudioError) -> None:
        self._message.show_message(str(error), theme.Tone.BAD)

    def _look_for_keys(self) -> None:
        self._background.run(self._find_keys, self.keys.set_keys, self._complain, key="keys")

    def _find_keys(self, _: CancelToken) -> tuple[KeyState, ...]:
        studio = self._studio
        return tuple(
            KeyState(owned, source_of(studio.keys, owned.key) or "")
            for owned in studio.known_keys().values()
        )

    @Slot(object)
    def _store(self, request: StoreKey) -> None:
        key = request.owned.key

        def keep(_: CancelToken) -> str:
            self._studio.keys.store(key, request.value)
            place = source_of(self._studio.keys, key)
            if place in key.variables:
                return f"Kept in the keyring. {place} is set as well and is used before it."
            return "Kept in the keyring."

        self._do(request.owned, "Keeping the key…", keep)

    @Slot(object)
    def _remove(self, owned: KeyUse) -> None:
        def remove(_: CancelToken) -> str:
            was_there = self._studio.keys.remove(owned.key)
            return "Removed from the keyring." if was_there else "The keyring holds no such key."

        self._do(owned, "Removing the key…", remove)

    def _do(self, owned: KeyUse, busy: str, work: Callable[[CancelToken], str]) -> None:
        def done(text: str) -> None:
            self.keys.show_result(owned.key, text, theme.Tone.GOOD)
            self._look_for_keys()
            self.keys_changed.emit(owned)

        self.keys.set_busy(owned.key, busy)
        self._background.run(work, done, partial(self._fail_key, owned), key=owned.key.id)

    @Slot(object)
    def _test(self, owned: KeyUse) -> None:
        def ask(_: CancelToken) -> Readiness:
            return self._studio.check_key(owned.target, owned.key)

        def done(readiness: Readiness) -> None:
            if isinstance(readiness, NotReady):
                text = f"{readiness.reason} {readiness.fix}"
                self.keys.show_result(owned.key, text, theme.Tone.WARNING)
            else:
                text = readiness.note or f"{owned.key.label} accepts the key."
                self.keys.show_result(owned.key, text, theme.Tone.GOOD)

        self.keys.set_busy(owned.key, f"Asking {owned.key.label}…")
        self._background.run(ask, done, partial(self._fail_key, owned), key=owned.key.id)

    def _fail_key(self, owned: KeyUse, error: StudioError) -> None:
        self.keys.show_result(owned.key, str(error), theme.Tone.BAD)


def _problem_of(folder: Path | None, _: CancelToken) -> str:
    return "" if folder is None else folder_problem(folder)
