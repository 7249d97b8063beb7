"""Where scale files are, and the scale of a name."""

from functools import lru_cache
from pathlib import Path

from peereval.bundled import bundled
from peereval.errors import ScaleError, UsageError, nearest
from peereval.scales.objects import Scale
from peereval.scales.reading import load_scale_file


def scale_files(folder: Path | None = None) -> dict[str, Path]:
    """Scale id -> file, of the bundled scales and of ``folder`` (whose files win)."""
    folders = [bundled("scales"), *([folder] if folder else [])]
    return {path.stem: path for place in folders for path in sorted(place.glob("*.toml"))}


@lru_cache(maxsize=256)
def _cached(path: Path, _modified: int) -> Scale:
    return load_scale_file(path)


def load_scale(name: str, folder: Path | None = None) -> Scale:
    """The scale called ``name`` (its file's name without ``.toml``).

    ``folder`` is a study's own folder of scale files, searched before the bundled
    ones. Raises ``ScaleError`` if there is none, naming the nearest.
    """
    if not isinstance(name, str):
        raise UsageError("Give the id of a scale, such as 'swemwbs'; see: peereval scales list")
    files = scale_files(folder)
    if name not in files:
        hint = nearest(name, files) or f"There are {', '.join(files)}."
        raise ScaleError(f"There is no scale {name!r}. {hint}")
    scale = _cached(files[name], files[name].stat().st_mtime_ns)
    if scale.id != name:
        raise ScaleError(f"{files[name].name} holds the scale {scale.id!r}: rename the file")
    return scale
