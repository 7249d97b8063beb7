"""Makes docs/compared_with_r.md, and a page for each R script, of comparisons that tests wrote.

python tests/support/compared.py COMPARISONS PAGE     (`make compared` does both steps)
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "reference"
#: What the tests allow unless they say otherwise; below their ratio a difference counts as it is.
REL, ABS = 1e-8, 1e-10
FLOOR = ABS / REL


@dataclass(frozen=True)
class Comparison:
    """One number of ours beside R's."""

    dataset: str
    quantity: str
    ours: float
    theirs: float
    rel: float
    abs: float

    @property
    def apart(self) -> float:
        """The difference relative to R's number, or to 0.01 where that is larger."""
        return abs(self.ours - self.theirs) / max(abs(self.theirs), FLOOR)

    @property
    def strict(self) -> bool:
        return self.rel <= REL and self.abs <= ABS * 10


Compared = dict[str, list[Comparison]]


def read(path: Path) -> Compared:
    """By file of expected numbers; of a number that was compared often, the largest difference."""
    worst: dict[tuple[str, str, str], Comparison] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for name, dataset, quantity, *numbers in csv.reader(file):
            one = Comparison(dataset, quantity, *map(float, numbers))
            before = worst.get((name, dataset, quantity))
            if before is None or one.apart > before.apart:
                worst[name, dataset, quantity] = one
    found: Compared = defaultdict(list)
    for name, dataset, quantity in sorted(worst):
        found[name].append(worst[name, dataset, quantity])
    return dict(found)


def numbers_of_r(name: str) -> int:
    """How many numbers R gave, what it could not compute left out."""
    with (REFERENCE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return sum(row["value"] not in {"NA", "NaN"} for row in csv.DictReader(file))


def script_of(name: str) -> Path:
    """The R script that writes a file of expected numbers."""
    own = REFERENCE / f"{name}.R"
    if own.exists():
        return own
    writers = [path for path in REFERENCE.glob("*.R") if f'"{name}.csv"' in path.read_text("utf-8")]
    (script,) = writers
    return script


def subject(script: Path) -> str:
    """The first sentence of the comment that a script opens with."""
    lines = script.read_text(encoding="utf-8").splitlines()
    comment = []
    for line in lines:
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("# "))
    return re.split(r"(?<=\w)\.(?:\s|$)", " ".join(comment))[0].rstrip(".")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(heads)
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def largest(comparisons: list[Comparison]) -> str:
    return f"{max(each.apart for each in comparisons):.1e}" if comparisons else "-"


def summary(compared: Compared, folder: str) -> Iterator[str]:
    """The first page: by script, how many numbers, and how far apart."""
    every = [each for comparisons in compared.values() for each in comparisons]
    strict = [each for each in every if each.strict]
    yield f"""# Compared with R

Made by `make compared`; do not edit. {len(every):,} numbers of peereval beside those that R
computed from the same data, each compared by a test: {len(strict):,} of them have to agree to a
relative {REL:g} (numbers below {FLOOR:g}: to {ABS:g}), and the largest difference is
{largest(strict)}. The other {len(every) - len(strict)} come from packages that stop early or
approximate; the test allows more there, and the page of the script says how much.

A difference is relative to R's number, or to {FLOOR:g} where that is larger. R's numbers that are
not among those compared are counts, forms that peereval does not report, numbers that it refuses to
give where R does not, simulations (compared within Monte-Carlo error), or steps on the way.
`tests/reference/README.md` says what each quantity is; `make reference` computes R's numbers again.
Differences near 1e-16 are rounding, and another machine may round otherwise.
"""
    heads = (
        "script", "what", "data sets", "R's numbers", "compared", "largest difference",
        "allowed more", "largest difference",
    )  # fmt: skip
    yield from table(heads, (_line(name, compared[name], folder) for name in sorted(compared)))


def _line(name: str, comparisons: list[Comparison], folder: str) -> list[str]:
    script = script_of(name)
    strict = [each for each in comparisons if each.strict]
    others = [each for each in comparisons if not each.strict]
    shown = script.name if script.stem == name else f"{script.name}, {name}"
    return [
        f"[{shown}]({folder}/{name}.md)", subject(script),
        str(len({each.dataset for each in comparisons})), f"{numbers_of_r(name):,}",
        f"{len(strict):,}", largest(strict), str(len(others) or "-"), largest(others),
    ]  # fmt: skip


def details(name: str, comparisons: list[Comparison]) -> Iterator[str]:
    """The page of a script: every number, by data set."""
    script = script_of(name)
    yield f"# {name}: compared with R\n"
    yield f"Made by `make compared`; do not edit. {subject(script)}.\n"
    yield f"- script: `tests/reference/{script.name}`"
    yield f"- R's numbers: `tests/reference/expected/{name}.csv`"
    yield "- difference: ours less R's; allowed: where it is more than the usual\n"
    datasets: dict[str, list[Comparison]] = defaultdict(list)
    for each in comparisons:
        datasets[each.dataset].append(each)
    for dataset, mine in datasets.items():
        yield f"## {dataset}\n"
        yield from table(
            ("quantity", "ours", "R", "difference", "allowed"),
            (
                [e.quantity, f"{e.ours:.12g}", f"{e.theirs:.12g}", f"{e.ours - e.theirs:.0e}",
                 "" if e.strict else f"{max(e.rel * abs(e.theirs), e.abs):.0e}"]
                for e in mine
            ),
        )  # fmt: skip
        yield ""


def main(comparisons: str, page: str) -> None:
    """Write the pages."""
    compared, target = read(Path(comparisons)), Path(page)
    folder = target.with_suffix("")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    write(target, summary(compared, folder.name))
    for name, rows in compared.items():
        write(folder / f"{name}.md", details(name, rows))


def write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
