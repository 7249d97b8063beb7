"""The rows of the results while it is decided which of them are kept back."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import polars as pl
from msgspec import Struct, field

from peereval.disclosure.earlier import Earlier
from peereval.disclosure.giving import GIVES
from peereval.moments import Moments
from peereval.studies import ALL, Protection, Study

Row = Mapping[str, Any]
_COLUMNS = (
    "estimate_id", "analysis", "method", "phase", "comparison", "group", "outcome", "level",
    "estimand", "estimate", "std_error", "n", "n_organisations", "status",
)  # fmt: skip


class Step(Struct, frozen=True):
    """What the numbers of a row are rounded to; ``tested``: whether its test is shown as it is."""

    size: float
    tested: bool = False


class Sheet(Struct, frozen=True):
    """Results by place, and what is kept back: place -> (rule, row that it would give away).

    ``bare``: places of which the base is kept back too; ``public``: rows that stand in an earlier
    release as they are; ``followed_up``: by phase, comparison and level how many were, and not;
    ``steps``: places of which the numbers are rounded; ``short``: those of which tests keep few
    digits.
    """

    rows: list[dict[str, Any]]
    study: Study
    moments: Moments | None
    pairs: pl.DataFrame | None
    followed_up: Mapping[tuple[str, str, str], tuple[int, ...]]
    public: frozenset[str] = frozenset()
    withheld: dict[int, tuple[str, str]] = field(default_factory=dict)
    bare: set[int] = field(default_factory=set)
    steps: dict[int, Step] = field(default_factory=dict)
    short: set[int] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)
    _places: dict[tuple[str, ...], dict[tuple[Any, ...], list[int]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        results: pl.DataFrame,
        study: Study,
        moments: Moments | None = None,
        pairs: pl.DataFrame | None = None,
        levels: pl.DataFrame | None = None,
        earlier: Earlier | None = None,
    ) -> "Sheet":
        """The sheet of a table of results."""
        rows = results.select(_COLUMNS).to_dicts()
        kinds = [GIVES.get((row["analysis"], row["estimand"]), "") for row in rows]
        known = {} if levels is None else {
            (phase, comparison, level): tuple(parts)
            for phase, comparison, level, *parts in levels.iter_rows()
        }  # fmt: skip
        public = earlier.the_same(rows) if earlier else frozenset[str]()
        return cls(rows, study, moments, pairs, known, public, kinds=kinds)

    @property
    def protection(self) -> Protection:
        """The settings of the study."""
        return self.study.protection

    def places(self, *keys: str, **having: Any) -> dict[tuple[Any, ...], list[int]]:
        """Places of the rows of ``analysis`` (or several) and ``kind``, by their ``keys``."""
        found: dict[tuple[Any, ...], list[int]] = {}
        for place in self.where(**having):
            row = self.rows[place]
            found.setdefault(tuple(row[key] for key in keys), []).append(place)
        return found

    def where(self, **having: Any) -> Iterator[int]:
        """Places of the rows that have a value, or one of several, in each column."""
        wanted = {key: {value} if isinstance(value, str) else set(value)
                  for key, value in having.items()}  # fmt: skip
        kinds = wanted.pop("kind", None)
        analyses = wanted.pop("analysis", None)
        for place in self._by_analysis(analyses):
            if kinds is not None and self.kinds[place] not in kinds:
                continue
            if all(self.rows[place][key] in values for key, values in wanted.items()):
                yield place

    def _by_analysis(self, analyses: Iterable[str] | None) -> Iterable[int]:
        if analyses is None:
            return range(len(self.rows))
        if ("analysis",) not in self._places:
            index: dict[tuple[Any, ...], list[int]] = {}
            for place, row in enumerate(self.rows):
                index.setdefault((row["analysis"],), []).append(place)
            self._places[("analysis",)] = index
        index = self._places[("analysis",)]
        return sorted(place for name in analyses for place in index.get((name,), ()))

    def withhold(self, place: int, rule: str, because: str = "", bare: bool = False) -> None:
        """Keep a row back; the first rule that does so is the one that is said."""
        row = self.rows[place]
        self.withheld.setdefault(place, (rule, "" if because == row["estimate_id"] else because))
        if bare:
            self.bare.add(place)

    def withhold_all(self, places: Iterable[int], rule: str, because: str = "") -> None:
        """As `withhold`, of several rows."""
        for place in places:
            self.withhold(place, rule, because)

    def count(self, place: int) -> float:
        """The whole number behind a share: it times its base."""
        row = self.rows[place]
        return float(round((row["estimate"] or 0.0) * row["n"]))

    def unfit(self, place: int) -> bool:
        """Whether a row is of respondents of too few organisations."""
        least = self.protection.organisations
        row = self.rows[place]
        return bool(self.study.organisation) and 0 < row["n_organisations"] < least and row["n"] > 0


def order_of_groups(study: Study) -> list[str]:
    """All, then the two groups of the contrast, then the others: the most important first."""
    contrast = list(study.contrast or ())
    return list(dict.fromkeys([ALL, *contrast, *(group.id for group in study.groups)]))


def level_word(text: str) -> str:
    """A text as the id of a level has it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "_", plain).strip("_") or "level"


Rule = Callable[[Sheet], None]
