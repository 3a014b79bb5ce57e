"""The window's start: what it needs is looked for first, so that it never just aborts."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import StudioError, outside_cause, shortened
from core.platform.log import start_log
from core.platform.paths import Paths
from core.redaction import redacted
from gui.platform_check import NoWindow, check_platform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from core.film.picture.text_overlays import TextRenderer
    from core.language.provider import LanguageEntry
    from core.video.packages import PackageInstaller
    from core.video.provider import ProviderEntry
    from gui.main_window import MainWindow

log = logging.getLogger(__name__)


def run_window(
    arguments: Sequence[str],
    entries: Sequence[ProviderEntry],
    text_renderer: TextRenderer,
    package_installer: PackageInstaller | None = None,
    language: Sequence[LanguageEntry] = (),
) -> int:
    """Open the window and give the exit code when it is closed.

    Args:
        arguments: at most one: the folder of a project to open.
        entries: the providers.
        text_renderer: draws the words of films.
        package_installer: brings what a provider needs when a render begins; None for nobody.
        language: who may have language models.
    """
    try:
        check_platform(os.environ)
    except NoWindow as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    # Loaded late: without the libraries that were just looked for, Qt would not load.
    from PySide6.QtWidgets import QApplication, QMessageBox

    from core.studio import Studio
    from gui import theme
    from gui.garbage import GarbageCollector
    from gui.main_window import MainWindow

    try:
        paths = Paths.of_user()
    except StudioError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    trouble = start_log(paths.log_file)
    app = QApplication([sys.argv[0]])
    app.setApplicationName("ImageAI")
    app.setDesktopFileName("imageai")
    # Before the first thread: none of them may collect.
    GarbageCollector(app)
    try:
        studio = Studio(
            entries,
            paths=paths,
            text_renderer=text_renderer,
            package_installer=package_installer,
            language=language,
        )
    except StudioError as error:
        QMessageBox.critical(None, "ImageAI", str(error))
        return 1
    theme.apply(app, theme.Appearance(studio.settings.ui.appearance))
    window = MainWindow(studio)
    _tell_defects(window)
    for note in (*([trouble] if trouble else []), *studio.notes):
        window.show_message(note)
    window.show()
    window.begin(Path(arguments[0]).expanduser().absolute() if arguments else None)
    # What is there now stays. Looked through again with every collection of garbage, it would hold
    # up the window for a tenth of a second.
    gc.freeze()
    try:
        return app.exec()
    finally:
        window.shut_down()


def _tell_defects(window: MainWindow) -> None:
    """Log what nobody foresaw and tell it in the window, which goes on."""

    def excepthook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        log.error("a defect", exc_info=(kind, error, trace))
        if threading.current_thread() is threading.main_thread():
            known = outside_cause(error)
            reason = shortened(f"{kind.__name__}: {error}")
            window.show_message(
                redacted(f"{known} Your work is kept.")
                if known is not None
                else redacted(f"Something unexpected went wrong ({reason}). ")
                + f"Your work is kept; the log has the details: {window.studio.paths.log_file}"
            )

    sys.excepthook = excepthook
