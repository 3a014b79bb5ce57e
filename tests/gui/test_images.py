"""The image tab: what is ordered, what is made, and the way into the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.jobs import CancelToken
from core.paths import Paths
from core.project.project import DEFAULT_TARGET
from core.studio import Studio
from core.video.image_order import ImageOrder
from core.video.request import Target
from gui.background import Background
from gui.image_order_box import ImageOrderBox
from gui.image_room import ImageRoom
from gui.job_bridge import JobBridge
from gui.render_worker import Workers
from gui.video.offers import read_offers
from gui.video.picture_desk import PictureRole
from gui.widgets.thumbnails import Thumbnails
from tests.fakes.provider import ENTRY
from tests.gui.controls import ControlCase, Heard, check_every_control, controls_of
from tests.gui.operating import choose_index, click, step_up, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QListView, QWidget
    from pytestqt.qtbot import QtBot

    from gui.image_gallery import ImageGallery

FAKE = Target(provider="fake", deployment="local", model="fake-small")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([ENTRY], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


ORDER_CASES = (
    ControlCase("image_prompt", write("a ball"), lambda box: box.value().prompt),
    ControlCase("image_model", choose_index(1), lambda box: box.value().target),
    ControlCase("image_resolution", choose_index(2), lambda box: box.value().resolution),
    ControlCase("image_aspect", choose_index(2), lambda box: box.value().aspect),
    ControlCase("seed_number", write("42"), lambda box: box.value().seed),
    ControlCase("seed_same", click, lambda box: box.value().seed),
    ControlCase("seed_new", click, lambda box: box.value().seed),
    ControlCase("image_count", step_up, lambda box: box.value().count),
    ControlCase("image_make", click, lambda box: len(box.property("told").wishes)),
    ControlCase("section_notes", click, lambda box: controls_of(box)["section_notes"].isChecked()),
)


def test_every_control_of_the_order_has_its_effect(qtbot: QtBot, studio: Studio) -> None:
    offers = read_offers(studio.registry, CancelToken())

    def make() -> QWidget:
        box = ImageOrderBox()
        qtbot.addWidget(box)
        box.set_offers(offers)
        box.set_last_seed(7)
        box.set_value(ImageOrder(target=FAKE, prompt="something", seed=3))
        told = Heard()
        box.make_wanted.connect(told.take)
        box.setProperty("told", told)
        box.show()
        return box

    check_every_control(make, ORDER_CASES)


def test_what_was_set_is_there(qtbot: QtBot) -> None:
    box = ImageOrderBox()
    qtbot.addWidget(box)
    order = ImageOrder(target=FAKE, prompt="a\nball", resolution="64p", seed=9, count=4)

    box.set_value(order)

    assert box.value() == order


@pytest.fixture
def room(studio: Studio, background: Background, qtbot: QtBot) -> Iterator[ImageRoom]:
    thumbnails = Thumbnails()
    room = ImageRoom(studio, background, thumbnails)
    qtbot.addWidget(room)
    room.show()
    workers = Workers(studio.queue)
    bridge = JobBridge(studio.queue)
    bridge.news.connect(room.hear)
    workers.start()
    room.begin()
    yield room
    bridge.close()
    assert workers.stop()
    thumbnails.close()


def make_picture(room: ImageRoom, qtbot: QtBot) -> None:
    room.order.set_value(ImageOrder(target=FAKE, prompt="a ball", seed=5))
    click(controls_of(room.order)["image_make"])
    gallery: ImageGallery = room.gallery
    qtbot.waitUntil(lambda: tiles(gallery).model().rowCount() == 1, timeout=20_000)
    tiles(gallery).setCurrentIndex(tiles(gallery).model().index(0, 0))


def tiles(gallery: ImageGallery) -> QListView:
    return controls_of(gallery)["gallery"]


def test_a_picture_is_made_and_lies_in_the_gallery(room: ImageRoom, qtbot: QtBot) -> None:
    make_picture(room, qtbot)

    entry = room.gallery.entry
    assert entry is not None
    assert entry.path.suffix == ".png"
    assert entry.path.is_file()
    assert (entry.prompt, entry.seed) == ("a ball", 5)


GALLERY_CASES = tuple(
    ControlCase(name, click, lambda gallery: len(gallery.property("told").wishes))
    for name in (
        "gallery_start", "gallery_end", "gallery_reference", "gallery_again", "gallery_file",
        "gallery_trash",
    )
)  # fmt: skip


def test_every_button_of_the_gallery_says_what_is_wanted(room: ImageRoom, qtbot: QtBot) -> None:
    make_picture(room, qtbot)
    told = Heard()
    room.gallery.setProperty("told", told)
    for signal in (
        room.gallery.use_wanted, room.gallery.show_file_wanted, room.gallery.again_wanted,
        room.gallery.trash_wanted,
    ):  # fmt: skip
        signal.disconnect()
        signal.connect(told.take)
    viewed = {"gallery", "gallery_search"}
    assert set(controls_of(room.gallery)) - viewed == {case.name for case in GALLERY_CASES}

    for case in GALLERY_CASES:
        before = len(told.wishes)
        case.act(controls_of(room.gallery)[case.name])
        assert len(told.wishes) == before + 1, case.name

    roles = {use.role for use in told.wishes if hasattr(use, "role")}
    assert roles == {PictureRole.START, PictureRole.END, PictureRole.PROJECT_REFERENCE}


def test_a_search_leaves_only_what_has_the_words(room: ImageRoom, qtbot: QtBot) -> None:
    make_picture(room, qtbot)
    write("nothing like that")(controls_of(room.gallery)["gallery_search"])
    qtbot.waitUntil(lambda: tiles(room.gallery).model().rowCount() == 0, timeout=5000)

    write("ball")(controls_of(room.gallery)["gallery_search"])

    qtbot.waitUntil(lambda: tiles(room.gallery).model().rowCount() == 1, timeout=5000)


def test_the_plan_line_tells_what_a_picture_takes(room: ImageRoom, qtbot: QtBot) -> None:
    room.order.set_value(ImageOrder(target=FAKE, prompt=""))
    write("a ball")(controls_of(room.order)["image_prompt"])

    qtbot.waitUntil(lambda: "free" in room.order.line.text().line, timeout=10_000)


def test_the_usual_target_is_the_built_in_model_first(qtbot: QtBot) -> None:
    box = ImageOrderBox()
    qtbot.addWidget(box)
    assert box.value().target == DEFAULT_TARGET
