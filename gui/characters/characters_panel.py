"""What the project keeps by name: a list, a form for the chosen one, and its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget
from typing_extensions import override

from core.platform.units import count_text
from core.project.model.characters import Character, CharacterKind, name_problem
from core.project.model.project import new_id
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.theme import GAP, Tone
from gui.widgets.choice_field import ChoiceField, choices_of
from gui.widgets.fields import SwitchField, TextField, ignore_wheel
from gui.widgets.layouts import vbox
from gui.widgets.model_form import ModelForm
from gui.widgets.parts_list import PartsLabels, PartsList

if TYPE_CHECKING:
    from core.project.model.characters import ReferenceImage
    from core.video.spec import ModelSpec
    from gui.widgets.thumbnails import Thumbnails

_KINDS = {
    CharacterKind.CHARACTER: "Character",
    CharacterKind.PLACE: "Place",
    CharacterKind.THING: "Thing",
    CharacterKind.STYLE: "Style",
}
_LABELS = PartsLabels(
    name="characters",
    one="character",
    add="Add a &character",
    empty="Keep who and what a film shows by name, and write @Name in prompts.",
)
_EMPTY = "Drop pictures of it here, paste them, or press Add."


class NameField(QLineEdit):
    """A name that is taken over as a whole, because every prompt follows it.

    Signals:
        edited(str): a person wrote another one and went on.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""
        self.editingFinished.connect(self._tell)

    def show_value(self, value: object) -> None:
        """Show a name; tells nobody."""
        self._shown = str(value)
        if self.text() != self._shown:
            self.setText(self._shown)

    @Slot()
    def _tell(self) -> None:
        if self.text() != self._shown:
            self._shown = self.text()
            self.edited.emit(self._shown)


class CharacterForm(ModelForm[Character]):
    """Edits a `Character` but for its images."""

    def __init__(self) -> None:
        super().__init__(Character(id="", name=""), "character_")
        self.add_row("name", "&Name", NameField(), "Stands behind the @ in prompts")
        self.add_row("kind", "&Kind", ChoiceField(choices_of(_KINDS)), "What it is")
        sentence = TextField(lines=2)
        sentence.setPlaceholderText("What it looks like, for models that take no images.")
        self.add_row(
            "sentence", "&Sentence", sentence,
            "Stands in the prompt where no image of it is sent; of a style, always",
        )  # fmt: skip
        self.add_row(
            "is_everywhere", "", SwitchField("In &every scene"),
            "Every scene that uses the project's references has this style",
            is_shown=lambda one: one.kind is CharacterKind.STYLE,
        )  # fmt: skip
        ignore_wheel(self)

    @override
    def refresh(self, value: Character) -> None:
        """Nothing is wrong with it any more."""
        self.clear_problems()


class CharacterList(PartsList[Character]):
    """Edits a tuple of `Character`."""

    def __init__(self) -> None:
        super().__init__(_LABELS, CharacterForm(), _line)

    @override
    @Slot()
    def add(self) -> None:
        known, number = self.value(), len(self.value()) + 1
        while name_problem(f"Character {number}", known):
            number += 1
        self.append([Character(id=new_id("character"), name=f"Character {number}")])
        self.form.focus_row("name")


def _line(one: Character) -> str:
    images = count_text(len(one.images), "image") if one.images else "no image"
    kind = "" if one.kind is CharacterKind.CHARACTER else f"{_KINDS[one.kind].lower()}, "
    return f"@{one.name}: {kind}{images}"


class CharactersPanel(QWidget):
    """Edits a tuple of `Character`.

    Signals:
        changed(tuple[Character, ...])
        images_changed(Character): the chosen one, with other images.
        brought(tuple[Path | QImage, ...]): pictures of the chosen one, to be copied first.
    """

    changed = Signal(object)
    images_changed = Signal(object)
    brought = Signal(object)

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setObjectName("characters_panel")
        self.list = CharacterList()
        self._images = ReferenceImagesWidget(thumbnails, empty=_EMPTY)
        self._images.setObjectName("character_images")
        self._chosen: Character | None = None
        rows = vbox(self.list, self._images, None, of=self, gap=GAP // 2)
        rows.setContentsMargins(0, GAP // 2, 0, 0)
        self.list.edited.connect(self.changed)
        self.list.chosen.connect(self._show_images)
        self._images.changed.connect(self._on_images)
        self._images.brought.connect(self.brought)
        self._show_images(None)

    @property
    def chosen(self) -> Character | None:
        """Whose form is shown."""
        return self._chosen

    @property
    def chosen_id(self) -> str:
        """Its id; empty where none is shown."""
        return "" if self._chosen is None else self._chosen.id

    def set_value(self, value: tuple[Character, ...]) -> None:
        """Show these; tells nobody."""
        self.list.show_value(value)

    def set_editable(self, is_editable: bool) -> None:
        """Whether they can be changed."""
        self.list.setEnabled(is_editable)
        self._images.set_editable(is_editable)

    def set_spec(self, spec: ModelSpec) -> None:
        """Say how many images the model takes."""
        self._images.set_limit(spec)

    def show_problem(self, text: str) -> None:
        """Say why the name that was typed is not taken."""
        self.list.form.show_problem("name", text)

    def show_message(self, text: str, of: Tone = Tone.BAD) -> None:
        """Say what is wrong or done with a picture."""
        self._images.show_message(text, of)

    @Slot(object)
    def _show_images(self, one: Character | None) -> None:
        self._chosen = one
        self._images.setVisible(one is not None)
        self._images.set_value(() if one is None else one.images)

    @Slot(object)
    def _on_images(self, images: tuple[ReferenceImage, ...]) -> None:
        if self._chosen is not None:
            self.images_changed.emit(self._chosen.model_copy(update={"images": images}))
