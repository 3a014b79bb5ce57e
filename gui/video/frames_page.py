"""The pictures between which one scene's clip is made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.project.scene_edits import FrameSlot, with_continues, with_frame
from gui import theme
from gui.video.frame_pictures import FrameBrought
from gui.video.project_model import SceneEdit
from gui.widgets.image_slot import ImageSlot
from gui.widgets.text_fields import SwitchField

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage

    from core.project.project import Scene
    from core.video.spec import ModelSpec
    from gui.widgets.thumbnails import Thumbnails

_RESTS = "It begins with the last frame of the scene before."


class FramesPage(QWidget):
    """Edits start frame, end frame and the link to the scene before.

    Signals:
        edited(SceneEdit)
        frame_brought(FrameBrought): a picture that must first be copied into the project.
    """

    edited = Signal(object)
    frame_brought = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._number = 0
        self._start = ImageSlot(
            "start_frame", "Start frame", "The picture that the clip begins with", thumbnails
        )
        self._end = ImageSlot(
            "end_frame", "End frame", "The picture that the clip ends with", thumbnails
        )
        self._link = SwitchField("&Continue from the last frame of the scene before")
        self._link.setObjectName("scene_continues")
        self._link.setToolTip("The clip begins where the one before it ends (Ctrl+L)")
        slots = QHBoxLayout()
        slots.setSpacing(theme.EDGE)
        slots.addWidget(self._start, 1)
        slots.addWidget(self._end, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        rows.addWidget(self._link)
        rows.addLayout(slots, 1)
        for slot, widget in ((FrameSlot.START, self._start), (FrameSlot.END, self._end)):
            widget.brought.connect(partial(self._on_brought, slot))
            widget.cleared.connect(partial(self._on_cleared, slot))
        self._link.edited.connect(self._on_link)

    def show_scene(self, scene: Scene, number: int) -> None:
        """Show the frames of a scene."""
        self._scene, self._number = scene, number
        words = _RESTS if scene.continues else "None: the words alone decide."
        self._start.show_picture(None if scene.continues else scene.start_image, words)
        self._end.show_picture(scene.end_image, "None: the model decides.")
        self._link.show_value(scene.continues)
        self._link.setEnabled(number > 1)
        tip = "The clip begins where the one before it ends (Ctrl+L)"
        self._link.setToolTip(tip if number > 1 else "There is no scene before the first one")

    def set_spec(self, spec: ModelSpec) -> None:
        """Offer an end frame only where the model takes one."""
        self._end.setVisible(spec.takes_end_image)

    def _on_brought(self, slot: FrameSlot, picture: Path | QImage) -> None:
        if self._scene is not None:
            self.frame_brought.emit(FrameBrought(self._scene.id, slot, picture))

    def _on_cleared(self, slot: FrameSlot) -> None:
        if self._scene is not None:
            text = f"Remove {slot.label} of scene {self._number}"
            self.edited.emit(SceneEdit(text, (with_frame(self._scene, slot, None),)))

    def _on_link(self, continues: object) -> None:
        if self._scene is not None:
            what = "Link" if continues else "Unlink"
            scene = with_continues(self._scene, bool(continues))
            self.edited.emit(SceneEdit(f"{what} scene {self._number}", (scene,)))
