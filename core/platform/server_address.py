"""Addresses of servers that a person names: tidied up, and whether they are this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

# What servers print of themselves where anybody may reach them, and how they are reached here.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def server_address(text: str) -> str:
    """An address as it is used: with its scheme, without a slash at its end.

    Raises:
        ValueError: it is none; the sentence does not repeat it, since it may hold a password.
    """
    text = text.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("it is no address; write it as http://127.0.0.1:8188") from error
    if parts.scheme not in ("http", "https") or not host or any(map(str.isspace, text)):
        raise ValueError("it is no address; write it as http://127.0.0.1:8188")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("it holds a user name, a password or a question mark, which are not taken")
    host = _EVERYWHERE.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def is_this_machine(address: str) -> bool:
    """Whether what is sent to an address stays on this machine."""
    return is_own_host(urlsplit(address).hostname or "")


def is_own_host(host: str) -> bool:
    """Whether a name or number of a host is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
