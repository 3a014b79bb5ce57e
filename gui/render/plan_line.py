"""The line under the settings that is always true: what would be rendered, or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from typing_extensions import override

from core.platform.units import count_text
from gui import theme
from gui.render.plan_text import PlanIssue, PlanText
from gui.theme import Tone
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.panes import FoldingSection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.render.plan_fixes import QuickFix

_ICON = 18
# A plan is usually there sooner; a word that only flashes up would disturb.
_CHECKING_AFTER_MS = 300
_ICONS = {Tone.GOOD: "check-circle", Tone.BAD: "alert-circle", Tone.QUIET: "timer-sand"}


class PlanLine(QWidget):
    """Shows a plan, or everything that speaks against it with the buttons that mend it.

    Signals:
        fix_wanted(Fix): a person pressed such a button.
    """

    fix_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._text = PlanText()
        self._tone: Tone | None = None
        self._icon = QLabel()
        self._icon.setFixedSize(_ICON, _ICON)
        self._line = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._line.setObjectName("plan_line")
        self._nothing = ToneLabel()
        self._checking = ToneLabel()
        self._issues = vbox()
        self._issue_lines: list[QWidget] = []
        self._notes = ToneLabel()
        self._section = FoldingSection(
            "notes", "Notes", "What was adjusted, and what the plan chose", [self._notes]
        )
        self._timer = QTimer(self, singleShot=True, interval=_CHECKING_AFTER_MS)
        self._timer.timeout.connect(self._tell_checking)
        words = vbox(
            self._line,
            self._nothing,
            self._checking,
            self._issues,
            self._section,
            gap=theme.GAP // 2,
        )
        layout = hbox(self._icon, words, of=self, gap=theme.GAP, grows=words)
        layout.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        self.set_nothing("Choose a scene to see what would be rendered.")

    def text(self) -> PlanText:
        """What is shown."""
        return self._text

    def set_text(self, text: PlanText) -> None:
        """Show a plan, or what speaks against it."""
        self._timer.stop()
        self._checking.show_message("")
        self._nothing.show_message("")
        self._draw(Tone.BAD if text.issues else Tone.GOOD)
        if text == self._text and text.line:
            return
        self._text = text
        self._line.setText(text.line)
        self._line.setVisible(bool(text.line))
        self._line.setToolTip(text.details)
        self._show_issues(text.issues)
        count = len(text.notes)
        self._section.set_title(count_text(count, "note"))
        self._notes.show_message("\n".join(f"• {note}" for note in text.notes))
        self._section.setVisible(bool(text.notes))

    def set_checking(self) -> None:
        """A plan is on its way; what is shown stays for the moment."""
        self._timer.start()

    def set_nothing(self, why: str) -> None:
        """There is nothing to plan, and why."""
        self.set_text(PlanText())
        self._nothing.show_message(why)
        self._draw(None)

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon anew in another theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationPaletteChange:
            self._draw(self._tone)

    @Slot()
    def _tell_checking(self) -> None:
        """Say that what is shown may be about to change."""
        self._checking.show_message("Checking…")
        self._draw(Tone.QUIET)

    def _show_issues(self, issues: tuple[PlanIssue, ...]) -> None:
        for widget in self._issue_lines:
            self._issues.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        offered: list[QuickFix] = []
        self._issue_lines = []
        for number, issue in enumerate(issues):
            fixes = [issue.quick_fix] if issue.quick_fix is not None else []
            # One button for what mends several things at once.
            new = [fix for fix in (*fixes, *issue.other_fixes) if fix not in offered]
            line = _IssueLine(number, issue.message, new, self)
            offered += new
            line.fix_wanted.connect(self.fix_wanted)
            self._issues.addWidget(line)
            self._issue_lines.append(line)

    def _draw(self, of: Tone | None) -> None:
        self._tone = of
        self._icon.setVisible(of is not None)
        if of is not None:
            icon = theme.tone_icon(_ICONS[of], QApplication.palette(), of)
            self._icon.setPixmap(icon.pixmap(_ICON, _ICON))


class _IssueLine(QWidget):
    """One sentence, and below it the buttons that mend what it says."""

    fix_wanted = Signal(object)

    def __init__(
        self, number: int, message: str, fixes: Sequence[QuickFix], parent: QWidget
    ) -> None:
        super().__init__(parent)
        words = ToneLabel(Tone.BAD)
        layout = vbox(words, of=self, gap=theme.GAP // 2)
        words.show_message(message)
        for place, quick_fix in enumerate(fixes):
            tip = f"{quick_fix.label}: {message}"
            name = f"fix_{number}_{place}" if place else f"fix_{number}"
            button = named(QPushButton(quick_fix.label), name, tip)
            button.clicked.connect(lambda _=False, fix=quick_fix.fix: self.fix_wanted.emit(fix))
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
