"""What libraries print in the engine becomes lines that a person can read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from providers.engine.streams import plain_lines


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        ("plain words\n", ["plain words"]),
        ("\rLoading weights:   0%|          | 0/62 [00:00<?, ?it/s]", []),
        ("Loading: 100%|##########| 62/62 [00:01<00:00, 41.20it/s]\nKilled", ["Killed"]),
        ("\r38it [00:01, 31.2it/s]\rCUDA error: out of memory\n", ["CUDA error: out of memory"]),
        ("model.safetensors:  12%|█▏        | 1.2G/9.8G [00:10<01:12, 119MB/s]", []),
        ("10.0MB [00:01, 9.3MB/s]", []),
        ("\rLoading: 20it [00:00, 11.1it/s]\rLoading: 60it [00:00, 44.0it/s]\n", []),
        ("Loading:  65%|######4   | 40.0/62.0 [00:00<00:00, 312B/s]", []),
        ("Loading:   0%| | 60.0/3.00M [00:00<2:13:07, 376B/s]", []),
        (" 48%|████▊     | 24/50 [1:00:12<1:05:13, 150.51s/it]\nthe end", ["the end"]),
        ("\x1b[31mError:\x1b[0m no space\x07", ["Error: no space"]),
        ("\x1b]0;title\x07shown", ["shown"]),
        ("a\x00b\x08c\x7fd", ["abcd"]),
        ("50% of the memory is used", ["50% of the memory is used"]),
        ("tensor [2, 3] has 10% | 20% sparsity", ["tensor [2, 3] has 10% | 20% sparsity"]),
        ("שלום\t世界\n", ["שלום\t世界"]),
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("", []),
    ],
)
def test_lines_have_no_bars_and_no_control_characters(printed: str, lines: list[str]) -> None:
    assert plain_lines(printed) == lines


def test_a_process_that_draws_and_dies_leaves_its_words() -> None:
    bar = r"\r 5%|#  | 1/20 [00:00<00:01, 9it/s]\rno room"
    code = f"import sys; sys.stderr.write('{bar}'); sys.exit(3)"
    run = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, check=False)
    assert plain_lines(run.stderr.decode()) == ["no room"]
