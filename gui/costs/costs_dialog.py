"""What paid renders cost, in a window of its own; caps are changed where their state is seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QWidget
from typing_extensions import override

from core.jobs.job import Progressed
from core.spending.caps import CapSpan, ProjectBudget
from core.spending.costs import write_csv
from gui import theme
from gui.background import Background
from gui.costs.caps_box import CapEdit, ShownCaps
from gui.costs.costs_panel import CostsPanel, ShownCosts
from gui.theme import Tone
from gui.widgets.file_field import FileKind, file_dialog
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from core.errors import StudioError
    from core.jobs.job import CancelToken, JobUpdate
    from core.studio import Studio
    from gui.project.project_model import ProjectModel
    from gui.settings.settings_controller import SettingsController

_SIZE = (760, 640)
_AFTER_MS = 200
_CSV = FileKind("the table", ("Tables (*.csv)",), is_saved=True)
_CAP_FIELDS = {CapSpan.DAY: "daily_cap_usd", CapSpan.MONTH: "spending_cap_usd"}


class CostsDialog(QDialog):
    """Joins the panel with ledger, settings and the open project; the ledger is read beside it."""

    def __init__(
        self, studio: Studio, settings: SettingsController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Costs")
        self._studio = studio
        self._settings = settings
        self._model: ProjectModel | None = None
        self._background = Background(self, threads=1)
        self.panel = CostsPanel()
        self._message = ToneLabel()
        self._message.setObjectName("costs_message")
        self._pause = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._pause.timeout.connect(self.reload)
        self._lay_out()
        self.panel.period_changed.connect(self.reload)
        self.panel.csv_wanted.connect(self._ask_place)
        self.panel.caps.edited.connect(self._on_cap)
        settings.changed.connect(self._look_again)

    def set_project(self, model: ProjectModel | None) -> None:
        """The project that is open now, whose cap is shown; None for none."""
        self._model = model
        if model is not None:
            model.changed.connect(self._look_again)
        self._pause.start()

    @Slot(object)
    def on_event(self, update: JobUpdate) -> None:
        """Look anew when something may have been bought, charged or released."""
        if self.isVisible() and not isinstance(update.event, Progressed):
            self._pause.start()

    @Slot()
    def reload(self) -> None:
        """Read the ledger anew."""
        if not self.isVisible():
            return
        studio, period = self._studio, self.panel.period(self._studio.ledger.today)
        project = None if self._model is None else ProjectBudget.of(self._model.project)
        caps = studio.caps
        limits = {
            CapSpan.DAY: caps.day_usd,
            CapSpan.MONTH: caps.month_usd,
            CapSpan.PROJECT: None if project is None else project.cap_usd,
        }
        is_read_only = self._model is not None and self._model.is_read_only

        def read(_: CancelToken) -> ShownCosts:
            purchases = tuple(studio.ledger.purchases(period.first, period.last))
            spent = studio.ledger.spent(project)
            shown = ShownCaps(limits, spent, project is not None, is_read_only)
            return ShownCosts(period, purchases, shown)

        self._background.run(read, self.panel.set_value, self._complain, key="costs")

    def close_down(self) -> None:
        """Stop what is being read; for the end of the program."""
        self._background.close()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._message.show_message("")
        self.reload()

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setObjectName("costs_close")
        close.setToolTip("Close; every change of a cap is in effect already.")
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
        self.resize(*_SIZE)

    @Slot(object)
    def _look_again(self, _: object) -> None:
        if self.isVisible():
            self._pause.start()

    @Slot(object)
    def _on_cap(self, edit: CapEdit) -> None:
        name = _CAP_FIELDS.get(edit.span)
        if name is not None:
            settings = self._studio.settings
            cloud = settings.cloud.model_copy(update={name: edit.usd})
            self._settings.change(settings.model_copy(update={"cloud": cloud}))
        elif self._model is not None:
            changed = self._model.project.model_copy(update={"spending_cap_usd": edit.usd})
            self._model.edit("Change the project's spending cap", changed, merge="spending_cap")

    @Slot()
    def _ask_place(self) -> None:
        period = self.panel.period(self._studio.ledger.today)
        name = f"costs {period}.csv".replace(" ", "-")
        dialog = file_dialog(self, _CSV, self._studio.paths.output_dir / name)
        # Once the dialog is gone: a question may have to be answered first.
        dialog.fileSelected.connect(self._write, Qt.ConnectionType.QueuedConnection)
        dialog.open()

    @Slot(str)
    def _write(self, text: str) -> None:
        path = Path(text)
        path = path if path.suffix else path.with_suffix(".csv")
        if path.exists() and not self._may_replace(path):
            return
        period, ledger = self.panel.period(self._studio.ledger.today), self._studio.ledger

        def write(_: CancelToken) -> str:
            write_csv(ledger.purchases(period.first, period.last), path)
            return f"{str(path)!r} is written."

        self._background.run(write, self._tell, self._complain)

    def _may_replace(self, path: Path) -> bool:
        question = f"{path.name!r} is there already. Replace it?"
        return (
            QMessageBox.question(self, "Export as CSV", question) == QMessageBox.StandardButton.Yes
        )

    def _tell(self, text: str) -> None:
        self._message.show_message(text, Tone.GOOD)

    def _complain(self, error: StudioError) -> None:
        self._message.show_message(str(error), Tone.BAD)
