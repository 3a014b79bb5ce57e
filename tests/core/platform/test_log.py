from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from core.platform.log import start_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [item for item in root.handlers if item not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_records_go_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log" / "imageai.log"
    assert start_log(path) is None
    logging.getLogger("core.x").warning("something %s", "odd")
    logging.getLogger("core.x").debug("a prompt")
    text = path.read_text(encoding="utf-8")
    assert "something odd" in text
    assert "a prompt" not in text


def test_long_file_is_kept_once_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "imageai.log"
    path.write_bytes(b"x" * 2_000_001)
    start_log(path)
    assert path.stat().st_size == 0
    assert path.with_name("imageai.log.old").stat().st_size == 2_000_001


def test_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentence = start_log(tmp_path / "file" / "imageai.log")
    assert sentence is not None
    assert "cannot be written" in sentence
