"""What picture is to be made: words, model, size, seed, how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from typing_extensions import override

from core.video.listing import ModelListing
from core.video.model_text import listed_text
from core.video.spec import Task
from core.video.terms import DEFAULT_TARGET, Target
from gui import theme
from gui.images.image_batch import MAX_COUNT, ImageBatch
from gui.render.plan_fixes import ChooseValue
from gui.render.seed_field import SeedField
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.fields import TextField, ignore_wheel
from gui.widgets.model_form import FieldPath, ModelForm
from gui.widgets.number_field import Limits, NumberField, NumberLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.video.listing import ListedModel, ListedProvider
    from core.video.spec import ModelSpec

_USUAL = Choice("", "The model's usual one")
_NO_IMAGES = "It makes no pictures from words."


class ImageForm(ModelForm[ImageBatch]):
    """Edits an `ImageBatch`."""

    def __init__(self) -> None:
        super().__init__(ImageBatch(target=DEFAULT_TARGET), "image_")
        self._listing = ModelListing()
        self._form.setSpacing(theme.GAP)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._prompt = TextField(lines=5)
        self._prompt.setPlaceholderText("Describe the picture.")
        self._prompt.setAccessibleName("Prompt")
        self._model = ChoiceField()
        self._resolution = ChoiceField()
        self._aspect = ChoiceField()
        self._seed = SeedField(what="picture")
        count = NumberField(Limits(1, MAX_COUNT), NumberLook(0, 1.0, is_whole=True))
        # Another model may not have that size.
        model = FieldPath[ImageBatch](
            lambda batch: batch.target,
            lambda batch, target: batch.model_copy(
                update={"target": target, "resolution": "", "aspect": ""}
            ),
        )
        self.add_row("prompt", "", self._prompt, "What the picture shows, in your own words")
        self.add_row("model", "M&odel", self._model, "Who makes the picture", model)
        self.add_row("resolution", "Reso&lution", self._resolution, "How large the picture is")
        self.add_row("aspect", "As&pect", self._aspect, "Width to height")
        self.add_row("seed", "See&d", self._seed, "The same seed gives the same picture")
        self.add_row("count", "Ho&w many", count, "Each has a seed of its own")
        ignore_wheel(self)
        self.refresh(self._value)

    def set_listing(self, listing: ModelListing) -> None:
        """What there is to make pictures with."""
        self._listing = listing
        self.refresh(self._value)

    def set_last_seed(self, seed: int | None) -> None:
        """The seed that "same again" stands for; None where there is none."""
        self._seed.set_last(seed)

    @property
    def model(self) -> ListedModel | None:
        """The model that would make the picture, where it is known."""
        return self._listing.model(self._value.target)

    def focus_prompt(self) -> None:
        """Go to the words."""
        self._prompt.setFocus()

    def choose(self, fix: ChooseValue) -> None:
        """Set one field as a person would; one that pictures do not have is left alone."""
        match fix:
            case ChooseValue(field="target", value=Target() as target):
                self.put("model", target)
            case ChooseValue(field="resolution" | "aspect" | "seed" as name, value=value):
                self.put(name, value if name == "seed" else value or "")
            case _:
                pass

    @override
    def refresh(self, value: ImageBatch) -> None:
        """Offer what there is to choose from, and what the model has."""
        models = _models(self._listing.providers) or [_not_read(value.target)]
        self._model.show_choices(models, value.target)
        model = self.model
        spec = None if model is None else model.spec
        resolutions = () if spec is None else spec.resolutions
        self._resolution.show_choices(
            (_USUAL, *(Choice(name, name) for name in resolutions)), value.resolution
        )
        aspects = [] if spec is None else _aspects(spec, value.resolution)
        self._aspect.show_choices((_USUAL, *(Choice(name, name) for name in aspects)), value.aspect)


def _not_read(target: Target) -> Choice:
    return Choice(target, "Looking for models…")


def _models(listing: Sequence[ListedProvider]) -> list[Choice]:
    choices: list[Choice] = []
    for offer in listing:
        automatic = offer.model(offer.target.model)
        name = "" if automatic is None else f": {automatic.spec.label}"
        choices.append(
            Choice(offer.target, f"{offer.name}, automatic{name}", begins_group=bool(choices))
        )
        for model in offer.models:
            why_not = "" if Task.TEXT_TO_IMAGE in model.spec.tasks else _NO_IMAGES
            target = offer.target.with_model(model.spec.id)
            label = listed_text(model)
            choices.append(Choice(target, label, why_not, model.spec.summary))
    return choices


def _aspects(spec: ModelSpec, resolution: str) -> list[str]:
    """Those that the model has in this resolution, or in any where that says none."""
    fitting = [size for size in spec.sizes if size.resolution == resolution] or spec.sizes
    return list(dict.fromkeys(size.aspect.value for size in fitting))
