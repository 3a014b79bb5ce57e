"""What LTX Mini reads in a prompt, where words lie close together or are none."""

from __future__ import annotations

import re

import pytest

from providers.ltx_video.mini.vocabulary import PHRASES, Attribute, read, replacements, tokens


def values(prompt: str) -> dict[str, tuple[str, ...]]:
    return {attribute.value: found for attribute, found in read(prompt).values.items()}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("the camera pans left", {"camera": ("pan_left",)}),
        ("camera panning to the left", {"camera": ("pan_left",)}),
        ("the camera moves left", {"camera": ("pan_left",)}),
        ("a ball on the left", {"kind": ("ball",), "place": ("place_left",)}),
        ("a ball on the far left side of the frame", {"kind": ("ball",), "place": ("place_left",)}),
        ("a ball moving left", {"kind": ("ball",), "motion": ("move_left",)}),
        ("a ball rolls slowly towards the left", {"kind": ("ball",), "motion": ("move_left",)}),
        ("a ball from left to right", {"kind": ("ball",), "motion": ("move_right",)}),
        (
            "a ball on the left moving right, the camera pans left",
            {
                "kind": ("ball",),
                "place": ("place_left",),
                "motion": ("move_right",),
                "camera": ("pan_left",),
            },
        ),
        (
            "a still ball, static shot",
            {"kind": ("ball",), "motion": ("still",)} | {"camera": ("camera_still",)},
        ),
        ("the camera moves closer", {"camera": ("zoom_in",)}),
        ("a ball moving away", {"kind": ("ball",)}),
    ],
)
def test_left_right_and_still_belong_to_what_they_are_said_of(
    prompt: str, expected: dict[str, tuple[str, ...]]
) -> None:
    assert values(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a green ball over a green field", {"colour": ("green",), "setting": ("field",)}),
        ("a star under the stars", {"kind": ("star",), "setting": ("night",)}),
        ("a ring, a low hum", {"kind": ("ring",), "sound": ("hum",)}),
        ("a ring with a low tone", {"kind": ("ring",), "sound": ("low_tone",)}),
        ("a ring with a tone", {"kind": ("ring",), "sound": ("tone",)}),
    ],
)
def test_the_longer_phrase_wins(prompt: str, expected: dict[str, tuple[str, ...]]) -> None:
    found = values(prompt)
    assert {name: found[name] for name in expected} == expected


def test_two_colours_are_kept_in_their_order_and_the_first_is_the_value() -> None:
    reading = read("a blue and red ball, blue again")
    assert reading.values[Attribute.COLOUR] == ("blue", "red")
    assert reading.value(Attribute.COLOUR) == "blue"
    assert reading.unknown_words == ("again",)


def test_unknown_words_are_named_once_and_in_their_order() -> None:
    reading = read("a dragon and a knight; the dragon holds 3 red balls")
    assert reading.unknown_words == ("dragon", "knight", "holds", "3")
    assert reading.value(Attribute.KIND) == "ball"


@pytest.mark.parametrize(
    "prompt", ["redder balloons", "a starling", "boxer", "offshored", "snowed"]
)
def test_a_word_within_a_word_is_not_read(prompt: str) -> None:
    assert read(prompt).values == {}


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t", "...", "a the of, and!"])
def test_nothing_is_read_in_nothing(prompt: str) -> None:
    reading = read(prompt)
    assert reading.values == {}
    assert reading.unknown_words == ()
    assert reading.value(Attribute.KIND) is None


@pytest.mark.parametrize(
    "prompt",
    [
        "A RED BALL MOVING RIGHT AT SUNSET",
        "a red ball,moving right;at sunset!",
        "“A red ball” – moving right… (at sunset)",
        "a\nred\tball  moving right at sunset",
        "a red\N{NO-BREAK SPACE}ball moving right at sunset",
    ],
)
def test_case_punctuation_and_spaces_do_not_matter(prompt: str) -> None:
    reading = read(prompt)
    assert values(prompt) == {
        "colour": ("red",),
        "kind": ("ball",),
        "motion": ("move_right",),
        "setting": ("sunset",),
    }
    assert reading.unknown_words == ()


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("ein Würfel", ("ein", "würfel")),
        ("красный ball", ("красный",)),
        ("赤い ball", ("赤い",)),
        ("a ball 🐉", ()),
        ("a ball, l’été", ("l’été",)),
    ],
)
def test_other_scripts_are_words_it_does_not_know(prompt: str, unknown: tuple[str, ...]) -> None:
    assert read(prompt).unknown_words == unknown


def test_a_token_that_somebody_types_is_a_word_like_any_other() -> None:
    reading = read("<red> <b>ball</b> <image>")
    assert values("<red> <b>ball</b> <image>") == {"colour": ("red",), "kind": ("ball",)}
    assert reading.unknown_words == ("b", "image")


def test_every_value_names_itself_in_some_phrase_and_belongs_to_one_attribute() -> None:
    assert len(tokens()) == len(set(tokens())) == sum(map(len, PHRASES.values()))
    for attribute, by_value in PHRASES.items():
        for value, patterns in by_value.items():
            assert all(re.compile(pattern) for pattern in patterns)
            plain = value.removeprefix("place_").removeprefix("move_").replace("_", " ")
            if attribute not in (Attribute.MOTION, Attribute.PLACE, Attribute.CAMERA):
                assert read(plain).value(attribute) == value


def test_no_phrase_finds_its_words_in_a_token_put_in_before_it() -> None:
    steps = list(replacements())
    for number, (_, token) in enumerate(steps):
        for pattern, _ in steps[number + 1 :]:
            assert re.search(pattern, token) is None, (pattern, token)
