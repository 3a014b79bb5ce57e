"""What installing a model means, and the consent to its licence, before anything is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from core.platform.units import bytes_text
from gui import theme
from gui.widgets.link_label import LinkLabel
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from core.video.model_store import InstallSurvey
    from core.video.spec import ModelSpec


class InstallDialog(QDialog):
    """Accepted only by whoever has agreed to the licence."""

    def __init__(self, spec: ModelSpec, survey: InstallSurvey, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Install {spec.label}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(theme.EDGE, theme.EDGE, theme.EDGE, theme.EDGE)
        lines.setSpacing(theme.GAP)
        facts = QFormLayout()
        facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, text in (
            ("Size", f"{bytes_text(survey.total_bytes)} in {survey.file_count} files"),
            ("To download", _download(survey)),
            ("Free on the disk", bytes_text(survey.free_bytes)),
            ("Folder", str(survey.folder)),
            ("Licence", spec.licence.name),
        ):
            shown = QLabel(text, self)
            shown.setTextFormat(Qt.TextFormat.PlainText)
            shown.setWordWrap(True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            facts.addRow(f"{name}:", shown)
        lines.addLayout(facts)
        terms = ToneLabel(theme.Tone.QUIET, self)
        terms.show_message(spec.licence.summary)
        lines.addWidget(terms)
        for words, url in (
            ("Read the licence", spec.licence.url),
            ("Open the model's page", survey.page_url),
        ):
            link = LinkLabel(self)
            link.lead(words, url)
            lines.addWidget(link)
        self._consent = QCheckBox("I accept the terms of the licence", self)
        self._consent.setObjectName("consent")
        self._consent.setToolTip("Without your consent nothing is installed.")
        buttons = QDialogButtonBox(self)
        self._install = buttons.addButton("Install", QDialogButtonBox.ButtonRole.AcceptRole)
        self._install.setObjectName("confirm_install")
        self._install.setToolTip("Begin; it can be paused at any time.")
        self._install.setEnabled(False)
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        cancel.setObjectName("cancel_install")
        cancel.setToolTip("Install nothing.")
        self._consent.toggled.connect(self._install.setEnabled)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        lines.addWidget(self._consent)
        lines.addStretch(1)
        lines.addWidget(buttons)
        self.resize(460, self.sizeHint().height())


def _download(survey: InstallSurvey) -> str:
    here = survey.total_bytes - survey.fetch_bytes
    if not survey.fetch_bytes:
        return "nothing: all of it is on this machine"
    if here <= 0:
        return bytes_text(survey.fetch_bytes)
    return f"{bytes_text(survey.fetch_bytes)}; {bytes_text(here)} are on this machine already"
