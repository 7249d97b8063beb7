"""Folders and files written beside their place and renamed: complete, or not there."""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import polars as pl

from peereval.errors import OutputError
from peereval.formulas import harmless

#: The file by which an output folder of a run is known again.
RUN_FILE = "run.json"
#: The part of that record that stays: what the fingerprints of restricted files are, too, since
#: those of a short table would tell a reader when a guess of its counts is right.
RESTRICTED, RESTRICTED_RECORD = "restricted", "restricted/record.json"
_NAMED_AFTER_SCHOOLS = "organisations"
_ELSEWHERE = "choose another place with --out"
#: How polars quotes the system, whatever its own error is called.
_OF_THE_SYSTEM = re.compile(r"([^:]+) \(os error \d+\)")


def write_folder(
    folder: Path, fill: Callable[[Path], None], mark: str = RUN_FILE, private: bool = False
) -> None:
    """Let ``fill`` write into a new folder, then put it in place of ``folder``.

    Others may read it then, unless it is ``private``; nobody may before, while it is not searched.
    An earlier output of the same kind, known by its file ``mark``, is replaced; any other
    folder that holds something is refused. Raises ``OutputError``; whatever happens, an
    interruption too, no half-written folder is left.
    """
    check_output(folder, mark)
    with _writing(folder), _beside(folder) as place:
        fill(place)
        if not private:
            place.chmod(0o755)
        _swap(place, folder.resolve())


def check_output(folder: Path, mark: str = RUN_FILE, inputs: Iterable[Path] = ()) -> None:
    """Refuse a place that is a file, or a folder with something in it that is not our own.

    That is also a file in which somebody has worked since it was written, such as decisions
    about near misses, and any of ``inputs``, which are read from there.
    """
    for path in inputs:
        if path.resolve().is_relative_to(folder.resolve()):
            raise OutputError(f"{path} is read, and {folder} would be replaced: {_ELSEWHERE}")
    with _writing(folder):
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file: {_ELSEWHERE}")
        if folder.is_dir() and any(folder.iterdir()) and not _is_ours(folder / mark):
            what = "holds something that peereval did not write"
            raise OutputError(f"{folder} {what}: {_ELSEWHERE}")
        if folder.is_dir() and (changed := _changed_since(folder, mark)):
            what = f"holds {changed}, which was not written by the last run or has changed since"
            raise OutputError(f"{folder} {what}: move it out of there, or {_ELSEWHERE}")


def _is_ours(mark: Path) -> bool:
    """Whether a file is the record of an output; others may have a file of that name."""
    try:
        content = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and "format" in content


def fingerprints(folder: Path) -> dict[str, str]:
    """Every file below a folder with its SHA-256, but those that a desktop leaves about."""
    return {
        path.relative_to(folder).as_posix(): fingerprint(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "Thumbs.db", "desktop.ini"))
    }


def outputs_of(folder: Path) -> dict[str, str]:
    """What the record of a run says of its files: their SHA-256 by `recorded_as`."""
    return {
        recorded_as(name): digest for name, digest in fingerprints(folder).items()
        if name != RUN_FILE and not name.startswith(f"{RESTRICTED}/")
    }  # fmt: skip


def restricted_outputs_of(folder: Path) -> dict[str, str]:
    """The same of the restricted files, but for their own record."""
    found = fingerprints(folder / RESTRICTED)
    named = {f"{RESTRICTED}/{name}": digest for name, digest in found.items()}
    return {name: digest for name, digest in named.items() if name != RESTRICTED_RECORD}


def recorded_as(name: str) -> str:
    """The name of a file in the record of a run, where pages must not name their schools."""
    first, _, rest = name.partition("/")
    hidden = first == _NAMED_AFTER_SCHOOLS and rest
    return f"{first}/{sha256(name.encode()).hexdigest()[:32]}" if hidden else name


def fingerprint(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _changed_since(folder: Path, mark: str) -> str:
    """The first file that is not as the last run left it; nothing if that run did not say."""
    written = _recorded(folder, mark)
    if written is None:
        return ""
    own = (mark, RESTRICTED_RECORD)
    there = {name: digest for name, digest in fingerprints(folder).items() if name not in own}
    changed = (n for n, digest in there.items() if written.get(recorded_as(n)) != digest)
    return next(changed, "")


def check_as_written(folder: Path, names: Iterable[str]) -> None:
    """Refuse files of an output folder that are not as its run wrote them.

    A folder without a record of its run says nothing about its files: they are taken as they are.
    """
    written = _recorded(folder)
    if written is None:
        return
    for name in names:
        path = folder / name
        if path.is_file() and written.get(recorded_as(name)) != fingerprint(path):
            what = "is not as it was written: somebody has worked in it"
            raise OutputError(f"{path} {what}. Move it out of there first")


def _recorded(folder: Path, mark: str = RUN_FILE) -> dict[str, str] | None:
    """What a run said of its files, the restricted ones too; None where it said nothing."""
    public, restricted = _outputs_in(folder / mark), _outputs_in(folder / RESTRICTED_RECORD)
    return None if public is None else public | (restricted or {})


def _outputs_in(record: Path) -> dict[str, str] | None:
    try:
        written = json.loads(record.read_text(encoding="utf-8")).get("outputs")
    except (OSError, ValueError, AttributeError):
        return None
    return written if isinstance(written, dict) else None


def replace_files(folder: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write files, then put each in its place in an output folder.

    Files that were there before and are not as the run wrote them are refused; the record of the
    run knows the new ones afterwards. Of folders all files of the kinds that are written anew are
    replaced: pages, or charts, that there are no longer must not stay.
    """
    with _writing(folder), _beside(folder / RUN_FILE) as place:
        fill(place)
        new = sorted(place.iterdir())
        old = [name for path in new for name in _replaced(path, folder / path.name)]
        check_as_written(folder, old)
        for name in old:
            (folder / name).unlink()
        for path in new:
            for name in _files(path):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).replace(folder / name)
        _record_outputs(folder)


def _replaced(new: Path, old: Path) -> list[str]:
    """Files that a new file, or a new folder, stands for: of a folder those of the same kinds."""
    kinds = {Path(name).suffix for name in _files(new)}
    return [name for name in _files(old) if Path(name).suffix in kinds]


def _files(path: Path) -> Iterator[str]:
    """Names of a file, or of every file of a folder, below the folder that it is in."""
    found = path.rglob("*") if path.is_dir() else [path]
    yield from (each.relative_to(path.parent).as_posix() for each in found if each.is_file())


def _record_outputs(folder: Path) -> None:
    """Let the record of a run know the files that are there now, where there is a record."""
    path = folder / RUN_FILE
    if _recorded(folder) is not None:
        record = json.loads(path.read_text(encoding="utf-8"))
        record["outputs"] = outputs_of(folder)
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        write_utf8(text + "\n", path)


def write_table(
    frame: pl.DataFrame,
    path: Path,
    overwrite: bool = False,
    known: Iterable[str] = (".csv", ".parquet"),
) -> None:
    """Write one table as its ending says, for its owner alone; never over another file.

    Raises ``OutputError``.
    """
    if path.suffix not in known:
        raise OutputError(f"{path} has no ending that is known: use one of {', '.join(known)}")

    def fill(part: Path) -> None:
        part.touch(mode=0o600)
        write_csv(frame, part) if path.suffix == ".csv" else frame.write_parquet(part)

    _write_file(path, fill, overwrite)


def write_text(text: str, path: Path, overwrite: bool = False) -> None:
    """Write a text as a UTF-8 file; never over another file. Raises ``OutputError``."""
    _write_file(path, lambda part: write_utf8(text, part), overwrite)


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    """A table as CSV in which a spreadsheet finds nothing to run."""
    harmless(frame).write_csv(path)


def write_utf8(text: str, path: Path) -> None:
    """A text as a UTF-8 file with plain line ends, the same on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_file(path: Path, fill: Callable[[Path], None], overwrite: bool) -> None:
    with _writing(path):
        if path.exists() and not overwrite:
            raise OutputError(f"{path} is there already: choose another place, or say --overwrite")
        with _beside(path) as place:
            fill(place / "part")
            (place / "part").replace(path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A new folder in the folder of ``path``; neither is left behind, if it was not there."""
    parent = path.resolve().parent
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    # Named before it is made: an interruption between the two must not lose it.
    place = parent / f".writing-{token_hex(8)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        try:
            place.mkdir(mode=0o700)
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
    except BaseException:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say what the system refuses in words, whichever library met it."""
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error.strerror or _said(error)) from None
    except pl.exceptions.ComputeError as error:
        if not _said(error):
            raise
        raise _cannot_write(path, _said(error)) from None


def _said(error: Exception) -> str:
    found = _OF_THE_SYSTEM.search(str(error))
    return found[1].strip() if found else ""


def _cannot_write(path: Path, why: str) -> OutputError:
    return OutputError(f"{path} cannot be written ({why or 'the system refuses'}): {_ELSEWHERE}")


def _swap(place: Path, folder: Path) -> None:
    """Put ``place`` where ``folder`` is; an earlier one goes only when the new one stands."""
    old = place.with_name(place.name + "-old")
    try:
        if folder.exists():
            folder.rename(old)
        place.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
