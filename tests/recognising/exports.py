"""Small exports written for one test each: our own words, and nobody's answers."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from peereval.recognising import Draft, Given, draft_study
from peereval.scales import Scale, load_scale
from peereval.studies import Study, parse_study

N = 24
Columns = Mapping[str, Sequence[str]]


def ids(n: int = N, first: int = 101) -> list[str]:
    """Ids that come again in every export that begins with the same number."""
    return [f"K{number}" for number in range(first, first + n)]


def spread(options: Sequence[str], shift: int = 0, n: int = N) -> list[str]:
    """Each option at least once, in an order of its own for every ``shift``."""
    mixed = [((row + 7) * (shift + 3) * 7919 // 64) % len(options) for row in range(n)]
    return [
        options[(row + shift) % len(options) if row < len(options) else mixed[row]]
        for row in range(n)
    ]


def by_code(scale: Scale) -> list[str]:
    """The labels of a scale from its lowest code up."""
    return sorted(scale.labels, key=lambda label: scale.labels[label])


def items(
    scale: str, pattern: str, options: Sequence[str] = (), n: int = N
) -> dict[str, list[str]]:
    """A column for every item of a scale, called by a pattern; its labels unless others come."""
    loaded = load_scale(scale)
    options = options or by_code(loaded)
    return {
        pattern.format(n=number, item=item.id): spread(options, number, n)
        for number, item in enumerate(loaded.items, 1)
    }


def write_export(path: Path, columns: Columns, *above: Sequence[str]) -> Path:
    """A CSV with these columns; ``above`` are rows between the header and the answers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(above)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def before_and_after(folder: Path, *both: Columns, after: Columns | None = None) -> list[Path]:
    """Two exports, whose names say which is which, with the same columns unless told otherwise."""
    columns = {"Pupil code": ids()} | {name: c for part in both for name, c in part.items()}
    write_export(folder / "baseline.csv", columns)
    write_export(folder / "follow_up.csv", columns if after is None else after)
    return [folder / "baseline.csv", folder / "follow_up.csv"]


def codes(draft: Draft) -> list[str]:
    """The codes of its questions, in order."""
    return [fault.code for fault in draft.questions]


def drafted(files: Sequence[Path], **given: object) -> Study:
    """The study that a draft of some exports is, which no question may stop."""
    draft = draft_study(files, Given(**given))  # type: ignore[arg-type]
    assert draft.loadable, draft.questions
    return parse_study(draft.text, files[0].parent / "study.toml")
