"""The main window: the rooms as tabs, the one queue below them, and the project that is open."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
)
from typing_extensions import override

from core.errors import ProjectError
from gui import theme
from gui.background import Background
from gui.help_window import Help, KeyTable
from gui.jobs.jobs_area import JobsArea
from gui.layout_memory import LayoutMemory
from gui.main_menu import MainMenu
from gui.main_tabs import MainTabs
from gui.player.player_keys import KEYS as PLAYER_KEYS
from gui.project.project_actions import ProjectActions
from gui.project.project_opener import Opened, ProjectOpener, RecentController
from gui.project.project_session import ProjectSession
from gui.project.welcome_page import WelcomePage
from gui.theme import Tone
from gui.widgets.file_field import files_in
from gui.widgets.last_folders import read_folders, write_folders
from gui.widgets.mnemonics import make_unique
from gui.widgets.panes import Splitter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent

    from core.config.settings import Settings
    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.project.files.recent import RecentProject
    from core.project.render.rerender import FromRecord
    from core.studio import Studio
    from gui.images.image_details import GalleryUse
    from gui.project.project_model import ProjectModel
    from gui.video.video_project_tab import VideoProjectTab

_SIZE = (1280, 800)
_JOBS_HEIGHT = 150
_SHOWN_MS = 4000
_SAVED = "Saved: every change is kept by itself."
_NOTICE_MS = 15_000
_GUIDE = Path(__file__).resolve().parents[1] / "Docs" / "User-Guide.md"


class MainWindow(QMainWindow):
    """Everything a person sees; owns the threads and gives them back when it closes.

    Attributes:
        projects: makes and opens projects.

    Signals:
        project_opened(ProjectModel): a project is shown.
        saved(): everything is on disk.
    """

    project_opened = Signal(object)
    saved = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self._places = QSettings(
            str(studio.paths.state_dir / "window.ini"), QSettings.Format.IniFormat
        )
        self._background = Background(self, threads=4)
        self._layout = LayoutMemory(self._places)
        read_folders(self._places)
        self._recent = RecentController(studio.paths.state_dir, self._background, self)
        self.projects = ProjectOpener(studio.paths.projects_dir, self._background, self)
        self._session: ProjectSession | None = None
        self.video_tab: VideoProjectTab | None = None
        self._reopens = False
        self._is_save_asked = False
        self.jobs = JobsArea(studio, self._background, self)
        self._actions = ProjectActions(studio.paths.projects_dir, self)
        self._welcome = WelcomePage(self._actions)
        self._video = QStackedWidget()
        self._video.addWidget(self._welcome)
        self.tabs = MainTabs(studio, self._background, self.jobs, self._video)
        self._menu = MainMenu(self, self._actions, self.tabs)
        self._help = Help(_GUIDE, self)
        self._saved = QLabel()
        self._summary = QLabel()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.setWindowTitle("ImageAI")
        self.resize(*_SIZE)
        self.setAcceptDrops(True)
        halves = Splitter(Qt.Orientation.Vertical)
        halves.setObjectName("halves")
        halves.addWidget(self.tabs)
        halves.addWidget(self.jobs)
        halves.setStretchFactor(0, 1)
        halves.setCollapsible(0, False)
        halves.setSizes([_SIZE[1] - _JOBS_HEIGHT, _JOBS_HEIGHT])
        self.setCentralWidget(halves)
        self.statusBar().addWidget(self._saved, 1)
        self.statusBar().addPermanentWidget(self.tabs.network_badge)
        self.statusBar().addPermanentWidget(self._summary)
        self.jobs.setObjectName("jobs_area")
        self._layout.restore(self)
        geometry = self._places.value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self._keep_on_screen()

    def _keep_on_screen(self) -> None:
        """Be no larger than what the screen has to give, title bar included, and lie within it."""
        place = theme.fitted(self.geometry(), self.screen().availableGeometry(), self.style())
        if place != self.geometry() and not self.isMaximized():
            self.setGeometry(place)

    def _connect(self) -> None:
        actions, projects = self._actions, self.projects
        actions.new_wanted.connect(projects.create_there)
        actions.open_wanted.connect(projects.open)
        actions.unpack_wanted.connect(projects.unpack)
        actions.import_wanted.connect(projects.import_from)
        actions.save_as_wanted.connect(projects.save_as)
        actions.package_wanted.connect(projects.package)
        actions.sample_wanted.connect(projects.create_sample)
        actions.costs_wanted.connect(self.tabs.show_costs)
        projects.begun.connect(self._welcome.show_busy)
        projects.opened.connect(self._on_opened)
        projects.is_open_already.connect(self._on_open_already)
        projects.done.connect(self.show_message)
        projects.failed.connect(self._on_error)
        self._menu.settings_wanted.connect(self.tabs.show_settings)
        self._menu.comparison_wanted.connect(self.tabs.show_comparison)
        self._menu.training_wanted.connect(self.tabs.show_training)
        self._menu.help_wanted.connect(self._help.show_guide)
        self._menu.keys_wanted.connect(self._show_keys)
        self._menu.about_wanted.connect(self._help.show_about)
        self._menu.save_wanted.connect(self._tell_saved)
        self._menu.find_wanted.connect(self.tabs.find_in_history)
        self._menu.view.reset_wanted.connect(self._reset_layout)
        self._recent.changed.connect(self._show_recent)
        self._recent.failed.connect(self._warn)
        self.jobs.summary_changed.connect(self._summary.setText)
        self.jobs.finished.connect(self._on_queue_finished)
        self.jobs.ready.connect(self._on_queue_ready)
        self.tabs.message.connect(self.show_message)
        self.tabs.video_shown.connect(self._menu.show_project_menus)
        self.tabs.history.failed.connect(self._on_error)
        self.tabs.history.recipe_wanted.connect(self._on_recipe)
        self.tabs.images.use_wanted.connect(self._on_use)
        self.tabs.settings_changed.connect(self._on_settings)
        self.project_opened.connect(self.tabs.set_project)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_desktop_colours)

    @property
    def project_model(self) -> ProjectModel | None:
        """The project that is open."""
        return None if self._session is None else self._session.model

    def begin(self, folder: Path | None) -> None:
        """Open the queue, and this project or the last one, once the window is seen."""
        QTimer.singleShot(0, self.jobs.begin)
        # Beside the main thread, so that the first project does not have to wait for it.
        self._background.run(_load_panels, lambda _: None, self._on_error)
        self._reopens = folder is None and self.studio.settings.ui.reopens_last_project
        self._recent.begin()
        if folder is not None:
            QTimer.singleShot(0, lambda: self.projects.open(folder))

    def _reopen(self, entries: Sequence[RecentProject]) -> None:
        is_free = self._session is None and not self.projects.is_opening
        if self._reopens and is_free and entries and not entries[0].is_missing:
            self.projects.open(entries[0].folder)
        self._reopens = False

    @Slot(object)
    def show_message(self, text: str, tone: Tone = Tone.QUIET) -> None:
        """Write a line on the status console."""
        self.jobs.console.show_message(text, tone)
        # The console may lie behind the queue; what is answered to a click has to be seen.
        if tone is Tone.WARNING:
            self._show_notice(text)

    @Slot(object)
    def _warn(self, error: StudioError) -> None:
        self.show_message(str(error), Tone.WARNING)

    @Slot(object)
    def _on_error(self, error: StudioError) -> None:
        self._welcome.show_busy("")
        self.show_message(str(error), Tone.BAD)
        QMessageBox.warning(self, "ImageAI", f"{error.message}\n\n{error.hint}".strip())

    @Slot()
    def _on_open_already(self) -> None:
        self.show_message("That project is open already.")
        self.tabs.show_video()

    @Slot(object)
    def _on_opened(self, opened: Opened) -> None:
        self._welcome.show_busy("")
        if not self._close_project():
            if opened.lock is not None:
                opened.lock.release()
            return
        self._session = ProjectSession(opened, self)
        self.projects.current = self._session.model
        self._session.saved.connect(self._on_saved)
        self._session.save_failed.connect(self._on_not_saved)
        self._session.model.changed.connect(self._on_change)
        # Loaded late, with all its panels: the window is seen a quarter of a second sooner.
        from gui.video.video_project_tab import VideoProjectTab

        tab = VideoProjectTab(self.studio, self._session.model, self.jobs, self._actions)
        tab.message.connect(self.show_message)
        tab.notice.connect(self._show_notice)
        tab.project_wanted.connect(self.projects.open_as)
        tab.fix_wanted.connect(self.tabs.mend)
        self.tabs.models_changed.connect(tab.read_models)
        self.video_tab = tab
        self._video.addWidget(tab)
        self._video.setCurrentWidget(tab)
        self.tabs.show_video()
        make_unique(tab, self._menu.letters)
        self._layout.restore(tab)
        self._menu.set_project(tab)
        self._menu.view.refresh()
        if not opened.project.scenes:
            tab.begin_to_write()
        self._recent.put_first(opened.folder, opened.project.name)
        self._show_title()
        for note in opened.notes:
            self.show_message(note, Tone.WARNING)
        if opened.missing:
            tab.missing_files.show_missing(opened.missing)
        if self.jobs.is_ready:
            tab.take_up_jobs()
        self.project_opened.emit(self._session.model)
        if opened.is_sample:
            tab.render_sample()

    @Slot()
    def _on_queue_ready(self) -> None:
        if self.video_tab is not None:
            self.video_tab.take_up_jobs()

    @Slot(object)
    def _on_queue_finished(self, _: object) -> None:
        # The desktop's own sign, seen in the taskbar by who works in another window meanwhile.
        QApplication.alert(self)

    @Slot(object)
    def _on_change(self, _: object) -> None:
        self._show_title()
        self._saved.setText("Saving…")

    @Slot()
    def _on_saved(self) -> None:
        self._saved.setText("Saved")
        if self._is_save_asked:
            self._is_save_asked = False
            self.statusBar().showMessage(_SAVED, _SHOWN_MS)
        self.saved.emit()

    @Slot(object)
    def _on_not_saved(self, error: StudioError) -> None:
        self._saved.setText(f"Not saved: {error}")
        self.show_message(f"{error} It is tried again every few seconds.", Tone.BAD)

    @Slot(object)
    def _on_use(self, use: GalleryUse) -> None:
        if self.video_tab is None:
            self.show_message("Open a project first, then use the picture there.", Tone.WARNING)
            return
        if self.video_tab.use_image(use.path, use.role):
            self.tabs.show_video()

    @Slot(object)
    def _on_recipe(self, recipe: FromRecord) -> None:
        if self.video_tab is None:
            self.show_message(
                "Open a project first: the settings become a scene of it.", Tone.WARNING
            )
            return
        self.video_tab.add_recipe(recipe)
        self.tabs.show_video()

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        self._wear(theme.Appearance(settings.ui.appearance))
        self.jobs.follow_settings()

    @Slot()
    def _on_desktop_colours(self, _: object = None) -> None:
        # Choosing a theme changes what Qt says of the desktop: only whoever follows it listens.
        if self.studio.settings.ui.appearance is theme.Appearance.SYSTEM:
            self._wear(theme.Appearance.SYSTEM)

    def _wear(self, appearance: theme.Appearance) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, appearance)

    @Slot()
    def _show_keys(self) -> None:
        player = KeyTable("Player, with the focus outside of a text", PLAYER_KEYS)
        self._help.show_keys([*self._menu.key_tables(), player])

    @Slot()
    def _tell_saved(self) -> None:
        """Answer a person who saves: nothing has to be saved by hand."""
        if self._session is None:
            return
        if self._session.model.is_read_only:
            self.statusBar().showMessage("The project is open for reading only.", _SHOWN_MS)
            return
        self._is_save_asked = not self._session.is_saved
        self.statusBar().showMessage("Saving…" if self._is_save_asked else _SAVED, _SHOWN_MS)
        self._session.save()

    @Slot()
    def _reset_layout(self) -> None:
        self._layout.reset(self)
        self._menu.view.refresh()
        self.show_message("Everything stands where it stood at the first start.")

    @Slot(object)
    def _show_recent(self, entries: Sequence[RecentProject]) -> None:
        self._welcome.set_recent(entries)
        self._actions.set_recent(entries)
        self._reopen(entries)

    def _show_title(self) -> None:
        name = "" if self._session is None else self._session.model.project.name
        self._actions.set_project(name)
        if self._session is None:
            self.setWindowTitle("ImageAI")
            return
        locked = " (read-only)" if self._session.model.is_read_only else ""
        self.setWindowTitle(f"{name}{locked} · ImageAI")

    def _may_stop_jobs(self) -> bool:
        """Ask before minutes of rendering are thrown away; everything else just goes on later."""
        losing = self.jobs.losing
        if not losing:
            return True
        names = ", ".join(record.title for record in losing)
        answer = QMessageBox.question(
            self,
            "Close ImageAI",
            f"A render is under way: {names}.\n\nIf you close now, it begins again from its start "
            "the next time you open ImageAI.",
            QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Close

    def _close_project(self) -> bool:
        """Close the open project; False when its last changes could not be written."""
        if self._session is None:
            return True
        try:
            self._session.close()
        except ProjectError as error:
            answer = QMessageBox.question(
                self,
                "Not saved",
                f"{error}\n\nClose the project and lose its last changes?",
                QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
                QMessageBox.StandardButton.Cancel,
            )
            if answer != QMessageBox.StandardButton.Discard:
                return False
            self._session.give_up()
        if self.video_tab is not None:
            self._keep_layout()
            self.video_tab.close_down()
            self._video.removeWidget(self.video_tab)
            self.video_tab.deleteLater()
            self.video_tab = None
        self._session.deleteLater()
        self._session = None
        self.projects.current = None
        self._menu.set_project(None)
        return True

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self._bring(files_in(event.mimeData()))
        event.acceptProposedAction()

    def _bring(self, paths: tuple[Path, ...]) -> None:
        """Give dropped files to the open project; without one, open the project among them."""
        if self.video_tab is not None:
            self.tabs.show_video()
            self.video_tab.bring_files(paths)
            return
        self.projects.open_among(paths)

    @Slot(object)
    def _show_notice(self, text: str) -> None:
        self.statusBar().showMessage(text, _NOTICE_MS)

    def _keep_layout(self) -> None:
        self.jobs.open_up()
        self._layout.keep(self)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_stop_jobs() or not self._close_project():
            event.ignore()
            return
        self._keep_layout()
        self._places.setValue("geometry", self.saveGeometry())
        write_folders(self._places)
        # Gone at once: an order that is on its way may be waited for a few seconds more.
        self.hide()
        self.shut_down()
        event.accept()

    def shut_down(self) -> None:
        """Stop every thread and process; may be called twice."""
        if self._session is not None:
            self._close_project()
        self.tabs.close_down()
        self.jobs.close_down()
        self._background.close()
        self.studio.close()


def _load_panels(_: CancelToken) -> None:
    importlib.import_module("gui.video.video_project_tab")
