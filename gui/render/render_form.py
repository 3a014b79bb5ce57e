"""How clips are rendered: a form made from the table of controls, with the rows a model has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from core.video.allowed import OnOff
from core.video.control_row import Control, ControlKind
from core.video.controls import CHOICES, ROWS
from core.video.listing import ModelListing
from core.video.model_text import listed_text
from core.video.provider import NotReady
from core.video.request import RenderChoices
from core.video.terms import AUTO
from gui import theme
from gui.render.control_fields import ControlField, is_list, make_field
from gui.render.control_video_field import ControlVideoField
from gui.render.lora_list import LoraList, OfferedLora
from gui.render.ltx_controls_widget import LTXControlsWidget
from gui.render.seed_field import SeedField
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import ignore_wheel
from gui.widgets.labels import ToneLabel
from gui.widgets.layouts import vbox
from gui.widgets.marked_rows import MarkedRow, RowGrid
from gui.widgets.panes import FoldingSection

if TYPE_CHECKING:
    from core.project.model.project import Scene
    from core.video.control_row import ControlRow
    from core.video.spec import ModelSpec

_USUAL = RenderChoices()
_FRAME = (
    Control.RESOLUTION,
    Control.ASPECT,
    Control.DURATION,
    Control.AUTO_DURATION,
    Control.FPS,
    Control.INTERPOLATED_FPS,
)
_EVERYDAY = (
    Control.AUDIO,
    Control.AUDIO_PROMPT,
    Control.CAMERA_MOTION,
    Control.CAMERA_SPEED,
    Control.MOTION_SPEED,
)
_ADVANCED = tuple(row.id for row in CHOICES if row.id not in (Control.TARGET, *_FRAME, *_EVERYDAY))
# Where the field itself leads back to nothing chosen.
_OWN_WAY_BACK = (
    Control.TARGET,
    Control.CAMERA_MOTION,
    Control.SEED,
    Control.MEMORY,
    Control.TEXT_ENCODER,
)


@dataclass(frozen=True)
class ChoicesEdit:
    """A person chose something, or let go of a choice; becomes a step that can be undone.

    Attributes:
        field: the name of a control.
        value: what it is now.
        is_own: False where a scene follows the project in this field again.
    """

    field: str
    value: object
    is_own: bool = True

    @property
    def label(self) -> str:
        """What the control is called within a sentence."""
        return ROWS[Control(self.field)].label.lower()

    def on_project(self, choices: RenderChoices) -> RenderChoices:
        """The project's choices after the edit."""
        return ROWS[Control(self.field)].with_value(choices, self.value)

    def on_scene(self, scene: Scene) -> Scene:
        """The scene after the edit."""
        if self.is_own:
            return scene.with_own(self.field, self.value)
        return scene.without_own(self.field)


@dataclass(frozen=True)
class SceneScope:
    """The choices of one scene are edited, not those of the project.

    Attributes:
        label: what the scene is called in sentences, such as "Scene 3".
        own_fields: in which controls it differs from the project.
        project: what it follows everywhere else.
        count: of how many scenes at once; what is shown is the first one's.
    """

    label: str
    own_fields: tuple[str, ...]
    project: RenderChoices
    count: int = 1

    @property
    def sentence(self) -> str:
        """Whose choices are edited."""
        if self.count == 1:
            return f"{self.label} alone: what is marked differs from the project."
        return f"{self.label} together: each change is made in all of them."

    @property
    def why(self) -> str:
        """What the mark of a row says."""
        if self.count == 1:
            return f"{self.label} differs from the project here."
        return f"One of the {self.label} differs from the project here."


class RenderForm(QWidget):
    """Edits the choices one control at a time.

    A value that the chosen model does not take is kept and comes back with another model.

    Signals:
        changed(ChoicesEdit): a person edited one control.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._value = RenderChoices()
        self._scope: SceneScope | None = None
        self._listing = ModelListing()
        self._planned: ModelSpec | None = None
        self._rows: dict[Control, _ControlRow] = {}
        self._scope_line = ToneLabel()
        self._state = ToneLabel()
        self._provider, self._model = ChoiceField(), ChoiceField()
        self._ltx = LTXControlsWidget()
        frame, everyday, advanced = RowGrid(), RowGrid(), RowGrid()
        self._provider_row = self._target_row(frame, Control.PROVIDER, "provider", self._provider)
        self._model_row = self._target_row(frame, Control.TARGET, "model", self._model)
        # Across the labels too: a grid knows how high words get that are as wide as all of it.
        frame.grid.addWidget(self._state, frame.grid.rowCount(), 0, 1, 2)
        for grid, controls in ((frame, _FRAME), (everyday, _EVERYDAY), (advanced, _ADVANCED)):
            for control in controls:
                self._rows[control] = _ControlRow(self, grid, ROWS[control])
        self._section = FoldingSection(
            "advanced",
            "Advanced",
            "Keyframes, source video, LoRAs, guidance, steps, seed and more",
            [advanced],
        )
        # As far apart as rows of one grid.
        rows = vbox(frame, self._ltx, everyday, gap=frame.grid.verticalSpacing())
        vbox(self._scope_line, rows, self._section, of=self, gap=theme.GAP)
        ignore_wheel(self)
        self._provider.edited.connect(self._on_target)
        self._model.edited.connect(self._on_target)
        self._ltx.edited.connect(self._on_target)
        self._show_rows()

    def _target_row(
        self, grid: RowGrid, control: Control, name: str, field: ChoiceField
    ) -> MarkedRow:
        # One way back for all, because all stand for the target.
        has_reset = control is Control.TARGET
        row = MarkedRow(grid, name, ROWS[control].label, ROWS[control].tip, has_reset=has_reset)
        row.set_field(field)
        row.reset_wanted.connect(partial(self.reset, Control.TARGET))
        return row

    def value(self) -> RenderChoices:
        """All the choices: those of the project, or of the scene with the project's below."""
        return self._value

    def set_value(self, value: RenderChoices) -> None:
        """Show these choices; emits nothing."""
        if value != self._value:
            self._value = value
            self._show_rows()

    def set_scope(self, scope: SceneScope | None) -> None:
        """Edit the choices of a scene, or with None those of the project."""
        if scope != self._scope:
            self._scope = scope
            self._show_rows()

    def set_listing(self, listing: ModelListing) -> None:
        """What there is to choose from; empty while that is being looked up."""
        self._listing = listing
        self._show_rows()

    def set_spec(self, spec: ModelSpec | None) -> None:
        """The model that `auto` stood for in the last plan; without it, what the listing says."""
        if spec != self._planned:
            self._planned = spec
            self._show_rows()

    def set_last_seed(self, seed: int | None) -> None:
        """The seed of the clip that was made last, for "same again"."""
        for field in self.findChildren(SeedField):
            field.set_last(seed)

    def set_loras(self, offered: tuple[OfferedLora, ...]) -> None:
        """A person's own LoRAs, to be chosen by their names."""
        for kind in (LoraList, ControlVideoField):
            for field in self.findChildren(kind):
                field.set_offered(offered)

    def spec(self) -> ModelSpec | None:
        """The model that the choices stand for; None while it is not known."""
        target = self._value.target
        offer = self._listing.provider(target)
        if offer is None:
            return None
        planned = self._planned
        if planned is not None and target.model == AUTO and offer.model(planned.id) is not None:
            return planned
        model = offer.model(target.model)
        return None if model is None else model.spec

    def choose(self, control: Control, value: object) -> None:
        """Take over what a person chose; the same again makes it a scene's own at most."""
        scope, row = self._scope, ROWS[control]
        is_news = scope is not None and control not in scope.own_fields
        if value == row.value(self._value) and not is_news:
            return
        if scope is not None and is_news:
            self._scope = replace(scope, own_fields=(*scope.own_fields, control))
        self._value = row.with_value(self._value, value)
        self._show_rows()
        self.changed.emit(ChoicesEdit(control, value))

    def reset(self, control: Control) -> None:
        """Let a scene follow the project in a control again, or the project the model."""
        scope, row = self._scope, ROWS[control]
        value = row.value(_USUAL if scope is None else scope.project)
        if scope is not None:
            own = tuple(name for name in scope.own_fields if name != control)
            self._scope = replace(scope, own_fields=own)
        self._value = row.with_value(self._value, value)
        self._show_rows()
        self.changed.emit(ChoicesEdit(control, value, is_own=scope is None))

    def _show_rows(self) -> None:
        self._scope_line.show_message(self._scope.sentence if self._scope else "")
        self._show_target()
        spec = self.spec()
        self._section.setVisible(spec is not None)
        for row in self._rows.values():
            row.show_choices(self._value, spec)
            self._mark(row.marked, row.control.id, is_shown=row.is_offered)

    def _mark(self, row: MarkedRow, control: Control, *, is_shown: bool) -> None:
        """Show or hide a row, marked where the scene differs from the project."""
        scope = self._scope
        if scope is not None:
            differs = control in scope.own_fields
            row.mark(self._why(control), "Follow the project here again")
            row.set_visible(is_shown, can_reset=differs)
            return
        row.mark("", "Back to the model's usual value")
        table = ROWS[control]
        is_chosen = table.value(self._value) != table.value(_USUAL)
        has_way = control not in _OWN_WAY_BACK and table.kind not in (
            ControlKind.TEXT, ControlKind.FILE, ControlKind.FILES,
        )  # fmt: skip
        row.set_visible(is_shown, can_reset=has_way and is_chosen)

    def _why(self, control: Control) -> str:
        scope = self._scope
        if scope is None or control not in scope.own_fields:
            return ""
        return scope.why

    def _show_target(self) -> None:
        target = self._value.target
        providers = self._providers()
        self._provider.show_choices([*providers.values()], providers[target.provider].value)
        self._model.show_choices(self._models(), target)
        self._show_state()
        for row in (self._provider_row, self._model_row):
            self._mark(row, Control.TARGET, is_shown=True)
        self._ltx.show_target(target, self._listing, self._why(Control.TARGET))

    def _providers(self) -> dict[str, Choice]:
        """A line for each provider, which stands for its first deployment."""
        target = self._value.target
        first: dict[str, Choice] = {}
        for offer in self._listing.providers:
            choice = Choice(offer.target, offer.name, tip=offer.info.summary)
            first.setdefault(offer.info.id, choice)
        if target.provider not in first:
            name = f"{target.provider} (not known)" if first else target.provider
            first[target.provider] = Choice(target.with_model(AUTO), name)
        return first

    def _models(self) -> list[Choice]:
        target = self._value.target
        offer = self._listing.provider(target)
        models: list[Choice] = []
        if offer is not None:
            automatic = offer.model(AUTO)
            stands_for = None if automatic is None else automatic.spec
            planned = self.spec() if target.model == AUTO else stands_for
            now = f": {planned.label}" if planned is not None else ""
            models.append(
                Choice(offer.target, f"Automatic{now}", tip="The best model that can run here")
            )
            models += [
                Choice(
                    model.target,
                    listed_text(model),
                    tip=model.spec.summary,
                )
                for model in offer.models
            ]
        if all(choice.value != target for choice in models):
            name = f"{target.model} (not known)" if self._listing.providers else target.model
            models.append(Choice(target, name))
        return models

    def _show_state(self) -> None:
        """What the model is good at, or why it cannot render now."""
        if not self._listing.providers:
            self._state.show_message("Looking at what there is…", theme.Tone.QUIET)
            return
        model = self._listing.model(self._value.target)
        spec = self.spec()
        if model is None or spec is None:
            self._state.show_message("There is no such model here. Choose another.", theme.Tone.BAD)
        elif isinstance(model.readiness, NotReady):
            self._state.show_message(model.readiness.reason, theme.Tone.WARNING)
        else:
            self._state.show_message(spec.summary, theme.Tone.QUIET)

    @Slot(object)
    def _on_target(self, target: object) -> None:
        self.choose(Control.TARGET, target)


class _ControlRow:
    """A row of the table: its field is another one where a model has a list and another a range."""

    def __init__(self, form: RenderForm, grid: RowGrid, control: ControlRow) -> None:
        self._form = form
        self.control = control
        self.is_offered = False
        self._is_list = control.kind is ControlKind.CHOICE
        self.marked = MarkedRow(grid, control.id, control.label, control.tip)
        self.marked.reset_wanted.connect(partial(form.reset, control.id))
        self._field = self._make()

    def show_choices(self, choices: RenderChoices, spec: ModelSpec | None) -> None:
        """Show what the choices say, where the model takes it."""
        allowed = None if spec is None else self.control.allowed(spec)
        has_choice = allowed is not None and not (isinstance(allowed, OnOff) and allowed.is_fixed)
        if spec is None or allowed is None:
            self.is_offered = False
            return
        self.is_offered = has_choice and _counts(self.control.id, choices, spec)
        if is_list(self.control, allowed) != self._is_list:
            self._is_list = not self._is_list
            self._field = self._make()
        self._field.show(choices, spec, allowed)

    def _make(self) -> ControlField:
        field = make_field(self.control, from_list=self._is_list)
        self.marked.set_field(field.widget, is_tall=field.is_tall)
        field.edited.connect(self._on_edited)
        for control, edited in field.others_edited.items():
            edited.connect(partial(self._form.choose, control))
        ignore_wheel(field.widget)
        return field

    def _on_edited(self, value: object) -> None:
        self._form.choose(self.control.id, self._field.read(value))


def _counts(control: Control, choices: RenderChoices, spec: ModelSpec) -> bool:
    """Whether a control has an effect beside the others."""
    if control is Control.DURATION:
        return not choices.frame.auto_duration
    if control is Control.AUDIO_PROMPT:
        return choices.audio is not False or spec.is_audio_fixed
    needs = ROWS[control].needs
    if needs is not None:
        return bool(choices.of_role(needs))
    return control is not Control.CAMERA_SPEED or choices.motion.camera is not None
