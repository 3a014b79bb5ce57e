from __future__ import annotations

import pytest

from cli.argv_check import OptionWord, sift

OPTIONS = {
    "--prompt": OptionWord("--prompt", "--prompt", takes_value=True),
    "-p": OptionWord("--prompt", "--prompt", takes_value=True),
    "--fps": OptionWord("--fps", "--fps", takes_value=True),
    "--ltx-fps": OptionWord("--fps", "--fps", takes_value=True),
    "--audio": OptionWord("--audio", "--audio", takes_value=False),
    "--no-audio": OptionWord("--audio", "--no-audio", takes_value=False),
    "--force": OptionWord("--force", "--force", takes_value=False),
}
COMMANDS = ("models", "jobs")


def problems(*words: str) -> list[str]:
    return [problem.message for problem in sift(words, OPTIONS, COMMANDS).problems]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-p", "a ball"), ["--prompt=a ball"]),
        (("-pball",), ["--prompt=ball"]),
        (("--prompt=a=b",), ["--prompt=a=b"]),
        (("-p", "--force"), ["--prompt=--force"]),
        (("--ltx-fps", "24"), ["--fps=24"]),
        (("--no-audio", "--force"), ["--no-audio", "--force"]),
        (("jobs", "show", "--what"), ["jobs", "show", "--what"]),
        (("-p", "models"), ["--prompt=models"]),
    ],
)
def test_words_reach_the_parser_in_their_chief_spelling(words, expected) -> None:
    sifted = sift(words, OPTIONS, COMMANDS)
    assert sifted.problems == []
    assert sifted.words == expected


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--fsp", "3"), "no option --fsp. Did you mean --fps?"),
        (("-x",), "no option -x"),
        (("--fps",), "--fps needs a value"),
        (("--force=yes",), "--force takes no value"),
        (("--fps", "8", "--ltx-fps", "9"), "--ltx-fps is given twice: '8' and '9'"),
        (("--audio", "--no-audio"), "--no-audio is given twice"),
        (("a red ball",), "A prompt is given with -p"),
        (("modles",), "Did you mean 'models'?"),
        (("--", "-p"), "'-p' is no command"),
        (("-p", "x", "models"), "'models' is a command of its own"),
    ],
)
def test_each_mistake_is_one_sentence(words, part) -> None:
    found = problems(*words)
    assert len(found) == 1
    assert part in found[0]


def test_all_mistakes_are_found_and_the_rest_is_kept() -> None:
    sifted = sift(("--fsp", "3", "ball", "-p", "x", "--force=1"), OPTIONS, COMMANDS)
    assert len(sifted.problems) == 3
    assert sifted.words == ["--prompt=x"]


def test_the_same_value_twice_is_no_contradiction() -> None:
    sifted = sift(("--fps", "8", "--ltx-fps", "8"), OPTIONS, COMMANDS)
    assert (sifted.words, sifted.problems) == (["--fps=8"], [])
