"""Standard streams that are there: services and launchers start programs without some of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_missing_streams() -> None:
    """Point each standard stream that was closed at nothing.

    Otherwise the next file that is opened, such as the journal, would get its number, and whatever
    writes to "stderr" would write into that file.
    """
    for number in range(len(_STREAMS)):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one, for those below it are open by now.
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nothing)
