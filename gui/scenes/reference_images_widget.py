"""Reference images of the project or of one scene: bring, name, order and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from core.video.terms import Role
from gui.scenes.image_controller import images_in
from gui.scenes.reference_list_model import ReferenceListModel
from gui.scenes.reference_list_view import ReferenceListView
from gui.scenes.reference_rows import describe_choice, describe_limit, rows_of
from gui.theme import GAP, Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import SwitchField, named
from gui.widgets.file_field import IMAGES, FileKind, choose_files
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.image_dialog import ImageDialog, ShownImage
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage

    from core.project.model.project import ReferenceImage
    from core.project.render.references import ChosenReference
    from core.video.spec import ModelSpec
    from gui.scenes.reference_rows import ReferenceRow
    from gui.widgets.thumbnails import Thumbnails

_FILES = FileKind("reference images", (IMAGES,))
_EMPTY_PROJECT = "Drop pictures here, paste them, or press Add. They go with every scene."
_EMPTY_SCENE = "Drop pictures here, paste them, or press Add. They go with this scene alone."
_NO_IMAGE = "The clipboard holds no picture. Copy one, or the file of one, and paste again."


class ReferenceImagesWidget(QWidget):
    """Edits a tuple of `ReferenceImage`.

    Signals:
        changed(tuple[ReferenceImage, ...])
        brought(tuple[Path | QImage, ...]): pictures to be copied into the project first.
        uses_global_changed(bool): of a scene, whether the project's pictures go with it.
    """

    changed = Signal(object)
    brought = Signal(object)
    uses_global_changed = Signal(object)

    def __init__(
        self,
        thumbnails: Thumbnails,
        *,
        is_scene: bool = False,
        empty: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._empty = empty or (_EMPTY_SCENE if is_scene else _EMPTY_PROJECT)
        self._thumbnails = thumbnails
        self._is_scene = is_scene
        self._choice: tuple[ChosenReference, ...] = ()
        self._whose = ""
        self._takes_any = True
        self._model = ReferenceListModel(self)
        self._view = ReferenceListView(self._model, thumbnails)
        self._view.setToolTip("Enter shows a picture large, F2 renames it, Del removes it.")
        self._add = named(QPushButton("&Add…"), "reference_add")
        self._add.setToolTip("Add pictures from files; they are copied into the project.")
        self._uses_global = SwitchField("Also use the project's")
        self._uses_global.setObjectName("reference_uses_global")
        self._uses_global.setToolTip("Send the whole project's pictures after the scene's own.")
        self._uses_global.setChecked(True)
        self._uses_global.setVisible(is_scene)
        self._limit = ToneLabel()
        self._verdict = ToneLabel()
        self._message = ToneLabel(Tone.BAD)
        self._lay_out()
        self._add.clicked.connect(self._open_dialog)
        self._uses_global.edited.connect(self.uses_global_changed)
        self._view.paste_wanted.connect(self._paste)
        self._view.preview_wanted.connect(self._open_preview)
        self._model.edited.connect(self._take)
        self._model.brought.connect(self._bring)
        self.set_editable(True)

    def _lay_out(self) -> None:
        view = self._view
        buttons = FlowLayout(self._add, gap=GAP // 4)
        for name, icon, tip, action in (
            ("paste", "content-paste", "Paste a picture, or copied files", view.paste),
            ("preview", "magnify-plus-outline", "See this picture large", view.preview),
            ("rename", "rename-box-outline", "Rename this picture", view.rename),
            ("left", "arrow-left", "Move forward: the first ones are sent", view.move_left),
            ("right", "arrow-right", "Move back", view.move_right),
            ("remove", "delete-outline", "Remove from the list; the file stays", view.remove),
        ):
            buttons.addWidget(_button(f"reference_{name}", icon, tip, action))
        labels = (self._message, self._verdict, self._limit)
        parts = (self._uses_global, view, buttons, *labels, None)
        vbox(*parts, of=self, gap=GAP // 2).setContentsMargins(0, GAP // 2, 0, 0)

    def value(self) -> tuple[ReferenceImage, ...]:
        """The pictures that belong to this list."""
        return self._model.own

    def set_value(self, value: tuple[ReferenceImage, ...]) -> None:
        """Show these; tells nobody."""
        rows = rows_of(value, self._choice, shows_global=self._is_scene)
        self._model.set_rows(rows)
        # Where the model takes none at all, one sentence says it.
        words = describe_choice(rows, self._whose) if self._takes_any else ""
        is_left_out = any(row.chosen is not None and not row.chosen.is_sent for row in rows)
        self._verdict.show_message(words, Tone.WARNING if is_left_out else Tone.QUIET)

    def set_uses_global(self, uses_global: bool) -> None:
        """Show whether the project's pictures go with the scene; tells nobody."""
        self._uses_global.show_value(uses_global)

    def show_choice(self, choice: tuple[ChosenReference, ...], whose: str = "") -> None:
        """Mark which pictures go with a clip, and which are left out.

        Args:
            choice: for one scene: its own pictures and the project's.
            whose: the scene, such as "Scene 3"; empty for none.
        """
        self._choice, self._whose = choice, whose
        self.set_value(self.value())

    def set_limit(self, spec: ModelSpec) -> None:
        """Say how many pictures the model takes."""
        self._takes_any = spec.limit(Role.REFERENCE) > 0
        self._limit.show_message(describe_limit(spec))
        self.set_value(self.value())

    def set_editable(self, is_editable: bool, why_not: str = "") -> None:
        """Allow changes, or show only and say why where the list is empty."""
        self._model.set_editable(is_editable)
        self._view.update_actions()
        self._add.setEnabled(is_editable)
        self._uses_global.setEnabled(is_editable)
        self._view.show_empty(self._empty if is_editable else why_not)

    def show_message(self, text: str, of: Tone = Tone.BAD) -> None:
        """Say what is wrong or done with a picture; it goes with the next one that is brought."""
        self._message.show_message(text, of)

    @Slot(object)
    def _take(self, value: tuple[ReferenceImage, ...]) -> None:
        self.show_message("")
        self.set_value(value)
        self.changed.emit(value)

    @Slot(object)
    def _bring(self, images: tuple[Path | QImage, ...]) -> None:
        self.show_message("")
        self.brought.emit(images)

    @Slot()
    def _paste(self) -> None:
        images = images_in(QGuiApplication.clipboard().mimeData())
        if images:
            self._bring(images)
        else:
            self.show_message(_NO_IMAGE)

    @Slot()
    def _open_dialog(self) -> None:
        choose_files(self, _FILES, self._bring)

    @Slot(object)
    def _open_preview(self, row: ReferenceRow) -> None:
        is_left_out = row.chosen is not None and not row.chosen.is_sent
        shown = ShownImage(row.reference.path, row.caption)
        dialog = ImageDialog("reference_preview", shown, self._thumbnails, self)
        dialog.show_message(row.verdict, Tone.WARNING if is_left_out else Tone.QUIET)
        dialog.open()


def _button(name: str, icon: str, tip: str, action: QAction) -> IconButton:
    """A button that does what a key of the list does."""
    button = IconButton(name, icon, f"{tip}\n{action.shortcut().toString()}")
    button.setEnabled(action.isEnabled())
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    return button
