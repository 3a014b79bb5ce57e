"""The field of each control: made by its kind, filled with what the chosen model takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QSlider, QWidget

from core.video.allowed import Moment, OneOf, OneSize, OnOff
from core.video.control_row import Control, ControlKind, ControlRow
from core.video.inputs import ROLES, MediaType
from core.video.request import Input
from core.video.spec import Durations, FloatRange, IntRange, shown_name
from core.video.terms import EncoderBits, Residency, Role
from gui.render.control_video_field import ControlVideoField
from gui.render.keyframe_list import KeyframeList
from gui.render.lora_list import LoraList
from gui.render.seed_field import SeedField
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import LineField, SwitchField, TextField, named
from gui.widgets.file_field import AUDIOS, VIDEOS, WORKFLOWS, FileField, FileKind
from gui.widgets.layouts import hbox
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtCore import SignalInstance

    from core.video.allowed import Allowed
    from core.video.request import RenderChoices
    from core.video.spec import ModelSpec

_SPEED_STEP = 0.05
# A slider knows whole numbers only.
_SLIDER_UNITS = 100
_TEXT_LINES = 3
_PLACEHOLDERS = {
    Control.AUDIO_PROMPT: "Rain on a tin roof, distant thunder",
    Control.WEBHOOK: "https://",
}
# What a number says that is left open.
_OPEN = {Control.RETAKE_FROM: "Beginning", Control.RETAKE_TO: "End"}
_NOTHING = {
    Control.ASPECT: ("Automatic", "As the start frame, where there is one"),
    Control.CAMERA_MOTION: ("None", "Leave it to the prompt"),
    Control.STYLE_PRESET: ("None", "As the prompt says"),
    Control.INTERPOLATED_FPS: ("None", "Every frame is made by the model"),
    Control.MEMORY: ("Automatic", "The quickest that fits"),
    Control.TEXT_ENCODER: ("Automatic", "16 bit where there is room for it"),
    Control.PERSON_GENERATION: ("Not said", "The service decides, by where you are"),
    Control.CONTROL_MAP: ("Choose", "What of the control video the clip follows"),
    Control.RETAKE_PART: ("Automatic", "The sound too, where the model and the clip have one"),
}


@dataclass(frozen=True)
class ControlField:
    """A field, and how it shows what choices say.

    Attributes:
        edited: comes when a person edited it.
        show: shows the choices, for a model that takes the control so.
        read: what an edited value says in a request.
        is_tall: it has several lines.
        others_edited: by another control that a person edits in this field, comes with its value.
    """

    widget: QWidget
    edited: SignalInstance
    show: Callable[[RenderChoices, ModelSpec, Allowed], None]
    read: Callable[[object], object] = lambda value: value
    is_tall: bool = False
    others_edited: Mapping[Control, SignalInstance] = field(default_factory=dict[Control, Any])


def is_list(row: ControlRow, allowed: Allowed) -> bool:
    """Whether a model has a list of values to choose from."""
    if isinstance(allowed, Durations):
        return bool(allowed.choices)
    return row.kind is ControlKind.CHOICE or isinstance(allowed, OneOf | OneSize)


def make_field(row: ControlRow, *, from_list: bool) -> ControlField:
    """The field of a control; `from_list` where its value is one of a list."""
    if row.id is Control.SEED:
        seed = SeedField()
        return ControlField(
            seed,
            seed.edited,
            lambda choices, _, __: seed.show_value(row.value(choices)),
            is_tall=True,
        )
    if row.id is Control.CAMERA_SPEED:
        return _number(row, SpeedField(row))
    if from_list:
        return _choice(row)
    match row.kind:
        case ControlKind.NUMBER | ControlKind.WHOLE | ControlKind.CHOICE:
            return _number(row, NumberField(Limits(0, 1), _look(row)))
        case ControlKind.SWITCH:
            return _switch(row)
        case ControlKind.TEXT:
            return _text(row)
        case ControlKind.FILE | ControlKind.FILES:
            return _files(row)
        case _:
            assert_never(row.kind)


def _look(row: ControlRow) -> NumberLook:
    unit = f" {row.unit}" if row.unit else ""
    is_whole = row.kind is ControlKind.WHOLE
    return NumberLook(
        0 if is_whole else 2,
        1.0 if is_whole else 0.5,
        unit,
        is_whole=is_whole,
        none_text=_OPEN.get(row.id, ""),
    )


def _number(row: ControlRow, field: NumberField | SpeedField) -> ControlField:
    def show(choices: RenderChoices, _: ModelSpec, allowed: Allowed) -> None:
        asked = row.value(choices)
        if isinstance(allowed, IntRange | FloatRange | Durations):
            shown = asked if isinstance(asked, int | float) else allowed.default
            field.show_number(shown, Limits(allowed.minimum, allowed.maximum))
        elif isinstance(allowed, Moment) and isinstance(field, NumberField):
            shown = asked if isinstance(asked, int | float) else allowed.minimum
            field.show_number(shown, Limits(allowed.minimum, allowed.maximum))
            field.show_value(asked)

    return ControlField(field, field.edited, show)


def _switch(row: ControlRow) -> ControlField:
    box = SwitchField(f"In {row.noun}" if row.id is Control.TWO_STAGE else f"With {row.noun}")

    def show(choices: RenderChoices, _: ModelSpec, allowed: Allowed) -> None:
        asked = row.value(choices)
        usual = isinstance(allowed, OnOff) and allowed.default
        box.show_value(usual if asked is None else asked)

    return ControlField(box, box.edited, show)


def _text(row: ControlRow) -> ControlField:
    is_tall = row.id is Control.NEGATIVE_PROMPT
    field = TextField(lines=_TEXT_LINES) if is_tall else LineField()
    field.setPlaceholderText(_PLACEHOLDERS.get(row.id, row.tip))

    def read(text: object) -> object:
        # An address has no blanks around it; words are being typed.
        typed = str(text).strip() if row.id is Control.WEBHOOK else str(text)
        return typed or None

    return ControlField(
        field,
        field.edited,
        lambda choices, _, __: field.show_value(row.value(choices) or ""),
        read,
        is_tall,
    )


def _files(row: ControlRow) -> ControlField:
    role = row.role or Role.LORA
    if row.id is Control.CONTROL_VIDEO:
        return _control_video(row)
    if row.kind is ControlKind.FILE:
        return _file(row, role)
    if role is Role.KEYFRAME:
        return _keyframes()
    files = LoraList()

    def show(choices: RenderChoices, spec: ModelSpec, _: Allowed) -> None:
        files.show_inputs(choices.of_role(role), spec.limit(role))

    return ControlField(files, files.edited, show, is_tall=True)


def _file(row: ControlRow, role: Role) -> ControlField:
    filters = {
        # The sound of a video will do where a sound is wanted.
        MediaType.AUDIO: (AUDIOS, VIDEOS),
        MediaType.WORKFLOW: (WORKFLOWS,),
    }.get(ROLES[role].media, (VIDEOS,))
    field = FileField(row.id, FileKind(f"the {row.noun}", filters, none_text="None"))

    def show(choices: RenderChoices, _: ModelSpec, __: Allowed) -> None:
        field.show_value(choices.path_of(role))

    def read(path: object) -> object:
        return Input(role=role, path=path) if isinstance(path, Path) else None

    return ControlField(field, field.edited, show, read)


def _control_video(row: ControlRow) -> ControlField:
    video = ControlVideoField(row.id, f"the {row.noun}")

    def read(path: object) -> object:
        return Input(role=Role.CONTROL, path=path) if isinstance(path, Path) else None

    return ControlField(
        video,
        video.edited,
        lambda choices, _, __: video.show_choices(choices),
        read,
        is_tall=True,
        others_edited={Control.LORAS: video.loras_edited},
    )


def _keyframes() -> ControlField:
    keyframes = KeyframeList()

    def show(choices: RenderChoices, spec: ModelSpec, _: Allowed) -> None:
        keyframes.show_inputs(choices.of_role(Role.KEYFRAME), spec.limit(Role.KEYFRAME))

    return ControlField(keyframes, keyframes.edited, show, is_tall=True)


def _choice(row: ControlRow) -> ControlField:
    box = ChoiceField()

    def show(choices: RenderChoices, spec: ModelSpec, allowed: Allowed) -> None:
        offered = _offered(row, choices, spec, allowed)
        asked = row.value(choices)
        value = _usual(spec, allowed) if asked is None else asked
        if value is not None and all(choice.value != value for choice in offered):
            # Shown as it is, so that it is seen.
            label = str(value) if isinstance(allowed, OneSize) else _label(row, value)
            is_taken = row.problem(value, spec) is None
            offered.append(Choice(value, label if is_taken else f"{label} (not with {spec.label})"))
        box.show_choices(offered, value)

    return ControlField(box, box.edited, show)


def _usual(spec: ModelSpec, allowed: Allowed) -> object:
    match allowed:
        case OneSize():
            return spec.default_size.resolution
        case OneOf(default=default) | Durations(default=default):
            return default
        case _:
            return None


def _offered(
    row: ControlRow, choices: RenderChoices, spec: ModelSpec, allowed: Allowed
) -> list[Choice]:
    match allowed:
        case OneSize():
            aspects = [aspect.value for aspect in spec.aspects]
            asked = choices.frame.aspect
            aspect = asked if asked in aspects else None
            return [Choice(name, _size_label(spec, name, aspect)) for name in spec.resolutions]
        case OneOf(values=values, default=default):
            offered = [Choice(value, _label(row, value)) for value in values]
            if default is not None:
                return offered
            label, tip = _NOTHING.get(row.id, ("Automatic", row.tip))
            if row.id is Control.ASPECT:
                label = f"{label} ({spec.default_size.aspect.value})"
            return [Choice(None, label, tip=tip), *offered]
        case Durations(choices=lengths):
            return [Choice(length, _label(row, length)) for length in lengths]
        case _:
            return []


def _label(row: ControlRow, value: object) -> str:
    if isinstance(value, Residency | EncoderBits):
        return value.label
    if isinstance(value, int | float):
        return f"{value:g} {row.unit}".strip()
    return shown_name(str(value)).title()


def _size_label(spec: ModelSpec, resolution: str, aspect: str | None) -> str:
    wanted = aspect or spec.default_size.aspect.value
    for size in spec.sizes:
        if size.resolution == resolution and size.aspect.value == wanted:
            return f"{size} ({resolution})"
    return f"{resolution} (not at {aspect})"


class SpeedField(QWidget):
    """A slider and the number beside it; 1 is normal.

    Signals:
        edited(float)
    """

    edited = Signal(object)

    def __init__(self, row: ControlRow) -> None:
        super().__init__()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setSingleStep(round(_SPEED_STEP * _SLIDER_UNITS))
        self._slider.setPageStep(round(5 * _SPEED_STEP * _SLIDER_UNITS))
        look = NumberLook(step=_SPEED_STEP, suffix=f" {row.unit}")
        self._number = NumberField(Limits(0, 1), look)
        hbox(self._slider, self._number, of=self, grows=self._slider)
        named(self._slider, f"{row.id}_slider", row.tip, row.label)
        named(self._number, f"{row.id}_number", row.tip, row.label)
        self.setFocusProxy(self._number)
        self._slider.valueChanged.connect(self._on_slid)
        self._number.edited.connect(self.edited)

    def show_number(self, value: float, limits: Limits) -> None:
        """Show a speed; tells nobody."""
        self._number.show_number(value, limits)
        with QSignalBlocker(self._slider):
            low, high = limits.low, limits.high
            self._slider.setRange(round(low * _SLIDER_UNITS), round(high * _SLIDER_UNITS))
            # One beyond the limits is told by the number.
            self._slider.setValue(round(min(max(value, low), high) * _SLIDER_UNITS))

    @Slot(int)
    def _on_slid(self, units: int) -> None:
        self.edited.emit(units / _SLIDER_UNITS)
