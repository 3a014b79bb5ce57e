"""`@Name` in prompts: what is one, what is none, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.project.model.characters import (
    Character,
    begun_mention,
    escape,
    find_mentions,
    keep_meaning,
    mention_text,
    name_problem,
    write_out,
)


def cast(*names: str) -> tuple[Character, ...]:
    return tuple(Character(id=f"id-{name}", name=name) for name in names)


ALL = cast("Anna", "Anna Lee", "Old Sailor", "安娜", "Zoë", "O'Brien", "7 of 9", "राम")
_pieces = st.sampled_from([
    "@", "@@", "Anna", "anna", "Anna Lee", "Old", "Sailor", " ", "\n", "-", "'s", ".", "[", "]",
    "@[Anna]", "@Bob", "x", "安娜", "走", "Zoë", "|", "7 of 9", "@example.com", "राम", "ा", "1",
])  # fmt: skip
prompts = st.lists(_pieces, max_size=12).map("".join) | st.text(max_size=30)
casts = st.lists(st.sampled_from(ALL), unique=True, max_size=6).map(tuple)


def meant(prompt: str, characters: tuple[Character, ...]) -> list[str]:
    found = find_mentions(prompt, characters)
    return [one.character.name if one.character else f"?{one.name}" for one in found]


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("@Anna walks", ["Anna"]),
        ("@anna's dog and @ANNA", ["Anna", "Anna"]),
        ("(@Anna), @Old  Sailor.", ["Anna", "Old Sailor"]),
        ("@Old\nSailor", ["Old Sailor"]),
        ("@Anna Lee waits", ["Anna Lee"]),
        ("@[Anna] Lee waits", ["Anna"]),
        ("@Annabel", ["?Annabel"]),
        ("@Anna-Lena", ["?Anna-Lena"]),
        ("@Anna - alone", ["Anna"]),
        ("@Ana", ["?Ana"]),
        ("@[Nobody here]", ["?Nobody here"]),
        ("write to anna@example.com", []),
        ("write to x@Anna", []),
        ("x@[Anna]", ["Anna"]),
        ("@@Anna", []),
        ("@@@Anna", ["Anna"]),
        ("a @ b, 5 @ 3, @", []),
        ("@2x zoom", []),
        ("@7 of 9", ["7 of 9"]),
        ("@安娜走路", ["安娜"]),
        ("走过来@安娜", ["安娜"]),
        ("@Zoë", ["Zoë"]),
        ("@O'Brien", ["O'Brien"]),
        ("@रामा", ["?रामा"]),
        ("@[Anna", []),
        ("@[]", []),
    ],
)
def test_what_is_a_mention(prompt: str, names: list[str]) -> None:
    assert meant(prompt, ALL) == names


def test_names_stand_in_the_place_of_mentions() -> None:
    prompt = "@anna meets @[Old  Sailor], mails a@b.c, writes @@home, and @Ana."
    assert write_out(prompt, ALL) == "Anna meets Old Sailor, mails a@b.c, writes @home, and @Ana."


@given(prompts, casts)
def test_an_escaped_text_is_sent_as_it_was(text: str, characters: tuple[Character, ...]) -> None:
    assert find_mentions(escape(text), characters) == ()
    assert write_out(escape(text), characters) == text


@given(prompts, casts)
def test_mentions_are_apart_and_begin_with_an_at(
    prompt: str, characters: tuple[Character, ...]
) -> None:
    end = 0
    for found in find_mentions(prompt, characters):
        assert found.start >= end
        assert prompt[found.start] == "@"
        end = found.end
    assert end <= len(prompt)


@given(prompts, casts, st.data())
def test_a_new_name_changes_no_meaning(
    prompt: str, before: tuple[Character, ...], data: st.DataObject
) -> None:
    known = [one.name for one in before]
    new = data.draw(st.sampled_from([one.name for one in ALL if one.name not in known] or ["Eve"]))
    renamed = data.draw(st.sampled_from(before)) if before else Character(id="new", name=new)
    after = tuple(
        one.model_copy(update={"name": new}) if one.id == renamed.id else one for one in before
    )
    was = [one.character.id for one in find_mentions(prompt, before) if one.character]
    rewritten = keep_meaning(prompt, before, after)
    now = [one.character.id for one in find_mentions(rewritten, after) if one.character]
    # What was nobody's name may be somebody's now.
    left = iter(now)
    assert all(found in left for found in was)
    if renamed.id not in was and not set(now) - set(was):
        assert write_out(rewritten, after) == write_out(prompt, before)


@given(prompts, casts, st.data())
def test_whoever_is_gone_stands_there_by_name(
    prompt: str, before: tuple[Character, ...], data: st.DataObject
) -> None:
    if not before:
        return
    gone = data.draw(st.sampled_from(before))
    after = tuple(one for one in before if one.id != gone.id)
    rewritten = keep_meaning(prompt, before, after)
    assert write_out(rewritten, after) == write_out(prompt, before)


@given(prompts, casts)
def test_the_same_names_leave_a_prompt_as_it_is(
    prompt: str, characters: tuple[Character, ...]
) -> None:
    assert keep_meaning(prompt, characters, characters) == prompt


@given(casts.filter(bool), prompts, st.data())
def test_what_is_completed_means_the_one_that_was_chosen(
    characters: tuple[Character, ...], following: str, data: st.DataObject
) -> None:
    wanted = data.draw(st.sampled_from(characters))
    text = mention_text(wanted, following, characters)
    first = find_mentions(text + following, characters)[0]
    assert first.character == wanted


@pytest.mark.parametrize(
    ("typed", "begun"),
    [
        ("see @An", "An"),
        ("see @", ""),
        ("see @Old Sa", "Old Sa"),
        ("see @[Old", "Old"),
        ("see @[Old]", None),
        ("mail a@b", None),
        ("see @@An", None),
        ("see @@@An", "An"),
        ("see An", None),
        ("@An\nx", None),
    ],
)
def test_what_is_begun(typed: str, begun: str | None) -> None:
    assert begun_mention(typed, len(typed)) == begun


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "needs a name"), (" \n", "needs a name"), ("anna", "already"), ("An@a", "'@'"),
        ("A|B", "'|'"), ("-Anna", "begins with"), ("x" * 61, "61 letters"), ("A\x00b", "has"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_kept(name: str, said: str) -> None:
    assert said in name_problem(name, cast("Anna"))
    assert name_problem("Bob", cast("Anna")) == ""
