"""Which name was meant by one that is not known, and that nothing silly is asked."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.platform.suggestions import nearest_name, unknown_name

SHAPES = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "3:2", "2:3")
LETTERS = "abcdefghijklmnopqrstuvwxyz-"


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("fkae", ("fake", "real"), "fake"),
        ("pan lef", ("pan_left", "pan_right"), "pan_left"),
        ("disolve", ("dissolve", "wipe"), "dissolve"),
        ("LTX-MINI", ("ltx-mini",), "ltx-mini"),
        ("zoom", ("dolly-in", "zoom-in"), "zoom-in"),
        ("16x9", SHAPES, "16:9"),
        ("720", ("480p", "720p"), "720p"),
        ("721p", ("480p", "720p"), "720p"),
        ("1280x720", ("1280x736", "736x1280"), "1280x736"),
        ("16:9", ("1:1",), None),
        ("16:9", ("1:1", "9:16"), None),
        ("1:1", ("2:1", "1:2"), None),
        ("1080p", ("180p", "480p", "108p"), None),
        ("24", ("25", "42"), None),
        ("x", ("y", "z"), None),
        ("no", ("on", "off"), None),
        ("fal", ("ltx-mini", "veo-3.1-fast"), None),
        ("cloud", ("local",), None),
        ("dark", ("park-at-night", "bark"), "bark"),
        ("", ("a",), None),
    ],
)
def test_a_guess_is_made_where_one_is_near_and_nowhere_else(
    name: str, known: tuple[str, ...], meant: str | None
) -> None:
    assert nearest_name(name, known) == meant


@given(st.sampled_from(SHAPES), st.sets(st.sampled_from(SHAPES)))
def test_no_shape_is_guessed_that_looks_otherwise(name: str, known: set[str]) -> None:
    near = nearest_name(name, sorted(known - {name}))
    if near is not None:
        shown, meant = (int(a) / int(b) for a, b in (name.split(":"), near.split(":")))
        assert 0.8 < shown / meant < 1.25


@given(
    st.text(LETTERS, min_size=6, max_size=30),
    st.lists(st.text(LETTERS, min_size=6, max_size=30), max_size=8),
    st.data(),
)
def test_one_slip_of_the_finger_is_always_understood(
    meant: str, others: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(meant) - 2))
    slip = data.draw(st.sampled_from(["left out", "twice", "swapped", "another"]))
    letter = data.draw(st.sampled_from(LETTERS))
    typed = {
        "left out": meant[:at] + meant[at + 1 :],
        "twice": meant[:at] + meant[at] + meant[at:],
        "swapped": meant[:at] + meant[at + 1] + meant[at] + meant[at + 2 :],
        "another": meant[:at] + letter + meant[at + 1 :],
    }[slip]
    near = nearest_name(typed, [meant])
    assert near == meant
    assert nearest_name(typed, [*others, meant]) is not None


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=8))
def test_what_is_guessed_has_most_letters_in_common_or_begins_so(
    name: str, known: list[str]
) -> None:
    near = nearest_name(name, known)
    if near is None or any(map(str.isdigit, name)):
        return
    plain, other = (text.casefold().replace("_", "-") for text in (name, near))
    plain, other = ("-".join(text.split(" ")) for text in (plain, other))
    alike = SequenceMatcher(None, plain, other, autojunk=False).ratio()
    assert alike >= 0.4 or other.startswith(plain) or sorted(plain) == sorted(other)


def test_every_name_is_listed_once() -> None:
    sentence = unknown_name("model", "fal", ["ltx-2.3", "ltx-mini", "ltx-2.3"])
    assert sentence == "There is no model named 'fal'. Known: ltx-2.3, ltx-mini."
