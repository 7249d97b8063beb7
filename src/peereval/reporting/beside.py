"""Formats of a report that another process writes while this one goes on.

It needs nothing but the results that are written already, as `peereval report` does, and so it
writes the same bytes as this process would. It writes into a folder of its own, since what is in
the output is searched meanwhile, and half of a file is not to be taken for it.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import msgspec

from peereval.publishing import from_json
from peereval.reporting.formats import RESULTS, Wanted, write_report
from peereval.wording import words

#: A document takes as long as all other formats together: its charts are painted.
_SLOW = ("docx",)
_SECONDS = 300


class Beside:
    """Another process, waiting to write some formats of a report.

    It is started before the analysis, since it takes half a second to be ready. ``formats``:
    those that it will write, of those ``wanted``; none where there is one processor alone.
    """

    def __init__(self, wanted: Iterable[str] = ()) -> None:
        slow = tuple(name for name in wanted if name in _SLOW)
        self._process = _started() if slow and (os.cpu_count() or 1) > 1 else None
        self.formats = slow if self._process else ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    @contextmanager
    def writing(self, place: Path) -> Iterator[Callable[[], bool]]:
        """Let it write what belongs into a folder where results are; it has ended when this ends.

        Gives what waits for it and puts what it wrote into the folder: whether it has written all.
        """
        with TemporaryDirectory(prefix=".writing-", dir=place.parent) as made:
            self._tell(msgspec.json.encode((str(place / RESULTS), made, self.formats)))
            try:
                yield lambda: self._has_ended() and _moved(Path(made), place)
            finally:
                self._stop()

    def _has_ended(self) -> bool:
        try:
            return self._process is not None and self._process.wait(_SECONDS) == 0
        except subprocess.TimeoutExpired:
            self._stop()
            return False

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._tell(b"")

    def _tell(self, asked: bytes) -> None:
        """The last that it is told, if it still listens; if not, that is seen by how it ended."""
        ear = self._process.stdin if self._process else None
        if ear and not ear.closed:
            with suppress(OSError), ear:
                ear.write(asked)


def _moved(made: Path, place: Path) -> bool:
    """Put files into the folders of the same name, where none of their name is; always true."""
    for path in sorted(each for each in made.rglob("*") if each.is_file()):
        target = place / path.relative_to(made)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            path.rename(target)
    return True


def _started() -> subprocess.Popen[bytes] | None:
    command = [sys.executable, "-P", "-m", "peereval.reporting"]
    quiet = subprocess.DEVNULL
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet)
    except OSError:
        return None


def write_when_asked() -> None:
    """What the other process does: get ready, wait, write; nothing if it is not asked."""
    gc.disable()  # it ends soon
    _get_ready()
    if asked := sys.stdin.buffer.read():
        results, place, formats = msgspec.json.decode(asked, type=tuple[str, str, tuple[str, ...]])
        publication = from_json(Path(results).read_bytes(), RESULTS)
        write_report(publication, Path(place), Wanted(formats))


def _get_ready() -> None:
    """Import all that a document needs, while the analysis goes on elsewhere."""
    from peereval.rendering.charts import to_png
    from peereval.rendering.document import open_template

    words()
    open_template(None)
    to_png('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>9</text></svg>')
