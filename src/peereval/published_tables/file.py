"""Reading a table file: its shape, its cells, and what it names."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from peereval.declarations import Declaration, shape
from peereval.errors import TableError, nearest
from peereval.plurals import count_of
from peereval.published_tables.cells import Cell, read_cell
from peereval.published_tables.table import (
    ANSWERS,
    KINDS,
    TESTS,
    Column,
    PublishedTable,
    Row,
    Total,
)
from peereval.scales import Band, Scale, Score, load_scale
from peereval.studies import ADJUSTMENTS

_FILE = shape(
    {"format": "integer", "title": "name", "kind": "name", "columns": "some tables",
     "rows": "name"},
    {"source": "text", "answers": "name", "weighted": "flag", "compared": "pairs",
     "paired": "pairs", "test": "text or texts", "level": "number", "adjusted": "name",
     "scale": "name", "score": "name", "bands": "name", "scale_folder": "name",
     "denominator": "integer", "totals": "tables", "exceptions": "tables"},
)  # fmt: skip
#: No base or denominator is larger.
_LARGEST = 10**9
_COLUMN = shape(
    {"id": "name"}, {"title": "name", "base": "integer", "total_of": "some texts", "letter": "name"}
)
_TOTAL = shape({"row": "name"}, {"of": "some texts"})
_EXCEPTION = shape(
    {"rows": "some texts"},
    {"kind": "name", "score": "name", "denominator": "integer", "bases": "integers by name"},
)


def load_table(path: str | Path) -> PublishedTable:
    """The table of a file, with every fault of it at once.

    Raises ``TableError`` if it is wrong, and ``ScaleError`` if the scale that it names is.
    """
    file = Declaration(Path(path), "PUB", TableError, "table file")
    file.check(file.raw, _FILE)
    for section, wanted in (("columns", _COLUMN), ("totals", _TOTAL), ("exceptions", _EXCEPTION)):
        file.check_each(section, wanted)
    file.stop_if_wrong()
    if file.raw["format"] != 1:
        file.add("003", f"format {file.raw['format']} is not known", "Write format = 1")
    _choose(file, file.raw["kind"], KINDS, "kind", "")
    columns = _columns(file)
    scale = _scale(file)
    bands = _bands(file, scale)
    rows = _rows(file, columns, scale)
    _check_names(file, columns, rows)
    totals = tuple(_totals(file, rows))
    _check_sense(file, columns)
    file.stop_if_wrong()
    raw = file.raw
    return PublishedTable(
        file.path,
        raw["title"],
        raw["kind"],
        columns,
        rows,
        totals,
        raw.get("answers", ""),
        _pairs(raw, "compared"),
        _pairs(raw, "paired"),
        _texts(raw.get("test", [])),
        float(raw.get("level", 0.95)),
        raw.get("adjusted", ""),
        raw.get("weighted", False),
        scale,
        bands,
    )


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _pairs(raw: Mapping[str, Any], key: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair[0], pair[1]) for pair in raw.get(key, []))


def _choose(file: Declaration, word: str, known: Any, key: str, place: str) -> bool:
    if word in known:
        return True
    hint = nearest(word, known) or f"One of {', '.join(known)}."
    file.add("003", f"{key!r} cannot be {word!r}", hint, place)
    return False


# --- columns ---------------------------------------------------------------------------------


def _columns(file: Declaration) -> tuple[Column, ...]:
    entries = file.raw["columns"]
    found = tuple(
        Column(
            entry["id"],
            entry.get("title", entry["id"]),
            entry.get("base"),
            tuple(entry.get("total_of", ())),
            entry.get("letter", ""),
        )
        for entry in entries
    )
    names = [column.id for column in found]
    for column in found:
        place = f"columns {column.id}"
        if column.base is not None and not 1 <= column.base <= _LARGEST:
            file.add("003", f"'base' is {column.base}", "Give the number of respondents", place)
        file.refer(column.total_of, [name for name in names if name != column.id], "column", place)
        if column.letter and not (len(column.letter) == 1 and column.letter.isupper()):
            file.add("003", "'letter' is not one capital letter", "Write it so", place)
    for key, values in (("id", names), ("letter", [c.letter for c in found if c.letter])):
        for value in dict.fromkeys(value for value in values if values.count(value) > 1):
            file.add("007", f"two columns have the {key} {value!r}", "Give each its own", "columns")
    return found


# --- the scale -------------------------------------------------------------------------------


def _scale(file: Declaration) -> Scale | None:
    raw = file.raw
    if "scale" not in raw:
        named = [key for key in ("score", "bands") if key in raw]
        named += ["score" for entry in raw.get("exceptions", []) if "score" in entry]
        for key in dict.fromkeys(named):
            file.add("003", f"'scale' is missing, and {key!r} is of one", "Add scale = ID")
        return None
    folder = file.path.parent / raw["scale_folder"] if "scale_folder" in raw else None
    return load_scale(raw["scale"], folder)


def _score(file: Declaration, scale: Scale | None, name: str, place: str) -> Score | None:
    if not name or scale is None:
        return None
    file.refer([name], [score.id for score in scale.scores], f"score of {scale.id}", place)
    return next((score for score in scale.scores if score.id == name), None)


def _bands(file: Declaration, scale: Scale | None) -> Band | None:
    name = file.raw.get("bands", "")
    if scale is None or not name:
        return None
    file.refer([name], [bands.id for bands in scale.bands], f"bands of {scale.id}", "")
    return next((bands for bands in scale.bands if bands.id == name), None)


# --- rows ------------------------------------------------------------------------------------


def _rows(file: Declaration, columns: tuple[Column, ...], scale: Scale | None) -> tuple[Row, ...]:
    exceptions = _exceptions(file, columns)
    rows = []
    for line, text in _lines(file):
        name, *texts = (part.strip() for part in text.split("|"))
        place = f"line {line}, row {name!r}"
        if len(texts) != len(columns):
            found = f"{count_of(len(texts), 'value')} for {count_of(len(columns), 'column')}"
            file.add("004", found, "Write: name | value | value, one value a column", place)
            continue
        cells = {c.id: _cell(file, t, c, columns, place)
                 for c, t in zip(columns, texts, strict=True)}  # fmt: skip
        rows.append(_row(file, name, line, cells, columns, scale, exceptions.get(name, {})))
    names = [row.name for row in rows]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        file.add("007", f"two rows are named {name!r}", "Tell them apart by their names", "rows")
    file.refer(exceptions, names, "row", "exceptions")
    return tuple(rows)


def _lines(file: Declaration) -> Iterator[tuple[int, str]]:
    """Lines of the rows that hold something, with their numbers in the file."""
    written = file.path.read_text(encoding="utf-8").splitlines()
    number = next((n for n, line in enumerate(written) if line.lstrip().startswith("rows")), 0)
    for text in file.raw["rows"].splitlines():
        if not text.strip():
            continue
        same = (n for n in range(number, len(written)) if text.strip() in written[n])
        number = next(same, number)
        yield number + 1, text
        number += 1


def _cell(
    file: Declaration, text: str, column: Column, columns: tuple[Column, ...], place: str
) -> Cell:
    where = f"{place}, column {column.title!r}"
    try:
        cell = read_cell(text)
    except ValueError as error:
        fix = "Write the number as printed, such as 41%* or -£54.93, and - where there is none"
        file.add("005", str(error), fix, where)
        return Cell(text)
    file.refer(sorted(cell.letters), [c.letter for c in columns], "column with the letter", where)
    return cell


def _row(
    file: Declaration,
    name: str,
    line: int,
    cells: Mapping[str, Cell],
    columns: tuple[Column, ...],
    scale: Scale | None,
    exception: Mapping[str, Any],
) -> Row:
    raw = file.raw
    place = f"exceptions {name!r}" if exception else ""
    kind = exception.get("kind", raw["kind"])
    score = None
    if kind == "mean":
        score = _score(file, scale, exception.get("score", raw.get("score", "")), place)
    denominator = exception.get("denominator", raw.get("denominator"))
    if denominator is None and score is not None:
        denominator = score.denominator
    own = exception.get("bases", {})
    bases = {column.id: own.get(column.id, column.base) for column in columns}
    return Row(name, line, kind, cells, bases, score, denominator)


def _exceptions(file: Declaration, columns: tuple[Column, ...]) -> dict[str, Mapping[str, Any]]:
    """Row -> how it differs from the table."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in file.raw.get("exceptions", []):
        place = f"exceptions {entry['rows'][0]!r}"
        if "kind" in entry:
            _choose(file, entry["kind"], KINDS, "kind", place)
        file.refer(entry.get("bases", {}), [column.id for column in columns], "column", place)
        numbers = [*entry.get("bases", {}).values(), entry.get("denominator", 1)]
        if any(not 1 <= number <= _LARGEST for number in numbers):
            file.add("003", "a base or denominator cannot be", "Give the printed one", place)
        found |= {name: {**found.get(name, {}), **entry} for name in entry["rows"]}
    return found


def _totals(file: Declaration, rows: tuple[Row, ...]) -> Iterator[Total]:
    """Totals with the rows they are of: those named, or all above that are of the same kind."""
    names = [row.name for row in rows]
    sums = [entry["row"] for entry in file.raw.get("totals", [])]
    for entry in file.raw.get("totals", []):
        place = f"totals {entry['row']!r}"
        known = file.refer([entry["row"]], names, "row", place)
        if not file.refer(entry.get("of", []), names, "row", place) or not known:
            continue
        row = rows[names.index(entry["row"])]
        above = [r for r in rows[: names.index(row.name)] if r.name not in sums]
        of = tuple(entry.get("of", [r.name for r in above if r.kind == row.kind]))
        if row.kind == "mean" or row.name in of or not of:
            file.add("007", "it is no sum of these rows", "Name rows that add up to it", place)
            continue
        yield Total(row.name, of)


# --- what goes together ----------------------------------------------------------------------


def _check_names(file: Declaration, columns: tuple[Column, ...], rows: tuple[Row, ...]) -> None:
    names = [column.id for column in columns]
    for key in ("compared", "paired"):
        for pair in file.raw.get(key, []):
            place = f"{key} {' and '.join(pair)}"
            if len(pair) != 2 or pair[0] == pair[1]:
                file.add("003", "it is no pair of columns", "Write two column ids", place)
            elif file.refer(pair, names, "column", place):
                _check_pair(file, key, pair, columns, rows, place)


def _check_pair(
    file: Declaration,
    key: str,
    pair: list[str],
    columns: tuple[Column, ...],
    rows: tuple[Row, ...],
    place: str,
) -> None:
    parts = {column.id: column.total_of for column in columns}
    one, two = pair
    if one in parts[two] or two in parts[one]:
        found = "a total holds the respondents of its part: they are not two groups"
        file.add("007", found, "Compare parts with each other", place)
    if key == "paired" and any(row.bases[one] != row.bases[two] for row in rows):
        found = "the bases differ, so these are not the same respondents twice"
        file.add("007", found, "Give the matched bases, or write it under compared", place)


def _check_sense(file: Declaration, columns: tuple[Column, ...]) -> None:
    raw = file.raw
    if raw["kind"] == "share" and "answers" not in raw:
        found = "'answers' is missing: could one answer be given, or several?"
        fix = 'Write answers = "one" if the rows of a column come to 100, else answers = "several"'
        file.add("003", found, fix)
    if "answers" in raw:
        _choose(file, raw["answers"], ANSWERS, "answers", "")
    for name in _texts(raw.get("test", [])):
        _choose(file, name, TESTS, "test", "")
    if "adjusted" in raw:
        _choose(file, raw["adjusted"], ADJUSTMENTS, "adjusted", "")
    if not 0.5 <= raw.get("level", 0.95) < 1:
        file.add("003", "'level' is not between 0.5 and 1", "Write 0.95 for 95%")
    if not 1 <= raw.get("denominator", 1) <= _LARGEST:
        file.add("003", "'denominator' cannot be", "Write 1 for whole scores")
