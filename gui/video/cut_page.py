"""How the clips of the chosen scenes are used in the film, and how long they are rendered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from core.film.film import Fit, Transition
from core.project.project import SceneCut
from core.project.scene_edits import with_cut, with_duration
from gui import theme
from gui.video.project_model import SceneEdit
from gui.video.transition_field import TransitionField
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.limits import Limits, limits_of
from gui.widgets.number_field import DECIBELS, NumberField, NumberLook
from gui.widgets.text_fields import SwitchField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.project.project import Scene

_SEVERAL = "(several)"
_OF_FILM = "film"
_FITS = (
    Choice(None, "As the film"),
    Choice(Fit.FIT, "Fit, with bars"),
    Choice(Fit.FILL, "Fill, cut at the edges"),
    Choice(Fit.STRETCH, "Stretch"),
    Choice(Fit.BLUR, "Fit, over a blurred copy"),
)


class CutPage(QWidget):
    """Edits one scene or several at once; what differs among them is shown as such.

    Signals:
        edited(SceneEdit)
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scenes: tuple[Scene, ...] = ()
        self._what = ""
        seconds = limits_of(SceneCut, "start_s", most=3600)
        self._duration = NumberField(
            Limits(0.1, 600), NumberLook(suffix=" s", none_text="As the project", first=2.0)
        )
        self._start = NumberField(seconds)
        self._end = NumberField(
            limits_of(SceneCut, "end_s", most=3600),
            NumberLook(suffix=" s", none_text="Its end", first=1.0),
        )
        self._speed = NumberField(limits_of(SceneCut, "speed"), NumberLook(suffix="×"))
        self._volume = NumberField(limits_of(SceneCut, "volume_db"), DECIBELS)
        self._mute = SwitchField("M&ute")
        self._own_transition = ChoiceField(
            (Choice(_OF_FILM, "The film's"), Choice("own", "Its own"))
        )
        self._transition = TransitionField()
        self._fit = ChoiceField(_FITS)
        self._mixed = QLabel()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        named = (
            (self._duration, "scene_duration", "&Length", "How long the clip is made"),
            (self._start, "cut_start", "&From", "Where in the clip the film begins to use it"),
            (self._end, "cut_end", "&To", "Where in the clip the film stops using it"),
            (self._speed, "cut_speed", "S&peed", "How fast the clip plays in the film"),
            (self._volume, "cut_volume", "Vol&ume", "How loud its sound is in the film"),
            (self._own_transition, "cut_own_transition", "Comes &in by", "How it comes in"),
            (self._fit, "cut_fit", "S&hape", "How a picture of another shape fills the frame"),
        )
        self._mute.setObjectName("cut_mute")
        self._mute.setToolTip("Leave the clip's own sound out of the film")
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        grid.setHorizontalSpacing(theme.GAP)
        for place, (field, name, words, tip) in enumerate(named):
            field.setObjectName(name)
            field.setToolTip(tip)
            label = QLabel(words)
            label.setBuddy(field)
            column, row = divmod(place, 4)
            # The transition's own row stands under its switch.
            row += int(field is self._fit)
            grid.addWidget(label, row, 2 * column)
            grid.addWidget(field, row, 2 * column + 1)
        grid.addWidget(self._mute, 0, 4)
        grid.addWidget(self._transition, 2, 2, 1, 3)
        grid.addWidget(self._mixed, 4, 0, 1, 5)
        grid.setRowStretch(5, 1)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(3, 3)

    def _connect(self) -> None:
        self._duration.edited.connect(self._on_duration)
        for name, field in self._cut_fields.items():
            field.edited.connect(partial(self._on_cut, name))
        self._own_transition.edited.connect(self._on_own_transition)
        self._transition.edited.connect(partial(self._on_cut, "transition"))

    @property
    def _cut_fields(self) -> dict[str, NumberField | ChoiceField | SwitchField]:
        return {
            "start_s": self._start,
            "end_s": self._end,
            "speed": self._speed,
            "volume_db": self._volume,
            "is_muted": self._mute,
            "fit": self._fit,
        }

    def show_scenes(self, scenes: Sequence[Scene], what: str) -> None:
        """Show the first scene's values; name those in which the others differ.

        Args:
            scenes: at least one.
            what: what they are called in the undo menu, such as "scene 3" or "7 scenes".
        """
        self._scenes, self._what = tuple(scenes), what
        first = scenes[0]
        own = first.own.duration_s if "duration_s" in first.own_fields else None
        self._duration.show_value(own)
        for name, field in self._cut_fields.items():
            field.show_value(getattr(first.cut, name))
        transition = first.cut.transition
        self._own_transition.show_value(_OF_FILM if transition is None else "own")
        self._transition.show_value(transition or Transition())
        self._transition.setVisible(transition is not None)
        differing = self._differing()
        self._mixed.setText(f"{_SEVERAL}: {', '.join(differing)}" if differing else "")
        self._mixed.setVisible(bool(differing))

    def _differing(self) -> list[str]:
        values: dict[str, Callable[[Scene], object]] = {
            "rendered length": lambda s: (
                s.choices(s.own).duration_s if "duration_s" in s.own_fields else None
            ),
            "use from": lambda s: s.cut.start_s,
            "use to": lambda s: s.cut.end_s,
            "speed": lambda s: s.cut.speed,
            "volume": lambda s: s.cut.volume_db,
            "mute": lambda s: s.cut.is_muted,
            "transition": lambda s: s.cut.transition,
            "shape": lambda s: s.cut.fit,
        }
        return [
            name
            for name, read in values.items()
            if any(read(scene) != read(self._scenes[0]) for scene in self._scenes[1:])
        ]

    def _on_duration(self, seconds: object) -> None:
        number = float(seconds) if isinstance(seconds, (int, float)) else None
        self._edit("length", lambda scene: with_duration(scene, number))

    def _on_cut(self, name: str, value: object) -> None:
        self._edit(name.removesuffix("_s").replace("_", " "), lambda s: with_cut(s, name, value))

    def _on_own_transition(self, choice: object) -> None:
        value = None if choice == _OF_FILM else Transition(kind="dissolve")
        self._edit("transition", lambda scene: with_cut(scene, "transition", value))

    def _edit(self, name: str, change: Callable[[Scene], Scene]) -> None:
        if not self._scenes:
            return
        changed = tuple(change(scene) for scene in self._scenes)
        ids = ",".join(scene.id for scene in self._scenes)
        self.edited.emit(
            SceneEdit(f"Change {name} of {self._what}", changed, merge=f"{name}:{ids}")
        )
