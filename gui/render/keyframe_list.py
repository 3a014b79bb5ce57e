"""The pictures that a clip comes by: files, each with its time and its strength."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from core.video.request import Input, Role
from gui.theme import Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.file_field import IMAGES, FileKind, choose_files, files_in, is_image_name
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import SECONDS, Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QDragEnterEvent, QDropEvent

_KIND = FileKind("keyframes", (IMAGES,))
_TIMES = Limits(0, 600)
_STRENGTHS = Limits(0, 1)
_APART_S = 1.0


class KeyframeList(QWidget):
    """Edits the keyframes among the inputs; pictures can also be dropped on it.

    Signals:
        edited(tuple[Input, ...])
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._keyframes: tuple[Input, ...] = ()
        self._rows: list[_KeyframeRow] = []
        self._limit = 0
        self._note = ToneLabel()
        tip = "Let the clip come by a picture at a time of your choice"
        self._add = named(QPushButton("Add &keyframe…"), "keyframe_add", tip)
        self._lines = vbox(gap=2)
        layout = vbox(self._lines, self._note, of=self)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        self.setAcceptDrops(True)
        self._add.clicked.connect(self._on_add)

    def show_keyframes(self, keyframes: tuple[Input, ...], limit: int) -> None:
        """Show these, of which the model takes at most `limit`; tells nobody."""
        self._keyframes, self._limit = keyframes, limit
        # Rows stay where they can, so that a spin box keeps the focus while it is turned.
        while len(self._rows) > len(keyframes):
            line = self._rows.pop()
            self._lines.removeWidget(line)
            line.hide()
            line.deleteLater()
        while len(self._rows) < len(keyframes):
            number = len(self._rows)
            line = _KeyframeRow(number)
            line.timed.connect(partial(self._change, number, "at_s"))
            line.weighted.connect(partial(self._change, number, "strength"))
            line.removed.connect(partial(self._remove, number))
            self._rows.append(line)
            self._lines.addWidget(line)
        for line, keyframe in zip(self._rows, keyframes, strict=True):
            line.show_keyframe(keyframe)
        is_full = len(keyframes) >= limit
        self._add.setEnabled(not is_full)
        self._add.setToolTip(
            f"The model takes no more than {limit}"
            if is_full
            else f"Let the clip come by a picture, at most {limit} of them"
        )
        too_many = len(keyframes) - limit
        self._note.show_message(
            f"The model takes at most {limit}: remove {too_many}." if too_many > 0 else "",
            Tone.WARNING,
        )

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take pictures as long as there is room."""
        if self._dropped(event) and len(self._keyframes) < self._limit:
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Add what is dropped."""
        self._append(self._dropped(event))
        event.acceptProposedAction()

    def _dropped(self, event: QDropEvent) -> tuple[Path, ...]:
        return tuple(path for path in files_in(event.mimeData()) if is_image_name(path))

    def _append(self, paths: tuple[Path, ...]) -> None:
        last_s = max((item.at_s or 0.0 for item in self._keyframes), default=0.0)
        added = tuple(
            Input(role=Role.KEYFRAME, path=path, at_s=last_s + _APART_S * number, strength=1.0)
            for number, path in enumerate(paths, start=1)
        )
        if added:
            self._tell((*self._keyframes, *added))

    @Slot()
    def _on_add(self) -> None:
        choose_files(self, _KIND, self._append)

    def _change(self, number: int, field: str, value: object) -> None:
        changed = self._keyframes[number].model_copy(update={field: value})
        self._tell((*self._keyframes[:number], changed, *self._keyframes[number + 1 :]))

    def _remove(self, number: int, _: bool = False) -> None:
        self._tell(self._keyframes[:number] + self._keyframes[number + 1 :])

    def _tell(self, keyframes: tuple[Input, ...]) -> None:
        self.show_keyframes(keyframes, self._limit)
        self.edited.emit(keyframes)


class _KeyframeRow(QWidget):
    """One keyframe: its name, its time, its strength, and the button that removes it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._name = ElidedLabel()
        self._time = named(
            NumberField(_TIMES, SECONDS), f"keyframe_time_{number}", "When the clip comes by it"
        )
        self._strength = named(
            NumberField(_STRENGTHS, NumberLook(step=0.05)),
            f"keyframe_strength_{number}",
            "How closely: 1 is the very picture, 0 has no effect",
        )
        remove = IconButton(f"keyframe_remove_{number}", "close", "Remove this keyframe")
        hbox(self._name, self._time, self._strength, remove, of=self, grows=self._name)
        self.timed = self._time.edited
        self.weighted = self._strength.edited
        self.removed = remove.clicked

    def show_keyframe(self, keyframe: Input) -> None:
        """Show a keyframe; tells nobody."""
        self._name.show_text(keyframe.path.stem)
        self._name.setToolTip(str(keyframe.path))
        self._time.setAccessibleName(f"Time of {keyframe.path.stem}")
        self._strength.setAccessibleName(f"Strength of {keyframe.path.stem}")
        self._time.show_number(keyframe.at_s or 0.0, _TIMES)
        strength = 1.0 if keyframe.strength is None else keyframe.strength
        self._strength.show_number(strength, _STRENGTHS)
