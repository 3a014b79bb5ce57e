"""What a LoRA is trained on, for which model, and how; every choice is a row of one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget
from typing_extensions import override

from core.frozen import Frozen
from core.lora.training import SET_CONTROLS, TRAINING_CONTROLS, Targets, with_choices
from core.lora.training_set import MANIFEST_SUFFIXES
from core.video.lora_training import usual_length_s
from core.video.provider import NotReady
from core.video.terms import AUTO, DEFAULT_TARGET, Target
from gui.render.plan_fixes import said_in_window
from gui.widgets.choice_field import Choice, ChoiceField, choices_of
from gui.widgets.fields import LineField, ignore_wheel, named
from gui.widgets.file_field import FileKind, choose_folder, file_dialog, files_in, printable
from gui.widgets.labels import ElidedLabel
from gui.widgets.layouts import hbox
from gui.widgets.model_form import FieldPath, ModelForm, part
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    from core.lora.training import TrainingControl
    from core.video.lora_training import TrainableModel

_NO_SET = "Nothing chosen yet"
_USUAL = "As usual"
_MANIFESTS = FileKind("manifest", (f"Manifests ({' '.join(f'*{s}' for s in MANIFEST_SUFFIXES)})",))
_ROUGH = NumberLook(2, 0.05, none_text=_USUAL)
# A learning rate: as many digits as the least of them needs.
_FINE = NumberLook(7, 1e-4, none_text=_USUAL, first=1e-4)
_LAYERS = {
    Targets.ATTENTION: "Attention",
    Targets.ATTENTION_AND_FEED_FORWARD: "Attention and feed-forward",
}


class TrainingChoices(Frozen):
    """What a person has chosen so far.

    Attributes:
        choices: fields of the recipe; what is not named is as usual for the model.
        resolution, length: of the set; None for what is usual for the model.
    """

    source: Path | None = None
    target: Target = DEFAULT_TARGET.with_model(AUTO)
    name: str = ""
    choices: dict[str, float | int | str | None] = Field(
        default_factory=dict[str, "float | int | str | None"]
    )
    resolution: str | None = None
    length: float | None = None


class SetField(QWidget):
    """A folder, manifest or project to learn from; may be dropped here.

    Signals:
        edited(Path)
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._name = ElidedLabel()
        folder = named(
            QPushButton("&Folder…"),
            "training_folder",
            "A folder of images and clips, each with a .txt caption beside it, or a project, whose "
            "chosen takes are learned",
            "Choose a folder",
        )
        manifest = named(
            QPushButton("&Manifest…"),
            "training_manifest",
            "A .csv or .jsonl file with the columns path and caption",
            "Choose a manifest",
        )
        for button in (folder, manifest):
            button.setAutoDefault(False)
        hbox(self._name, folder, manifest, of=self, grows=self._name)
        self.setFocusProxy(folder)
        self.setAcceptDrops(True)
        folder.clicked.connect(self._choose_folder)
        manifest.clicked.connect(self._choose_manifest)
        self.show_value(None)

    def show_value(self, value: object) -> None:
        """Show a path or that there is none; tells nobody."""
        self._path = value if isinstance(value, Path) else None
        self._name.show_text(self._path.name if self._path else _NO_SET)
        self._name.setToolTip(printable(self._path) if self._path else "")

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_in(event.mimeData()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        paths = files_in(event.mimeData())
        if paths:
            self.take(paths[0])

    def take(self, path: Path) -> None:
        """Choose this one, as a person would."""
        self.show_value(path)
        self.edited.emit(path)

    @Slot()
    def _choose_folder(self) -> None:
        start = str(self._path.parent) if self._path else ""
        choose_folder(self, "Learn from", start, self.take)

    @Slot()
    def _choose_manifest(self) -> None:
        is_manifest = self._path is not None and self._path.suffix in MANIFEST_SUFFIXES
        dialog = file_dialog(self, _MANIFESTS, self._path if is_manifest else None)
        dialog.fileSelected.connect(self._take_text)
        dialog.open()

    @Slot(str)
    def _take_text(self, path: str) -> None:
        self.take(Path(path))


class TrainingRows(ModelForm[TrainingChoices]):
    """Rows of controls that say what is usual for the chosen model.

    Attributes:
        models: what is offered, with the reasons against those that cannot be trained.
    """

    def __init__(self) -> None:
        super().__init__(TrainingChoices(), "training_")
        self.models: tuple[TrainableModel, ...] = ()
        self._fields: dict[TrainingControl, NumberField | LineField | ChoiceField] = {}

    def set_models(self, models: tuple[TrainableModel, ...]) -> None:
        """What can be trained, and what is usual for it."""
        self.models = models
        self.refresh(self._value)

    def _add_controls(self, controls: Sequence[TrainingControl], *, is_of_set: bool) -> None:
        for control in controls:
            path = part(control.field) if is_of_set else _path_of(control)
            field = _field_of(control)
            self._fields[control] = field
            self.add_row(control.field, control.label, field, control.help, path)

    @override
    def refresh(self, value: TrainingChoices) -> None:
        model = next((one for one in self.models if one.target == value.target), None)
        if model is None:
            return
        recipe = with_choices(model.usual, value.choices)
        usual: dict[str, object] = {
            **model.usual.model_dump(),
            "alpha": recipe.alpha,
            "resolution": model.spec.default_size.resolution,
            "length": usual_length_s(model.spec),
        }
        for control, field in self._fields.items():
            _show_usual(field, usual[control.field], value, model)


class TrainingForm(TrainingRows):
    """The set, the model, the name, and the choices that everybody looks at."""

    def __init__(self) -> None:
        super().__init__()
        self._model = ChoiceField()
        self.add_row("source", "Learn &from", SetField())
        self.add_row(
            "model",
            "M&odel",
            self._model,
            "The model that the LoRA is for",
            FieldPath(
                lambda choices: choices.target,
                lambda choices, target: choices.model_copy(update={"target": target}),
            ),
        )
        self._name = LineField()
        self.show_free_name("")
        self.add_row("name", "&Name", self._name, "What the LoRA is called in your collection")
        self._add_controls(SET_CONTROLS, is_of_set=True)
        main = [control for control in TRAINING_CONTROLS if not control.is_more]
        self._add_controls(main, is_of_set=False)
        ignore_wheel(self)
        self.set_models(())

    def show_free_name(self, name: str) -> None:
        """Say what the LoRA is called while no name is typed; empty before that is known."""
        self._name.setPlaceholderText(name or "As the set is called")

    @override
    def set_models(self, models: tuple[TrainableModel, ...]) -> None:
        possible = [model for model in models if model.is_possible]
        if possible and self._value.target.model == AUTO:
            self._value = self._value.model_copy(update={"target": possible[0].target})
        super().set_models(models)

    @override
    def refresh(self, value: TrainingChoices) -> None:
        super().refresh(value)
        choices = [
            Choice(model.target, model.spec.label, _why_not(model), model.spec.summary)
            for model in self.models
        ]
        self._model.show_choices(
            choices or [Choice(value.target, "Looking for models…")], value.target
        )


class MoreTrainingForm(TrainingRows):
    """The choices of those who know what they do."""

    def __init__(self) -> None:
        super().__init__()
        more = [control for control in TRAINING_CONTROLS if control.is_more]
        self._add_controls(more, is_of_set=False)
        ignore_wheel(self)


def _why_not(model: TrainableModel) -> str:
    if model.refusal:
        return model.refusal
    missing = model.readiness
    missing_text = said_in_window(missing, model.spec) if isinstance(missing, NotReady) else ""
    return " ".join(filter(None, (model.too_large, missing_text)))


def _show_usual(
    field: NumberField | LineField | ChoiceField,
    usual: object,
    value: TrainingChoices,
    model: TrainableModel,
) -> None:
    """Say in a field what is usual."""
    match field, usual:
        case NumberField(), int() | float():
            field.show_usual(f"{_USUAL}: {usual:.10g}{field.suffix()}", usual)
        case ChoiceField(), Targets():
            labels = {None: f"{_USUAL}: {_LAYERS[usual]}", **_LAYERS}
            field.show_choices(choices_of(labels), value.choices.get("targets"))
        case ChoiceField(), _:
            labels = {None: f"{_USUAL}: {usual}", **{name: name for name in model.spec.resolutions}}
            field.show_choices(choices_of(labels), value.resolution)
        case _:
            # A text that is usual is empty, and says so itself.
            return


def _path_of(control: TrainingControl) -> FieldPath[TrainingChoices]:
    field, nothing = control.field, "" if control.kind is str else None

    def put(value: TrainingChoices, chosen: object) -> TrainingChoices:
        # An empty text and a number that was taken back are no choice.
        choices = {name: other for name, other in value.choices.items() if name != field}
        if chosen not in (None, ""):
            choices[field] = chosen  # pyright: ignore[reportArgumentType] - the field's own kind
        return value.model_copy(update={"choices": choices})

    return FieldPath(lambda value: value.choices.get(field, nothing), put)


def _field_of(control: TrainingControl) -> NumberField | LineField | ChoiceField:
    if control.kind is Targets or control.field == "resolution":
        # Filled once the model is known.
        return ChoiceField([Choice(None, _USUAL)])
    if control.kind is str:
        line = LineField()
        line.setPlaceholderText("None" if control.field == "trigger" else "The first caption")
        return line
    limits = Limits(control.minimum, control.maximum)
    if control.kind is int:
        return NumberField(limits, NumberLook(0, 1.0, is_whole=True, none_text=_USUAL))
    if control.field == "length":
        return NumberField(limits, NumberLook(2, 0.5, " s", none_text=_USUAL))
    return NumberField(limits, _FINE if control.maximum < 1 else _ROUGH)
