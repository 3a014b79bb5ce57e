"""The gallery: orders that stay together, stars, tags, choosing many, and dragging away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QPushButton

from core.history.history import History, HistoryQuery
from core.history.history_entry import HistoryEntry
from core.history.marks import read_marks
from core.jobs.job import Cancelled, ErrorReport, Failed, JobUpdate, Progressed, Succeeded
from core.jobs.lanes import Stage
from core.video.request import RenderRequest, Sampling, in_batch
from gui.history.history_model import ENTRY, PAGE
from gui.images.compare_images_dialog import CompareImagesDialog
from gui.images.gallery_model import GalleryModel, PendingImage
from gui.images.gallery_view import GalleryView, star_rect
from gui.images.image_gallery import ImageGallery
from gui.images.tags_dialog import TagsDialog
from gui.widgets.image_slot import ImageSlot
from tests.fakes.stills import TARGET, add_still
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.dropping import drop
from tests.gui.operating import click, write
from tests.gui.small_images import SmallImages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.background import Background

CONTROL = Qt.KeyboardModifier.ControlModifier


class Gallery:
    """A gallery of three pictures, and short words for what is done with it."""

    def __init__(self, history: History, background: Background, qtbot: QtBot) -> None:
        self.history, self.qtbot = history, qtbot
        self.panel = ImageGallery(history, background, SmallImages())
        qtbot.addWidget(self.panel, before_close_func=lambda _: background.close())
        self.panel.resize(600, 500)
        self.panel.show()
        self.panel.begin()

    @property
    def view(self) -> GalleryView:
        return child(self.panel, GalleryView)

    @property
    def tiles(self) -> list[HistoryEntry | PendingImage]:
        model = self.view.model()
        return [model.index(row, 0).data(ENTRY) for row in range(model.rowCount())]

    @property
    def prompts(self) -> list[str]:
        return [tile.prompt for tile in self.tiles]

    def until(self, *prompts: str) -> None:
        self.qtbot.waitUntil(lambda: self.prompts == list(prompts))

    def place(self, row: int) -> QPoint:
        return self.view.visualRect(self.view.model().index(row, 0)).center()

    def choose(self, *rows: int) -> None:
        for number, row in enumerate(rows):
            keys = CONTROL if number else Qt.KeyboardModifier.NoModifier
            QTest.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, keys, self.place(row))

    def press(self, name: str) -> None:
        click(controls_of(self.panel)[name])

    def ratings(self) -> list[int]:
        return [tile.rating for tile in self.tiles if isinstance(tile, HistoryEntry)]


@pytest.fixture
def gallery(tmp_path: Path, background: Background, qtbot: QtBot) -> Gallery:
    history = History(tmp_path / "history.sqlite", [tmp_path])
    for seed in (1, 2, 3):
        add_still(history, tmp_path, f"number {seed}", seed=seed)
    gallery = Gallery(history, background, qtbot)
    gallery.until("number 3", "number 2", "number 1")
    return gallery


def ordered(count: int, prompt: str = "a whale") -> Sequence[RenderRequest]:
    request = RenderRequest(target=TARGET, prompt=prompt, sampling=Sampling(seed=7))
    return in_batch(request.several(count))


def add_made(gallery: Gallery, request: RenderRequest, number: int) -> HistoryEntry:
    """What became of one of an order."""
    (entry,) = gallery.history.find(HistoryQuery(text="number 1"))
    path = entry.path.with_name(f"made-{number}.png")
    path.write_bytes(entry.path.read_bytes())
    created_at = gallery.history.find()[0].created_at + timedelta(seconds=number)
    made = entry.model_copy(
        update={
            "id": 0, "path": path, "prompt": f"{request.prompt} {number}",
            "batch": request.batch, "created_at": created_at, "seed": number,
        }
    )  # fmt: skip
    gallery.history.add(made)
    return made


def test_what_is_on_its_way_has_tiles_that_become_the_pictures_in_their_places(
    gallery: Gallery, tmp_path: Path
) -> None:
    requests = ordered(3)
    gallery.panel.expect({f"job-{n}": one for n, one in enumerate(requests, start=1)})
    assert gallery.prompts[:3] == ["a whale"] * 3
    assert [one.words for one in gallery.tiles[:3] if isinstance(one, PendingImage)] == [
        "Waiting in the queue"
    ] * 3

    progress = Progressed(stage=Stage.DENOISE, fraction=0.5)
    gallery.panel.on_event(JobUpdate("job-2", None, progress))
    tile = gallery.tiles[1]
    assert isinstance(tile, PendingImage)
    assert tile.progress == progress
    assert gallery.view.model().index(1, 0).data() == "Making the pictures"

    add_made(gallery, requests[1], 2)
    gallery.panel.on_event(JobUpdate("job-2", None, Succeeded(path=tmp_path / "made-2.png")))
    gallery.panel.reload(is_made=True)
    gallery.until("a whale", "a whale 2", "a whale", "number 3", "number 2", "number 1")
    assert gallery.panel.entry is not None
    assert gallery.panel.entry.prompt == "a whale 2"

    add_made(gallery, requests[0], 1)
    gallery.panel.on_event(JobUpdate("job-1", None, Succeeded(path=tmp_path / "made-1.png")))
    gallery.panel.reload(is_made=True)
    gallery.until("a whale 1", "a whale 2", "a whale", "number 3", "number 2", "number 1")
    gallery.panel.on_event(JobUpdate("job-3", None, Cancelled()))
    gallery.until("a whale 1", "a whale 2", "number 3", "number 2", "number 1")


@pytest.mark.parametrize(
    "end", [Cancelled(), Failed(error=ErrorReport(kind="RenderFailed", message="no"))]
)
def test_one_that_comes_to_nothing_leaves_its_tile(
    gallery: Gallery, end: Cancelled | Failed
) -> None:
    gallery.panel.expect({"job": ordered(1)[0]})
    assert len(gallery.tiles) == 4
    gallery.panel.on_event(JobUpdate("job", None, end))
    gallery.until("number 3", "number 2", "number 1")


def test_an_order_stays_together_whatever_was_made_meanwhile(gallery: Gallery) -> None:
    first, second = ordered(2, "first"), ordered(2, "second")
    for request, number in ((first[0], 1), (second[0], 2), (first[1], 3), (second[1], 4)):
        add_made(gallery, request, number)
    gallery.panel.reload()
    rest = ("number 3", "number 2", "number 1")
    gallery.until("second 2", "second 4", "first 1", "first 3", *rest)


def test_tiles_of_one_order_share_a_ground_that_ends_where_the_order_ends(
    gallery: Gallery,
) -> None:
    for number, request in enumerate((*ordered(2, "a"), *ordered(2, "b"))):
        add_made(gallery, request, number)
    gallery.panel.reload()
    gallery.qtbot.waitUntil(lambda: len(gallery.tiles) == 7)
    gallery.view.clearSelection()
    gallery.view.setCurrentIndex(gallery.view.model().index(-1, 0))
    shown = gallery.view.viewport().grab().toImage()

    def between(row: int) -> str:
        tile = gallery.view.visualRect(gallery.view.model().index(row, 0))
        return shown.pixelColor(tile.right() + 2, tile.center().y()).name()

    base = gallery.view.palette().base().color().name()
    assert between(0) != base, "of one order"
    assert between(1) == base, "of two orders"


def test_a_click_on_the_star_makes_a_favourite_and_selects_nothing(gallery: Gallery) -> None:
    gallery.choose(0)
    tile = gallery.view.visualRect(gallery.view.model().index(1, 0))
    star = star_rect(tile).center()
    QTest.mouseClick(gallery.view.viewport(), Qt.MouseButton.LeftButton, pos=star)
    gallery.qtbot.waitUntil(lambda: gallery.ratings() == [0, 5, 0])
    assert gallery.panel.entry is not None
    assert gallery.panel.entry.prompt == "number 3"
    gallery.press("gallery_favourites")
    gallery.until("number 2")
    QTest.mouseClick(
        gallery.view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=star_rect(gallery.view.visualRect(gallery.view.model().index(0, 0))).center(),
    )
    gallery.until()
    assert any("No picture fits" in label.text() for label in gallery.panel.findChildren(QLabel))


def test_keys_give_stars_to_all_that_are_selected(gallery: Gallery) -> None:
    gallery.choose(0, 2)
    QTest.keyClick(gallery.view, Qt.Key.Key_3)
    gallery.qtbot.waitUntil(lambda: gallery.ratings() == [3, 0, 3])
    QTest.keyClick(gallery.view, Qt.Key.Key_F)
    gallery.qtbot.waitUntil(lambda: gallery.ratings() == [5, 0, 5])
    QTest.keyClick(gallery.view, Qt.Key.Key_F)
    gallery.qtbot.waitUntil(lambda: gallery.ratings() == [0, 0, 0])
    assert len(gallery.panel.selected) == 2, "they stay selected"


def test_tags_of_several_are_ticked_added_and_taken_off(gallery: Gallery) -> None:
    entries = gallery.history.find()
    gallery.history.mark(entries[:2], lambda marks: marks.with_tags(["both"]))
    gallery.history.mark(entries[:1], lambda marks: marks.with_tags(["one", "stays"]))
    gallery.panel.reload()
    gallery.qtbot.waitUntil(lambda: len(getattr(gallery.tiles[0], "tags", ())) == 3)
    gallery.choose(0, 1)
    gallery.press("gallery_tags")
    gallery.qtbot.waitUntil(lambda: gallery.panel.findChild(TagsDialog) is not None)
    dialog = child(gallery.panel, TagsDialog)
    listed = child(dialog, QListWidget)
    items = {listed.item(row).text(): listed.item(row) for row in range(listed.count())}
    state = Qt.CheckState
    assert {name: item.checkState() for name, item in items.items()} == {
        "both": state.Checked,
        "one": state.PartiallyChecked,
        "stays": state.PartiallyChecked,
    }
    listed.setCurrentItem(items["one"])
    QTest.keyClick(listed, Qt.Key.Key_Space)
    if items["one"].checkState() is not state.Checked:
        QTest.keyClick(listed, Qt.Key.Key_Space)
    listed.setCurrentItem(items["both"])
    QTest.keyClick(listed, Qt.Key.Key_Space)
    write("sea, Sky ,, SEA")(child(dialog, QLineEdit, "tags_new"))

    gallery.qtbot.waitUntil(lambda: gallery.history.tags() == ("one", "sea", "Sky", "stays"))
    new, old, untouched = gallery.history.find()
    assert set(new.tags) == {"one", "stays", "sea", "Sky"}
    assert set(old.tags) == {"one", "sea", "Sky"}
    assert untouched.tags == ()
    assert read_marks(old.path).tags == old.tags


def test_tags_that_are_left_as_they_are_change_nothing(gallery: Gallery) -> None:
    gallery.choose(0)
    gallery.press("gallery_tags")
    gallery.qtbot.waitUntil(lambda: gallery.panel.findChild(TagsDialog) is not None)
    dialog = child(gallery.panel, TagsDialog)
    click(child(dialog, QPushButton, "tags_ok"))
    assert not gallery.history.find()[0].path.with_name("picture-3.png.xmp").exists()


def test_exactly_two_are_compared_the_older_one_on_the_left(gallery: Gallery) -> None:
    compare = controls_of(gallery.panel)["gallery_compare"]
    gallery.choose(0)
    assert not compare.isEnabled()
    gallery.choose(0, 1, 2)
    assert not compare.isEnabled()
    gallery.choose(0, 2)
    QTest.keyClick(gallery.view, Qt.Key.Key_C)
    dialog = child(gallery.panel, CompareImagesDialog)
    left, right = dialog.view.labels
    assert "seed 1" in left
    assert "seed 3" in right
    dialog.close()


def test_del_asks_for_the_trash_of_all_that_are_selected(gallery: Gallery) -> None:
    gallery.choose(0, 2)
    with gallery.qtbot.waitSignal(gallery.panel.trash_wanted) as asked:
        QTest.keyClick(gallery.view, Qt.Key.Key_Delete)
    assert asked.args is not None
    assert [entry.prompt for entry in asked.args[0]] == ["number 3", "number 1"]


def test_select_all_means_also_those_that_were_not_read_yet(
    gallery: Gallery, tmp_path: Path, background: Background, qtbot: QtBot
) -> None:
    (entry,) = gallery.history.find(HistoryQuery(seed=1))
    gallery.history.add(
        *(
            entry.model_copy(update={"id": 0, "path": tmp_path / f"{number}.png"})
            for number in range(PAGE + 50)
        )
    )
    gallery.panel.begin()
    gallery.view.setFocus()
    QTest.keyClick(gallery.view, Qt.Key.Key_A, CONTROL)
    gallery.qtbot.waitUntil(lambda: len(gallery.panel.selected) == PAGE + 53)

    few = GalleryModel(gallery.history, background, at_once=10)
    few.ask(HistoryQuery())
    qtbot.waitUntil(lambda: few.rowCount() == PAGE and background.is_idle)
    assert not few.has_all, "of very many only those that are reached are read"
    few.load_all()
    qtbot.waitUntil(lambda: few.rowCount() == PAGE + 53)
    assert few.has_all


def test_what_is_dragged_are_the_files_and_a_slot_takes_the_first(
    gallery: Gallery, qtbot: QtBot
) -> None:
    gallery.choose(0, 2)
    model = gallery.view.model()
    mime = model.mimeData(gallery.view.selectionModel().selectedIndexes())
    entries = gallery.history.find()
    dragged = [url.toLocalFile() for url in mime.urls()]
    assert dragged == [str(entries[0].path), str(entries[2].path)]
    assert mime.hasFormat("text/uri-list"), "as other programs read it"
    slot = ImageSlot("start", "Start frame", "", SmallImages())
    qtbot.addWidget(slot)
    with qtbot.waitSignal(slot.brought) as brought:
        assert drop(slot, mime, QPoint(20, 20), moves=False)
    assert brought.args == [entries[0].path]
    assert model.supportedDragActions() == Qt.DropAction.CopyAction


def test_a_tile_that_is_pulled_begins_a_drag_of_all_that_is_selected(gallery: Gallery) -> None:
    gallery.choose(0, 2)
    view, place = gallery.view.viewport(), gallery.place(2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    for step in range(1, 6):
        QTest.mouseMove(view, place + QPoint(0, 6 * step))
    assert [len(drag.mimeData().urls()) for drag in gallery.view.findChildren(QDrag)] == [2]


def test_what_is_on_its_way_or_gone_cannot_be_dragged(gallery: Gallery) -> None:
    gallery.panel.expect({"job": ordered(1)[0]})
    gallery.history.find()[0].path.unlink()
    gallery.history.refresh_missing()
    gallery.panel.reload()
    gallery.qtbot.waitUntil(lambda: getattr(gallery.tiles[1], "is_missing", False))
    flags = [gallery.view.model().index(row, 0).flags() for row in range(3)]
    dragged = [bool(flag & Qt.ItemFlag.ItemIsDragEnabled) for flag in flags]
    assert dragged == [False, False, True]
    assert not flags[0] & Qt.ItemFlag.ItemIsSelectable


def test_lora_and_seed_are_found_by_the_filter(gallery: Gallery, tmp_path: Path) -> None:
    image = tmp_path / "with-lora.png"
    Image.new("RGB", (8, 8)).save(image)
    (entry,) = gallery.history.find(HistoryQuery(seed=2))
    lora = {"id": 0, "path": image, "prompt": "with a LoRA", "loras": ("grain.safetensors",)}
    gallery.history.add(entry.model_copy(update=lora))
    gallery.panel.begin()
    controls = controls_of(gallery.panel)
    click(controls["gallery_filter"])
    gallery.qtbot.waitUntil(lambda: controls["gallery_lora"].count() == 2)
    controls["gallery_lora"].setCurrentIndex(1)
    gallery.until("with a LoRA")
    controls["gallery_lora"].setCurrentIndex(0)
    QTest.keyClicks(controls["gallery_seed"], "2")
    gallery.until("with a LoRA", "number 2")
    click(controls["gallery_clear"])
    gallery.qtbot.waitUntil(lambda: len(gallery.tiles) == 4)
