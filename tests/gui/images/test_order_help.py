"""Wildcards, settings of files and grids in the image room of the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.history.history import HistoryQuery
from core.history.history_entry import WorkKind
from core.jobs.job_record import JobState
from gui.images.grid_panel import AxisChoice, GridChoice
from gui.images.image_batch import ImageBatch
from tests.core.metadata.image_files import A1111, png, wide_text_chunk
from tests.fakes.stills import TARGET
from tests.gui.controls import controls_of
from tests.gui.images.test_image_page import ImageWindow
from tests.gui.operating import answer_with, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.gui.whole_window import BoxAnswers


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[ImageWindow]:
    window = ImageWindow(tmp_path / "home", qtbot)
    yield window
    window.close()


def type_prompt(window: ImageWindow, text: str) -> None:
    write(text)(controls_of(window.images)["image_prompt"])


def test_what_the_wildcards_become_is_shown_under_the_prompt(window: ImageWindow) -> None:
    words = window.images.order.words
    window.images.set_value(ImageBatch(target=TARGET, prompt="", seed=7, count=3))
    type_prompt(window, "a {red|blue} ball")
    window.until(lambda: words.text().startswith("Becomes:"))
    lines = words.text().splitlines()
    assert [line[:2] for line in lines[1:]] == ["1.", "2.", "3."]
    shown = [line[3:] for line in lines[1:]]

    window.press("image_make")

    window.until(lambda: window.count == 3)
    entries = window.window.studio.history.find(HistoryQuery(kind=WorkKind.IMAGE))
    assert [entry.prompt for entry in sorted(entries, key=lambda one: one.seed or 0)] == shown
    type_prompt(window, "a ball")
    window.until(lambda: words.text() == "")


def test_a_wildcard_that_is_wrong_is_told_where_the_plan_stands(window: ImageWindow) -> None:
    window.images.set_value(ImageBatch(target=TARGET, prompt=""))
    type_prompt(window, "a __colours__ {ball")
    window.until(lambda: len(window.images.line.text().issues) == 2)
    told = "\n".join(issue.message for issue in window.images.line.text().issues)
    assert "There is no list of words named 'colours'" in told
    assert "is not closed" in told


def test_the_settings_of_a_foreign_file_fill_the_form(window: ImageWindow, tmp_path: Path) -> None:
    path = tmp_path / "foreign.png"
    path.write_bytes(png(wide_text_chunk("parameters", A1111)))
    window.images.set_value(ImageBatch(target=TARGET, prompt="mine"))

    answer_with(path)(controls_of(window.images)["image_settings_from"])

    window.until(lambda: window.images.value().prompt.startswith("a red kite"))
    value = window.images.value()
    sampling = value.choices.sampling
    assert (sampling.num_inference_steps, sampling.guidance_scale, value.seed) == (
        20,
        6.5,
        1234567890,
    )
    assert (value.choices.negative_prompt, value.resolution, value.aspect) == (
        "blurry, low quality",
        "64p",
        "2:3",
    )
    said = window.images.source.findChildren(type(window.images.order.words))[0].text()
    assert "The settings of foreign.png are filled in." in said
    assert "The sampler 'DPM++ 2M Karras' is left out" in said


def test_a_file_that_says_nothing_is_told_and_leaves_the_form(
    window: ImageWindow, tmp_path: Path
) -> None:
    path = tmp_path / "bare.png"
    path.write_bytes(png())
    window.images.set_value(ImageBatch(target=TARGET, prompt="mine"))
    answer_with(path)(controls_of(window.images)["image_settings_from"])
    said = window.images.source.findChildren(type(window.images.order.words))[0]
    window.until(lambda: "does not say how it was made" in said.text())
    assert window.images.value().prompt == "mine"


def test_an_image_of_the_gallery_gives_its_settings_back_and_says_its_marks(
    window: ImageWindow,
) -> None:
    window.make_one("a ball", seed=5)
    marks = window.images.details.findChildren(type(window.images.order.words))
    window.until(lambda: any("Marked as made by a model." in one.text() for one in marks))
    window.images.set_value(ImageBatch(target=TARGET, prompt="another"))

    window.press("picture_settings")

    window.until(lambda: window.images.value().prompt == "a ball")
    assert window.images.value().seed == 5


def test_a_grid_is_planned_made_and_its_missing_cell_made_again(
    window: ImageWindow, answers: BoxAnswers
) -> None:
    window.images.set_value(ImageBatch(target=TARGET, prompt="a red ball", seed=5))
    grid = window.images.grid
    grid.open()
    axis = AxisChoice(name="prompt", find="red", values="red, fail")
    grid.set_value(GridChoice(x=axis, y=AxisChoice(name="steps", values="")))
    write("2, 3")(controls_of(grid)["grid_y_values"])
    window.until(lambda: "2 × 2 = 4 pictures" in grid_line(window))

    window.press("grid_make")

    window.until(lambda: "2 pictures are missing" in grid_line(window))
    jobs = window.window.studio.queue.jobs()
    (sheet,) = [job for job in jobs if job.kind == "grid"]
    assert sheet.state is JobState.SUCCEEDED
    assert sheet.path is not None
    assert sheet.path.is_file()
    window.press("grid_make")
    window.until(
        lambda: len([one for one in window.window.studio.queue.jobs() if one.kind == "grid"]) == 2
    )
    renders = [job for job in window.window.studio.queue.jobs() if job.kind == "render"]
    assert len(renders) == 4 + 2


def test_what_is_wrong_with_a_grid_is_told_under_it(window: ImageWindow) -> None:
    window.images.set_value(ImageBatch(target=TARGET, prompt="a red ball"))
    grid = window.images.grid
    grid.open()
    grid.set_value(GridChoice(x=AxisChoice(name="steps")))
    write("4, 99, four")(controls_of(grid)["grid_x_values"])
    window.until(lambda: "'four' is no value for steps" in grid_line(window))
    assert not controls_of(grid)["grid_make"].isEnabled()


def test_the_price_of_a_grid_is_on_its_button(window: ImageWindow) -> None:
    target = TARGET.with_model("fake-full")
    window.images.set_value(ImageBatch(target=target, prompt="a red ball"))
    grid = window.images.grid
    grid.open()
    grid.set_value(GridChoice(x=AxisChoice(name="steps")))
    write("4, 8, 12")(controls_of(grid)["grid_x_values"])
    button = controls_of(grid)["grid_make"]
    window.until(lambda: button.text() == "Make grid · $0.06")


def grid_line(window: ImageWindow) -> str:
    labels = window.images.grid.findChildren(type(window.images.order.words))
    return "\n".join(label.text() for label in labels)
