"""`peereval`, and `python -m peereval`."""

import os
import sys
from typing import NoReturn

from peereval.cli import main


def run() -> NoReturn:
    """The command line, which ends at once when it is done.

    All files are closed by then. To take a run apart object by object, as Python does when it
    ends, takes a tenth of a second, and the system takes its memory back anyway.
    """
    code = 1  # of an error that nobody expected, which Python prints
    try:
        main(prog_name="peereval")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the reader of a pipe had enough
            code = code or 1
    os._exit(code)


if __name__ == "__main__":
    run()
