"""The rooms of the window as tabs: video, images, history, models; each made when first seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QTabWidget, QWidget

from core.jobs.job import SubjectKind, Succeeded
from core.media.render_cache import RenderCache
from gui.history.history_page import HistoryPage
from gui.images.image_page import ImagePage
from gui.render.plan_fixes import Fix, SetKey, ShowCosts, ShowInstall
from gui.settings.settings_controller import SettingsController
from gui.widgets.buttons import NetworkBadge
from gui.widgets.drag_hover import switch_on_drag
from gui.widgets.fields import SearchField
from gui.widgets.file_field import show_in_desktop
from gui.widgets.layouts import vbox
from gui.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from core.config.settings import Settings
    from core.errors import StudioError
    from core.jobs.job import CancelToken, JobEvent, JobUpdate
    from core.studio import Studio
    from core.video.terms import Target
    from gui.background import Background
    from gui.comparison.comparison_dialog import ComparisonDialog
    from gui.costs.costs_dialog import CostsDialog
    from gui.jobs.jobs_area import JobsArea
    from gui.models.models_controller import ModelsController
    from gui.models.models_page import ModelsPage
    from gui.project.project_model import ProjectModel
    from gui.settings.settings_dialog import SettingsDialog
    from gui.training.training_dialog import TrainingDialog

_THUMBNAILS_BYTES = 200_000_000


class MainTabs(QTabWidget):
    """Owns all rooms but the video project's, and the settings.

    Signals:
        message(str): a sentence for the status console.
        models_changed(): a model was installed or removed, or a key or setting changed.
        settings_changed(Settings): they are in effect.
        video_shown(bool): whether the room that is shown is the video project's.

    Attributes:
        history: everything that was made.
        images: pictures from words.
        settings: who changes the settings.
    """

    message = Signal(object)
    models_changed = Signal()
    settings_changed = Signal(object)
    video_shown = Signal(object)

    def __init__(
        self, studio: Studio, background: Background, jobs: JobsArea, video: QWidget
    ) -> None:
        super().__init__()
        self.setObjectName("rooms")
        self.setDocumentMode(True)
        # What is dragged out of one tab is dropped in another.
        switch_on_drag(self)
        self._studio = studio
        self.settings = SettingsController(studio, self)
        self.settings.changed.connect(self._on_settings)
        self.settings.message.connect(self.message)
        self.settings.failed.connect(self._complain)
        self.network_badge = NetworkBadge()
        self.network_badge.set_value(studio.settings.network.is_off)
        self.network_badge.changed.connect(self._switch_network)
        self._dialog: SettingsDialog | None = None
        self._comparison: ComparisonDialog | None = None
        self._training: TrainingDialog | None = None
        self._costs: CostsDialog | None = None
        self._project: ProjectModel | None = None
        self._models: ModelsController | None = None
        self._models_page: ModelsPage | None = None
        self._video = video
        self._models_holder = QWidget()
        self._kept_thumbnails = RenderCache(studio.paths.thumbnails_dir)
        self._thumbnails = Thumbnails(self, cache=self._kept_thumbnails)
        background.run(self._trim_thumbnails, lambda _: None, self._complain)
        self.history = HistoryPage(studio, background, self._thumbnails)
        self.history.message.connect(self.message)
        self.history.fix_wanted.connect(self.mend)
        self.images = ImagePage(studio, background, self._thumbnails)
        self.images.fix_wanted.connect(self.mend)
        self.models_changed.connect(self.images.read_models)
        self.addTab(video, "Video")
        self.addTab(self.images, "Images")
        self.addTab(self.history, "History")
        self.addTab(self._models_holder, "Models")
        self.currentChanged.connect(self._on_tab)
        jobs.news.connect(self._on_event)

    def show_video(self) -> None:
        """Turn to the video project."""
        self.setCurrentWidget(self._video)

    @Slot()
    def find_in_history(self) -> None:
        """Turn to everything that was made, ready to look for words."""
        self.setCurrentWidget(self.history)
        field = self.history.findChild(SearchField)
        if field is not None:
            field.setFocus()
            field.selectAll()

    def show_model(self, target: Target) -> None:
        """Turn to a model where it can be installed."""
        self.setCurrentWidget(self._models_holder)
        if self._models_page is not None:
            self._models_page.choose(target)

    @Slot()
    def show_settings(self) -> None:
        """Open the settings."""
        self._settings_dialog().show()
        self._settings_dialog().raise_()

    @Slot()
    def show_comparison(self) -> None:
        """Ask which models one prompt is to be compared on."""
        if self._comparison is None:
            from gui.comparison.comparison_dialog import ComparisonDialog

            self._comparison = ComparisonDialog(self._studio, self.window())
            self._comparison.message.connect(self.message)
        self._comparison.show()
        self._comparison.raise_()

    @Slot()
    def show_training(self) -> None:
        """Ask what a LoRA is to be trained on."""
        if self._training is None:
            from gui.training.training_dialog import TrainingDialog

            self._training = TrainingDialog(self._studio, self.window())
            self._training.message.connect(self.message)
        self._training.show()
        self._training.raise_()

    @Slot()
    def show_keys(self) -> None:
        """Open the settings at the keys."""
        self._settings_dialog().show_keys()
        self.show_settings()

    @Slot(object)
    def set_project(self, model: ProjectModel) -> None:
        """The project that is open now."""
        self._project = model
        if self._costs is not None:
            self._costs.set_project(model)

    @Slot()
    def show_costs(self) -> None:
        """Open what was spent, and the caps."""
        if self._costs is None:
            from gui.costs.costs_dialog import CostsDialog

            self._costs = CostsDialog(self._studio, self.settings, self.window())
            self._costs.set_project(self._project)
        self._costs.show()
        self._costs.raise_()

    @Slot(object)
    def mend(self, fix: Fix) -> None:
        """Turn to where something is mended that stands in the way of a render."""
        match fix:
            case SetKey(key=key):
                self.show_keys()
                self._settings_dialog().keys.choose(key)
            case ShowInstall(target=target):
                self.show_model(target)
            case ShowCosts():
                self.show_costs()
            case _:
                pass

    def _settings_dialog(self) -> SettingsDialog:
        if self._dialog is None:
            from gui.settings.settings_dialog import SettingsDialog

            self._dialog = SettingsDialog(self._studio, self.settings, self.window())
            self._dialog.keys_changed.connect(self._on_models_changed)
        return self._dialog

    @Slot(int)
    def _on_tab(self, _: int) -> None:
        self.video_shown.emit(self.currentWidget() is self._video)
        if self.currentWidget() is self._models_holder:
            self._make_models()
        if self.currentWidget() is self.history:
            self.history.begin()
        if self.currentWidget() is self.images:
            self.images.begin()

    def _make_models(self) -> None:
        if self._models is None:
            # Loaded late, when the room is first seen.
            from gui.models.models_controller import ModelsController
            from gui.models.models_page import ModelsPage

            self._models_page = ModelsPage()
            vbox(self._models_page, of=self._models_holder)
            self._models = ModelsController(self._studio, self._models_page, self)
            self._models.changed.connect(self._on_models_changed)
            self._models.keys_wanted.connect(self.show_keys)
            self._models.refresh()

    @Slot(object)
    def _on_event(self, update: JobUpdate) -> None:
        if self._models is not None:
            self._models.on_event(update)
        if self._costs is not None:
            self._costs.on_event(update)
        subject = update.subject
        if subject is not None and subject.kind in (SubjectKind.COMPARISON, SubjectKind.GRID):
            self._show_page(update.event)
        self.history.on_event(update)
        self.images.on_event(update)

    def _show_page(self, event: JobEvent) -> None:
        """Open the page of a comparison, or the sheet of a grid, also of an earlier session."""
        if isinstance(event, Succeeded) and not show_in_desktop(event.path):
            self.message.emit(f"Nothing here opens it. Look at {event.path} by another program.")

    @Slot(object)
    def _on_models_changed(self, _: object) -> None:
        self.models_changed.emit()

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        self.network_badge.set_value(settings.network.is_off)
        self.settings_changed.emit(settings)
        self.models_changed.emit()

    @Slot(object)
    def _switch_network(self, is_off: bool) -> None:
        settings = self._studio.settings
        network = settings.network.model_copy(update={"is_off": is_off})
        self.settings.change(settings.model_copy(update={"network": network}))

    def _trim_thumbnails(self, _: CancelToken) -> None:
        self._kept_thumbnails.trim(_THUMBNAILS_BYTES)

    @Slot(object)
    def _complain(self, error: StudioError) -> None:
        self.message.emit(str(error))

    def close_down(self) -> None:
        """Save what is not saved and stop what runs."""
        if self._models is not None:
            self._models.close()
        if self._dialog is not None:
            self._dialog.close_down()
        if self._comparison is not None:
            self._comparison.close_down()
        if self._training is not None:
            self._training.close_down()
        if self._costs is not None:
            self._costs.close_down()
        self._thumbnails.close()
        self.settings.close()
