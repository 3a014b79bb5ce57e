from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnsupportedRequest
from core.prompts.wildcards import MOST_LETTERS, Wildcards, may_have_wildcards
from core.prompts.word_lists import WordLists

SEEDS = range(60)
WORDS = st.text("abc é猫.,:-", max_size=8)
NONE = WordLists(Path("/nowhere/at/all"))


def drawn(prompt: str, lists: WordLists = NONE) -> set[str]:
    """Everything that sixty seeds make of a prompt."""
    wildcards = Wildcards(prompt, lists)
    return {wildcards.draw(seed) for seed in SEEDS}


def problems(prompt: str, lists: WordLists = NONE) -> list[str]:
    with pytest.raises(UnsupportedRequest) as caught:
        Wildcards(prompt, lists)
    assert {problem.field for problem in caught.value.problems} == {"prompt"}
    return [problem.message for problem in caught.value.problems]


@pytest.fixture
def lists(tmp_path: Path) -> WordLists:
    folder = tmp_path / "wildcards"
    (folder / "animals").mkdir(parents=True)
    (folder / "colours.txt").write_text("red\n\n# none of these\n  blue  \n", encoding="utf-8")
    (folder / "animals" / "birds.txt").write_text("0::gull\ncrow\n{old|young} owl\n")
    (folder / "things.txt").write_text("__colours__ kite\n")
    (folder / "naïve.txt").write_text("Käse\n", encoding="cp1252")
    (folder / "empty.txt").write_text("# nothing\n\n")
    (folder / "egg.txt").write_text("a __hen__\n")
    (folder / "hen.txt").write_text("from an __egg__\n")
    return WordLists(folder)


@pytest.mark.parametrize(
    ("prompt", "results"),
    [
        ("{red|blue} ball", {"red ball", "blue ball"}),
        ("{ red | blue } ball", {"red ball", "blue ball"}),
        ("a {very |}old dog", {"a very old dog", "a old dog"}),
        ("a {very|} old dog", {"a very old dog", "a old dog"}),
        ("{a {small|big}|no} dog", {"a small dog", "a big dog", "no dog"}),
        ("{1|2}{3|4}", {"13", "14", "23", "24"}),
        ("{0::red|blue} ball", {"blue ball"}),
        (r"\{red|blue\} ball", {"{red|blue} ball"}),
        (r"{a\|b|c}", {"a|b", "c"}),
        (r"snake\__case__", {"snake__case__"}),
        (r"C:\x {a|a}", {r"C:\x a"}),
        ('{"mood": "{calm|wild}"}', {'{"mood": "calm"}', '{"mood": "wild"}'}),
        ("a ___ b", {"a ___ b"}),
    ],
)  # fmt: skip
def test_each_of_the_words_comes_and_no_others(prompt: str, results: set[str]) -> None:
    assert drawn(prompt) == results


@pytest.mark.parametrize(
    "prompt",
    ["a ball", "", r"a \| b \\ c", '{"scene": "a ball"}', "{red}", "one _ two", "a | b"],
)
def test_what_has_no_wildcard_is_plain_and_stays_to_the_letter(prompt: str) -> None:
    wildcards = Wildcards(prompt, NONE)
    assert wildcards.is_plain
    assert wildcards.draw(5) == prompt


def test_a_weight_says_how_often_a_word_comes() -> None:
    wildcards = Wildcards("{3::red|blue}", NONE)
    reds = sum(wildcards.draw(seed) == "red" for seed in range(2000))
    assert 1400 < reds < 1600


def test_a_seed_gives_what_it_gave_before() -> None:
    """Prompts of years ago are drawn again from their seeds: these words may never change."""
    wildcards = Wildcards("{a|b|c|d|e|f|g|h} {1|2|3|4}", NONE)
    assert [wildcards.draw(seed) for seed in (0, 1, 2, 42, 2**32 - 1)] == [
        "g 4", "b 4", "h 4", "f 1", "f 1",
    ]  # fmt: skip


def test_lists_are_drawn_from_line_by_line_and_may_hold_wildcards(lists: WordLists) -> None:
    assert drawn("__colours__ ball", lists) == {"red ball", "blue ball"}
    assert drawn("a __animals/birds__", lists) == {"a crow", "a old owl", "a young owl"}
    assert drawn("__things__", lists) == {"red kite", "blue kite"}
    assert drawn("{__colours__|no} ball", lists) == {"red ball", "blue ball", "no ball"}
    assert drawn("__naïve__", lists) == {"Käse"}


def test_everything_that_is_wrong_is_told_at_once_also_what_no_seed_draws(
    lists: WordLists,
) -> None:
    found = problems("{0::__colors__|x} __empty__ a } and {b|c", lists)
    assert len(found) == 4
    text = "\n".join(found)
    for part in (
        "There is no list of words named 'colors'. Did you mean 'colours'?",
        f"in {str(lists.folder)!r}",
        "The list 'empty' is empty. Write words into",
        "the brace at letter 31, '} and {b|c', closes no other",
        "the brace at letter 37, '{b|c', is not closed. Close it with }",
    ):
        assert part in text


def test_lists_that_lead_to_each_other_are_refused_with_the_way(lists: WordLists) -> None:
    (found,) = problems("__egg__", lists)
    assert found.startswith("The list 'egg' never comes to an end: egg → hen → egg.")


@pytest.mark.parametrize("prompt", ["{}", "{|}", "a { | } b", "{0::a|0::b}"])
def test_a_choice_of_nothing_is_refused(prompt: str) -> None:
    assert len(problems(prompt)) == 1


def test_braces_without_an_end_of_depth_are_refused() -> None:
    (found,) = problems("{" * 2000 + "a|b" + "}" * 2000)
    assert "more than 20 braces stand in one another" in found


def test_lists_that_grow_beyond_measure_are_stopped(tmp_path: Path) -> None:
    for number in range(12):
        line = "x" if number == 11 else f"__l{number + 1}__" * 8
        (tmp_path / f"l{number}.txt").write_text(f"{line}\n")
    wildcards = Wildcards("__l0__", WordLists(tmp_path))
    with pytest.raises(UnsupportedRequest, match=f"longer than {MOST_LETTERS:,} letters"):
        wildcards.draw(1)


def test_a_name_leads_to_no_file_beside_the_folder(lists: WordLists, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("no\n")
    assert drawn("__../secret__", lists) == {"__../secret__"}


def test_a_folder_that_is_not_there_holds_no_list() -> None:
    (found,) = problems("__colours__ ball")
    assert found.startswith("There is no list of words named 'colours'. Each is a text file")


def escaped(text: str) -> str:
    for sign in ("{", "}", "|", "__"):
        text = text.replace(sign, f"\\{sign}")
    return text


TEMPLATES = st.recursive(
    WORDS.map(lambda text: (escaped(text), {text})),
    lambda inner: st.one_of(
        # The words of some, one behind the other; or one of some.
        st.lists(inner, min_size=2, max_size=3).map(
            lambda parts: (
                "".join(text for text, _ in parts),
                {a + b for a in parts[0][1] for b in one_of_all(parts[1:])},
            )
        ),
        st.lists(inner, min_size=2, max_size=4).map(
            lambda parts: (
                "{" + "|".join(text for text, _ in parts) + "}",
                {word for _, words in parts for word in words},
            )
        ),
    ),
    max_leaves=8,
)


def one_of_all(parts: list[tuple[str, set[str]]]) -> set[str]:
    found = {""}
    for _, words in parts:
        found = {before + word for before in found for word in words}
    return found


def squeezed(text: str) -> str:
    return "".join(text.split(" "))


@given(TEMPLATES, st.integers(0, 2**32 - 1))
def test_what_is_drawn_is_always_one_of_all_there_are(
    template: tuple[str, set[str]], seed: int
) -> None:
    text, results = template
    try:
        wildcards = Wildcards(text, NONE)
    except UnsupportedRequest:
        assert any(not word.strip() for word in results)
        return
    found = wildcards.draw(seed)
    assert squeezed(found) in set(map(squeezed, results))
    assert found == Wildcards(text, NONE).draw(seed)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_one_without_signs_stays(text: str) -> None:
    try:
        found = Wildcards(text, NONE).draw(3)
    except UnsupportedRequest:
        assert may_have_wildcards(text)
    else:
        assert found == text or may_have_wildcards(text)


@given(st.text("ab{}|_ ", max_size=30))
def test_what_is_escaped_comes_out_as_it_was(text: str) -> None:
    outside = text.replace("{", r"\{").replace("}", r"\}").replace("__", r"\__")
    assert Wildcards(outside, NONE).draw(9) == text
