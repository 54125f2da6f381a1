# SPDX-License-Identifier: Apache-2.0
"""Tells when splunkd has read what an input wrote.

A write to a pipe ends once the kernel has the bytes, up to 64 kB more than anybody has read. What
is unread when the reader dies is lost, so none of it may be saved as seen.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
import time
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl
    import termios

_SHORTEST_PAUSE = 0.0001
_LONGEST_PAUSE = 0.05


def wait_until_read(out: BinaryIO) -> None:
    """Returns once nothing of what was flushed to a pipe is unread.

    There is no limit of time: splunkd reads nothing while its queues are full. Where `out` is no
    pipe, or the system does not tell (Windows, macOS), it returns at once.

    Raises:
        BrokenPipeError: when the reader has closed the pipe with something unread in it.
    """
    if sys.platform == "win32" or not _is_pipe(out):
        return
    descriptor = out.fileno()
    pause = _SHORTEST_PAUSE
    while True:
        closed = _is_closed(descriptor)  # asked first: what is unread after that stays so
        if not _unread(descriptor):
            return
        if closed:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _is_pipe(out: BinaryIO) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(out.fileno()).st_mode)
    except OSError:  # also `io.UnsupportedOperation`: there is no descriptor
        return False


def _is_closed(descriptor: int) -> bool:
    """Tells whether nobody can read any more: POLLERR, by poll(2)."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _unread(descriptor: int) -> int:
    """Returns how many bytes are in the pipe: FIONREAD, by pipe(7), at either end on Linux."""
    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)
