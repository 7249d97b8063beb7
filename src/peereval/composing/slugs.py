"""Names of files that are made of names that somebody else wrote."""

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 60
_RESERVED = frozenset(
    (
        "con",
        "prn",
        "aux",
        "nul",
        "index",
        *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
    )
)


def slugs_of(names: Iterable[str]) -> dict[str, str]:
    """A name of a file for each organisation: a to z, 0 to 9 and hyphens, no two alike.

    Nothing in a name can lead out of a folder. Names that come to the same get a number, in the
    order in which they are given.
    """
    slugs: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
        # Alone, some names mean a device on some systems (con, nul), or the list of all (index).
        slug = f"organisation-{slug}".strip("-") if slug in _RESERVED or not slug else slug
        made, number = slug, 2
        while made in taken:
            made, number = f"{slug}-{number}", number + 1
        taken.add(made)
        slugs[name] = made
    return slugs
