"""All about one model, and what can be done with it now."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QBoxLayout,
    QFormLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QWidget,
)

from core.platform.units import bytes_text
from core.video.listing import ListedModel, ModelState
from core.video.model_store import OnDisk
from core.video.model_text import facts_of
from core.video.provider import NotReady, ReasonCode
from gui import theme
from gui.models.model_rows import Installing, InstallPhase, ModelItem
from gui.widgets.fields import named
from gui.widgets.labels import LinkLabel, ToneLabel, heading
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import scrolled


class ModelAction(StrEnum):
    """What a person may do with a model."""

    INSTALL = "install"
    PAUSE = "pause"
    RESUME = "resume"
    REUSE = "adopt"
    VERIFY = "verify"
    REMOVE = "remove"
    KEYS = "keys"


_BUTTONS = {
    ModelAction.INSTALL: ("Install…", "Shows licence, size and folder before anything is fetched."),
    ModelAction.PAUSE: ("Pause", "Stops the download; what has arrived is kept."),
    ModelAction.RESUME: ("Resume", "Goes on where the download stopped."),
    ModelAction.REUSE: (
        "Use files on this disk…",
        "Takes a folder with files of this model: they are checked and linked.",
    ),
    ModelAction.VERIFY: ("Check files", "Reads every byte and compares it with what it must be."),
    ModelAction.REMOVE: ("Remove…", "Deletes the model's files from this machine."),
    ModelAction.KEYS: ("Set a token…", "Opens the keys in the settings."),
}
_GATED = (
    "Its owner asks for consent first: open its page, sign in and accept the licence; then make a "
    "token of the kind 'read' and add it to the keys."
)


class ModelDetails(QWidget):
    """Shows one model.

    Signals:
        wanted(ModelAction): a button was pressed.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item: ModelItem | None = None
        self._title = heading("", 1.25)
        self._title.setWordWrap(True)
        self._summary = QLabel(self)
        self._summary.setWordWrap(True)
        self._state = ToneLabel(theme.Tone.QUIET, self)
        self._reason = ToneLabel(theme.Tone.QUIET, self)
        self._gated = ToneLabel(theme.Tone.WARNING, self)
        self._problem = ToneLabel(theme.Tone.BAD, self)
        self._answer = ToneLabel(theme.Tone.GOOD, self)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(8)
        self._bar.setAccessibleName("Progress of the installation")
        self._progress = ToneLabel(theme.Tone.QUIET, self)
        self._licence = LinkLabel(self)
        self._facts = QFormLayout()
        self._buttons = {action: self._button(action) for action in ModelAction}
        self._lay_out()
        self.set_item(None)

    def set_item(self, item: ModelItem | None) -> None:
        """Show this model, or that none is chosen."""
        before, self._item = self._item, item
        if item is None or before is None or item.listed.target != before.listed.target:
            self._problem.show_message("")
            self._answer.show_message("")
        if item is None:
            self._show_nothing()
            return
        # The specs of two models are never the same.
        if before is None or before.listed.spec != item.listed.spec:
            self._show_facts(item)
        self._show_state(item)
        self._show_progress(item.installing)
        offered = _offered(item)
        for action, button in self._buttons.items():
            button.setVisible(action in offered)
        self._buttons[ModelAction.INSTALL].setText(_words_to_install(item.listed))

    def show_problem(self, text: str) -> None:
        """Say why the last thing that was asked for cannot be done; nothing for an empty text."""
        self._answer.show_message("")
        self._problem.show_message(text)

    def show_answer(self, text: str) -> None:
        """Say what came of the last thing that was asked for."""
        self._problem.show_message("")
        self._answer.show_message(text)

    def _button(self, action: ModelAction) -> QPushButton:
        text, tip = _BUTTONS[action]
        button = named(QPushButton(text, self), action.value, tip, text.rstrip("…"))
        button.setAutoDefault(False)
        button.clicked.connect(self._ask)
        return button

    def _lay_out(self) -> None:
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._facts.setVerticalSpacing(6)
        first = self._line(
            ModelAction.INSTALL, ModelAction.PAUSE, ModelAction.RESUME, ModelAction.REUSE
        )
        second = self._line(ModelAction.VERIFY, ModelAction.REMOVE, ModelAction.KEYS)
        content = QWidget(self)
        about = (self._title, self._state, self._summary, self._reason, self._gated)
        news = (self._bar, self._progress, self._problem, self._answer, self._licence)
        lines = vbox(*about, first, second, *news, self._facts, None, of=content, gap=theme.GAP)
        lines.setContentsMargins(theme.EDGE, 0, theme.EDGE, theme.EDGE)
        vbox(scrolled(content), of=self)

    def _line(self, *actions: ModelAction) -> QBoxLayout:
        return hbox(*(self._buttons[action] for action in actions), None, gap=theme.GAP)

    def _show_nothing(self) -> None:
        self._title.setText("")
        self._summary.setText("Choose a model in the list to see what it can do and needs.")
        for label in (self._state, self._reason, self._gated):
            label.show_message("")
        self._licence.lead("", "")
        self._show_progress(None)
        self._clear_facts()
        for button in self._buttons.values():
            button.hide()

    def _show_state(self, item: ModelItem) -> None:
        listed = item.listed
        words = [item.state[:1].upper() + item.state[1:]]
        on_disk = listed.installation
        if on_disk is not None and on_disk.size_bytes:
            words.append(f"{bytes_text(on_disk.size_bytes)} in {on_disk.folder}")
        self._state.show_message(", ".join(words), item.tone)
        reasons = [f"Recommended for this machine. {listed.advice}"] if listed.advice else []
        if item.installing is None and isinstance(listed.readiness, NotReady):
            reasons.append(listed.readiness.reason)
            # A command to type is no help where a button does the same.
            has_button = listed.readiness.reason_code in (
                ReasonCode.NOT_INSTALLED,
                ReasonCode.DAMAGED,
            )
            if on_disk is None or not has_button:
                reasons.append(listed.readiness.fix)
        if on_disk is not None and on_disk.missing_parts:
            reasons.append(f"It was installed {on_disk.without}.")
        if listed.too_large:
            reasons.append(f"This machine cannot run it. {listed.too_large}")
        self._reason.show_message(" ".join(dict.fromkeys(reasons)))
        is_gated = listed.spec.licence.is_gated and (
            on_disk is not None and on_disk.on_disk is not OnDisk.WHOLE
        )
        self._gated.show_message(_GATED if is_gated else "")

    def _show_progress(self, installing: Installing | None) -> None:
        is_seen = installing is not None and (
            installing.is_going_on or installing.fraction is not None
        )
        self._bar.setVisible(is_seen)
        if installing is None:
            self._progress.show_message("")
            return
        is_known = installing.fraction is not None
        # An empty range makes the bar say that something goes on, of unknown length.
        self._bar.setRange(0, 1000 if is_known or not installing.is_going_on else 0)
        self._bar.setValue(round(1000 * (installing.fraction or 0)))
        failed = installing.phase is InstallPhase.FAILED
        self._progress.show_message(
            installing.words, theme.Tone.BAD if failed else theme.Tone.QUIET
        )

    def _show_facts(self, item: ModelItem) -> None:
        spec = item.listed.spec
        self._title.setText(spec.label)
        self._summary.setText(spec.summary)
        self._licence.lead(f"Read the {spec.licence.name}", spec.licence.url)
        self._clear_facts()
        for name, fact in facts_of(spec).items():
            text = ToneLabel(theme.Tone.QUIET, self)
            text.show_message(fact)
            label = QLabel(name[:1].upper() + name[1:], self)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._facts.addRow(label, text)

    def _clear_facts(self) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)

    @Slot()
    def _ask(self) -> None:
        self.wanted.emit(ModelAction(self.sender().objectName()))


def _words_to_install(listed: ListedModel) -> str:
    if listed.installation is not None and listed.installation.missing_parts:
        return "Add missing parts…"
    is_begun = listed.state in (ModelState.PARTLY, ModelState.DAMAGED)
    return "Finish installing…" if is_begun else "Install…"


def _offered(item: ModelItem) -> set[ModelAction]:
    """What can be done with a model now."""
    on_disk = item.listed.installation
    if on_disk is None:
        return set()
    installing = item.installing
    if installing is not None and installing.is_going_on:
        return {ModelAction.PAUSE}
    is_complete = on_disk.on_disk is OnDisk.WHOLE and not on_disk.missing_parts
    offered: set[ModelAction] = set()
    if not is_complete and not on_disk.is_own:
        offered |= {ModelAction.INSTALL if installing is None else ModelAction.RESUME}
        offered |= {ModelAction.REUSE}
        # What a model lacks may be what another page keeps closed.
        if item.listed.spec.licence.is_gated or on_disk.missing_parts:
            offered |= {ModelAction.KEYS}
    if on_disk.on_disk is not OnDisk.NOTHING:
        offered |= {ModelAction.REMOVE}
    if on_disk.on_disk in (OnDisk.WHOLE, OnDisk.DAMAGED):
        offered |= {ModelAction.VERIFY}
    return offered
