"""All about the chosen job, to read and to copy."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QFrame, QLabel, QScrollArea, QWidget
from typing_extensions import override

from gui import theme
from gui.jobs import job_text
from gui.jobs.loss_chart import LossChart
from gui.widgets.fields import named
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from core.jobs.job_record import JobRecord
    from core.lora.training import LossCurve

_PREVIEW_HEIGHT = 140
_LEAST = QSize(150, 70)
_WIDE = 480
"""From this width on the losses stand beside the words, else below them."""


class JobDetails(QScrollArea):
    """Why a job failed and what to do, its notes, its file, its times; of a training its losses."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._record: JobRecord | None = None
        self._preview: QImage | None = None
        self._text = named(
            QLabel(),
            "job_details_text",
            "All about the chosen job; the text can be selected and copied",
            "Details of the chosen job",
        )
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._image = named(
            QLabel(), "job_preview", "What is made, as it is so far", "The picture so far"
        )
        content = QWidget()
        self._losses = LossChart()
        self._content = vbox(of=content, gap=theme.GAP, margin=theme.GAP)
        self._content.addLayout(vbox(self._text, self._image, None, gap=theme.GAP), 2)
        self._content.addWidget(self._losses, 3)
        self.setObjectName("job_details")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setMinimumSize(_LEAST)
        self.setWidget(content)
        self._image.hide()
        self._losses.hide()

    def show_job(self, record: JobRecord, preview: QImage | None) -> None:
        """Show this job as it is now."""
        before = self._preview
        self._record, self._preview = record, preview
        self._write()
        if preview is not before:
            self._draw()

    def show_losses(self, curve: LossCurve | None) -> None:
        """Show how a training goes; None for a job that is no training."""
        if curve is not None:
            self._losses.show_curve(curve)
        self._losses.setVisible(curve is not None)

    def _write(self) -> None:
        if self._record is None:
            return
        record, colours = self._record, QApplication.palette()
        parts = [f"<b>{escape(record.title)}</b>"]
        if record.error is not None and record.state.has_ended:
            bad = theme.tone(colours, theme.Tone.BAD).name()
            parts.append(f'<span style="color: {bad}">{escape(record.error.message)}</span>')
            parts.append(escape(record.error.hint))
        else:
            shade = theme.tone(colours, job_text.tone(record)).name()
            parts.append(f'<span style="color: {shade}">{escape(job_text.status(record))}</span>')
        parts += [escape(note) for note in record.notes]
        if record.path is not None:
            parts.append(escape(str(record.path)))
        quiet = theme.tone(colours, theme.Tone.QUIET).name()
        times = job_text.times(record, datetime.now(UTC))
        moment = record.created_at.astimezone().strftime("%H:%M:%S")
        facts = f"Queued at {moment}" + (f" · {times}" if times else "") + f" · job {record.id}"
        parts.append(f'<span style="color: {quiet}">{escape(facts)}</span>')
        html = "<br>".join(part for part in parts if part)
        # Written only when it differs: what a person has selected stays selected.
        if html != self._text.text():
            self._text.setText(html)

    def _draw(self) -> None:
        self._image.setVisible(self._preview is not None)
        if self._preview is None:
            return
        is_beside = self.width() > _WIDE and not self._losses.isHidden()
        width = self.viewport().width() * (2 if is_beside else 5) // 5
        room = QSize(max(1, width - 2 * theme.GAP), _PREVIEW_HEIGHT)
        smooth = Qt.TransformationMode.SmoothTransformation
        image = self._preview.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        self._image.setPixmap(QPixmap.fromImage(image))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        directions = QBoxLayout.Direction
        is_wide = self.width() > _WIDE
        self._content.setDirection(directions.LeftToRight if is_wide else directions.TopToBottom)
        self._draw()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._write()
