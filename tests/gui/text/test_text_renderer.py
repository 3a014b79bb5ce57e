from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import JobCancelled, OutputError, TextRendererUnavailable, UnsupportedRequest
from core.film.model.film import Alignment, Caption
from core.film.picture.text_overlays import RenderedText, RenderedTexts, TextRenderer
from core.jobs.job import CancelToken
from gui.text.text_renderer import QtTextRenderer
from tests.fakes.small_font import write_colour_font

ROOT = Path(__file__).resolve().parents[3]
WIDTH, HEIGHT = 320, 180
TEXT_RENDERER: TextRenderer = QtTextRenderer()
# Levels by which Qt covers a pixel differently when a shape is moved before it is filled.
_ROUNDING = 8
ONLY_FONTCONFIG = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the fonts are chosen through fontconfig"
)


def draw(
    folder: Path, *captions: Caption, width: int = WIDTH, height: int = HEIGHT
) -> RenderedTexts:
    return TEXT_RENDERER.draw(captions, width, height, folder, CancelToken())


def pixels(rendered: RenderedText) -> np.ndarray:
    with Image.open(rendered.path) as image:
        assert image.mode == "RGBA"
        return np.asarray(image)


def ink(rendered: RenderedText) -> np.ndarray:
    """How covered each pixel is, cut to what is covered."""
    alpha = pixels(rendered)[:, :, 3] / 255
    rows, columns = np.nonzero(alpha > 0.02)
    return alpha[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def plain(text: str, **more: object) -> Caption:
    return Caption.model_validate({"text": text, "outline": 0, **more})


def unlike(one: np.ndarray, other: np.ndarray) -> float:
    """How unlike two inks are that begin at the same corner, 0 to 1."""
    height, width = (max(a, b) for a, b in zip(one.shape, other.shape, strict=True))
    padded = [np.pad(a, ((0, height - a.shape[0]), (0, width - a.shape[1]))) for a in (one, other)]
    return float(np.abs(padded[0] - padded[1]).sum() / max(one.sum(), other.sum()))


def is_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures are the same but for rounding: faintly, or an edge cut a pixel off."""
    height, width = (max(a, b) for a, b in zip(one.shape[:2], other.shape[:2], strict=True))
    if (
        max(height - min(one.shape[0], other.shape[0]), width - min(one.shape[1], other.shape[1]))
        > 1
    ):
        return False

    def laid_out(image: np.ndarray) -> list[np.ndarray]:
        down, across = height - image.shape[0], width - image.shape[1]
        return [
            np.pad(image, ((top, down - top), (left, across - left), (0, 0))).astype(int)
            for top in range(down + 1)
            for left in range(across + 1)
        ]

    return any(
        np.abs(a - b)[:, :, 3].max() <= _ROUNDING for a in laid_out(one) for b in laid_out(other)
    )


@pytest.fixture
def no_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without fonts of its own; the folder that it would look for them in."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    settings_file = tmp_path / "fonts.conf"
    settings_file.write_text(
        f"<fontconfig><dir>{folder}</dir><cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    monkeypatch.setenv("FONTCONFIG_FILE", str(settings_file))
    return folder


def test_text_stands_inside_the_safe_area_at_each_of_the_nine_places(tmp_path: Path) -> None:
    captions = [Caption(text="Hjq", place=place, margin=0.1) for place in Alignment]
    drawn = draw(tmp_path, *captions)
    assert drawn.notes == ()
    safe_x, safe_y = WIDTH // 10, HEIGHT // 10
    for caption, rendered in zip(captions, drawn.rendered_texts, strict=True):
        height, width, _ = pixels(rendered).shape
        right, bottom = rendered.x + width, rendered.y + height
        assert rendered.x >= safe_x
        assert rendered.y >= safe_y
        assert right <= WIDTH - safe_x
        assert bottom <= HEIGHT - safe_y
        name = caption.place.value
        near = {"left": rendered.x - safe_x, "right": WIDTH - safe_x - right}
        near |= {"top": rendered.y - safe_y, "bottom": HEIGHT - safe_y - bottom}
        centred_x, centred_y = (rendered.x + right - WIDTH) / 2, (rendered.y + bottom - HEIGHT) / 2
        for side, distance in near.items():
            assert (distance <= 5) == (side in name), (name, side, distance)
        assert (abs(centred_x) <= 2) == ("left" not in name and "right" not in name)
        assert (abs(centred_y) <= 3) == ("top" not in name and "bottom" not in name)


def test_plate_is_cut_to_what_is_drawn_and_the_same_every_time(tmp_path: Path) -> None:
    caption = Caption(text="Éj ☺")
    (first,) = draw(tmp_path / "a", caption).rendered_texts
    (second,) = draw(tmp_path / "b", caption).rendered_texts
    assert first.path.read_bytes() == second.path.read_bytes()
    alpha = pixels(first)[:, :, 3]
    edges = (alpha[:2], alpha[-2:], alpha[:, :2], alpha[:, -2:])
    assert all(edge.max() > 0 for edge in edges)


def test_letters_have_their_colour_and_the_outline_its_own(tmp_path: Path) -> None:
    outlined, bare = draw(
        tmp_path,
        Caption(text="HH", size=0.3, colour="#ff8000", outline_colour="#0000ff", outline=0.1),
        plain("HH", size=0.3, colour="#ff8000"),
    ).rendered_texts
    whole = pixels(outlined)
    opaque = whole[whole[:, :, 3] == 255][:, :3]
    fill, outline = (
        np.all(opaque == colour, axis=1).sum() for colour in ([255, 128, 0], [0, 0, 255])
    )
    assert fill > 200
    assert outline > 200
    # Nothing but mixtures of the two: no third colour, no dark or light fringe.
    along = opaque @ np.array([1, 0, -1])
    assert along.min() >= -255
    assert np.all(np.abs(opaque[:, 0].astype(int) + opaque[:, 2] - 255) <= 2)
    colours = pixels(bare)[pixels(bare)[:, :, 3] > 8][:, :3].astype(int)
    assert np.all(np.abs(colours - [255, 128, 0]) <= 2)
    assert pixels(outlined).shape[0] > pixels(bare).shape[0]


def test_hebrew_runs_from_right_to_left_and_latin_from_left_to_right(tmp_path: Path) -> None:
    texts = ["אב", "א", "ב", "ab", "a", "b", "א!", "!"]
    rendered_texts = draw(tmp_path, *(plain(text, size=0.4) for text in texts)).rendered_texts
    pair, alef, bet, latin, a, b, marked, mark = (ink(rendered) for rendered in rendered_texts)

    def first(both: np.ndarray, one: np.ndarray) -> float:
        return unlike(both[:, : one.shape[1]][-one.shape[0] :], one)

    assert first(pair, bet) < 0.25 < first(pair, alef)
    assert first(latin, a) < 0.25 < first(latin, b)
    # The sign at the end of a Hebrew sentence stands at its left.
    assert unlike(marked[:, : mark.shape[1]], mark) < 0.3


def test_arabic_letters_join(tmp_path: Path) -> None:
    joined, apart = draw(tmp_path, plain("ببب", size=0.4), plain("ب ب ب", size=0.4)).rendered_texts

    def render_cache(rendered: RenderedText) -> int:
        filled = ink(rendered)[: -ink(rendered).shape[0] // 3].max(axis=0) > 0.3
        return int(np.count_nonzero(np.diff(filled.astype(int)) == 1)) + int(filled[0])

    assert (render_cache(joined), render_cache(apart)) == (1, 3)


def test_long_text_wraps_and_line_breaks_are_kept(tmp_path: Path) -> None:
    long = "many words that do not fit beside each other on a picture as small as this"
    texts = [long, "x" * 70, "a", "a\nb", "a\r\n\u2028b", "a b"]
    rendered_texts = draw(tmp_path, *(plain(text) for text in texts)).rendered_texts
    wrapped, unbroken, one, two, three, flat = (ink(rendered).shape for rendered in rendered_texts)
    for height, width in (wrapped, unbroken):
        assert width <= 0.9 * WIDTH
        assert height > 2 * one[0]
    assert wrapped[1] > 0.6 * WIDTH
    assert two[1] < flat[1]
    assert three[0] - two[0] == pytest.approx(two[0] - one[0], abs=8)
    assert three[0] > two[0] > flat[0] + 10


def test_lines_of_one_text_are_aligned_to_its_side(tmp_path: Path) -> None:
    rendered_texts = draw(
        tmp_path,
        *(
            plain("l\n" + "l" * 20, place=at)
            for at in (Alignment.LEFT, Alignment.TOP, Alignment.RIGHT)
        ),
    ).rendered_texts
    for rendered, share in zip(rendered_texts, (0.0, 0.5, 1.0), strict=True):
        covered = ink(rendered)
        short = np.nonzero(covered[: covered.shape[0] // 3].max(axis=0) > 0.1)[0]
        middle = (short.min() + short.max()) / 2 / covered.shape[1]
        assert middle == pytest.approx(share, abs=0.08)


def test_markup_is_drawn_as_typed(tmp_path: Path) -> None:
    texts = ["x", "<b>x</b>", "{\\i1}x", "x\\Nx", "&lt;", "<", "%{pts}", "<font size=9>x"]
    inks = [ink(rendered).shape for rendered in draw(tmp_path, *map(plain, texts)).rendered_texts]
    x, bold, override, newline, entity, less, pts, font = (width for _, width in inks)
    assert bold > 6 * x
    assert override > 4 * x
    assert newline > 3 * x
    assert entity > 3 * less
    assert pts > 4 * x
    assert font > 10 * x
    assert inks[3][0] < 2 * inks[2][0]


_SIGNS = st.text(
    st.sampled_from("<>{}[]()%\\&;:,='\"#|~^$@!?*+-_/.0aZNéß€Жω fi"), min_size=1, max_size=24
)
_MARKUP = st.sampled_from(["<b>", "</i>", "{\\an8}", "\\N", "%{pts}", "&amp;", "\\:", "'\\''"])
_TEXTS = st.lists(
    st.lists(_SIGNS | _MARKUP, min_size=1, max_size=3)
    .map(lambda parts: "".join(parts).strip())
    .filter(lambda text: text.strip(" ") != ""),
    min_size=60,
    max_size=60,
)


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    # A case costs a second, so a failing one is not made smaller.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=_TEXTS)
def test_special_characters_are_drawn_pixel_for_pixel_as_plain_text(
    tmp_path: Path, texts: list[str]
) -> None:
    size = 0.1
    drawn = draw(tmp_path, *(plain(text, size=size) for text in texts), width=4000)
    assert drawn.notes == ()
    subprocess.run(
        [sys.executable, "-m", "tests.gui.plain_text", str(tmp_path), str(round(size * HEIGHT))],
        input=json.dumps(texts).encode(),
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        check=True,
    )
    for number, rendered in enumerate(drawn.rendered_texts):
        with Image.open(tmp_path / f"{number}.png") as reference:
            assert is_same(pixels(rendered), np.asarray(reference)), texts[number]


@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    # A case costs a second, so a failing one is not made smaller.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    texts=st.lists(
        st.text(st.characters(categories=("C", "L", "M", "N", "P", "S", "Z")), max_size=6),
        min_size=80,
        max_size=80,
    )
)
def test_any_characters_at_all_give_a_plate(tmp_path: Path, texts: list[str]) -> None:
    captions = [Caption(text=text, size=0.04) for text in texts]
    drawn = draw(tmp_path, *captions, width=640, height=640)
    assert len(drawn.rendered_texts) == len(texts)
    for rendered in drawn.rendered_texts:
        height, width, _ = pixels(rendered).shape
        assert 0 <= rendered.x <= 640 - width
        assert 0 <= rendered.y <= 640 - height


@ONLY_FONTCONFIG
def test_character_that_no_font_has_is_a_box_and_named_in_a_note(
    tmp_path: Path, no_fonts: Path
) -> None:
    assert list(no_fonts.iterdir()) == []
    drawn = draw(tmp_path, plain("fine א ب ♪"), plain("a\U0001f468b"), plain("\u65e5"))
    (note,) = drawn.notes
    assert "U+1F468 MAN (text 2)" in note
    assert "U+65E5" in note
    assert "Noto" in note
    assert all(ink(rendered).sum() > 20 for rendered in drawn.rendered_texts)


@ONLY_FONTCONFIG
def test_colour_emoji_keeps_its_colours_and_gets_no_outline(tmp_path: Path, no_fonts: Path) -> None:
    write_colour_font(no_fonts / "emoji.ttf", "\U0001f468", "#ff0000", "#00c000")
    drawn = draw(
        tmp_path,
        Caption(text="\U0001f468", size=0.5, outline_colour="#0000ff", outline=0.1),
        Caption(text="H", size=0.5, outline_colour="#0000ff", outline=0.1),
    )
    assert drawn.notes == ()
    emoji, letter = (pixels(rendered) for rendered in drawn.rendered_texts)

    def amount(image: np.ndarray, colour: tuple[int, int, int]) -> int:
        return int(np.all(image == (*colour, 255), axis=2).sum())

    assert amount(emoji, (255, 0, 0)) > 200
    assert amount(emoji, (0, 192, 0)) > 200
    assert amount(emoji, (0, 0, 255)) == 0
    assert amount(letter, (0, 0, 255)) > 200


@ONLY_FONTCONFIG
def test_asked_font_is_used_and_what_it_lacks_is_told(tmp_path: Path, no_fonts: Path) -> None:
    write_colour_font(no_fonts / "emoji.ttf", "\U0001f468", "#ff0000", "#00c000", "Tiny Faces")
    drawn = draw(tmp_path, plain("\U0001f468", font="tiny faces"), plain("hé", font="Tiny Faces"))
    (note,) = drawn.notes
    assert "Text 2 ('hé'): the font 'Tiny Faces' has no h é" in note
    assert ink(drawn.rendered_texts[1]).sum() > 20


def test_everything_that_cannot_be_drawn_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        draw(
            tmp_path,
            plain("fine"),
            plain("x", font="FiraG"),
            plain("\n".join("tall" * 3 for _ in range(20))),
            plain("x", size=0.001),
            plain("W", size=1.0, margin=0.4),
            Caption(text="x", outline=0.5, size=0.4, margin=0.4),
        )
    font, tall, tiny, huge, narrow = (str(problem) for problem in caught.value.problems)
    assert {problem.field for problem in caught.value.problems} == {"captions"}
    assert font.startswith("Text 2 ('x'): there is no font 'FiraG'")
    assert "'FiraGO'" in font
    assert tall.startswith("Text 3 (")
    assert "pixels high, and 162 are free" in tall
    assert "pixels high. Make it larger" in tiny
    assert "between the margins" in huge
    assert "leave no room" in narrow
    assert list(tmp_path.iterdir()) == []


def test_text_without_visible_letters_is_a_clear_plate_and_told(tmp_path: Path) -> None:
    drawn = draw(tmp_path, Caption(text="\u200b"), Caption(text="a\x07b"), Caption(text="\ud83d!"))
    assert pixels(drawn.rendered_texts[0]).max() == 0
    assert "half a character" in drawn.notes[0]
    assert "no visible letters" in drawn.notes[1]
    assert "control characters" in drawn.notes[2]


def test_no_texts_need_no_process(tmp_path: Path) -> None:
    assert draw(tmp_path / "none") == RenderedTexts(())
    assert not (tmp_path / "none").exists()


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="file/plates"):
        draw(tmp_path / "file" / "plates", plain("x"))


def test_stopping_ends_the_drawing_at_once(tmp_path: Path) -> None:
    cancel = CancelToken()
    captions = [Caption(text=f"{number} " + "word " * 20) for number in range(5000)]
    timer = threading.Timer(1.0, cancel.cancel)
    timer.start()
    started_s = time.monotonic()
    with pytest.raises(JobCancelled):
        TEXT_RENDERER.draw(captions, WIDTH, HEIGHT, tmp_path, cancel)
    assert time.monotonic() - started_s < 4
    assert not any("gui.text.process" in " ".join(child.cmdline()) for child in children())


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize(
    ("source", "said", "advice"),
    [
        ("raise ImportError('libEGL.so.1: cannot open shared object file')", "libEGL", "libegl1"),
        ("raise ModuleNotFoundError(\"No module named 'PySide6'\")", "PySide6", "pip install"),
        ("import os, sys; print('no plugin', file=sys.stderr); os._exit(9)", "no plugin", "libgl1"),
    ],
)
def test_qt_that_does_not_load_is_an_error_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str, advice: str
) -> None:
    broken = tmp_path / "modules" / "PySide6"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    with pytest.raises(TextRendererUnavailable) as caught:
        draw(tmp_path / "plates", plain("x"))
    assert said in caught.value.message
    assert advice in caught.value.hint
