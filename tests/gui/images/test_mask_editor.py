"""The mask editor: its controls and keys, what it says, and the file that comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMessageBox, QSlider, QWidget

from gui.images.mask_editor.image_view import levels_of
from gui.images.mask_editor.mask_canvas import MaskTool
from gui.images.mask_editor.mask_controller import MaskController, MaskOrder
from gui.images.mask_editor.mask_dialog import MaskDialog, MaskDraft
from tests.gui.children import child
from tests.gui.controls import ControlCase, check_every_control, controls_of
from tests.gui.images.painting import SIZE, drag, empty_mask, grey_image, pixels
from tests.gui.operating import answer_with, choose_index, click, step_up, write
from tests.gui.test_nothing_cut_off import cut_off, lengthen

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from core.errors import StudioError
    from gui.background import Background
    from gui.ui_watchdog import UiWatchdog
    from tests.gui.whole_window import BoxAnswers

WITHIN_MS = 10_000


def block() -> Image.Image:
    """A mask of one block in the middle of nothing."""
    mask = empty_mask()
    ImageDraw.Draw(mask).rectangle((200, 100, 399, 299), fill=255)
    return mask


@pytest.fixture
def make(qtbot: QtBot) -> Callable[[], MaskDialog]:
    def make() -> MaskDialog:
        dialog = MaskDialog(MaskDraft(Path("portrait.jpg"), levels_of(grey_image()), block()))
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        return dialog

    return make


@pytest.fixture
def dialog(make: Callable[[], MaskDialog]) -> MaskDialog:
    return make()


def settle(qtbot: QtBot, dialog: MaskDialog) -> None:
    """Wait until a step of all of the mask is done."""
    qtbot.waitUntil(dialog.canvas.isEnabled, timeout=WITHIN_MS)


def said(dialog: MaskDialog, name: str = "mask_state") -> str:
    return child(dialog, QLabel, name).text()


def is_ok_possible(dialog: MaskDialog) -> bool:
    return child(dialog, QAbstractButton, "mask_ok").isEnabled()


def tool(dialog: MaskDialog) -> MaskTool:
    return dialog.canvas.tool


def seen(dialog: MaskDialog) -> bytes:
    return pixels(dialog.painted).tobytes()


def slide(slider: QWidget) -> None:
    assert isinstance(slider, QSlider)
    QTest.keyClick(slider, Qt.Key.Key_PageUp)


def wanted(dialog: MaskDialog) -> int:
    return len(dialog.property("wanted").places)


class Wanted:
    """Counts what a dialog asks for."""

    def __init__(self, dialog: MaskDialog) -> None:
        self.places: list[object] = []
        dialog.ok_wanted.connect(self.places.append)
        dialog.file_wanted.connect(lambda: self.places.append(None))
        dialog.finished.connect(self.places.append)


def test_every_control_has_its_effect(make: Callable[[], MaskDialog], qtbot: QtBot) -> None:
    def prepared() -> MaskDialog:
        dialog = make()
        drag(dialog.canvas, [(50, 50), (90, 50)])
        drag(dialog.canvas, [(50, 350), (90, 350)])
        dialog.painted.undo()
        dialog.painted.undo_stack.setClean()
        # Qt copies a list that is a property, and an object it leaves as it is.
        dialog.setProperty("wanted", Wanted(dialog))
        return dialog

    def change(button: QWidget) -> None:
        click(button)
        dialog = button.window()
        assert isinstance(dialog, MaskDialog)
        settle(qtbot, dialog)

    def colour(dialog: MaskDialog) -> object:
        QApplication.processEvents()
        at = dialog.canvas.view.to_widget(QPointF(300, 200)).toPoint()
        return dialog.canvas.grab().toImage().pixelColor(at).name()

    def zoom(dialog: MaskDialog) -> float:
        return dialog.canvas.view.zoom

    def edge(dialog: MaskDialog) -> float:
        return controls_of(dialog)["mask_edge"].value()

    def zoomed() -> MaskDialog:
        dialog = prepared()
        dialog.canvas.zoom_to(3.0)
        return dialog

    cases = (
        ControlCase("mask_brush", click, tool),
        ControlCase("mask_eraser", click, tool),
        ControlCase("mask_lasso", click, tool),
        ControlCase("mask_size_slider", slide, lambda d: d.canvas.brush_size),
        ControlCase("mask_size", write("99"), lambda d: d.canvas.brush_size),
        ControlCase("mask_edge", step_up, edge),
        ControlCase("mask_grow", change, seen),
        ControlCase("mask_shrink", change, seen),
        ControlCase("mask_feather", change, seen),
        ControlCase("mask_invert", change, seen),
        ControlCase("mask_fill", change, seen),
        ControlCase("mask_clear", change, seen),
        ControlCase("mask_colour", choose_index(2), colour),
        ControlCase("mask_undo", click, seen),
        ControlCase("mask_redo", click, seen),
        ControlCase("mask_open", click, wanted),
        ControlCase("mask_smaller", click, zoom),
        ControlCase("mask_larger", click, zoom),
        ControlCase("mask_fit", click, zoom),
        ControlCase("mask_100", click, zoom),
        ControlCase("mask_ok", click, wanted),
        ControlCase("mask_cancel", click, wanted),
    )

    def with_another_tool() -> MaskDialog:
        dialog = zoomed()
        dialog.canvas.set_tool(MaskTool.LASSO)
        return dialog

    by_name = {case.name: case for case in cases}
    # The lasso is the tool of all but the case that chooses it.
    others = [case for case in cases if case.name != "mask_lasso"]
    lasso = by_name["mask_lasso"]
    dialog = zoomed()
    before = lasso.seen(dialog)
    lasso.act(controls_of(dialog)["mask_lasso"])
    assert lasso.seen(dialog) != before
    check_every_control(
        with_another_tool,
        [
            *others,
            ControlCase("mask_lasso", lambda b: click(controls_of(b.window())["mask_brush"]), tool),
        ],
    )


def test_keys_do_what_the_buttons_do(dialog: MaskDialog, qtbot: QtBot) -> None:
    canvas, no_key = dialog.canvas, Qt.KeyboardModifier.NoModifier
    control = Qt.KeyboardModifier.ControlModifier

    def press(key: Qt.Key, keys: Qt.KeyboardModifier = no_key) -> None:
        QTest.keyClick(canvas, key, keys)
        settle(qtbot, dialog)

    for key, expected in (
        (Qt.Key.Key_E, MaskTool.ERASER),
        (Qt.Key.Key_L, MaskTool.LASSO),
        (Qt.Key.Key_B, MaskTool.BRUSH),
    ):
        press(key)
        assert canvas.tool is expected
        assert controls_of(dialog)[f"mask_{expected.lower()}"].isChecked()
    size = canvas.brush_size
    press(Qt.Key.Key_BracketRight)
    assert canvas.brush_size > size
    assert controls_of(dialog)["mask_size"].value() == canvas.brush_size
    press(Qt.Key.Key_BracketLeft)
    assert canvas.brush_size == size
    press(Qt.Key.Key_1, control)
    assert canvas.view.zoom == 1.0
    press(Qt.Key.Key_Plus)
    assert canvas.view.zoom == 1.25
    press(Qt.Key.Key_Minus)
    assert canvas.view.zoom == pytest.approx(1.0)
    press(Qt.Key.Key_0, control)
    first = seen(dialog)
    press(Qt.Key.Key_I, control)
    assert np.array_equal(pixels(dialog.painted), 255 - np.asarray(block()))
    press(Qt.Key.Key_Z, control)
    assert seen(dialog) == first
    press(Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert seen(dialog) != first


def test_undo_is_the_editors_with_the_focus_in_a_number(dialog: MaskDialog) -> None:
    first = seen(dialog)
    drag(dialog.canvas, [(50, 50)])
    number = controls_of(dialog)["mask_size"]
    number.setFocus()
    QTest.keyClick(number, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert seen(dialog) == first


def test_the_space_bar_moves_the_view_after_a_tool_was_chosen(dialog: MaskDialog) -> None:
    canvas = dialog.canvas
    canvas.zoom_to(3.0)
    eraser = controls_of(dialog)["mask_eraser"]
    eraser.setFocus()
    click(eraser)
    place = QPointF(canvas.rect().center())
    QApplication.sendEvent(canvas, QEnterEvent(place, place, canvas.mapToGlobal(place)))
    focused = dialog.focusWidget()
    assert focused is canvas
    before = canvas.view.origin
    QTest.keyPress(focused, Qt.Key.Key_Space)
    drag(canvas, [(300, 200), (310, 210)])
    QTest.keyRelease(focused, Qt.Key.Key_Space)
    assert canvas.view.origin != before
    assert dialog.painted.undo_stack.count() == 0


def test_every_control_has_a_name_and_a_tip(dialog: MaskDialog) -> None:
    for name, control in controls_of(dialog).items():
        assert control.toolTip(), name
        assert control.accessibleName() or control.property("text"), name
    assert dialog.canvas.accessibleName() == "portrait.jpg, with its mask over it"


def test_every_control_is_reached_by_the_tab_key(dialog: MaskDialog) -> None:
    reached: set[str] = set()
    for _ in range(60):
        focused = dialog.focusWidget()
        assert focused is not None
        reached.add(focused.objectName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    enabled = {name for name, control in controls_of(dialog).items() if control.isEnabled()}
    # Of tools that exclude each other the chosen one is reached, and the arrows lead to the next.
    enabled -= {"mask_eraser", "mask_lasso"}
    assert enabled <= reached, enabled - reached
    assert "mask_canvas" in reached


def test_nothing_painted_and_all_painted_are_said_before_anything_is_ordered(
    dialog: MaskDialog, qtbot: QtBot
) -> None:
    assert said(dialog) == "16 % of the image is edited."
    assert is_ok_possible(dialog)
    for name, why in (
        ("mask_clear", "Nothing is painted yet: paint what is to be edited."),
        ("mask_fill", "All of the image is painted: to edit all of it, leave the mask out."),
    ):
        click(controls_of(dialog)[name])
        settle(qtbot, dialog)
        assert said(dialog) == why
        assert not is_ok_possible(dialog)
        assert controls_of(dialog)["mask_ok"].toolTip() == why
    drag(dialog.canvas, [(50, 50)], Qt.MouseButton.RightButton)
    assert said(dialog) == "99 % of the image is edited."
    assert is_ok_possible(dialog)


def test_an_edge_that_would_take_most_of_the_mask_is_narrower_and_says_so(
    dialog: MaskDialog, qtbot: QtBot
) -> None:
    write("200")(controls_of(dialog)["mask_edge"])
    click(controls_of(dialog)["mask_feather"])
    settle(qtbot, dialog)
    assert "The edge is 25 px soft: 200 px would take away more than half" in said(dialog)
    assert 0 < pixels(dialog.painted)[200, 205] < 128
    drag(dialog.canvas, [(50, 50)])
    assert "200 px" not in said(dialog), "that was said of the step before"


def test_closing_asks_before_what_was_painted_is_lost(
    make: Callable[[], MaskDialog], answers: BoxAnswers, qtbot: QtBot
) -> None:
    untouched = make()
    untouched.reject()
    assert answers.heard == []
    assert untouched.isHidden()

    painted = make()
    drag(painted.canvas, [(50, 50)])
    answers.button = QMessageBox.StandardButton.Cancel
    painted.reject()
    qtbot.waitUntil(lambda: len(answers.heard) == 1, timeout=WITHIN_MS)
    assert painted.isVisible()
    answers.button = QMessageBox.StandardButton.Discard
    painted.reject()
    qtbot.waitUntil(painted.isHidden, timeout=WITHIN_MS)


@pytest.mark.parametrize("by", [0.0, 0.4])
def test_nothing_is_cut_off_on_a_small_screen(dialog: MaskDialog, by: float, qtbot: QtBot) -> None:
    dialog.resize(1000, 640)
    if by:
        lengthen(dialog, by)
    qtbot.wait(200)
    assert list(cut_off(dialog)) == []
    assert dialog.minimumSizeHint().width() <= 1000
    assert dialog.minimumSizeHint().height() <= 640


class Painting:
    """The editor as the image tab opens it, over files."""

    def __init__(self, qtbot: QtBot, background: Background, parent: QWidget, tmp: Path) -> None:
        self.qtbot = qtbot
        self.parent = parent
        self.controller = MaskController(background, parent)
        self.folder = tmp / "masks"
        self.masks: list[Path] = []
        self.errors: list[StudioError] = []

    def open(self, image: Path, mask: Path | None = None) -> None:
        self.controller.paint(
            MaskOrder(image, mask, self.folder, self.masks.append, self.errors.append)
        )
        self.qtbot.waitUntil(
            lambda: self.parent.findChild(MaskDialog) is not None or bool(self.errors),
            timeout=WITHIN_MS,
        )

    @property
    def dialog(self) -> MaskDialog:
        return child(self.parent, MaskDialog)

    def ok(self) -> np.ndarray:
        click(controls_of(self.dialog)["mask_ok"])
        self.qtbot.waitUntil(lambda: bool(self.masks), timeout=WITHIN_MS)
        self.qtbot.waitUntil(lambda: self.parent.findChild(MaskDialog) is None, timeout=WITHIN_MS)
        with Image.open(self.masks[-1]) as found:
            assert (found.format, found.mode) == ("PNG", "L")
            return np.asarray(found)


@pytest.fixture
def painting(qtbot: QtBot, background: Background, tmp_path: Path) -> Painting:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    return Painting(qtbot, background, parent, tmp_path)


def photo(path: Path, size: tuple[int, int] = SIZE, exif: bytes = b"") -> Path:
    Image.new("RGB", size, "olive").save(path, exif=exif)
    return path


def test_ok_gives_a_mask_of_the_very_size_and_pixels(painting: Painting, tmp_path: Path) -> None:
    painting.open(photo(tmp_path / "a portrait.png"))
    drag(painting.dialog.canvas, [(100, 100), (300, 200)])
    expected = pixels(painting.dialog.painted)

    found = painting.ok()

    assert found.any()
    assert np.array_equal(found, expected)
    assert painting.masks == [tmp_path / "masks" / "a portrait-mask.png"]
    assert painting.errors == []


def test_cancel_leaves_all_as_it_was(
    painting: Painting, tmp_path: Path, answers: BoxAnswers, qtbot: QtBot
) -> None:
    mask = tmp_path / "mask.png"
    block().save(mask)
    before = mask.read_bytes()
    answers.button = QMessageBox.StandardButton.Discard
    painting.open(photo(tmp_path / "photo.png"), mask)
    drag(painting.dialog.canvas, [(10, 10)])
    click(controls_of(painting.dialog)["mask_cancel"])
    qtbot.waitUntil(lambda: painting.parent.findChild(MaskDialog) is None, timeout=WITHIN_MS)
    assert painting.masks == []
    assert mask.read_bytes() == before
    assert not painting.folder.exists()


def test_a_mask_of_a_file_is_painted_on_and_the_file_stays(
    painting: Painting, tmp_path: Path
) -> None:
    mask = tmp_path / "mask.png"
    block().save(mask)
    before = mask.read_bytes()
    painting.open(photo(tmp_path / "photo.png"), mask)
    assert np.array_equal(pixels(painting.dialog.painted), np.asarray(block()))
    drag(painting.dialog.canvas, [(20, 20)])
    found = painting.ok()
    assert found[20, 20] == 255
    assert found[200, 300] == 255
    assert painting.masks != [mask]
    assert mask.read_bytes() == before


def test_a_mask_that_was_only_looked_at_is_the_file_that_it_was(
    painting: Painting, tmp_path: Path
) -> None:
    mask = tmp_path / "mask.png"
    block().save(mask)
    painting.open(photo(tmp_path / "photo.png"), mask)
    painting.ok()
    assert painting.masks == [mask]
    assert not painting.folder.exists()


@pytest.mark.parametrize("is_agreed", [True, False])
def test_a_mask_of_another_size_is_scaled_by_a_persons_word_alone(
    painting: Painting, tmp_path: Path, answers: BoxAnswers, qtbot: QtBot, is_agreed: bool
) -> None:
    mask = tmp_path / "mask.png"
    block().resize((320, 200)).save(mask)
    roles = QMessageBox.ButtonRole
    answers.role = roles.AcceptRole if is_agreed else roles.RejectRole
    painting.open(photo(tmp_path / "photo.png"), mask)
    qtbot.waitUntil(lambda: bool(answers.heard), timeout=WITHIN_MS)
    settle(qtbot, painting.dialog)
    assert answers.heard == [
        "The mask is 320x200 and the image 640x400. Scale the mask to the size of the image?"
    ]
    expected = np.asarray(block()) if is_agreed else np.asarray(empty_mask())
    away = np.abs(pixels(painting.dialog.painted).astype(int) - expected)
    assert np.mean(away > 32) < 0.01


def test_a_mask_is_opened_within_the_editor(
    painting: Painting, tmp_path: Path, qtbot: QtBot
) -> None:
    mask = tmp_path / "other.png"
    block().save(mask)
    painting.open(photo(tmp_path / "photo.png"))
    dialog = painting.dialog
    answer_with(mask)(controls_of(dialog)["mask_open"])
    qtbot.waitUntil(lambda: dialog.painted.share > 0, timeout=WITHIN_MS)
    assert np.array_equal(pixels(dialog.painted), np.asarray(block()))
    dialog.painted.undo()
    assert dialog.painted.share == 0


def test_what_is_no_mask_is_said_in_the_editor(
    painting: Painting, tmp_path: Path, qtbot: QtBot
) -> None:
    text = tmp_path / "mask.png"
    text.write_text("no image")
    painting.open(photo(tmp_path / "photo.png"))
    drag(painting.dialog.canvas, [(20, 20)])
    answer_with(text)(controls_of(painting.dialog)["mask_open"])
    qtbot.waitUntil(lambda: bool(said(painting.dialog, "mask_problem")), timeout=WITHIN_MS)
    assert "is no picture in a known format" in said(painting.dialog, "mask_problem")
    assert painting.dialog.painted.share > 0, "what was painted is still there"


def test_a_mask_that_cannot_be_written_is_not_lost(
    painting: Painting, tmp_path: Path, qtbot: QtBot
) -> None:
    painting.folder.write_text("no folder")
    painting.open(photo(tmp_path / "photo.png"))
    drag(painting.dialog.canvas, [(20, 20)])
    click(controls_of(painting.dialog)["mask_ok"])
    qtbot.waitUntil(lambda: bool(said(painting.dialog, "mask_problem")), timeout=WITHIN_MS)
    assert "The mask cannot be written into" in said(painting.dialog, "mask_problem")
    painting.folder.unlink()
    assert painting.ok()[20, 20] == 255


def test_an_image_that_is_gone_is_told_and_opens_nothing(
    painting: Painting, tmp_path: Path
) -> None:
    painting.open(tmp_path / "gone.png")
    assert "There is no image at" in str(painting.errors[0])
    assert painting.parent.findChild(MaskDialog) is None


def test_the_window_answers_while_a_large_mask_is_worked_on(
    painting: Painting, tmp_path: Path, qtbot: QtBot, responsive: UiWatchdog
) -> None:
    large, small = tmp_path / "large.jpg", tmp_path / "mask.png"
    photo(large, (3840, 2160))
    block().save(small)
    painting.open(large)
    dialog = painting.dialog
    drag(dialog.canvas, [(200, 200), (1900, 1000), (3500, 300)])
    dialog.put_mask(block())
    settle(qtbot, dialog)
    for name in ("mask_feather", "mask_grow", "mask_invert"):
        click(controls_of(dialog)[name])
        settle(qtbot, dialog)
    for _ in range(3):
        click(controls_of(dialog)["mask_undo"])
        QApplication.processEvents()
    assert painting.ok().shape == (2160, 3840)


def odd_images(folder: Path) -> dict[str, tuple[Path, tuple[int, int], str]]:
    """Files as people have them: by kind the file, its upright size, and what is said of it."""
    found: dict[str, tuple[Path, tuple[int, int], str]] = {}
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = photo(folder / "turned.jpg", (640, 400), exif=exif.tobytes())
    found["turned"] = (turned, (400, 640), "turned upright")
    cmyk = folder / "cmyk.jpg"
    Image.new("CMYK", (300, 200), (0, 80, 120, 20)).save(cmyk)
    found["CMYK"] = (cmyk, (300, 200), "")
    deep = folder / "deep.png"
    Image.fromarray(np.full((200, 300), 40_000, np.uint16)).save(deep)
    found["16 bit"] = (deep, (300, 200), "16 bits")
    moving = folder / "moving.gif"
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue")]
    frames[0].save(moving, save_all=True, append_images=frames[1:])
    found["animated"] = (moving, (300, 200), "is animated; its first picture is used")
    clear = folder / "clear.png"
    Image.new("RGBA", (300, 200), (9, 9, 9, 0)).save(clear)
    found["transparent"] = (clear, (300, 200), "shown on white")
    heif = folder / "phone.heic"
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.new("RGB", (300, 200), "olive").save(heif)
    found["HEIC"] = (heif, (300, 200), "")
    return found


@pytest.mark.parametrize("kind", ["turned", "CMYK", "16 bit", "animated", "transparent", "HEIC"])
def test_images_of_every_kind_are_painted_over_upright(
    painting: Painting, tmp_path: Path, kind: str
) -> None:
    path, size, note = odd_images(tmp_path)[kind]
    painting.open(path)
    view = painting.dialog.canvas.view
    assert (view.image.width(), view.image.height()) == size
    assert note in said(painting.dialog)
    drag(painting.dialog.canvas, [(30, 40)])
    assert painting.ok().shape == (size[1], size[0])
