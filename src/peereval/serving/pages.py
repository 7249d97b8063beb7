"""The files of an output folder that the workspace shows, and no others."""

import re
from collections.abc import Mapping
from functools import lru_cache
from html import unescape
from pathlib import Path

import msgspec
import polars as pl
from msgspec import Struct

from peereval.composing.slugs import slugs_of
from peereval.errors import UsageError

#: Every organisation by its name, from which the name of its page follows; and the record of the
#: run, which says of which study they are.
TABLE, RUN = "restricted/organisations.parquet", "run.json"
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"')
#: Of a page that says nothing of its own: nothing is loaded or run.
_NOTHING = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
#: Said in every policy; that nobody may frame it a page cannot say of itself.
_ALWAYS = ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'")


class Pages(Struct, frozen=True):
    """Pages of a study by the name of their organisation, and the evaluator's own."""

    out: Path
    slugs: Mapping[str, str]
    study: str = ""

    def own(self, organisation: str) -> Path | None:
        """The page of an organisation; None if it has none any more."""
        slug = self.slugs.get(organisation)
        return self._there(f"organisations/{slug}.html") if slug else None

    def for_pupils(self, organisation: str) -> Path | None:
        """Its version for pupils."""
        slug = self.slugs.get(organisation)
        return self._there(f"organisations/pupils/{slug}.html") if slug else None

    def organisation_of(self, slug: str) -> str | None:
        """Whose page a name is. Only names of this run are known, so none leads elsewhere."""
        return next((name for name, known in self.slugs.items() if known == slug), None)

    @property
    def index(self) -> Path | None:
        """The evaluator's list."""
        return self._there("organisations/index.html")

    @property
    def report(self) -> Path | None:
        """The report of the whole evaluation."""
        return self._there("report.html")

    def _there(self, name: str) -> Path | None:
        path = self.out / name
        return path if path.is_file() else None


def open_pages(out: Path) -> Pages:
    """The pages of an output folder. Raises ``UsageError`` where it has none."""
    try:
        slugs = _slugs(out / TABLE, (out / TABLE).stat().st_mtime_ns)
    except (OSError, pl.exceptions.PolarsError):
        slugs = {}
    if not slugs or not (out / "organisations").is_dir():
        raise UsageError(
            f"{out} has no pages of organisations, or no {TABLE}, which says whose they are: run "
            "peereval analyse on a study that names an organisation column"
        )
    return Pages(out, slugs, _study(out))


@lru_cache(maxsize=1)
def _slugs(table: Path, _changed: int) -> Mapping[str, str]:
    """Organisation -> name of its page; read again where the table has changed."""
    names = pl.read_parquet(table, columns=["organisation"])["organisation"]
    return slugs_of(names.unique().sort().to_list())


class _Record(Struct):
    """What is looked at of the record of a run."""

    study: dict[str, str]


def _study(out: Path) -> str:
    """The id of the study that a folder is of; empty where no record says so."""
    try:
        return msgspec.json.decode((out / RUN).read_bytes(), type=_Record).study["id"]
    except (OSError, msgspec.DecodeError, KeyError):
        return ""


def policy_of(page: str) -> str:
    """The content security policy that a page declares, and that nobody may frame it."""
    found = _POLICY.search(page)
    # In a page quotation marks are escaped; in a header nothing is.
    policy = unescape(found[1]) if found else _NOTHING
    # A browser ignores what is said a second time, and complains.
    more = (each for each in _ALWAYS if each.split()[0] not in policy)
    return "; ".join([policy, *more])
