"""The switch that keeps everything on this machine: while it is off, nobody makes a call."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotConfigured

SWITCH_ON = (
    "Switch the network on under Settings > Network, or by 'main.py config set network.is_off no'."
)


@dataclass(kw_only=True)
class NetworkSwitch:
    """Asked by providers before every call; may be thrown at any time, from any thread."""

    is_off: bool = False

    def check(self, what: str, *, target: str = "") -> None:
        """Do nothing while the network may be used.

        Args:
            what: what cannot be done without it, such as "LTX-2 cannot be downloaded".
            target: whose call it would be.

        Raises:
            NotConfigured: it is switched off.
        """
        if self.is_off:
            raise NotConfigured(sentence(what), target=target, hint=SWITCH_ON)


def sentence(what: str) -> str:
    """Why something cannot be done while the network is off."""
    return f"The network is switched off, so {what}."
