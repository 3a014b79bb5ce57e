"""The questions that LTX Mini is measured by, and whether the counting can be trusted."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from providers.ltx_video.install.model_files import BUILTIN_FOLDER
from providers.ltx_video.mini.vocabulary import PHRASES, Attribute, read
from scripts import measure_ltx_mini
from scripts.ltx_mini.captions import describe
from scripts.ltx_mini.exam import ATTRIBUTES, Marks, compare, examine
from scripts.ltx_mini.model_card import contact_sheet, figures_text, words_table
from scripts.ltx_mini.questions import Question, make_questions
from scripts.ltx_mini.renderers import Clip, WorldRenderer

if TYPE_CHECKING:
    from pathlib import Path

UNSAID = {
    Attribute.SIZE: "medium",
    Attribute.MOTION: "still",
    Attribute.PLACE: "place_centre",
    Attribute.CAMERA: "camera_still",
    Attribute.AUDIO: "silence",
}


class Mirror:
    """A renderer that swaps left and right, and hums whatever it is asked for."""

    def __init__(self) -> None:
        self.start_images: list[Path] = []

    def render(self, question: Question, start_image: Path | None = None) -> Clip:
        if start_image is not None:
            assert start_image.is_file()
            self.start_images.append(start_image)
        drawn = WorldRenderer().render(
            replace(question, scene=replace(question.scene, sound="hum")), start_image
        )
        return replace(drawn, frames=drawn.frames[:, :, ::-1])


def test_the_program_reads_every_question_as_it_is_meant() -> None:
    for question in make_questions(400, 5):
        reading = read(question.caption)
        assert reading.unknown_words == (), question.caption
        for attribute in Attribute:
            meant = getattr(question.scene, attribute.value)
            if attribute is Attribute.SETTING and not question.says_setting:
                assert attribute not in reading.values, question.caption
            else:
                default = (UNSAID[attribute],) if attribute in UNSAID else ()
                assert reading.values.get(attribute, default) == (meant,), question.caption


def test_no_question_is_a_caption_of_the_training() -> None:
    rng = random.Random(1)
    trained = {describe(rng).caption.split()[1] for _ in range(2000)}
    asked = make_questions(300, 6)
    assert not {question.caption.split()[1] for question in asked} & trained
    assert len({question.caption for question in asked}) > 290
    assert len({question.seed for question in asked}) == 300


def test_the_same_seed_asks_the_same_and_every_value_is_asked_for() -> None:
    questions = make_questions(120, 7)
    assert questions == make_questions(120, 7)
    assert questions != make_questions(120, 8)
    assert {(q.width, q.height, q.num_frames) for q in questions} > {(192, 128, 33)}
    usual = make_questions(20, 7, usual_format=True)
    assert {(q.width, q.height, q.num_frames) for q in usual} == {(192, 128, 33)}
    for attribute, values in PHRASES.items():
        asked = Counter(getattr(question.scene, attribute.value) for question in questions)
        assert set(asked) >= set(values)


def test_wrong_clips_are_counted_as_wrong_attribute_by_attribute() -> None:
    questions = [q for q in make_questions(60, 9, usual_format=True) if q.says_setting]
    sideways = [
        question
        for question in questions
        if question.scene.motion in ("move_left", "move_right") and question.scene.sound != "hum"
    ][:4]
    mirror = Mirror()
    results = examine(mirror, sideways, sideways[:1], lambda _: None)
    counts = results.from_text.counts
    assert (counts["motion"].asked, counts["motion"].right) == (4, 0)
    assert (counts["sound"].asked, counts["sound"].right) == (4, 0)
    assert counts["colour"].share == counts["setting"].share == 1.0
    assert results.weakest == 0.0
    assert {miss.attribute for miss in results.from_text.misses} >= {"motion", "sound"}
    assert len(mirror.start_images) == 1
    assert results.kept[0].psnr_db < 25
    assert "not reached" in figures_text(results)


def test_right_clips_are_counted_as_right_and_shown() -> None:
    questions = make_questions(4, 10)
    results = examine(WorldRenderer(), questions, questions[:1], lambda _: None)
    assert results.weakest == 1.0
    assert results.kept[0].ssim > 0.95
    assert "is reached" in figures_text(results)
    sheet = contact_sheet([(asked.caption, clip.frames) for asked, clip in results.examples])
    assert sheet.width > 6 * 192
    assert sheet.height > len(results.examples) * 128


def test_what_a_caption_leaves_open_is_not_counted() -> None:
    question = replace(make_questions(1, 11)[0], says_setting=False)
    question = replace(question, scene=replace(question.scene, place="place_left"))
    for motion, visible in (("move_left", 0), ("move_up", 1)):
        marks = Marks()
        asked = replace(question, scene=replace(question.scene, motion=motion))
        marks.judge(asked, WorldRenderer().render(asked))
        assert marks.counts["setting"].asked == 0
        assert marks.counts["place"].asked == visible


def test_the_likeness_of_pictures_is_measured_in_the_usual_units() -> None:
    given = np.full((64, 64, 3), 100, dtype=np.uint8)
    given[::2] = 140
    assert compare(given, given + np.uint8(5)).psnr_db == pytest.approx(34.15, abs=0.01)
    assert compare(given, given).ssim == pytest.approx(1.0)
    assert compare(given, np.roll(given, 1, axis=0)).ssim < 0.2


def test_the_model_card_has_a_place_for_all_that_is_generated() -> None:
    card = (BUILTIN_FOLDER / "README.md").read_text(encoding="utf-8")
    for key in ("words", "parts", "figures"):
        assert f"<!-- {key}: begin -->" in card
        assert f"<!-- {key}: end -->" in card
    assert words_table() in card
    assert all(attribute in card for attribute in ATTRIBUTES)


@pytest.mark.parametrize(
    "wrong", [["--clips", "0"], ["--images", "-1"], ["--drawn", "--write-card"]]
)
def test_wrong_options_end_with_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        measure_ltx_mini.main(wrong)
    assert ended.value.code == 2
    assert "--" in capsys.readouterr().err
