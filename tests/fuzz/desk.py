"""Right files of every kind, each with what peereval does with it: to be spoilt and used."""

import csv
import gzip
import io
import random
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from fuzz.mutations import BYTES, ROWS, TOML, ZIP, Chance, Mutation, setting
from peereval.checking import check_study
from peereval.columns import names
from peereval.costs import load_unit_costs
from peereval.decisions import read_decisions
from peereval.errors import Fault
from peereval.issuing import read_organisations
from peereval.output import write_run
from peereval.pipeline import analyse, match_study
from peereval.pseudonymising import Key, pseudonymise
from peereval.reading import read_answers
from peereval.recognising import Given, draft_study
from peereval.rendering.terminal import show_run
from peereval.scales import load_scale_file, scale_files
from peereval.studies import load_study
from reading.small_survey import COSTS, STUDY, Row, tidy_rows

#: In every id and in one answer: nothing that is said may repeat it.
PLANTED = "Wombat"


@dataclass(frozen=True)
class Kind:
    """One kind of file: its name and right content, how it is spoilt, and what uses it."""

    file: str
    content: bytes
    mutations: Sequence[Mutation]
    use: Callable[[Path, Chance], str]
    #: Other files that stand beside it.
    beside: Mapping[str, bytes]


def rows() -> dict[str, list[Row]]:
    made = tidy_rows()
    for sheets in made.values():
        for row in sheets:
            row["Pupil code"] = f"{PLANTED}-{row['Pupil code']}"
        sheets[4]["mood_2"] = f"{PLANTED} told me"
    return made


def in_headings(content: bytes) -> bool:
    """Whether an answer stands where a heading may be: columns are called by their names."""
    plain = content.replace(b"\x00", b"").replace(b"\r", b"\n")
    above, planted, _ = plain.partition(PLANTED.encode())
    headings = above.rpartition(b"\n")[0]
    return bool(planted) and b"Pupil" not in headings


# --- right files --------------------------------------------------------------------------


def _csv(table: Sequence[Row], delimiter: str = ",", above: Sequence[Sequence[str]] = ()) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(list(table[0]))
    writer.writerows(above)
    writer.writerows(row.values() for row in table)
    return made.getvalue().encode()


def _qualtrics(table: Sequence[Row]) -> bytes:
    marked = [
        {"StartDate": "2018-04-16 09:00:00", "Status": "IP Address", "Finished": "True",
         "ResponseId": f"R_{n}", **row}
        for n, row in enumerate(table)
    ]  # fmt: skip
    asked = [f"How about {name}?" for name in marked[0]]
    imported = [f'{{"ImportId":"{name}"}}' for name in marked[0]]
    return _csv(marked, above=(asked, imported))


def _excel(table: Sequence[Row]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Our survey"])
    sheet.append(list(table[0]))
    for row in table:
        sheet.append([int(cell) if cell.isdigit() else cell for cell in row.values()])
    sheet["C4"], sheet["D5"], sheet["E6"] = datetime(2018, 4, 16), True, "=1+1"
    sheet.merge_cells("A1:D1")
    book.create_sheet("Other").append(["nothing"])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _open_document(table: Sequence[Row]) -> bytes:
    import zipfile

    start, end = (
        '<table:table-cell office:value-type="string"><text:p>',
        "</text:p></table:table-cell>",
    )
    cells = "".join(
        f"<table:table-row>{''.join(f'{start}{cell}{end}' for cell in row)}</table:table-row>"
        for row in [list(table[0]), *(list(row.values()) for row in table)]
    )
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{kind}="{urn}:{kind}:1.0"' for kind in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="One">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("mimetype", mime)
        packed.writestr("content.xml", content)
        packed.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
            "</manifest:manifest>",
        )
    return made.getvalue()


def _spss(table: Sequence[Row], folder: Path) -> bytes:
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(table).rename(columns=lambda name: name.replace(" ", "_"))
    for n in range(1, 5):
        frame[f"stress_{n}"] = frame[f"stress_{n}"].astype(float)
    labels = {"stress_1": {0: "Never", 1: "Almost never", 9: "Refused"}}
    missing = {"stress_1": [{"lo": 9, "hi": 9}], "stress_2": [{"lo": 90, "hi": 99}]}
    path = folder / "made.sav"
    pyreadstat.write_sav(
        frame, str(path), variable_value_labels=labels, missing_ranges=missing,
        column_labels=[f"How about {name}?" for name in frame.columns],
    )  # fmt: skip
    return path.read_bytes()


def _parquet(table: Sequence[Row]) -> bytes:
    made = io.BytesIO()
    pl.DataFrame(table).write_parquet(made, compression="uncompressed")
    return made.getvalue()


def other_types(data: bytes, chance: Chance) -> bytes:
    """A Parquet table with some columns of types that no survey platform writes."""
    frame = pl.read_parquet(data)
    n = frame.height
    start = datetime(2018, 4, 16)
    columns: tuple[list[Any], ...] = (
        [0.5] * n, [float("nan")] * n, [float("inf")] * n, [None] * n, [True, None] * (n // 2),
        [start.date()] * n, [start] * n, [timedelta(days=1)] * n, [start.time()] * n, [b"\xff"] * n,
        [[1]] * n, [{"a": 1}] * n, [Decimal("1.50")] * n, [2**62] * n, [-1] * n, list(range(n)),
    )  # fmt: skip
    for name in chance.sample(frame.columns, chance.choice((1, 2, 6))):
        values = pl.Series(name, chance.choice(columns))
        if values.dtype == pl.Int64 and chance.random() < 0.3:
            values = values.cast(pl.String).cast(pl.Categorical)
        frame = frame.with_columns(values)
    made = io.BytesIO()
    frame.write_parquet(made)
    return made.getvalue()


def _packed(mutation: Mutation) -> Mutation:
    """A mutation of what is in a gzip."""
    return lambda data, chance: gzip.compress(mutation(gzip.decompress(data), chance), mtime=0)


def _recoded(mutation: Mutation, encoding: str) -> Mutation:
    """A mutation of a text in another encoding."""

    def mutate(data: bytes, chance: Chance) -> bytes:
        return mutation(data.decode(encoding).encode(), chance).decode("utf-8", "replace").encode(
            encoding, "replace"
        )  # fmt: skip

    return mutate


def _decisions() -> bytes:
    row = dict.fromkeys(names("near_misses"), "")
    row |= {
        "organisation": "Ash", "before": "before", "after": "after", "kind": "swapped",
        "before_id": f"{PLANTED}-9001".upper(), "after_id": f"{PLANTED}-9010".upper(),
        "before_source": "before.csv", "before_row": "3", "after_source": "after.csv",
        "after_row": "4", "n_candidates": "1", "suggested": "true", "decision": "accept",
        "decided_by": "A person", "decided_on": "2018-07-01",
    }  # fmt: skip
    other = row | {"before_id": "K2", "after_id": "K3", "decision": "reject"}
    return _csv([row, other, other | {"before_id": "K4", "decision": ""}])


# --- what uses them -----------------------------------------------------------------------


# Each returns all that it said, for a person or for the world: an answer must not be in it.


def _use_export(path: Path, chance: Chance) -> str:
    study = path.with_name("study.toml")
    match chance.randrange(5):
        case 0:
            return _evaluate(study, chance)
        case 1:
            key = Key(b"0123456789abcdef" * 2)
            column = "Pupil_code" if path.suffix == ".sav" else "Pupil code"
            return "\n".join(pseudonymise([path], column, key, path.with_name("out")))
        case 2:
            return draft_study([path], Given()).text
        case 3:
            return _check(study)
        case _:
            return _told(read_answers(load_study(study)).findings)


def _use_study(path: Path, chance: Chance) -> str:
    return _evaluate(path, chance) if chance.random() < 0.6 else _check(path)


def _use_decisions(path: Path, chance: Chance) -> str:
    study = load_study(path.with_name("study.toml"), decisions=path)
    if chance.random() < 0.2:
        return _told(match_study(study).findings)
    read_decisions(path, study)
    return ""


def _evaluate(study: Path, chance: Chance) -> str:
    """All that there is to a study, to the last file."""
    engine, screen = chance.choice(("polars", "polars", "pandas", "duckdb")), io.StringIO()
    run = analyse(load_study(study), engine)
    show_run(run, Console(file=screen))
    write_run(run, study.with_name("out"))
    record = study.with_name("out") / "run.json"
    return screen.getvalue() + record.read_text(encoding="utf-8") + _told(run.findings)


def _check(study: Path) -> str:
    checked = check_study(study, None)
    return _told((*checked.faults, *checked.findings))


def _told(faults: Iterable[Fault]) -> str:
    return "\n".join(map(str, faults))


def _nothing(use: Callable[[Path], object]) -> Callable[[Path, Chance], str]:
    """What reads a file and has nothing to say but its faults."""

    def used(path: Path, _chance: Chance) -> str:
        use(path)
        return ""

    return used


def kinds(folder: Path) -> dict[str, Kind]:
    """Every kind of file by name; ``folder`` is for what can only be written to a disk."""
    both = rows()
    study = STUDY.encode()
    costs = {"costs.toml": COSTS.encode()}

    def export(
        name: str, content: bytes, mutations: Sequence[Mutation], after: bytes | None = None
    ) -> Kind:
        text = STUDY.replace('"before.csv"', f'"{name}"')
        if name.endswith(".sav"):
            text = text.replace('"after.csv"', '"after.sav"').replace("Pupil code", "Pupil_code")
        other = {"after.sav": after} if after else {"after.csv": _csv(both["after"])}
        beside = {**costs, **other, "study.toml": text.encode()}
        return Kind(name, content, mutations, _use_export, beside)

    before, after = both["before"], both["after"]
    plain, packed = _csv(before), gzip.compress(_csv(before), mtime=0)
    wide = [_recoded(mutation, "utf-16") for mutation in ROWS]
    exports = {"before.csv": plain, "after.csv": _csv(after)}
    scale = scale_files()["pss4"].read_bytes()
    return {
        "csv": export("before.csv", plain, (*BYTES, *ROWS)),
        "semicolons": export("before.csv", _csv(before, ";"), (*BYTES, *ROWS)),
        "tabs": export("before.tsv", _csv(before, "\t"), (*BYTES, *ROWS)),
        "utf-16": export("before.csv", plain.decode().encode("utf-16"), (*BYTES, *wide)),
        "gzip": export("before.csv.gz", packed, (*BYTES, *map(_packed, (*BYTES, *ROWS)))),
        "qualtrics": export("before.csv", _qualtrics(before), (*BYTES, *ROWS)),
        "excel": export("before.xlsx", _excel(before), (*BYTES, *ZIP)),
        "opendocument": export("before.ods", _open_document(before), (*BYTES, *ZIP)),
        "spss": export("before.sav", _spss(before, folder), BYTES, _spss(after, folder)),
        "parquet": export("before.parquet", _parquet(before), (*BYTES, *[other_types] * 7)),
        "study": Kind(
            "study.toml", study, (*BYTES, *TOML * 2, *[setting] * 12), _use_study, exports | costs
        ),
        "scale": Kind("pss4.toml", scale, (*BYTES, *TOML * 2), _nothing(load_scale_file), {}),
        "unit costs": Kind(
            "costs.toml", COSTS.encode(), (*BYTES, *TOML), _nothing(load_unit_costs), {}
        ),
        "decisions": Kind(
            "decided.csv", _decisions(), (*BYTES, *ROWS), _use_decisions,
            exports | costs | {"study.toml": study},
        ),
        "organisations": Kind(
            "schools.csv", b"organisation\r\nAsh\r\nBeech\r\n", (*BYTES, *ROWS),
            _nothing(read_organisations), {},
        ),
    }  # fmt: skip


#: How often a kind comes up.
_WEIGHTS = {"csv": 4, "study": 4, "qualtrics": 3, "excel": 2, "gzip": 2, "decisions": 2}


def spoil(every: Mapping[str, Kind], seed: int) -> tuple[str, bytes, Chance]:
    """The kind and the content that belong to a seed, and the chance that goes on from there."""
    chance = random.Random(seed)
    name = chance.choices(list(every), [_WEIGHTS.get(kind, 1) for kind in every])[0]
    content = every[name].content
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        try:
            content = chance.choice(every[name].mutations)(content, chance)
        except Exception:  # what packs and unpacks gives up on what an earlier mutation broke
            content = chance.choice(BYTES)(content, chance)
    return name, content, chance


def lay(folder: Path, kind: Kind, content: bytes) -> Path:
    """The spoilt file in a folder of its own, with all that stands beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, right in kind.beside.items():
        (folder / name).write_bytes(right)
    path = folder / kind.file
    path.write_bytes(content)
    return path
