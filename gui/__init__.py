"""Everything that needs Qt: the windows, and texts drawn as pictures."""

import ctypes
import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 takes these for immortal, as Python 3.12 made them: each call that returns one
    # gives away a reference that it never had, and after thousands of calls the process aborts.
    # To be removed with Python 3.11, or with a PySide6 that counts again.
    for _lasting in (None, True, False, NotImplemented):
        ctypes.c_ssize_t.from_address(id(_lasting)).value += 1 << 40
