"""The pictures that a clip comes by: files, each with its time and its strength."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from typing_extensions import override

from core.video.request import Input
from core.video.terms import Role
from gui.render.input_list import InputList, InputRow
from gui.widgets.fields import named
from gui.widgets.file_field import IMAGES, FileKind, is_image_name
from gui.widgets.layouts import hbox
from gui.widgets.number_field import SECONDS, Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from pathlib import Path

_KIND = FileKind("keyframes", (IMAGES,))
_TIMES = Limits(0, 600)
_STRENGTHS = Limits(0, 1)
_APART_S = 1.0


class KeyframeList(InputList):
    """Edits the keyframes among the inputs."""

    def __init__(self) -> None:
        super().__init__(
            named(
                QPushButton("Add &keyframe…"),
                "keyframe_add",
                "Let the clip come by a picture at a time of your choice",
            ),
            _KIND,
            make_row=_KeyframeRow,
            is_wanted=is_image_name,
            inputs_for=self._keyframes_for,
        )
        self.lines.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    def _keyframes_for(self, paths: tuple[Path, ...]) -> tuple[Input, ...]:
        last_s = max((item.at_s or 0.0 for item in self.items), default=0.0)
        return tuple(
            Input(role=Role.KEYFRAME, path=path, at_s=last_s + _APART_S * number, strength=1.0)
            for number, path in enumerate(paths, start=1)
        )


class _KeyframeRow(InputRow):
    """One keyframe: its name, its time, its strength, and the button that removes it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"keyframe_remove_{number}", "Remove this keyframe")
        self._time = named(
            NumberField(_TIMES, SECONDS), f"keyframe_time_{number}", "When the clip comes by it"
        )
        self._strength = named(
            NumberField(_STRENGTHS, NumberLook(step=0.05)),
            f"keyframe_strength_{number}",
            "How closely: 1 is the very picture, 0 has no effect",
        )
        hbox(self.name, self._time, self._strength, self.remove, of=self, grows=self.name)
        self._time.edited.connect(partial(self.change, "at_s"))
        self._strength.edited.connect(partial(self.change, "strength"))

    @override
    def show_input(self, item: Input) -> None:
        super().show_input(item)
        self._time.setAccessibleName(f"Time of {item.path.stem}")
        self._strength.setAccessibleName(f"Strength of {item.path.stem}")
        self._time.show_number(item.at_s or 0.0, _TIMES)
        strength = 1.0 if item.strength is None else item.strength
        self._strength.show_number(strength, _STRENGTHS)
