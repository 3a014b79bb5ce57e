"""The ways out of a paid render of which nobody knows whether the service took the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QWidget

from core.errors import AnswerLost
from gui import theme
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from core.jobs.job_record import JobRecord

_UNKEPT = (AnswerLost.__name__,)
_QUESTION = (
    "Look into your account at the service: is this render listed there? "
    "Give its id to fetch it. If it is not, order it again, or let it no longer count."
)
_QUESTION_OF_ANSWER = (
    "The service keeps nothing of what it made. The usage of your account there says whether it "
    "was billed. Order it again if you want it all the same; if it was not billed, let it no "
    "longer count."
)


class LostOrder(QWidget):
    """Fetches what a person found in the account, or orders anew what is not there.

    Signals:
        fetch_wanted(str, str): the job, and the id that its render has at the service.
        order_wanted(str): the job whose render is bought once more.
        strike_wanted(str): the job whose order never arrived and no longer counts.
    """

    fetch_wanted = Signal(str, str)
    order_wanted = Signal(str)
    strike_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job_id = ""
        self._question = ToneLabel(theme.Tone.WARNING)
        self._remote_id = named(
            QLineEdit(),
            "remote_id",
            "The id that the service's own list of renders shows",
            "Id of the render at the service",
        )
        self._remote_id.setPlaceholderText("Its id at the service")
        self._fetch = named(
            QPushButton("Fetch it"), "fetch", "Fetch the render with this id; nothing is bought"
        )
        self._missing = named(
            QCheckBox("I have looked"),
            "missing",
            "You have looked into the account and know what came of the order",
        )
        self._order = named(
            QPushButton("Order it again"),
            "order_again",
            "Buy the same render once more; what the first order may have cost goes on counting",
        )
        self._strike = named(
            QPushButton("Do not count it"),
            "strike",
            "Its price leaves the costs and caps; trying it again orders it under the caps",
        )
        there = hbox(self._remote_id, self._fetch, gap=theme.GAP, grows=self._remote_id)
        missing = hbox(self._missing, self._order, self._strike, None, gap=theme.GAP)
        vbox(self._question, there, missing, of=self, gap=theme.GAP // 2)
        self._remote_id.textChanged.connect(self._follow)
        self._remote_id.returnPressed.connect(self._fetch.click)
        self._missing.toggled.connect(self._follow)
        self._fetch.clicked.connect(self._on_fetch)
        self._order.clicked.connect(self._on_order)
        self._strike.clicked.connect(self._on_strike)
        self._follow()
        self.hide()

    def show_job(self, record: JobRecord | None) -> None:
        """Ask about this job if its order is lost; what is typed goes with the job."""
        job_id = record.id if record is not None and record.has_lost_order else ""
        if job_id != self._job_id:
            self._job_id = job_id
            self._remote_id.clear()
            self._missing.setChecked(False)
        is_fetched = record is None or record.error is None or record.error.kind not in _UNKEPT
        self._question.show_message(_QUESTION if is_fetched else _QUESTION_OF_ANSWER)
        self._remote_id.setVisible(is_fetched)
        self._fetch.setVisible(is_fetched)
        self.setVisible(bool(job_id))

    @Slot()
    def _follow(self) -> None:
        self._fetch.setEnabled(bool(self._remote_id.text().strip()))
        for button in (self._order, self._strike):
            button.setEnabled(self._missing.isChecked())

    @Slot()
    def _on_fetch(self) -> None:
        self.fetch_wanted.emit(self._job_id, self._remote_id.text().strip())

    @Slot()
    def _on_order(self) -> None:
        # One click, one purchase: the next one needs another look into the account.
        self._missing.setChecked(False)
        self.order_wanted.emit(self._job_id)

    @Slot()
    def _on_strike(self) -> None:
        self._missing.setChecked(False)
        self.strike_wanted.emit(self._job_id)
