"""How the clips of the chosen scenes are used in the film, and how long they are rendered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from core.project.model.project import SceneCut
from gui import theme
from gui.export.export_labels import FITS, transition_choices
from gui.scenes.scene_values import (
    CUT_VALUES,
    SceneValue,
    describe_use,
    has_own_transition,
    values_of,
)
from gui.theme import Tone
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import SwitchField, named
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import hbox
from gui.widgets.number_field import DECIBELS, Limits, NumberField, NumberLook, limits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.model.project import Scene
    from gui.project.project_model import ProjectModel

_LONGEST_S = 3600.0
_AS_FILM = Choice(None, "As the film")


class CutPage(QWidget):
    """Edits one scene or several at once; what differs among them is shown as "(several)"."""

    def __init__(self, model: ProjectModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._scenes: tuple[Scene, ...] = ()
        usual = NumberLook(suffix=" s", none_text="As the project", first=2.0)
        its_end = NumberLook(suffix=" s", none_text="Its end", first=1.0)
        seconds = limits_of(SceneCut, "start_s", most=_LONGEST_S)
        self._fields: dict[str, NumberField | ChoiceField | SwitchField] = {
            "duration": named(NumberField(Limits(0.1, 600), usual), "scene_duration"),
            "start": named(NumberField(seconds), "cut_start"),
            "end": named(
                NumberField(limits_of(SceneCut, "end_s", most=_LONGEST_S), its_end), "cut_end"
            ),
            "speed": named(
                NumberField(limits_of(SceneCut, "speed"), NumberLook(suffix="×")), "cut_speed"
            ),
            "volume": named(NumberField(limits_of(SceneCut, "volume_db"), DECIBELS), "cut_volume"),
            "mute": named(SwitchField("&Mute"), "cut_mute"),
            "transition": named(
                ChoiceField((_AS_FILM, *transition_choices())), "cut_transition"
            ),
            "overlap": named(NumberField(Limits(0, 60)), "cut_overlap"),
            "fit": named(
                ChoiceField((_AS_FILM, *(Choice(fit, label) for fit, label in FITS.items()))),
                "cut_fit",
            ),
        }  # fmt: skip
        self._message = ToneLabel()
        self._lay_out()
        for name, field in self._fields.items():
            field.edited.connect(partial(self._edit, CUT_VALUES[name]))

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        grid.setHorizontalSpacing(theme.GAP)
        grid.setVerticalSpacing(theme.GAP // 2)
        for column, rows in enumerate((
            (
                ("duration", "&Length", "How long the clip is made when it is rendered"),
                ("start", "&From", "Where in the clip the film begins to use it"),
                ("end", "T&o", "Where in the clip the film stops using it"),
                ("speed", "S&peed", "How fast the clip plays in the film"),
            ),
            (
                ("volume", "&Volume", "How loud the clip's own sound is in the film"),
                ("transition", "Comes &in by", "How the clip before gives way to this one"),
                ("overlap", "L&asting", "For how long both clips are seen"),
                ("fit", "S&hape", "How a picture of another shape fills the film's frame"),
            ),
        )):  # fmt: skip
            for row, (name, words, tip) in enumerate(rows):
                field = self._fields[name]
                field.setToolTip(tip)
                label = QLabel(words)
                label.setBuddy(field)
                label.setToolTip(tip)
                grid.addWidget(label, row, 2 * column)
                if name != "volume":
                    grid.addWidget(field, row, 2 * column + 1)
        mute = self._fields["mute"]
        mute.setToolTip("Leave the clip's own sound out of the film")
        volume = self._fields["volume"]
        grid.addLayout(hbox(volume, mute, gap=theme.GAP, grows=volume), 0, 3)
        grid.addWidget(self._message, 4, 0, 1, 4)
        grid.setRowStretch(5, 1)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(3, 3)

    def show_scenes(self, scenes: Sequence[Scene]) -> None:
        """Show what the scenes, at least one, have in common."""
        project = self._model.project
        self._scenes = tuple(scenes)
        self._message.show_message("")
        if len(scenes) == 1:
            use = describe_use(scenes[0].cut, project.chosen_take(scenes[0].id))
            self._message.show_message(use.text, Tone.QUIET if use.is_possible else Tone.BAD)
        for name, field in self._fields.items():
            self._show(field, values_of(CUT_VALUES[name], self._scenes))
        self._fields["overlap"].setEnabled(any(map(has_own_transition, scenes)))
        is_first = [scene.id for scene in scenes] == [project.scenes[0].id]
        comes = self._fields["transition"]
        comes.setEnabled(not is_first)
        comes.setToolTip(
            "No clip comes before the first one" if is_first
            else "How the clip before gives way to this one"
        )  # fmt: skip

    def _show(self, field: NumberField | ChoiceField | SwitchField, values: list[object]) -> None:
        if len(values) == 1:
            field.show_value(values[0])
        elif isinstance(field, NumberField):
            field.show_several(values[0])
        else:
            field.show_several()

    def _edit(self, value: SceneValue, new: object) -> None:
        if self._scenes:
            changed = tuple(value.write(scene, new) for scene in self._scenes)
            ids = ",".join(scene.id for scene in self._scenes)
            what = f"{len(changed)} scenes"
            if len(changed) == 1:
                what = f"scene {self._model.project.index(changed[0].id) + 1}"
            text = f"Change {value.name} of {what}"
            self._model.edit_scenes(text, changed, merge=f"{value.name}:{ids}")
