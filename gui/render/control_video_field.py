"""The control video of a clip, and the IC-LoRA by which the model follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from core.video.request import Input
from core.video.terms import Role
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import named
from gui.widgets.file_field import VIDEOS, FileField, FileKind
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from core.video.request import RenderChoices
    from gui.render.lora_list import OfferedLora

_MAKERS = Choice(None, "IC-LoRA: the makers'", tip="The plan names its file, and where to get it")


class ControlVideoField(QWidget):
    """Edits the control video, and which of a person's own IC-LoRAs is among the LoRAs.

    Signals:
        edited(Path | None): another video, or none.
        loras_edited(tuple[Input, ...]): all LoRAs, with another IC-LoRA among them or none.
    """

    edited = Signal(object)
    loras_edited = Signal(object)

    def __init__(self, name: str, what: str) -> None:
        super().__init__()
        self._loras: tuple[Input, ...] = ()
        self._has_video = False
        self._offered: tuple[OfferedLora, ...] = ()
        self._file = FileField(name, FileKind(what, (VIDEOS,), none_text="None"))
        tip = "The IC-LoRA by which the model follows the control video"
        self._own = named(ChoiceField(), "control_lora", tip, "IC-LoRA")
        vbox(self._file, self._own, gap=2, of=self)
        self.setFocusProxy(self._file)
        self._file.edited.connect(self.edited)
        self._own.edited.connect(self._on_own)

    def show_choices(self, choices: RenderChoices) -> None:
        """Show what the choices say; tells nobody."""
        video = choices.path_of(Role.CONTROL)
        self._loras, self._has_video = choices.of_role(Role.LORA), video is not None
        self._file.show_value(video)
        self._show_own()

    def set_offered(self, offered: tuple[OfferedLora, ...]) -> None:
        """Offer those of a person's own LoRAs that follow a video."""
        self._offered = tuple(offer for offer in offered if offer.follows)
        self._show_own()

    def _show_own(self) -> None:
        self._own.setVisible(self._has_video and bool(self._offered))
        choices = [
            Choice(offer.path, f"IC-LoRA: {offer.name}", offer.why_not, tip=offer.hint)
            for offer in self._offered
        ]
        chosen = (item.path for item in self._loras if item.path in self._paths())
        self._own.show_choices([_MAKERS, *choices], next(chosen, None))

    def _paths(self) -> set[object]:
        return {offer.path for offer in self._offered}

    @Slot(object)
    def _on_own(self, path: object) -> None:
        others = tuple(item for item in self._loras if item.path not in self._paths())
        chosen = tuple(
            Input(role=Role.LORA, path=offer.path, strength=1.0)
            for offer in self._offered
            if offer.path == path
        )
        self.loras_edited.emit((*others, *chosen))
