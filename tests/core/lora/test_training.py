"""What can be chosen about a training, and the record that it leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from core.lora.lora_file import read_lora
from core.lora.lora_library import notes_of
from core.lora.training import (
    TRAINING_CONTROLS,
    LossCurve,
    LossLine,
    Recipe,
    Targets,
    library_notes,
    lora_metadata,
    problems_of_choices,
    read_record,
    record_text,
    with_choices,
)
from providers.ltx_video.models.lora_families import LORA_FAMILIES
from tests.fakes.loras import smallest_lora

if TYPE_CHECKING:
    from pathlib import Path

USUAL = Recipe(
    rank=16, alpha=16, targets=Targets.ATTENTION, learning_rate=1e-3, steps=100, batch_size=2,
    validate_every=50, save_every=25,
)  # fmt: skip


def test_alpha_follows_the_rank_unless_it_is_chosen() -> None:
    assert with_choices(USUAL, {"rank": 8, "steps": None}).alpha == 8
    assert with_choices(USUAL, {"rank": 8, "alpha": 4.0}).alpha == 4
    assert with_choices(USUAL, {}) == USUAL


def test_a_curve_says_its_last_values_in_words() -> None:
    lines = [
        LossLine(step=0, validation_loss=0.9),
        LossLine(step=10, loss=0.5),
        LossLine(step=20, loss=0.25, validation_loss=0.1),
    ]
    assert LossCurve.of([], 40).text == ""
    assert LossCurve.of(lines[:1], 40).text == "Step 0 of 40: validation loss 0.900"
    assert LossCurve.of(lines, 40).text == (
        "Step 20 of 40: loss 0.250, validation loss 0.100 (at first 0.900)"
    )


def test_every_choice_out_of_its_range_is_told_at_once() -> None:
    wrong: dict[str, Any] = {
        "rank": 0, "steps": 0, "learning_rate": 2.0, "caption_dropout": 1.5, "batch_size": 100,
        "seed": -1,
    }  # fmt: skip
    problems = problems_of_choices(wrong)
    assert {problem.field for problem in problems} == set(wrong)
    rank = next(problem for problem in problems if problem.field == "rank")
    assert rank.message.startswith("Rank takes 1 to 256, not 0.")


def test_a_rank_out_of_its_range_is_told_once() -> None:
    assert [problem.field for problem in problems_of_choices({"rank": 9999})] == ["rank"]
    both = problems_of_choices({"rank": 9999, "alpha": 9999.0, "steps": None})
    assert [problem.field for problem in both] == ["rank", "alpha"]


def test_every_choice_is_a_field_of_the_recipe() -> None:
    assert {control.field for control in TRAINING_CONTROLS} == set(Recipe.model_fields)


@pytest.mark.parametrize("family", LORA_FAMILIES, ids=lambda family: family.id)
def test_each_family_has_the_layers_that_are_trained(family) -> None:
    blocks = max(layer.count for layer in family.layers)
    assert len(Targets.ATTENTION.layers(family)) == 8 * blocks
    assert len(Targets.ATTENTION_AND_FEED_FORWARD.layers(family)) == 10 * blocks


def test_a_record_reads_back_and_its_half_line_is_left_out(tmp_path: Path) -> None:
    lines = (
        LossLine(step=0, validation_loss=1.5),
        LossLine(step=10, loss=0.5, seconds=2.5),
        LossLine(step=20, loss=0.25, validation_loss=1.0, clip="step-000020.mp4"),
    )
    path = tmp_path / "record.jsonl"
    path.write_text(record_text(lines) + '{"step": 30, "lo')
    assert read_record(path) == lines
    assert read_record(tmp_path / "none") == ()


def test_the_collection_reads_what_a_training_says_of_its_lora(tmp_path: Path) -> None:
    recipe = USUAL.model_copy(update={"trigger": "inkpaper", "alpha": 8.0})
    head = lora_metadata(recipe, base="ltx-mini", title="ink", steps=100)
    path = smallest_lora(tmp_path / "ink.safetensors", head)
    file = read_lora(path)
    assert (file.metadata["rank"], file.metadata["alpha"]) == ("16", "8")
    assert file.metadata["base_model"] == "ltx-mini"
    assert notes_of(path, file).trigger_words == ("inkpaper",)
    # Nobody scales it a second time.
    assert file.scale_of("some.layer", 16) == 1
    path.with_suffix(".json").write_text(library_notes(recipe, base="LTX Mini", source="a set"))
    notes = notes_of(path, file)
    assert (notes.trigger_words, notes.source, notes.base) == (("inkpaper",), "a set", "LTX Mini")
    assert json.loads(path.with_suffix(".json").read_text())["notes"].startswith("Trained here")
