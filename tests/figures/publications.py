"""Publications to draw: those of the bundled studies, and the same made hostile."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from msgspec.structs import replace

from peereval.output.run import manifest
from peereval.pipeline import analyse
from peereval.publishing import Publication, publish
from peereval.studies import load_study

DATA = Path(__file__).parents[2] / "data"

LONG = "How far everybody at this school agrees that somebody would listen to them if they " * 3
HOSTILE = {
    "markup": "<script>alert(\"1\")</script> & 'so' ]]>",
    "control": "bell\x07 null\x00 and turned \u202eround\u202c \ud800 half",
    "rtl": "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea",
    "wide": "\u8cea\u554f\u306e\u984c\u540d" * 8,
    "long": LONG,
    "one word": "Antidisestablishmentarianism" * 6,
    "nothing": "",
}


@cache
def published(study: str, protected: bool = False) -> Publication:
    """What a bundled study publishes: every number, or those that disclosure control lets out."""
    loaded = load_study(DATA / study / "study.toml")
    run = analyse(replace(loaded, protection=replace(loaded.protection, on=protected)))
    return publish(run, manifest(run))


def with_results(publication: Publication, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Any:
    """The same publication with other results."""
    return replace(publication, results=change(publication.results))


def retitled(publication: Publication, title: str) -> Publication:
    """The same with every title that a study declares replaced by one."""

    def named(each: Any) -> Any:
        return replace(each, title=title)

    outcomes = {
        name: replace(
            named(each), levels=tuple(named(level) for level in each.levels), unit=title[:60]
        )
        for name, each in publication.outcomes.items()
    }
    questions = tuple(
        replace(
            named(each),
            asked=tuple(map(named, each.asked)),
            options=tuple(map(named, each.options)),
        )
        for each in publication.questions
    )
    return replace(
        publication, outcomes=outcomes, questions=questions,
        phases=tuple(map(named, publication.phases)),
        groups=tuple(map(named, publication.groups)),
        comparisons=tuple(map(named, publication.comparisons)),
    )  # fmt: skip


NUMBERS = ("estimate", "std_error", "ci_low", "ci_high")


def scaled(publication: Publication, by: float) -> Publication:
    """The same with every number, but those that are shares and counts, times something."""
    mine = ~pl.col("unit").is_in(["share", "respondents", "responses", "organisations"])
    # A standard deviation has no sign, and the lower limit stays below the upper.
    mine &= ~pl.col("estimand").is_in(["sd_pre", "sd_post"]) | (by > 0)
    ends = ("ci_low", "ci_high") if by > 0 else ("ci_high", "ci_low")
    sources = dict(zip(NUMBERS, ("estimate", "std_error", *ends), strict=True))
    return with_results(
        publication,
        lambda rows: rows.with_columns(
            pl.when(mine).then(pl.col(source) * by).otherwise(pl.col(name)).alias(name)
            for name, source in sources.items()
        ),
    )


def suppressed(publication: Publication, keep: Mapping[str, Any] | None = None) -> Publication:
    """The same with everything kept back, or every second row if asked."""
    every = 2 if keep else 1
    back = pl.int_range(pl.len()) % every == 0
    blank = [*NUMBERS, "p_value", "p_adjusted", "statistic", "df", "ci_level", "n"]
    return with_results(
        publication,
        lambda rows: rows.with_columns(
            *(pl.when(back).then(None).otherwise(pl.col(name)).alias(name) for name in blank),
            status=pl.when(back).then(pl.lit("suppressed")).otherwise(pl.col("status")),
            marker=pl.when(back).then(pl.lit("c")).otherwise(pl.col("marker")),
        ),
    )


def with_outcomes(publication: Publication, n: int) -> Publication:
    """A publication whose first phase has so many outcomes, all copies of its first."""
    phase = publication.phases[0]
    first = phase.outcomes[0]
    names = tuple(f"copy_{at}" for at in range(n))
    mine = publication.results.filter(outcome=first)
    copies = [
        mine.with_columns(
            outcome=pl.lit(name),
            estimate_id=pl.col("estimate_id").str.replace(f".{first}.", f".{name}.", literal=True),
        )
        for name in names
    ]
    copied = {name: replace(publication.outcomes[first], id=name) for name in names}
    return replace(
        publication, results=pl.concat([publication.results, *copies]),
        outcomes={**publication.outcomes, **copied},
        phases=(replace(phase, outcomes=names), *publication.phases[1:]),
    )  # fmt: skip


def with_programme(publication: Publication) -> Publication:
    """The pilot with rows about what a programme cost and gained, in the words of the results."""
    start = "cost_effectiveness.programme_bootstrap.primary.short_term.participants.srs_community."
    blank: dict[str, Any] = dict.fromkeys(publication.results.columns)
    known = {
        "gain": (0.5, -0.2, 1.2, "points"),
        "net_cost_per_participant": (120.25, -50.0, 300.5, "GBP per participant"),
        "north_west.share_of_draws": (0.08, None, None, "share"),
        "north_east.share_of_draws": (0.72, None, None, "share"),
        "south_west.share_of_draws": (0.01, None, None, "share"),
        "south_east.share_of_draws": (0.19, None, None, "share"),
        "threshold:0.probability_cost_effective": (0.2, None, None, "share"),
        "threshold:100.probability_cost_effective": (0.35, None, None, "share"),
        "threshold:2000.probability_cost_effective": (0.9, None, None, "share"),
    }
    rows = [
        blank
        | {"estimate_id": start + name, "analysis": "cost_effectiveness", "status": "ok",
           "method": "programme_bootstrap", "phase": "primary", "comparison": "short_term",
           "group": "participants", "outcome": "srs_community", "better": "", "marker": "",
           "level": name.rpartition(".")[0], "estimand": name.rpartition(".")[2], "note": "",
           "estimate": value, "ci_low": low, "ci_high": high, "unit": unit, "n": 206}
        for name, (value, low, high, unit) in known.items()
    ]  # fmt: skip
    more = pl.DataFrame(rows, schema=publication.results.schema)
    return with_results(publication, lambda results: pl.concat([results, more]))
