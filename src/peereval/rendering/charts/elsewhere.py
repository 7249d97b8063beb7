"""Many pictures at once, painted by other processes while this one goes on."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from peereval.rendering.charts import png

#: Fewer are painted sooner than another process starts.
_FEW = 10
#: More processes than this have too little to do each.
_MOST = 4
_SECONDS = 300


def to_pngs(svgs: Sequence[str], scale: float) -> Callable[[], list[bytes]]:
    """Begin to paint SVGs; what is given back waits for the pictures, in the same order.

    They are the same pictures as those of `to_png`, which paints them where there is one processor
    alone, there are few of them, or no other process can be had.
    """
    processors = os.cpu_count() or 1
    if len(svgs) < _FEW or processors < 2 or not sys.executable:
        return lambda: [png.to_png(svg, scale) for svg in svgs]
    # One is left to this process, which has other work to do.
    n = min(processors - 1, _MOST, len(svgs) // _FEW)
    # Charts of a kind follow each other: each process has its share of the large ones.
    shares = [svgs[start::n] for start in range(n)]
    threads = ThreadPoolExecutor(n, "pictures")
    coming = [threads.submit(_painted_elsewhere, share, scale) for share in shares]
    threads.shutdown(wait=False)

    def wait() -> list[bytes]:
        pictures = [b""] * len(svgs)
        for start, (share, painted) in enumerate(zip(shares, coming, strict=True)):
            try:
                pictures[start::n] = painted.result()
            except (OSError, subprocess.SubprocessError, msgspec.MsgspecError):
                pictures[start::n] = [png.to_png(svg, scale) for svg in share]
        return pictures

    return wait


def _painted_elsewhere(svgs: Sequence[str], scale: float) -> list[bytes]:
    # The file and not the package: that needs a tenth of the time to start.
    command = [sys.executable, "-P", str(Path(png.__file__))]
    asked = msgspec.msgpack.encode((scale, svgs))
    done = subprocess.run(command, input=asked, capture_output=True, check=True, timeout=_SECONDS)
    found = msgspec.msgpack.decode(done.stdout, type=list[bytes])
    if len(found) != len(svgs):
        raise msgspec.DecodeError("pictures are missing")
    return found
