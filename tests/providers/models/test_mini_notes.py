"""What LTX Mini is told of a prompt, and what the user is told about that."""

from __future__ import annotations

import pytest

from core.video.planning.clip_plan import make_plan
from core.video.request import RenderRequest
from core.video.terms import Target
from providers.ltx_video.mini.caption import MiniCaption, captions_of, mini_caption
from providers.ltx_video.mini.vocabulary import ATTRIBUTE_OF, Attribute, tokens, tokens_of
from providers.ltx_video.models.catalog import BY_ID, DEPLOYMENT, PROVIDER

WHOLE = " a red ball at sunset"


def caption(
    prompt: str, seed: int = 5, *, has_image: bool = False, has_camera: bool = False
) -> MiniCaption:
    return mini_caption(prompt, seed, has_image=has_image, has_camera=has_camera)


def told(prompt: str, seed: int = 5) -> set[str]:
    """The values that the tokenizer will read, each of another attribute."""
    values = tokens_of(caption(prompt, seed).text)
    assert len({ATTRIBUTE_OF[value] for value in values}) == len(values)
    return set(values)


def note_on(words: str, prompt: str) -> str:
    (note,) = [note for note in caption(prompt).notes if words in note]
    return note


def test_a_prompt_of_known_words_goes_through_word_for_word_and_needs_no_note() -> None:
    prompt = "A red ball moving right at sunset"
    assert caption(prompt) == MiniCaption(prompt, ())


def test_words_that_mini_cannot_draw_are_named_with_what_it_knows() -> None:
    (note,) = caption("a red ball and a dragon on the sea").notes
    assert "'dragon'" in note
    assert "triangle" in note
    assert "sunset" in note


@pytest.mark.parametrize(
    ("prompt", "kept", "left_out"),
    [
        ("a red and blue ball at night", {"red", "ball"}, "blue"),
        ("a green or red star at night", {"green", "star"}, "red"),
        ("a blue box and a pink ball in the snow", {"blue", "box"}, "ball"),
        ("a red ball at night and sunset", {"night"}, "sunset"),
        ("a red ring, a yellow star in the sea", {"red", "ring"}, "star"),
        ("a red ball at night, a hum and beeps", {"hum"}, "beeps"),
    ],
)
def test_of_several_values_the_first_is_kept_and_told(
    prompt: str, kept: set[str], left_out: str
) -> None:
    assert kept <= told(prompt)
    assert left_out not in told(prompt)
    notes = " ".join(caption(prompt).notes)
    assert "names several" in notes
    assert "LTX Mini draws one" in notes or "LTX Mini makes one" in notes


def test_what_is_not_named_is_drawn_from_the_seed_and_told() -> None:
    drawn = [told("something", seed) for seed in range(60)]
    assert drawn == [told("something", seed) for seed in range(60)]
    everything = set[str]().union(*drawn)
    assert {"ball", "box", "triangle", "star", "ring"} < everything
    assert {"red", "orange", "yellow", "green", "blue", "purple", "pink"} < everything
    assert {"sunset", "night", "field", "sea", "desert", "snow"} < everything
    assert all(len(values) == 3 for values in drawn)
    for seed in range(5):
        text, notes = caption("a red ball", seed).text, caption("a red ball", seed).notes
        (setting,) = told("a red ball", seed) - {"red", "ball"}
        assert notes == (f"The prompt names no setting, so the seed decides: {setting}.",)
        assert setting in text


def test_beside_a_start_image_nothing_is_drawn() -> None:
    assert caption("moving left", has_image=True) == MiniCaption("moving left", ())


def test_a_camera_move_that_was_chosen_beside_the_prompt_goes_before_one_in_it() -> None:
    prompt = f"zoom in on{WHOLE}. The camera pans left."
    assert "pan_left" in tokens_of(caption(prompt, has_camera=True).text)
    assert "zoom_in" in told(prompt)


@pytest.mark.parametrize(
    ("prompt", "denied"),
    [
        (f"{WHOLE} that does not move left", "move_left"),
        (f"{WHOLE} that doesn't move left", "move_left"),
        (f"{WHOLE} that isn’t moving left or right", "move_left"),
        (f"{WHOLE} that never rises", "move_up"),
        (f"the camera does not zoom in,{WHOLE}", "zoom_in"),
        (f"{WHOLE} without a hum", "hum"),
        (f"{WHOLE}, no beeps", "beeps"),
        ("a ball at sunset, not a green one", "green"),
        ("no ring, only a red star at sunset", "ring"),
        ("no ring and a red star at sunset", "ring"),
        ("not the sea but a red ball at night", "sea"),
    ],
)
def test_what_is_denied_is_left_out_and_told_and_never_done(prompt: str, denied: str) -> None:
    for seed in range(12):
        assert denied not in told(prompt, seed)
    assert "denies" in note_on("denies", prompt)
    assert not any("'not'" in note or "'only'" in note for note in caption(prompt).notes)


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        (f"{WHOLE}, not moving", "still"),
        (f"{WHOLE} without any sound", "silence"),
        (f"{WHOLE}, no sound", "silence"),
        (f"{WHOLE}, the camera does not move", "camera_still"),
    ],
)
def test_denials_that_are_phrases_of_their_own_are_obeyed(prompt: str, value: str) -> None:
    assert value in told(prompt)
    assert caption(prompt).notes == ()


@pytest.mark.parametrize(
    ("prompt", "motion"),
    [
        ("flies a giant orange triangle to the left at night", "move_left"),
        ("a red ball drifting over the sea to the right", "move_right"),
        ("a red ball driving right at night", "move_right"),
        ("a red ball moving right, then left, at night", "move_right"),
    ],
)
def test_a_direction_away_from_its_verb_or_behind_a_strange_one_is_read(
    prompt: str, motion: str
) -> None:
    assert motion in told(prompt)
    notes = " ".join(caption(prompt).notes)
    assert "does not know 'right'" not in notes
    assert "'flies'" not in notes


def test_a_verb_without_a_direction_is_told_apart_from_unknown_words() -> None:
    (note,) = caption(f"{WHOLE} that flies").notes
    assert "leaves out 'flies'" in note
    assert "does not know" not in note


def test_a_sound_that_rings_is_no_ring() -> None:
    assert told(f"{WHOLE}, a shrill note rings") == {"red", "ball", "sunset", "high_tone"}
    assert "ring" in told("two pink rings at night")


def test_every_value_is_said_in_words_that_the_tokenizer_reads_as_it() -> None:
    # A second colour makes the caption one in the program's own words.
    for value in tokens():
        words = value.removeprefix("move_").removeprefix("place_").replace("_", " ")
        for prompt in SAID.get(value, (words,)):
            said = caption(f"{prompt}, a red red ball at sunset").text
            assert value in tokens_of(said), said


SAID = {
    "move_left": ("moving left",),
    "move_right": ("moving right",),
    "move_up": ("rising",),
    "move_down": ("sinking",),
    "place_left": ("at the left",),
    "place_right": ("at the right",),
    "place_top": ("at the top",),
    "place_bottom": ("near the ground",),
    "place_centre": ("centred",),
    "camera_still": ("locked shot",),
}


def test_a_part_takes_over_what_it_does_not_name_from_the_one_before() -> None:
    row = BY_ID["ltx-mini"].spec
    request = RenderRequest(
        target=Target(provider=PROVIDER, deployment=DEPLOYMENT, model=row.id),
        prompt="a big red ball moving right at sunset | moving left | a blue one moving up",
    )
    first, second, third = captions_of(make_plan(request, row))
    assert (first.text, first.notes) == ("a big red ball moving right at sunset", ())
    assert set(tokens_of(second.text)) == {"big", "red", "ball", "sunset", "move_left"}
    assert set(tokens_of(third.text)) == {"big", "blue", "ball", "sunset", "move_up"}
    assert [note for note in second.notes if "takes from the one before" in note] == [
        "What a part does not name it takes from the one before: big, red, ball, sunset."
    ]


@pytest.mark.parametrize(
    ("prompt", "audio_prompt", "heard"),
    [
        ("a red ball at night, no sound", "a hum", "hum"),
        ("a red ball at night, a hum", "no sound", "silence"),
        ("a red ball at night with beeps", "a high tone, then a hum", "high_tone"),
        ("a red ball at night with beeps", "the wind", "beeps"),
        ("a red ball at night, no sound | a hum", "beeps", "beeps"),
    ],
)
def test_an_audio_prompt_counts_before_what_the_prompt_says_of_sound(
    prompt: str, audio_prompt: str, heard: str
) -> None:
    target = Target(provider=PROVIDER, deployment=DEPLOYMENT, model="ltx-mini")
    request = RenderRequest(target=target, prompt=prompt, audio_prompt=audio_prompt)
    plan = make_plan(request, BY_ID["ltx-mini"].spec)
    for one in captions_of(plan):
        sounds = [v for v in tokens_of(one.text) if ATTRIBUTE_OF[v] is Attribute.AUDIO]
        assert sounds == [heard]
