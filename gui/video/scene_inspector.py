"""The chosen scene in large, or what several chosen scenes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gui.theme import Tone
from gui.video.bulk_words_page import BulkWordsPage
from gui.video.cut_page import CutPage
from gui.video.frames_page import FramesPage
from gui.video.prompt_page import PromptPage
from gui.widgets.tone_label import ToneLabel

if TYPE_CHECKING:
    from core.project.project import Scene
    from core.video.spec import ModelSpec
    from gui.video.project_model import Change, ProjectModel
    from gui.widgets.thumbnails import Thumbnails

_NOTHING = "Choose a scene to edit it here, or several to edit them together."


class SceneInspector(QWidget):
    """Edits scenes through the project's undo stack.

    Signals:
        frame_brought(FrameBrought): a picture that must first be copied into the project.
        cursor_moved(int): where the cursor stands in the prompt.
    """

    frame_brought = Signal(object)
    cursor_moved = Signal(object)

    def __init__(
        self, model: ProjectModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._ids: tuple[str, ...] = ()
        self._shown_count = 0
        self._prompt = PromptPage()
        self._frames = FramesPage(thumbnails)
        self._cut = CutPage()
        self._bulk = BulkWordsPage()
        self._nothing = ToneLabel(Tone.QUIET)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QTabWidget()
        self._pages.setObjectName("inspector_pages")
        self._pages.setDocumentMode(True)
        self._pages.addTab(self._prompt, "Prompt")
        self._pages.addTab(self._frames, "Frames")
        self._pages.addTab(self._bulk, "Words")
        self._pages.addTab(self._cut, "Cut")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._nothing, 1)
        rows.addWidget(self._pages, 1)
        for page in (self._prompt, self._frames, self._cut, self._bulk):
            page.edited.connect(model.apply)
        self._frames.frame_brought.connect(self.frame_brought)
        self._prompt.cursor_moved.connect(self.cursor_moved)
        model.changed.connect(self._on_change)
        self._set_read_only()
        self._show()

    def _set_read_only(self) -> None:
        is_read_only = self._model.is_read_only
        self._prompt.set_read_only(is_read_only)
        for page in (self._frames, self._cut, self._bulk):
            page.setEnabled(not is_read_only)

    def show_scenes(self, ids: tuple[str, ...]) -> None:
        """Turn to these scenes; to none where there are no ids."""
        if ids != self._ids:
            self._ids = ids
            self._model.end_merging()
            self._show()

    def set_spec(self, spec: ModelSpec) -> None:
        """Offer what this model takes."""
        self._prompt.set_spec(spec)
        self._frames.set_spec(spec)

    @Slot()
    def focus_prompt(self) -> None:
        """Go to the prompt of the scene."""
        self._pages.setCurrentWidget(self._prompt)
        self._prompt.focus_prompt()

    @property
    def _scenes(self) -> tuple[Scene, ...]:
        chosen = set(self._ids)
        return tuple(scene for scene in self._model.project.scenes if scene.id in chosen)

    @Slot(object)
    def _on_change(self, change: Change) -> None:
        if change.before.scenes != change.after.scenes:
            self._show()

    def _show(self) -> None:
        scenes = self._scenes
        is_one = len(scenes) == 1
        self._nothing.say("" if scenes else _NOTHING)
        self._pages.setVisible(bool(scenes))
        for page, is_shown in (
            (self._prompt, is_one), (self._frames, is_one), (self._bulk, len(scenes) > 1),
        ):  # fmt: skip
            self._pages.setTabVisible(self._pages.indexOf(page), is_shown)
        if not scenes:
            return
        if len(scenes) == 1 and self._shown_count != 1:
            self._pages.setCurrentWidget(self._prompt)
        self._shown_count = len(scenes)
        number = self._model.project.index(scenes[0].id) + 1
        if is_one:
            self._prompt.show_scene(scenes[0], number)
            self._frames.show_scene(scenes[0], number)
        else:
            self._bulk.show_scenes(scenes)
        self._cut.show_scenes(scenes, f"scene {number}" if is_one else f"{len(scenes)} scenes")
