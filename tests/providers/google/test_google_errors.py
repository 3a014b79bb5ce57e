"""What Google's words say of the price of a failure."""

from __future__ import annotations

import pytest

from providers.google.google_http import GoogleError, read_error


@pytest.mark.parametrize(
    ("words", "is_charged"),
    [
        ("You were not charged.", False),
        ("You won't be charged for this request.", False),
        ("It has never been billed.", False),
        ("There is no charge.", False),
        ("You have been charged for this video.", True),
        ("I am not able to depict a cavalry charge.", None),
        ("It did not work.", None),
    ],
)
def test_only_plain_words_say_whether_it_is_charged(words: str, is_charged: bool | None) -> None:
    assert GoogleError(words).is_charged is is_charged


@pytest.mark.parametrize(
    ("found", "message", "status"),
    [
        ({"error": {"code": 400, "message": "No.", "status": "INVALID"}}, "No.", "INVALID"),
        ([{"error": {"code": 403, "message": "No."}}], "No.", "403"),
        ({"error": "invalid_grant"}, "invalid_grant", ""),
        ({"error": {"code": "safety"}}, "", "safety"),
        ([], "", ""),
        ("<html>", "", ""),
        (None, "", ""),
    ],
)
def test_an_error_is_read_in_every_shape(found: object, message: str, status: str) -> None:
    error = read_error(found)
    assert (error.message, error.status) == (message, status)
