"""Where the files that come with peereval are: scales, unit costs, the pilot's study."""

from pathlib import Path

_PACKAGE = Path(__file__).parent / "_bundled"
_PROJECT = Path(__file__).parents[2]


def bundled(name: str) -> Path:
    """Path of a bundled file or folder, such as ``"scales"``.

    An installed wheel holds it inside the package; an editable install or a
    checkout holds it at the top level of the project.

    Raises ``FileNotFoundError`` if neither does, which means a broken install.
    """
    for root in (_PACKAGE, _PROJECT):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"peereval's own file {name!r} is missing: install peereval again")
