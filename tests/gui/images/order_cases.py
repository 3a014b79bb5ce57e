"""What each control of an order of images changes, and those of the picture that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
)

from core.video.terms import Task
from gui.images.image_form import ImageForm
from tests.gui.children import child
from tests.gui.controls import ControlCase
from tests.gui.images.gallery_cases import (
    choose_tile,
)
from tests.gui.images.models import IMAGE
from tests.gui.operating import answer_with, choose_index, click, step_up, tick, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from gui.images.image_tab import ImageTab


def with_tool(tool: Task, act: Callable[[QWidget], None]) -> Callable[[QWidget], None]:
    """Operate a control of a tool once that is chosen."""

    def act_with_tool(field: QWidget) -> None:
        (form,) = field.window().findChildren(ImageForm)
        form.put("tool", tool)
        act(field)

    return act_with_tool


def chosen(tab: ImageTab) -> str:
    entry = tab.gallery.entry
    return "" if entry is None else entry.prompt


def requests(tab: ImageTab) -> int:
    return len(tab.property("told").requests)


def are_notes_shown(tab: ImageTab) -> bool:
    return child(tab, QAbstractButton, "section_notes").isChecked()


LORA = IMAGE.with_name("ink.safetensors")
CASES = (
    ControlCase("image_prompt", write("a ball"), lambda tab: tab.value().prompt),
    ControlCase("image_model", choose_index(0), lambda tab: tab.value().target),
    ControlCase("image_resolution", choose_index(2), lambda tab: tab.value().resolution),
    ControlCase("image_aspect", choose_index(2), lambda tab: tab.value().aspect),
    ControlCase("image_quality", choose_index(2), lambda tab: tab.value().quality),
    ControlCase("image_inputs_add", answer_with(IMAGE), lambda tab: tab.value().images),
    ControlCase("image_input_remove_0", click, lambda tab: tab.value().images),
    ControlCase("image_mask", answer_with(IMAGE), lambda tab: tab.value().mask),
    ControlCase("image_mask_paint", click, requests),
    ControlCase("image_mask_clear", click, lambda tab: tab.value().mask),
    ControlCase("image_tool", choose_index(1), lambda tab: tab.value().choices.editing.tool),
    *(
        ControlCase(
            f"image_{side}",
            with_tool(Task.OUTPAINT, step_up),
            lambda tab: tab.value().choices.editing.margins,
        )
        for side in ("left", "right", "up", "down")
    ),
    ControlCase(
        "image_search",
        with_tool(Task.SEARCH_AND_REPLACE, write("hat")),
        lambda tab: tab.value().choices.editing.search,
    ),
    ControlCase(
        "image_upscale_factor",
        with_tool(Task.UPSCALE, step_up),
        lambda tab: tab.value().choices.editing.upscale_factor,
    ),
    ControlCase("image_strength", step_up, lambda tab: tab.value().choices.editing.strength),
    ControlCase(
        "image_style_preset", choose_index(1), lambda tab: tab.value().choices.style_preset
    ),
    ControlCase("image_background", choose_index(1), lambda tab: tab.value().choices.background),
    ControlCase("image_preview", tick, lambda tab: tab.value().choices.delivery.preview),
    ControlCase(
        "image_negative_prompt", write("rain"), lambda tab: tab.value().choices.negative_prompt
    ),
    ControlCase("image_guidance_scale", step_up, lambda tab: tab.value().choices.sampling),
    ControlCase("image_num_inference_steps", step_up, lambda tab: tab.value().choices.sampling),
    ControlCase("image_memory", choose_index(1), lambda tab: tab.value().choices.delivery.memory),
    ControlCase("lora_add", answer_with(IMAGE), lambda tab: tab.value().choices.inputs),
    ControlCase("lora_own", choose_index(1), lambda tab: tab.value().choices.inputs),
    ControlCase("image_settings_from", answer_with(IMAGE), requests),
    ControlCase("section_image_grid", click, lambda tab: tab.grid.is_open),
    ControlCase("grid_x", choose_index(0), lambda tab: tab.grid.value()),
    ControlCase("grid_x_find", write("thing"), lambda tab: tab.grid.value()),
    ControlCase("grid_x_values", write("a, b"), lambda tab: tab.grid.value()),
    ControlCase("grid_y", choose_index(0), lambda tab: tab.grid.value()),
    ControlCase("grid_y_find", write("some"), lambda tab: tab.grid.value()),
    ControlCase("grid_y_values", write("1, 2"), lambda tab: tab.grid.value()),
    ControlCase("grid_make", click, requests),
    ControlCase("seed_number", write("42"), lambda tab: tab.value().seed),
    ControlCase("seed_same", click, lambda tab: tab.value().seed),
    ControlCase("seed_new", click, lambda tab: tab.value().seed),
    ControlCase("image_count", step_up, lambda tab: tab.value().count),
    ControlCase("section_notes", click, are_notes_shown),
    ControlCase("image_make", click, requests),
    ControlCase("image_stop", click, requests),
    ControlCase("gallery", choose_tile(1), chosen),
    ControlCase("picture_start", click, requests),
    ControlCase("picture_end", click, requests),
    ControlCase("picture_reference", click, requests),
    ControlCase("picture_character", click, requests),
    ControlCase("picture_again", click, requests),
    ControlCase("picture_vary", click, lambda tab: tab.value().images),
    ControlCase("picture_settings", click, requests),
    ControlCase("picture_copy", click, lambda _: QGuiApplication.clipboard().text()),
    ControlCase("picture_file", click, requests),
    ControlCase("picture_trash", click, requests),
)
