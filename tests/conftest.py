"""What every test relies on."""

from __future__ import annotations

import signal

# A shell lets what it starts in the background ignore Ctrl-C, and every process below inherits
# that. Tests that interrupt a program would then wait for ever: heed it here, and they heed it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
