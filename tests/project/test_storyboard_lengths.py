from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.project.storyboard.times import share_out

weights = st.lists(st.integers(1, 1000), min_size=1, max_size=60)


@given(st.integers(1, 100_000), weights, st.integers(1, 400), st.integers(0, 2000))
def test_shares_add_up_and_keep_the_bounds(
    total: int, anchor_of: list[int], low: int, above: int
) -> None:
    high = low + above
    shares = share_out(total, anchor_of, low, high)
    assert all(low <= share <= high for share in shares)
    if len(shares) * low <= total <= len(shares) * high:
        assert sum(shares) == total


@given(st.integers(100, 100_000), weights)
def test_more_weight_never_has_the_smaller_share(total: int, anchor_of: list[int]) -> None:
    shares = share_out(total, anchor_of, 1, 100_000)
    for one, weight in zip(shares, anchor_of, strict=True):
        for other, lighter in zip(shares, anchor_of, strict=True):
            # A share may be rounded either way.
            assert weight <= lighter or one >= other - 1


def test_what_a_bound_cuts_off_goes_to_the_others() -> None:
    assert share_out(1200, [1, 40, 3], 100, 800) == [100, 800, 300]
    assert share_out(1000, [1, 1, 100], 10, 600) == [200, 200, 600]


def test_bounds_that_cannot_meet_the_total_give_the_nearer_bound() -> None:
    assert share_out(10, [1, 2], 20, 30) == [20, 20]
    assert share_out(1000, [1, 2], 20, 30) == [30, 30]
