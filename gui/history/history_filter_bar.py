"""What of the history is shown: words, time, stars, tags, and what it was made with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QRegularExpression, QSignalBlocker, Signal, Slot
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QLineEdit,
    QToolButton,
    QWidget,
)

from core.history.history import HistoryQuery
from core.history.history_entry import WorkKind
from core.history.marks import FAVOURITE
from core.video.request import MAX_SEED
from gui import theme
from gui.widgets.buttons import IconButton
from gui.widgets.fields import SearchField, ignore_wheel, named
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import label_of
from gui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.history.history import History

_KINDS: dict[WorkKind | None, str] = {
    None: "Everything",
    WorkKind.CLIP: "Clips",
    WorkKind.IMAGE: "Pictures",
    WorkKind.FILM: "Films",
}
_RATINGS = ("Any stars", *(f"{'★' * stars} or more" for stars in range(1, FAVOURITE)), "★★★★★")
# How far back, today included.
_DAYS = {"Any time": None, "Today": 1, "Last 7 days": 7, "Last 30 days": 30}
_BETWEEN = len(_DAYS)
"""The row that comes after these, where two days are chosen."""
_NAME_LETTERS = 14
_SEED_LETTERS = len(str(MAX_SEED))


@dataclass(frozen=True)
class FilterNames:
    """Everything that there is to choose from."""

    models: Sequence[str] = ()
    loras: Sequence[str] = ()
    tags: Sequence[str] = ()

    @classmethod
    def of(cls, history: History) -> FilterNames:
        """What the history has.

        Raises:
            HistoryError: it cannot be read.
        """
        return cls(history.models(), history.loras(), history.tags())


class HistoryFilterBar(QWidget):
    """Chooses what is shown.

    Signals:
        changed(HistoryQuery): another choice; after typing, once there is a pause.
    """

    changed = Signal(object)

    def __init__(self, prefix: str = "", *, only: WorkKind | None = None) -> None:
        """Make it.

        Args:
            prefix: begins the names of its parts.
            only: this kind alone is shown, and what else there is to choose is folded away.
        """
        super().__init__()
        self._only = only
        self._search = SearchField(
            f"{prefix}search",
            "Search words, models, tags, file names",
            "Words that must all occur: in prompts, titles, models, LoRAs, tags, file names",
            "Search",
        )
        self._favourites = IconButton(f"{prefix}favourites", "star-outline", "Only favourites")
        self._favourites.setCheckable(True)
        self._more: IconButton | None = None
        self._kind: QComboBox | None = None
        if only is None:
            self._kind = _combo(f"{prefix}kind", "Which kind of file is shown", "Kind")
            self._kind.addItems(list(_KINDS.values()))
        else:
            self._more = IconButton(
                f"{prefix}filter", "filter-variant", "Choose by more than words"
            )
            self._more.setCheckable(True)
            self._more.toggled.connect(self._offer)
        self._model = _names(f"{prefix}model", "Only what was made with this model", "model")
        self._lora = _names(f"{prefix}lora", "Only what was made with this LoRA", "LoRA")
        self._tag = _names(f"{prefix}tag", "Only what has this tag", "tag")
        self._rating = _combo(f"{prefix}rating", "Only what has so many stars", "Stars")
        self._rating.addItems(list(_RATINGS))
        self._seed = named(
            QLineEdit(), f"{prefix}seed", "Only what was made with this seed", "Seed"
        )
        self._seed.setPlaceholderText("Any seed")
        self._seed.setMaxLength(_SEED_LETTERS)
        self._seed.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]*"), self))
        self._seed.setFixedWidth(self.fontMetrics().horizontalAdvance("0") * (_SEED_LETTERS + 4))
        self._span = _combo(f"{prefix}span", "When it was made", "Time")
        self._span.addItems([*_DAYS, "Between two days"])
        self._first = _day(f"{prefix}first", "The first day that is shown", "From")
        self._last = _day(f"{prefix}last", "The last day that is shown", "To")
        self._clear = named(
            QToolButton(), f"{prefix}clear", "Forget these choices and show everything",
            "Show everything",
        )  # fmt: skip
        self._clear.setText("Show everything")
        self._clear.setIcon(theme.icon("filter-off-outline"))
        self._sent = self._nothing = HistoryQuery(kind=only)
        self._lay_out()
        ignore_wheel(self)
        self._search.searched.connect(self._tell)
        self._seed.textEdited.connect(self._tell)
        for box in self._boxes:
            box.currentIndexChanged.connect(self._tell)
        for day in (self._first, self._last):
            day.dateChanged.connect(self._tell)
        self._favourites.clicked.connect(self._on_favourites)
        self._clear.clicked.connect(self._show_everything)
        self._offer()

    @property
    def _boxes(self) -> tuple[QComboBox, ...]:
        others = (self._model, self._lora, self._tag, self._rating, self._span)
        return others if self._kind is None else (self._kind, *others)

    def _lay_out(self) -> None:
        self._days = QWidget()
        from_, to = label_of(self._first, "From"), label_of(self._last, "to")
        hbox(from_, self._first, to, self._last, of=self._days, gap=theme.GAP)
        self._choices = QWidget()
        FlowLayout(
            *self._boxes, self._seed, self._days, self._clear, of=self._choices, gap=theme.GAP
        )
        line = hbox(self._search, self._favourites, gap=theme.GAP, grows=self._search)
        if self._more is not None:
            line.addWidget(self._more)
        vbox(line, self._choices, of=self, gap=theme.GAP)

    def set_names(self, known: FilterNames) -> None:
        """Offer these; what is chosen stays."""
        for box, names in (
            (self._model, known.models),
            (self._lora, known.loras),
            (self._tag, known.tags),
        ):
            chosen = box.currentData()
            # One that is not in the history any more is still what is chosen.
            kept = [chosen] if chosen and chosen not in names else []
            with QSignalBlocker(box):
                while box.count() > 1:
                    box.removeItem(1)
                for name in (*names, *kept):
                    box.addItem(name, name)
                box.setCurrentIndex(box.findData(chosen))

    def value(self) -> HistoryQuery:
        """What is chosen now, in the time zone of this machine."""
        since = until = None
        days = [*_DAYS.values(), None][self._span.currentIndex()]
        if days is not None:
            since = QDate.currentDate().addDays(1 - days)
        elif self._is_between:
            since, until = self._first.date(), self._last.date().addDays(1)
        return HistoryQuery(
            text=self._search.text(),
            since=since and _midnight(since),
            until=until and _midnight(until),
            model=self._model.currentData(),
            kind=self._only if self._kind is None else list(_KINDS)[self._kind.currentIndex()],
            lora=self._lora.currentData(),
            seed=int(self._seed.text()) if self._seed.text() else None,
            min_rating=self._rating.currentIndex(),
            tag=self._tag.currentData(),
        )

    @property
    def is_asking(self) -> bool:
        """Whether anything is chosen that leaves something out."""
        return self.value() != self._nothing

    @property
    def _is_between(self) -> bool:
        return self._span.currentIndex() == _BETWEEN

    @Slot()
    def _offer(self) -> None:
        self._days.setVisible(self._is_between)
        self._clear.setEnabled(self.is_asking)
        is_favourite = self._rating.currentIndex() == FAVOURITE
        self._favourites.setChecked(is_favourite)
        self._favourites.show_icon("star" if is_favourite else "star-outline")
        self._choices.setVisible(self._more is None or self._more.isChecked())

    @Slot(bool)
    def _on_favourites(self, is_favourite: bool) -> None:
        self._rating.setCurrentIndex(FAVOURITE if is_favourite else 0)

    @Slot()
    def _show_everything(self) -> None:
        with QSignalBlocker(self):
            self._search.clear()
            self._seed.clear()
            for box in self._boxes:
                box.setCurrentIndex(0)
            self._tell()
        self.changed.emit(self.value())

    @Slot()
    def _tell(self) -> None:
        self._offer()
        value = self.value()
        if value != self._sent:
            self._sent = value
            self.changed.emit(value)


def _combo(name: str, tip: str, label: str) -> QComboBox:
    box = named(QComboBox(), name, tip, label)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _names(name: str, tip: str, label: str) -> QComboBox:
    box = _combo(name, tip, label[0].upper() + label[1:])
    # A name may be long, and the window must not become as wide.
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(_NAME_LETTERS)
    box.addItem(f"Any {label}", "")
    return box


def _day(name: str, tip: str, label: str) -> QDateEdit:
    box = named(QDateEdit(QDate.currentDate()), name, tip, label)
    box.setCalendarPopup(True)
    box.setDisplayFormat("yyyy-MM-dd")
    return box


def _midnight(day: QDate) -> datetime:
    return datetime(day.year(), day.month(), day.day()).astimezone()
