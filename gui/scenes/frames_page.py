"""The pictures between which one scene's clip is made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.project.model.edits import FrameSlot, with_continues, with_frame, with_made_frame
from core.video.terms import Role
from gui import theme
from gui.scenes.image_controller import ImageRole, ImageUse
from gui.scenes.other_frames import OtherFrames
from gui.widgets.fields import SwitchField
from gui.widgets.image_slot import ImageSlot, SlotImage
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage

    from core.project.model.project import Scene
    from core.video.spec import ModelSpec
    from gui.project.project_model import ProjectModel
    from gui.widgets.thumbnails import Thumbnails

_HOW = "Click to choose a picture, or drop one here."
_NO_START = SlotImage(words=f"None: the words alone decide.\n{_HOW}")
_NO_END = SlotImage(words=f"None: the model decides.\n{_HOW}")


class FramesPage(QWidget):
    """Edits start frame, end frame and the link to the scene before.

    Signals:
        frame_brought(ImageUse): a picture that must first be copied into the project.
    """

    frame_brought = Signal(object)

    def __init__(
        self, model: ProjectModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._scene: Scene | None = None
        self._number = 0
        self._is_read_only = False
        self._start = ImageSlot(
            "start_frame", "Start frame", "The picture that the clip begins with", thumbnails
        )
        self._end = ImageSlot(
            "end_frame", "End frame", "The picture that the clip ends with", thumbnails
        )
        self._link = SwitchField("")
        self._link.setObjectName("scene_continues")
        slots = QHBoxLayout()
        slots.setSpacing(theme.EDGE)
        slots.addWidget(self._start, 1)
        slots.addWidget(self._end, 1)
        self._others = OtherFrames(thumbnails)
        parts = (self._link, slots, self._others)
        vbox(*parts, of=self, gap=theme.GAP // 2, grows=slots, margin=theme.GAP)
        for widget, slot, role in (
            (self._start, FrameSlot.START, ImageRole.START),
            (self._end, FrameSlot.END, ImageRole.END),
        ):
            widget.brought.connect(partial(self._on_brought, role))
            widget.cleared.connect(partial(self._on_cleared, slot))
        self._link.edited.connect(self._on_link)
        self._others.chosen.connect(self._on_other)

    def show_scene(self, scene: Scene) -> None:
        """Show the frames of a scene."""
        self._scene = scene
        self._number = self._model.project.index(scene.id) + 1
        self._start.show_image(self._start_of(scene))
        end = scene.end_image
        self._end.show_image(_NO_END if end is None else SlotImage(end))
        self._link.show_value(scene.continues)
        known = self._model.project.start_frames.get(scene.id, ())
        self._others.show_images([path for path in reversed(known) if path != scene.start_image])
        self._refresh_link()

    def set_spec(self, spec: ModelSpec) -> None:
        """Offer an end frame only where the model takes one."""
        self._end.setVisible(spec.limit(Role.END) > 0)

    def set_read_only(self, is_read_only: bool) -> None:
        """Whether the frames can only be looked at."""
        self._is_read_only = is_read_only
        self._start.set_read_only(is_read_only)
        self._end.set_read_only(is_read_only)
        self._others.setEnabled(not is_read_only)
        self._refresh_link()

    def _start_of(self, scene: Scene) -> SlotImage:
        if not scene.continues:
            return _NO_START if scene.start_image is None else SlotImage(scene.start_image)
        words = f"The last frame of scene {self._number - 1}"
        before = self._model.project.before(scene.id)
        take = None if before is None else self._model.project.chosen_take(before.id)
        if take is None:
            return SlotImage(words=f"{words}, which has no clip yet.", is_own=False)
        return SlotImage(take.path, words, at="end", is_own=False)

    def _refresh_link(self) -> None:
        if self._number > 1:
            self._link.setText(f"&Continue from the last frame of scene {self._number - 1}")
            self._link.setToolTip("The clip begins where the one before it ends (Ctrl+L)")
        else:
            self._link.setText("&Continue from the scene before: there is none before the first")
            self._link.setToolTip("There is no scene before the first one")
        self._link.setEnabled(self._number > 1 and not self._is_read_only)

    def _on_brought(self, role: ImageRole, image: Path | QImage) -> None:
        if self._scene is not None:
            self.frame_brought.emit(ImageUse((image,), role, self._scene.id))

    def _on_cleared(self, slot: FrameSlot) -> None:
        if self._scene is not None:
            text = f"Remove {slot.label} of scene {self._number}"
            self._model.edit_scene(text, with_frame(self._scene, slot, None))

    def _on_other(self, image: Path) -> None:
        if self._scene is not None:
            text = f"Choose start frame of scene {self._number}"
            # What it starts from now stays a choice.
            self._model.absorb(with_made_frame(self._model.project, self._scene.id, image))
            self._model.edit_scene(text, with_frame(self._scene, FrameSlot.START, image))

    def _on_link(self, continues: object) -> None:
        if self._scene is not None:
            what = "Continue" if continues else "Unlink"
            scene = with_continues(self._scene, bool(continues))
            self._model.edit_scenes(f"{what} scene {self._number}", [scene])
