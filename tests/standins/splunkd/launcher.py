"""Starts one process and says on a pipe what became of it.

The kernel's ``ru_maxrss`` of a process counts what its parent held when it was forked. This small
process in between is that parent, so the figure is the input's own and not pytest's.

Usage: ``launcher.py <report descriptor> <working directory> <environment as JSON> program
argument…``
"""

import contextlib
import json
import os
import sys


def main() -> None:
    """Fork, tell the process id, wait, tell status, CPU seconds and peak memory."""
    report, directory, command = int(sys.argv[1]), sys.argv[2], sys.argv[4:]
    environment = json.loads(sys.argv[3])
    os.set_inheritable(report, False)
    child = os.fork()
    if child == 0:
        try:
            os.chdir(directory)
            os.execve(command[0], command, environment)  # noqa: S606
        finally:
            os._exit(127)
    os.write(report, json.dumps({"pid": child}).encode() + b"\n")
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _, status, usage = os.wait4(child, 0)
    result = {
        "status": status,
        "cpu": usage.ru_utime + usage.ru_stime,
        "rss": usage.ru_maxrss,
    }
    os.write(report, json.dumps(result).encode() + b"\n")


if __name__ == "__main__":
    main()
