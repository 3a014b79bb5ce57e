"""`copy-image`: files for other people, read back by other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.metadata.ai_marks import SourceType, read_marks
from core.metadata.reading import read_file_settings
from tests.core.metadata.image_files import A1111, png, png_chunk, wide_text_chunk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Answer


@pytest.fixture
def made(run: Callable[..., Answer], tmp_path: Path) -> Path:
    path = tmp_path / "made.png"
    assert run("image", "-p", "a red ball, 猫", "--seed", "5", "-o", str(path)).code == 0
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".png"])
def test_a_copy_has_mark_and_settings_where_others_look(
    run: Callable[..., Answer], made: Path, suffix: str
) -> None:
    out = made.with_name(f"copy{suffix}")
    answer = run("copy-image", str(made), "-o", str(out))
    assert (answer.code, answer.out) == (0, f"{out}\n"), answer.err
    assert read_marks(out).source is SourceType.MADE
    found = read_file_settings(out)
    assert found is not None
    assert (found.prompt, found.seed, found.model) == ("a red ball, 猫", 5, "fake-small")
    with Image.open(made) as one, Image.open(out) as two:
        ours, theirs = np.asarray(one.convert("RGB"), int), np.asarray(two.convert("RGB"), int)
        assert two.size == one.size
        assert suffix == ".png" or "trainedAlgorithmicMedia" in str(two.info["xmp"])
    assert abs(ours - theirs).max() < 12


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".png"])
def test_without_the_prompt_only_the_mark_goes_along(
    run: Callable[..., Answer], made: Path, suffix: str
) -> None:
    out = made.with_name(f"copy{suffix}")
    assert run("copy-image", str(made), "-o", str(out), "--no-prompt").code == 0
    assert read_marks(out).source is SourceType.MADE
    assert read_file_settings(out) is None
    for words in (b"red ball", "red ball".encode("utf-16-be")):
        assert words not in out.read_bytes()


def test_a_copy_of_a_signed_file_says_that_it_is_not_signed(
    run: Callable[..., Answer], tmp_path: Path
) -> None:
    path = tmp_path / "signed.png"
    signed = png(png_chunk(b"caBX", b"jumb"), wide_text_chunk("parameters", A1111))
    path.write_bytes(signed)
    for name in ("copy.jpg", "copy.png"):
        answer = run("copy-image", str(path), "-o", str(tmp_path / name))
        assert "the copy has no such signature" in " ".join(answer.err.split())
        assert path.read_bytes() == signed
        assert not read_marks(tmp_path / name).is_signed


def test_what_is_wrong_is_told_at_once(run: Callable[..., Answer], made: Path) -> None:
    answer = run("copy-image", str(made), "-o", str(made.with_suffix(".gif")), "--quality", "0")
    said = " ".join(answer.err.split())
    assert answer.code == 2
    assert "is none of .png, .jpg, .jpeg, .webp" in said
    assert "--quality is 1 to 100, not 0" in said
    assert "exists" in run("copy-image", str(made), "-o", str(made)).err
