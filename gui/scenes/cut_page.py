"""How the clips of the chosen scenes are used in the film, and how long they are rendered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFormLayout, QLayout, QWidget

from core.platform.units import count_text
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
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.labels import ToneLabel, heading, label_of
from gui.widgets.layouts import hbox, vbox
from gui.widgets.number_field import DECIBELS, Limits, NumberField, NumberLook, limits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.model.project import Scene, Take, Track
    from gui.project.project_model import ProjectModel

_LONGEST_S = 3600.0
_WIDEST_COLUMN = 340


@dataclass(frozen=True)
class _Row:
    name: str
    words: str
    tip: str


_TRIM, _FILM, _RENDER = "Trim", "In the film", "Render"
# What is free and takes effect at once, apart from what makes the clip out of date.
_ROWS = {
    _TRIM: (
        _Row("start", "&From", "Where in the clip the film begins to use it"),
        _Row("end", "T&o", "Where in the clip the film stops using it"),
        _Row("speed", "S&peed", "How fast the clip plays in the film"),
        _Row("still", "&Held for", "For how long the film shows the picture"),
        _Row("video_track", "Pict&ure", "Which of the file's tracks of pictures is seen"),
        _Row("audio_track", "S&ound", "Which of the file's sound tracks is heard"),
    ),
    _FILM: (
        _Row("volume", "&Volume", "How loud the clip's own sound is in the film"),
        _Row("transition", "Comes &in by", "How the clip before gives way to this one"),
        _Row("overlap", "L&asting", "For how long both clips are seen"),
        _Row("fit", "S&hape", "How a picture of another shape fills the film's frame"),
    ),
    _RENDER: (_Row("duration", "Render &length", "How long the clip is made when it is rendered"),),
}
_COSTS = "Another length counts from the next render on. To shorten the clip there is, trim it."
_AS_FILM = Choice(None, "As the film")
_LIKELIEST = Choice(None, "The usual one")


class CutPage(QWidget):
    """Edits one scene or several at once; what differs among them is shown as "(several)"."""

    def __init__(self, model: ProjectModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._scenes: tuple[Scene, ...] = ()
        usual = NumberLook(suffix=" s", none_text="As the project", first=2.0)
        as_film = NumberLook(suffix=" s", none_text="As the film", first=4.0)
        its_end = NumberLook(suffix=" s", none_text="Its end", first=1.0)
        seconds = limits_of(SceneCut, "start_s", most=_LONGEST_S)
        self._fields: dict[str, NumberField | ChoiceField | SwitchField] = {
            "duration": named(NumberField(Limits(0.1, 600), usual), "scene_duration"),
            "still": named(
                NumberField(limits_of(SceneCut, "still_s"), as_film),
                "cut_still",
            ),
            "video_track": named(ChoiceField((_LIKELIEST,)), "cut_video_track"),
            "audio_track": named(ChoiceField((_LIKELIEST,)), "cut_audio_track"),
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
        self._costs = ToneLabel()
        self._lay_out()
        for name, field in self._fields.items():
            field.edited.connect(partial(self._edit, CUT_VALUES[name]))

    def _lay_out(self) -> None:
        mute = self._fields["mute"]
        mute.setToolTip("Leave the clip's own sound out of the film")
        forms = {title: self._form_of(rows, beside_volume=mute) for title, rows in _ROWS.items()}
        self._trim = forms[_TRIM]
        columns = [
            _column(
                heading(title),
                forms[title],
                *([self._message] if title == _TRIM else [self._costs] if title == _RENDER else []),
            )
            for title in _ROWS
        ]
        FlowLayout(*columns, of=self, gap=2 * theme.GAP).setContentsMargins(
            theme.GAP, theme.GAP, theme.GAP, theme.GAP
        )

    def _form_of(self, rows: Sequence[_Row], *, beside_volume: QWidget) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(theme.GAP)
        form.setVerticalSpacing(theme.GAP // 2)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for row in rows:
            field = self._fields[row.name]
            field.setToolTip(row.tip)
            label = label_of(field, row.words)
            label.setToolTip(row.tip)
            is_volume = row.name == "volume"
            form.addRow(label, hbox(field, beside_volume, grows=field) if is_volume else field)
        return form

    def show_scenes(self, scenes: Sequence[Scene]) -> None:
        """Show what the scenes, at least one, have in common."""
        project = self._model.project
        self._scenes = tuple(scenes)
        self._message.show_message("")
        has_clip = any(project.chosen_take(scene.id) for scene in scenes)
        self._costs.show_message(_COSTS if has_clip else "")
        if len(scenes) == 1:
            use = describe_use(scenes[0].cut, project.chosen_take(scenes[0].id))
            self._message.show_message(use.text, Tone.QUIET if use.is_possible else Tone.BAD)
        self._offer_what_applies([project.chosen_take(scene.id) for scene in scenes])
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

    def _offer_what_applies(self, takes: Sequence[Take | None]) -> None:
        """A picture is held and not trimmed; tracks are chosen where all files have the same."""
        stills = [take is not None and take.is_still for take in takes]
        first = takes[0]
        rows = {name: not all(stills) for name in ("start", "end", "speed")}
        rows["still"] = any(stills)
        for name in ("video_track", "audio_track"):
            tracks: tuple[Track, ...] = getattr(first, name + "s", ())
            rows[name] = bool(tracks) and all(getattr(t, name + "s", ()) == tracks for t in takes)
            field = self._fields[name]
            if isinstance(field, ChoiceField):
                offered = [Choice(track.number, track.label) for track in tracks]
                field.show_choices((_LIKELIEST, *offered), None)
        for name, is_shown in rows.items():
            self._trim.setRowVisible(self._fields[name], is_shown)

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
            what = f"{count_text(len(changed), 'scene')}"
            if len(changed) == 1:
                what = f"scene {self._model.project.index(changed[0].id) + 1}"
            text = f"Change {value.name} of {what}"
            self._model.edit_scenes(text, changed, merge=f"{value.name}:{ids}")


def _column(*parts: QWidget | QLayout) -> QWidget:
    column = QWidget()
    vbox(*parts, None, of=column, gap=theme.GAP // 2)
    column.setMaximumWidth(_WIDEST_COLUMN)
    return column
