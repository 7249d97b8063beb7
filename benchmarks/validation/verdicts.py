"""What the tables of false alarms say, in words; every number is computed."""

from collections.abc import Iterator, Mapping

from peereval.estimators.clustered import FEWEST_ORGANISATIONS
from validation.errors import (
    ALPHA,
    CHOICES,
    DF_BINS,
    HEADLINES,
    ICCS,
    MODELS,
    PROMISED_FROM,
    Cells,
    Count,
    Model,
)
from validation.shares import BY_CHANCE, DOUBT, errors_apart

#: Below this many degrees of freedom Satterthwaite's approximation is not trusted (Pustejovsky &
#: Tipton 2018).
FEW_DF = 4


def findings(cells: Cells) -> Iterator[str]:
    """What the tables say of each headline, and of what else may be declared as one."""
    for name in (*HEADLINES, *CHOICES):
        for what, few in ((f"{PROMISED_FROM} or more organisations", False),
                          (f"{FEWEST_ORGANISATIONS} organisations", True)):  # fmt: skip
            mine = {
                model: counts[name]
                for model, counts in cells.items()
                if model in MODELS and name in counts
                and (model.organisations < PROMISED_FROM) == few
            }  # fmt: skip
            yield f"- `{name}`, {what}: {_judged(mine)}"
    n = sum(len(counts) for model, counts in cells.items() if model in MODELS)
    yield ""
    yield (
        f"Of {2 * n} shares in these tables about {2 * n * BY_CHANCE:.1f} would be bold by chance "
        "if every promise were kept."
    )


def _judged(mine: Mapping[Model, Count]) -> str:
    tested = {m: c for m, c in mine.items() if c.tests}
    apart = {m: errors_apart(c.rejected, c.tests, ALPHA) for m, c in tested.items()}
    worst = max(apart, key=lambda m: abs(apart[m]))
    shares = [100 * c.rejected / c.tests for c in tested.values()]
    held = [100 * c.held / c.intervals for c in tested.values() if c.intervals]
    over, under = (sum(sign * a > DOUBT for a in apart.values()) for sign in (1, -1))
    kept = f"within Monte-Carlo error of 5 in each of {len(apart)} cells"
    if over or under:
        parts = [f"{word} it in {n}" for n, word in ((over, "above"), (under, "below")) if n]
        kept = f"beyond Monte-Carlo error of 5: {' and '.join(parts)} of {len(apart)} cells"
    refused = sum(c.refused for c in mine.values())
    return (
        f"false alarms {min(shares):.1f} to {max(shares):.1f} in a hundred, {kept} (furthest: ICC "
        f"{worst.icc:.2f} with {worst.organisations}, {apart[worst]:+.1f} errors)"
        + (f"; intervals hold the truth {min(held):.1f} to {max(held):.1f}" if held else "")
        + (f"; {refused} refused" if refused else "")
        + "."
    )


def meanings(cells: Cells) -> Iterator[str]:
    """Why some estimators do not keep the promise."""
    plain = " and ".join(
        f"`{name}` (up to {_highest(cells, name):.1f})" for name in ("paired_t", "did_ols")
    )
    yield (
        f"- {plain} take respondents as independent, and are wrong as soon as those of one "
        "organisation are alike."
    )
    few = [
        cells[m]["paired_wild"]
        for m in MODELS
        if not m.groups and m.organisations == FEWEST_ORGANISATIONS
    ]
    if few and not any(count.rejected for count in few):
        yield (
            f"- With {FEWEST_ORGANISATIONS} organisations the wild bootstrap has "
            f"{2**FEWEST_ORGANISATIONS} patterns of signs, so that p is never below "
            f"{2 / 2**FEWEST_ORGANISATIONS:.4f}: it cannot reject anything."
        )
    yield (
        f"- `did_permutation` (up to {_highest(cells, 'did_permutation'):.1f}) asks whether the "
        "group mattered to anybody. Where the effect is 0 on average, but above 0 in some "
        "organisations and below it in others, it did: that is another question."
    )
    lowest = min(_shares(cells, "paired_multilevel") + _shares(cells, "did_multilevel"))
    yield (
        f"- The multilevel models are cautious (down to {lowest:.1f}) where organisations hardly "
        "differ."
    )


def _shares(cells: Cells, name: str) -> list[float]:
    return [
        100 * cells[m][name].rejected / cells[m][name].tests for m in MODELS if name in cells[m]
    ]


def _highest(cells: Cells, name: str) -> float:
    return max(_shares(cells, name))


def by_icc(cells: Cells) -> Iterator[str]:
    """The headlines with all numbers of organisations together: small errors show only there."""
    for name in HEADLINES:
        found = {icc: _pooled(cells, name, icc) for icc in ICCS}
        shown = ", ".join(
            f"{100 * rejected / of:.2f} at {icc:.2f} ({errors_apart(rejected, of, ALPHA):+.1f} "
            "errors)"
            for icc, (rejected, of) in found.items()
        )
        over = [icc for icc, (k, n) in found.items() if errors_apart(k, n, ALPHA) > DOUBT]
        said = "Nowhere is it above 5 by more than chance."
        if over:
            most = max(100 * found[icc][0] / found[icc][1] for icc in over)
            said = (
                f"From an ICC of {min(over):.2f} on it is a little too sure: {most:.1f} in a "
                "hundred, not 5. Its degrees of freedom come from a model in which respondents "
                "are independent; unequal organisations that differ much leave fewer."
            )
        yield f"- `{name}`, false alarms and intervals without the truth together: {shown}. {said}"


def _pooled(cells: Cells, name: str, icc: float) -> tuple[int, int]:
    mine = [
        counts[name]
        for m, counts in cells.items()
        if m in MODELS and name in counts and m.icc == icc and m.organisations >= PROMISED_FROM
    ]
    wrong = sum(c.rejected + c.intervals - c.held for c in mine)
    return wrong, sum(c.tests + c.intervals for c in mine)


def few_degrees(cells: Cells) -> str:
    """What the headlines are where they have few degrees of freedom."""
    rejected, of = (sum(each) for each in zip(*_below(cells, FEW_DF), strict=True))
    apart = errors_apart(rejected, of, ALPHA)
    said = "as often as promised"
    if abs(apart) > DOUBT:
        said = "too seldom: intervals are wider than need be" if apart < 0 else "too often"
    return (
        f"Below {FEW_DF} degrees of freedom, all surveys together, {100 * rejected / of:.1f} false "
        f"alarms in a hundred ({of:,} tests, {apart:+.1f} errors): {said}."
    )


def _below(cells: Cells, bound: int) -> list[tuple[int, int]]:
    found = [(0, 0)]
    for counts in cells.values():
        for name in HEADLINES:
            for (k, rejected), n in (counts[name].by_df if name in counts else {}).items():
                if DF_BINS[k] <= bound:
                    found.append((n * rejected, n))
    return found
