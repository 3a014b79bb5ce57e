"""A mask that is painted: which pixels a step changes, and that undo brings back each bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from PySide6.QtCore import QPointF, QRect

from gui.images.mask_editor import painted_mask
from gui.images.mask_editor.painted_mask import (
    MOST_KEPT_BYTES,
    PaintedMask,
    can_undo,
    changes_between,
)
from tests.gui.images.painting import SIZE, Place, assert_covers, empty_mask, pixels

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PLACES = st.tuples(st.floats(-60, SIZE[0] + 60), st.floats(-60, SIZE[1] + 60))
Line = tuple[Place, Place, float, bool]
LINES = st.tuples(PLACES, PLACES, st.floats(1, 120), st.booleans())


@pytest.fixture
def mask(qtbot: QtBot) -> PaintedMask:
    return PaintedMask(empty_mask())


@pytest.mark.parametrize("width", [3.0, 10.0, 41.5, 300.0])
@pytest.mark.parametrize(
    ("begin", "end"),
    [((100.5, 80.5), (100.5, 80.5)), ((40, 60), (590.2, 333.3)), ((-30, 200), (700, 200))],
)
def test_a_stroke_covers_the_pixels_along_it_and_no_others(
    mask: PaintedMask, width: float, begin: tuple[float, float], end: tuple[float, float]
) -> None:
    mask.draw_line(QPointF(*begin), QPointF(*end), width, is_edited=True)
    assert_covers(pixels(mask), begin, end, width)


def test_a_brush_of_one_pixel_paints_the_one_under_it(mask: PaintedMask) -> None:
    for x, y in ((0, 0), (17, 23), (639, 399)):
        mask.draw_line(QPointF(x + 0.5, y + 0.5), QPointF(x + 0.5, y + 0.5), 1, is_edited=True)
    assert np.argwhere(pixels(mask)).tolist() == [[0, 0], [23, 17], [399, 639]]


def test_what_is_erased_along_the_same_line_leaves_nothing_behind(mask: PaintedMask) -> None:
    line = (QPointF(50.3, 60.7), QPointF(500.1, 301.9), 33.3)
    mask.draw_line(*line, is_edited=True)
    assert mask.share > 0
    mask.draw_line(*line, is_edited=False)
    assert mask.share == 0


def test_a_lasso_fills_what_lies_inside(mask: PaintedMask) -> None:
    corners = [QPointF(100, 100), QPointF(300, 100), QPointF(300, 250), QPointF(100, 250)]
    mask.fill_polygon(corners, is_edited=True)
    expected = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    expected[100:250, 100:300] = 255
    assert np.array_equal(pixels(mask), expected)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.lists(LINES, min_size=1, max_size=3) | st.sampled_from(["invert"]),
        min_size=1,
        max_size=6,
    )
)
def test_undo_and_redo_restore_each_step_to_the_bit(
    qtbot: QtBot, steps: list[list[Line] | str]
) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (SIZE[1], SIZE[0]), np.uint8)
    mask = PaintedMask(Image.fromarray(noise))
    states = [pixels(mask)]
    for step in steps:
        if isinstance(step, str):
            before = mask.copy()
            mask.apply("Invert", changes_between(before, ImageChops.invert(before)))
        else:
            for begin, end, width, is_edited in step:
                mask.draw_line(QPointF(*begin), QPointF(*end), width, is_edited=is_edited)
            mask.end_step("Brush")
        if not np.array_equal(states[-1], pixels(mask)):
            states.append(pixels(mask))
    stack = mask.undo_stack
    assert stack.count() == len(states) - 1, "a step that changes nothing is none"
    for state in reversed(states[:-1]):
        mask.undo()
        assert np.array_equal(pixels(mask), state)
    assert not can_undo(stack)
    for state in states[1:]:
        mask.redo()
        assert np.array_equal(pixels(mask), state)
        assert mask.share == pytest.approx(state.mean() / 255)


def test_undo_in_the_middle_of_a_stroke_takes_that_stroke_back(mask: PaintedMask) -> None:
    mask.draw_line(QPointF(10, 10), QPointF(90, 90), 9, is_edited=True)
    mask.end_step("Brush")
    first = pixels(mask)
    mask.draw_line(QPointF(300, 10), QPointF(390, 90), 9, is_edited=True)

    mask.undo()

    assert np.array_equal(pixels(mask), first)
    mask.redo()
    assert pixels(mask)[:, 300:].any()


def test_a_step_that_is_called_off_leaves_no_trace(mask: PaintedMask) -> None:
    mask.draw_line(QPointF(10, 10), QPointF(600, 390), 50, is_edited=True)
    mask.cancel_step()
    assert not pixels(mask).any()
    assert not can_undo(mask.undo_stack)


def test_who_shows_it_is_told_where_it_changed(mask: PaintedMask) -> None:
    told: list[QRect] = []
    mask.changed.connect(told.append)
    mask.draw_line(QPointF(100, 100), QPointF(120, 100), 10, is_edited=True)
    changed = np.argwhere(pixels(mask))
    (rect,) = told
    assert all(rect.contains(int(x), int(y)) for y, x in changed)
    assert rect.width() <= 36
    assert rect.height() <= 16


def test_a_stroke_keeps_the_tiles_that_it_changed_and_not_all_of_a_large_mask(
    qtbot: QtBot,
) -> None:
    mask = PaintedMask(empty_mask((3840, 2160)))
    for number in range(40):
        mask.draw_line(QPointF(100, 100 + number), QPointF(3700, 2000), 60, is_edited=True)
        mask.end_step("Brush")
    stack = mask.undo_stack
    kept = sum(step_bytes(mask, number) for number in range(stack.count()))
    assert kept < 40 * 30_000, "a mask has 8 MB"


def step_bytes(mask: PaintedMask, number: int) -> int:
    step = mask.undo_stack.command(number)
    assert isinstance(step, painted_mask.MaskStep)
    return step.size_bytes


def test_the_oldest_steps_are_forgotten_when_all_hold_too_much(qtbot: QtBot) -> None:
    side = 3000
    random = np.random.default_rng(1)
    mask = PaintedMask(empty_mask((side, side)))
    states = [pixels(mask)]
    for _ in range(10):
        after = Image.fromarray(random.integers(0, 256, (side, side), np.uint8))
        mask.apply("Noise", changes_between(mask.copy(), after))
        states.append(pixels(mask))
    stack = mask.undo_stack
    kept = sum(step_bytes(mask, number) for number in range(stack.count()))
    assert MOST_KEPT_BYTES / 2 < kept <= MOST_KEPT_BYTES

    undone = 0
    while can_undo(stack):
        mask.undo()
        undone += 1
        assert np.array_equal(pixels(mask), states[-1 - undone])
    assert 5 <= undone < 10
