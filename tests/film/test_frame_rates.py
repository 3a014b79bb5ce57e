"""The rate that a clip's times speak of, and the one that a film gets."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from core.film.model.frame_rate import (
    broadcast_rate,
    film_rate,
    is_usual,
    nominal_rate,
    trembling_slots,
)
from tests.fakes.laid_out import source

NTSC = Fraction(30_000, 1001)
NTSC_FILM = Fraction(24_000, 1001)
MS = Fraction(1, 1000)


def rounded_gaps(rate: Fraction, count: int, base: Fraction = MS) -> list[int]:
    times = [round(n / rate / base) for n in range(count)]
    return [b - a for a, b in pairwise(times)]


@pytest.mark.parametrize(
    "rate", [NTSC_FILM, Fraction(24), Fraction(25), NTSC, Fraction(30), Fraction(60_000, 1001)]
)
@pytest.mark.parametrize("count", [50, 1500])
def test_milliseconds_mean_the_usual_rate_that_the_file_names(rate: Fraction, count: int) -> None:
    assert nominal_rate(rounded_gaps(rate, count), MS, said=rate) == rate


def test_what_the_file_says_is_believed_only_where_the_times_agree() -> None:
    assert nominal_rate([3600] * 50, Fraction(1, 90_000), said=Fraction(17)) == 25


@pytest.mark.parametrize(
    ("gaps", "rate"),
    [
        ([61, *[40] * 40], 25),
        ([33, 34, 33] * 10 + [66, 67] * 5 + [400], 30),
        ([40, 80, 120, 80] * 5 + [720], 25),
        ([28, 52, 31, 47, 40, 36, 44] * 6, 25),
        ([16, 17, 17] * 20 + [50, 33], 60),
        ([3000] * 30, Fraction(1, 3)),
    ],
)
def test_most_gaps_say_the_rate(gaps: list[int], rate: Fraction) -> None:
    assert nominal_rate(gaps, MS, said=Fraction(1234, 100)) == rate


def test_trembling_clock_loses_no_frame_and_a_real_gap_stays() -> None:
    late = [Fraction(ms, 1000) for ms in (0, 40, 118, 121, 160, 400, 438, 482, 519)]
    slots = trembling_slots(late, Fraction(25))
    assert slots == [0, 1, 3, 4, 5, 10, 11, 12, 13]


def test_times_that_fit_are_left_as_they_are() -> None:
    assert trembling_slots([Fraction(n, 25) for n in range(9)], Fraction(25)) is None


def test_twice_as_many_frames_as_the_rate_has_are_not_strung_out() -> None:
    assert trembling_slots([Fraction(n, 50) for n in range(40)], Fraction(25)) is None


def rate_of(*clips: tuple[Fraction | int, int, bool]) -> Fraction:
    """The film's rate for clips of a rate, a number of frames, and whether they are even."""
    path = Path("clip.mp4")
    facts = [
        source(path, count, Fraction(rate), is_constant_rate=even).facts
        for rate, count, even in clips
    ]
    return film_rate(facts).rate


def test_most_clips_decide_and_of_as_many_the_longest() -> None:
    assert rate_of((24, 10, True), (30, 500, True), (24, 10, True)) == 24
    assert rate_of((24, 10, True), (30, 500, True)) == 30


def test_uneven_odd_and_slow_clips_do_not_decide() -> None:
    assert rate_of((60, 5000, False), (25, 10, True)) == 25
    assert rate_of((Fraction(292, 10), 900, True), (24, 10, True)) == 24
    assert rate_of((Fraction(1, 3), 900, True), (24, 10, True)) == 24


def test_film_without_a_usual_rate_gets_the_next_one_that_shows_every_frame() -> None:
    assert rate_of((Fraction(292, 10), 90, True)) == NTSC
    assert rate_of((Fraction(100, 7), 90, True)) == 15
    assert rate_of((Fraction(1, 3), 3, True)) == 25


def test_whole_rates_of_models_and_broadcast_rates_are_usual() -> None:
    assert all(map(is_usual, (Fraction(7), Fraction(16), NTSC, Fraction(25, 2))))
    assert not is_usual(Fraction(292, 10))
    assert broadcast_rate(Fraction(2997, 100)) == NTSC
