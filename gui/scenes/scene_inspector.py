"""The chosen scene in large, or what several chosen scenes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from gui import theme
from gui.scenes.bulk_prompt_page import BulkPromptPage
from gui.scenes.cut_page import CutPage
from gui.scenes.frames_page import FramesPage
from gui.scenes.prompt_page import PromptPage
from gui.theme import Tone
from gui.widgets.drag_hover import switch_on_drag
from gui.widgets.fields import named
from gui.widgets.labels import ToneLabel
from gui.widgets.panes import scrolled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.project.model.project import Scene
    from core.video.spec import ModelSpec
    from gui.project.project_model import Change, ProjectModel
    from gui.scenes.enhanced_box import Enhancement
    from gui.widgets.thumbnails import Thumbnails

_NOTHING = "Choose a scene to edit it here, or several to edit them together."


class SceneInspector(QWidget):
    """Edits scenes through the project's undo stack.

    Signals:
        frame_brought(ImageUse): a picture that must first be copied into the project.
        cursor_moved(int): before which letter of the prompt the cursor stands.
        enhance_wanted(str), stop_wanted(str), writer_wanted(frozenset of str),
            words_changed(str, str): see `PromptPage`.
    """

    frame_brought = Signal(object)
    cursor_moved = Signal(object)
    enhance_wanted = Signal(object)
    stop_wanted = Signal(object)
    writer_wanted = Signal(object)
    words_changed = Signal(object, object)

    def __init__(
        self, model: ProjectModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._ids: tuple[str, ...] = ()
        self._shown_count = 0
        self._prompt = PromptPage(model)
        self._frames = FramesPage(model, thumbnails)
        self._cut = CutPage(model)
        self._bulk = BulkPromptPage(model)
        self._nothing = ToneLabel(Tone.QUIET)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QTabWidget()
        self._pages.setObjectName("inspector_pages")
        self._areas: dict[QWidget, QScrollArea] = {}
        self._pages.setDocumentMode(True)
        switch_on_drag(self._pages)
        for page, title, tip in (
            (self._prompt, "Prompt", "The words of the scene"),
            (self._frames, "Frames", "The pictures that the clip begins and ends with"),
            (self._bulk, "Together", "Words and links of all chosen scenes"),
            (self._cut, "Cut", "How the clip is used in the film"),
        ):
            # A page that is scrolled asks for no more room than there is.
            area = self._areas[page] = scrolled(page)
            self._pages.setTabToolTip(self._pages.addTab(area, title), tip)
        self._heading = named(QLabel(), "inspector_heading")
        self._heading.setContentsMargins(theme.GAP, 0, theme.GAP, theme.GAP // 2)
        self._pages.setCornerWidget(self._heading)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._nothing, 1)
        rows.addWidget(self._pages, 1)
        self._frames.frame_brought.connect(self.frame_brought)
        self._prompt.cursor_moved.connect(self.cursor_moved)
        self._prompt.enhance_wanted.connect(self.enhance_wanted)
        self._prompt.stop_wanted.connect(self.stop_wanted)
        self._prompt.writer_wanted.connect(self.writer_wanted)
        self._prompt.words_changed.connect(self.words_changed)
        model.changed.connect(self._on_change)
        for page in (self._prompt, self._frames):
            page.set_read_only(model.is_read_only)
        for page in (self._cut, self._bulk):
            page.setEnabled(not model.is_read_only)
        self._show()

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

    @Slot(object)
    def show_notes(self, notes: Sequence[str]) -> None:
        """Say beside the prompt what the plan leaves out or adjusts."""
        self._prompt.show_notes(notes)

    def show_enhancements(self, states: Mapping[str, Enhancement]) -> None:
        """Show where the enhancement of the scene's prompt stands, by scene id."""
        self._prompt.show_enhancements(states)

    @Slot()
    def focus_prompt(self) -> None:
        """Go to the prompt of the scene."""
        self._pages.setCurrentIndex(self._place_of(self._prompt))
        self._prompt.focus_prompt()

    def _place_of(self, page: QWidget) -> int:
        return self._pages.indexOf(self._areas[page])

    @property
    def _scenes(self) -> tuple[Scene, ...]:
        chosen = set(self._ids)
        return tuple(scene for scene in self._model.project.scenes if scene.id in chosen)

    @Slot(object)
    def _on_change(self, change: Change) -> None:
        before, after = change.before, change.after
        parts = ("scenes", "takes", "start_frames")
        if any(getattr(before, part) != getattr(after, part) for part in parts):
            self._show()

    def _show(self) -> None:
        scenes = self._scenes
        is_one = len(scenes) == 1
        self._nothing.show_message("" if scenes else _NOTHING)
        self._pages.setVisible(bool(scenes))
        for page, is_shown in (
            (self._prompt, is_one), (self._frames, is_one), (self._bulk, len(scenes) > 1),
        ):  # fmt: skip
            self._pages.setTabVisible(self._place_of(page), is_shown)
        if is_one and self._shown_count != 1:
            self._pages.setCurrentIndex(self._place_of(self._prompt))
        elif len(scenes) > 1 and self._shown_count < 2:
            self._pages.setCurrentIndex(self._place_of(self._bulk))
        self._shown_count = len(scenes)
        if is_one:
            project = self._model.project
            number = project.index(scenes[0].id) + 1
            self._heading.setText(f"Scene {number} of {len(project.scenes)}")
            self._prompt.show_scene(scenes[0])
            self._frames.show_scene(scenes[0])
        elif scenes:
            self._heading.setText(f"{len(scenes)} scenes")
            self._bulk.show_scenes(scenes)
        if scenes:
            self._cut.show_scenes(scenes)
