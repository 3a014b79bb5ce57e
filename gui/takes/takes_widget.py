"""The takes of the shown scene as a strip: play, choose, compare, make again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QInputDialog,
    QListView,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from core.errors import OutputError
from core.project.model.project import SceneTakes
from core.video.control_row import Control
from core.video.record import read_sidecar
from gui.takes.compare_dialog import CompareDialog
from gui.takes.take_text import describe_take
from gui.takes.takes_delegate import TakesDelegate, tile_size
from gui.takes.takes_model import TakesModel
from gui.theme import GAP, Tone
from gui.widgets.buttons import IconButton
from gui.widgets.fields import named
from gui.widgets.file_field import show_in_desktop
from gui.widgets.labels import ElidedLabel, ToneLabel
from gui.widgets.layouts import hbox, vbox
from gui.widgets.trash import TrashedFiles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from core.project.model.project import Take
    from gui.project.project_model import Change, ProjectModel
    from gui.widgets.thumbnails import Thumbnails

_NO_SCENE = "Choose one scene to see its takes."
_NO_TAKE = "No clip yet. Render the scene."
_FIRST_TAKE = "The first take is being rendered."
_Flag = QItemSelectionModel.SelectionFlag


class TakesWidget(QWidget):
    """Shows what a scene has; a choice is an edit of the project that can be undone.

    Signals:
        show_wanted(Take): it shall be seen, standing at its start.
        play_wanted(Take): it shall be played.
        settings_wanted(Take): the shown scene shall be made as this take was.
        message(str): what could not be brought back from the trash.
        failed(StudioError): a take could not be deleted.
    """

    show_wanted = Signal(object)
    play_wanted = Signal(object)
    settings_wanted = Signal(object)
    message = Signal(object)
    failed = Signal(object)

    def __init__(
        self, model: ProjectModel, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._scene_id = ""
        self._fingerprints: Mapping[str, str] = {}
        self._menu: list[tuple[QAction, QPushButton | IconButton]] = []
        self._rows = TakesModel(self)
        self._drawing = TakesDelegate(thumbnails, self)
        self._strip = self._make_strip(thumbnails)
        self._coming: dict[str, str] = {}
        self._next = ElidedLabel()
        self._next.setAccessibleName("The take to come")
        self._empty = ToneLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._use = named(QPushButton("&Use in film"), "take_use")
        self._use.setToolTip("Let the film use the selected take.\nEnter, or a double click on it")
        self._play = IconButton("take_play", "play", "Play the selected take.\nSpace")
        self._compare = IconButton(
            "take_compare",
            "compare",
            "Compare two takes side by side: the two selected ones, or this one and the one in "
            "the film.",
        )
        self._seed = IconButton(
            "take_seed", "dice-3-outline", "Give the scene this take's seed: the same picture again"
        )
        self._settings = IconButton(
            "take_settings",
            "file-restore-outline",
            "Give the scene this take's prompt and settings, to make it again",
        )
        self._star = IconButton("take_star", "star-outline", "Star this take, or take the star off")
        self._rename = IconButton("take_rename", "rename-box", "Name this take…\nF2")
        self._delete = IconButton(
            "take_delete", "delete-outline", "Delete this take: its file goes to the trash.\nDel"
        )
        self._newer = ToneLabel(Tone.WARNING)
        self._copy = IconButton("take_copy", "content-copy", "Copy what is known of the take")
        self._file = IconButton("take_file", "folder-open-outline", "Show the file in its folder")
        self._lay_out()
        self._connect()
        self.show_scene("")

    @property
    def scene_id(self) -> str:
        """The scene whose takes are shown."""
        return self._scene_id

    @property
    def selected(self) -> tuple[Take, ...]:
        """The selected takes, oldest first."""
        rows = sorted(index.row() for index in self._strip.selectionModel().selectedIndexes())
        return tuple(self._rows.row(row).take for row in rows)

    def show_scene(self, scene_id: str) -> None:
        """Show the takes of this scene; of none where the id is empty."""
        self._scene_id = scene_id
        self._refresh()
        self._select(self._takes().chosen)

    def set_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Tell what each scene's clip would be made from now, by scene id."""
        self._fingerprints = fingerprints
        self._refresh()

    def show_progress(self, scene_id: str, fraction: float | None) -> None:
        """Say how far, 0 to 1, the next take of a scene is; None where it is not known."""
        self._coming[scene_id] = "" if fraction is None else f" {fraction:.0%}"
        self._tell_coming()

    def end_progress(self, running: Collection[str]) -> None:
        """Forget the takes to come of all other scenes than these."""
        self._coming = {i: text for i, text in self._coming.items() if i in running}
        self._tell_coming()

    def _tell_coming(self) -> None:
        share = self._coming.get(self._scene_id)
        has_takes = bool(self._rows.rowCount())
        is_coming = share is not None
        self._next.show_text(f"Rendering a take{share}" if is_coming and has_takes else "")
        nothing = _NO_TAKE if self._scene_id else _NO_SCENE
        # Without its share, which the player shows: a text that counts moves all that is around.
        self._empty.show_message(_FIRST_TAKE if is_coming else nothing)

    def _make_strip(self, thumbnails: Thumbnails) -> QListView:
        strip = named(QListView(), "take_strip")
        strip.setAccessibleName("Takes")
        strip.setToolTip(
            "Every clip of the scene. Click to see it, Space to play it, Enter to choose it."
        )
        strip.setModel(self._rows)
        strip.setItemDelegate(self._drawing)
        strip.setFlow(QListView.Flow.LeftToRight)
        strip.setUniformItemSizes(True)
        strip.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        strip.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        strip.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tile = tile_size(strip.fontMetrics())
        strip.setMinimumHeight(tile.height() + strip.horizontalScrollBar().sizeHint().height() + 4)
        thumbnails.ready.connect(self._on_thumbnail)
        return strip

    def _lay_out(self) -> None:
        self._pages = QStackedLayout()
        self._pages.addWidget(self._strip)
        # In a widget of its own: the label hides itself while it is empty.
        page = QWidget()
        QVBoxLayout(page).addWidget(self._empty)
        self._pages.addWidget(page)
        small = (
            self._play, self._compare, self._star, self._rename, self._seed, self._settings,
            self._copy, self._file, self._delete,
        )  # fmt: skip
        buttons = hbox(self._use, self._next, *small, gap=0, grows=self._next)
        vbox(self._newer, self._pages, buttons, of=self, gap=GAP // 2, grows=self._pages)

    def _connect(self) -> None:
        self._model.changed.connect(self._on_change)
        self._strip.clicked.connect(self._on_click)
        self._strip.doubleClicked.connect(self._choose)
        self._strip.selectionModel().selectionChanged.connect(self._enable)
        keys = {
            self._use: [QKeySequence("Return"), QKeySequence("Enter")],
            self._play: [QKeySequence("Space")],
            self._copy: QKeySequence.keyBindings(QKeySequence.StandardKey.Copy),
            self._rename: [QKeySequence("F2")],
            self._delete: [QKeySequence("Del")],
        }
        for button, act in {
            self._use: self._choose,
            self._play: self._want_play,
            self._compare: self._want_compare,
            self._star: self._switch_star,
            self._rename: self._ask_name,
            self._delete: self._delete_take,
            self._seed: self._take_seed,
            self._settings: self._want_settings,
            self._copy: self._copy_facts,
            self._file: self._show_file,
        }.items():
            button.clicked.connect(act)
            text = button.text().replace("&", "") or button.accessibleName().partition(":")[0]
            action = QAction(text.removesuffix(".").removesuffix(":"), self)
            action.triggered.connect(act)
            self._menu.append((action, button))
            self._strip.addAction(action)
            action.setShortcuts(keys.get(button, []))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._strip.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _takes(self) -> SceneTakes:
        if self._model.project.scene(self._scene_id) is None:
            return SceneTakes()
        return self._model.project.takes_of(self._scene_id)

    def _refresh(self) -> None:
        takes = self._takes()
        self._rows.show_takes(takes, self._fingerprints.get(self._scene_id, ""))
        self._tell_coming()
        self._pages.setCurrentIndex(0 if takes.takes else 1)
        number = len(takes.takes)
        self._newer.show_message(
            f"Take {number} is newer. The film keeps the one that you chose." if takes.newer else ""
        )
        self._enable()

    def _select(self, take_id: str | None) -> None:
        place = self._rows.index_of(take_id)
        if place >= 0:
            index = self._rows.index(place)
            self._strip.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect)
            self._strip.scrollTo(index)

    def _pair(self) -> tuple[Take, Take] | None:
        """The two takes to compare."""
        selected = self.selected
        if len(selected) == 2:
            return selected[0], selected[1]
        chosen = self._takes().chosen_take
        if len(selected) == 1 and chosen is not None and chosen != selected[0]:
            return chosen, selected[0]
        return None

    @Slot()
    def _enable(self) -> None:
        selected = self.selected
        is_one, can_edit = len(selected) == 1, not self._model.is_read_only
        is_other = is_one and selected[0].id != self._takes().chosen
        self._use.setEnabled(is_other and can_edit)
        self._compare.setEnabled(self._pair() is not None)
        self._seed.setEnabled(is_one and can_edit and selected[0].seed is not None)
        self._settings.setEnabled(is_one and can_edit)
        for button in (self._star, self._rename, self._delete):
            button.setEnabled(is_one and can_edit)
        is_starred = is_one and selected[0].is_starred
        self._star.show_icon("star" if is_starred else "star-outline")
        for button in (self._play, self._copy, self._file):
            button.setEnabled(is_one)
        for action, button in self._menu:
            action.setEnabled(button.isEnabled())

    @Slot(object)
    def _on_change(self, change: Change) -> None:
        if self._scene_id:
            self._refresh()
            now = self._takes()
            if change.before.takes_of(self._scene_id).chosen != now.chosen:
                self._select(now.chosen)

    @Slot(object)
    def _on_thumbnail(self, path: Path) -> None:
        self._rows.set_problem(path, self._drawing.problem(path, self._strip))
        self._strip.viewport().update()

    @Slot(QModelIndex)
    def _on_click(self, index: QModelIndex) -> None:
        if len(self.selected) == 1:
            self.show_wanted.emit(self._rows.row(index.row()).take)

    @Slot()
    def _choose(self) -> None:
        selected = self.selected
        if len(selected) == 1:
            self._model.choose_take(self._scene_id, selected[0].id)

    @Slot()
    def _want_play(self) -> None:
        for take in self.selected[:1]:
            self.play_wanted.emit(take)

    @Slot()
    def _want_compare(self) -> None:
        pair = self._pair()
        if pair is not None:
            left, right = (self._rows.row(self._rows.index_of(take.id)) for take in pair)
            can_choose = not self._model.is_read_only
            dialog = CompareDialog((left, right), self, can_choose=can_choose)
            dialog.chosen.connect(self._choose_compared)
            dialog.open()

    @Slot(object)
    def _choose_compared(self, take: Take) -> None:
        self._model.choose_take(self._scene_id, take.id)

    @Slot()
    def _take_seed(self) -> None:
        scene = self._model.project.scene(self._scene_id)
        for take in self.selected[:1]:
            if scene is not None and take.seed is not None:
                number = self._model.project.index(scene.id) + 1
                text = f"Use seed {take.seed} for scene {number}"
                self._model.edit_scene(text, scene.with_own(Control.SEED, take.seed))

    @Slot()
    def _switch_star(self) -> None:
        for take in self.selected[:1]:
            verb = "Take the star off" if take.is_starred else "Star"
            starred = take.model_copy(update={"is_starred": not take.is_starred})
            self._change(f"{verb} take {self._number(take)}", starred)

    @Slot()
    def _ask_name(self) -> None:
        for take in self.selected[:1]:
            dialog = named(QInputDialog(self), "take_name")
            dialog.finished.connect(dialog.deleteLater)
            dialog.setWindowTitle("Name take")
            dialog.setLabelText(f"Name of take {self._number(take)}; empty for its number alone:")
            dialog.setTextValue(take.name)
            dialog.textValueSelected.connect(partial(self._name, take))
            dialog.open()

    def _name(self, take: Take, name: str) -> None:
        renamed = take.model_copy(update={"name": " ".join(name.split())})
        self._change(f"Name take {self._number(take)}", renamed)

    def _change(self, text: str, take: Take) -> None:
        self._model.change_take(f"{text} of scene {self._scene_number()}", self._scene_id, take)

    @Slot()
    def _delete_take(self) -> None:
        for take in self.selected[:1]:
            used = [
                scene_id
                for scene_id, takes in self._model.project.takes.items()
                if any(other.path == take.path for other in takes.takes)
            ]
            # A copy of the scene has the same clip: the file goes with the last one that uses it.
            paths = _files_of(take) if len(used) == 1 else ()
            file = TrashedFiles(paths, self.message.emit)
            place = self._rows.index_of(take.id)
            try:
                self._model.delete_take(self._scene_id, take.id, file)
            except OutputError as error:
                self.failed.emit(error)
                return
            left = self._rows.ids
            if left:
                self._select(left[min(place, len(left) - 1)])

    def _number(self, take: Take) -> int:
        return self._rows.index_of(take.id) + 1

    def _scene_number(self) -> int:
        return self._model.project.index(self._scene_id) + 1

    @Slot()
    def _want_settings(self) -> None:
        for take in self.selected[:1]:
            self.settings_wanted.emit(take)

    @Slot()
    def _copy_facts(self) -> None:
        for take in self.selected[:1]:
            QGuiApplication.clipboard().setText(describe_take(take))

    @Slot()
    def _show_file(self) -> None:
        for take in self.selected[:1]:
            show_in_desktop(take.path.parent)


def _files_of(take: Take) -> tuple[Path, ...]:
    """The clip, and the record beside it where that is its own."""
    is_own = read_sidecar(take.path) is not None
    return (take.path, take.path.with_suffix(".json")) if is_own else (take.path,)
