"""Addresses of servers as people write them."""

from __future__ import annotations

import pytest

from core.platform.server_address import is_this_machine, server_address


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("127.0.0.1:8188", "http://127.0.0.1:8188"),
        (" http://0.0.0.0:8188/ ", "http://127.0.0.1:8188"),
        ("https://comfy.lan/behind/a/proxy/", "https://comfy.lan/behind/a/proxy"),
        ("http://[::]:8188", "http://[::1]:8188"),
        ("Workstation", "http://workstation"),
    ],
)
def test_an_address_is_tidied_up(typed: str, used: str) -> None:
    assert server_address(typed) == used


@pytest.mark.parametrize(
    "typed", ["", "ftp://a", "http://", "http://a:no", "http://me:secret@a", "a b", "http://a/?k=1"]
)
def test_what_is_no_address_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(ValueError, match="it ") as refused:
        server_address(typed)
    assert "secret" not in str(refused.value)


def test_this_machine_is_known_by_all_its_names() -> None:
    own = ("http://127.0.0.1:1", "http://localhost", "http://[::1]:8188", "http://127.8.9.1")
    assert all(map(is_this_machine, own))
    assert not any(map(is_this_machine, ("http://192.168.1.2", "https://comfy.example")))
