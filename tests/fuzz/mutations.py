"""Ways of spoiling a file: by bytes, by lines and cells, by the values of TOML, inside a zip."""

import csv
import io
import json
import random
import tomllib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

Chance = random.Random
Mutation = Callable[[bytes, Chance], bytes]

STRANGE = (
    "", " ", "\t", "\x00", "\ufeff", "\u202e", "\x00abc", "é", "𝟜", "４", "🙂", "e\u0301" * 9, "ß",
    "İ", "ﬁ", '"', '""', "'", "=cmd|' /C calc'!A0", "@x", "-", "--", "nan", "NaN", "inf", "-inf",
    "1e999", "1e-999", "9" * 400, "-99", "999", "1.0", "1,0", "1.", ".5", "0x10", "1_000", "true",
    "None", "null", "#N/A", "2018-02-30", "31/02/2018", "0000-00-00", "99999-01-01", "12:61",
    "a;b,c|d", "a\nb", "a\r\nb", "\\", "[red]", "<b>", "../../x", "%s%n", "{n}", "{", "}",
    "${HOME}", "a" * 5000, "I̶" * 500,
)  # fmt: skip


# --- bytes --------------------------------------------------------------------------------


def _place(data: bytes, chance: Chance) -> int:
    return chance.randrange(len(data) + 1)


def _slice(data: bytes, chance: Chance) -> tuple[int, int]:
    start = _place(data, chance)
    return start, min(len(data), start + chance.choice((1, 2, 4, 8, 64, 512, len(data) // 3)))


def flip(data: bytes, chance: Chance) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 40)) if made else 0):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def delete(data: bytes, chance: Chance) -> bytes:
    start, end = _slice(data, chance)
    return data[:start] + data[end:]


def duplicate(data: bytes, chance: Chance) -> bytes:
    start, end = _slice(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 1, 3, 50)) + data[end:]


def insert(data: bytes, chance: Chance) -> bytes:
    place = _place(data, chance)
    pieces = (b"\x00", b"\x00" * 100, b'"', b"\n", b"\r", b"\r\n", b"\xff\xfe", b"\xef\xbb\xbf",
              b"\xff", b",", b";", b"\t", b"\x1a", b"\x80\x81", chance.randbytes(9))  # fmt: skip
    return data[:place] + chance.choice(pieces) + data[place:]


def truncate(data: bytes, chance: Chance) -> bytes:
    return data[: _place(data, chance)]


def swap(data: bytes, chance: Chance) -> bytes:
    one, two = sorted((_place(data, chance), _place(data, chance)))
    return data[two:] + data[one:two] + data[:one]


BYTES: tuple[Mutation, ...] = (flip, flip, delete, duplicate, insert, truncate, swap)


# --- lines and cells ----------------------------------------------------------------------


def as_text(change: Callable[[str, Chance], str]) -> Mutation:
    """A change of text as a change of bytes that are UTF-8."""

    def mutate(data: bytes, chance: Chance) -> bytes:
        return change(data.decode("utf-8", "replace"), chance).encode("utf-8", "replace")

    return mutate


def as_rows(change: Callable[[list[list[str]], Chance], None]) -> Mutation:
    """A change of rows of cells as a change of a CSV."""

    def mutate(data: bytes, chance: Chance) -> bytes:
        text = data.decode("utf-8-sig", "replace").replace("\x00", "")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        if rows:
            change(rows, chance)
        made = io.StringIO(newline="")
        csv.writer(made).writerows(rows)
        return made.getvalue().encode("utf-8", "replace")

    return mutate


def lines(text: str, chance: Chance) -> str:
    every = text.splitlines(keepends=True) or [""]
    one, two = chance.randrange(len(every)), chance.randrange(len(every))
    match chance.randrange(5):
        case 0:
            every[one], every[two] = every[two], every[one]
        case 1:
            del every[one]
        case 2:
            every[one:one] = [every[two]] * chance.choice((1, 2, 300))
        case 3:
            del every[0]
        case _:
            every.insert(one, "\n" * chance.choice((1, 5)))
    return "".join(every)


def delimiters(text: str, chance: Chance) -> str:
    return text.replace(",", chance.choice((";", "\t", "|", ",,", "", " ", ', "')))


def endings(text: str, chance: Chance) -> str:
    return text.replace("\r\n", "\n").replace(
        "\n", chance.choice(("\r", "\r\n", "\n\r", "\n\n", ""))
    )


def recode(data: bytes, chance: Chance) -> bytes:
    text = data.decode("utf-8", "replace")
    coding = chance.choice(
        ("utf-16", "utf-16-be", "utf-32", "cp1252", "utf-8-sig", "utf-7", "cp037")
    )
    return text.encode(coding, "replace")


def cell(rows: list[list[str]], chance: Chance) -> None:
    for _ in range(chance.choice((1, 1, 5, 40))):
        row = chance.choice(rows)
        if row:
            row[chance.randrange(len(row))] = chance.choice(STRANGE)


def neighbour(rows: list[list[str]], chance: Chance) -> None:
    """Cells of other rows, or nearly: ids twice, ids that are nearly alike, answers at random."""
    for _ in range(chance.choice((1, 10, 100, 400))):
        one, two = chance.choice(rows), chance.choice(rows)
        place = chance.randrange(max(len(one), 1))
        if place < min(len(one), len(two)) and one is not rows[0]:
            one[place] = two[place]
            if chance.random() < 0.3:
                at, piece = (
                    chance.randrange(len(one[place]) + 1),
                    chance.choice("0OoIl1- .é５\u200b"),
                )
                one[place] = one[place][:at] + piece + one[place][at + chance.randrange(2) :]


def heading(rows: list[list[str]], chance: Chance) -> None:
    if head := rows[0]:
        one = chance.randrange(len(head))
        head[one] = chance.choice((*STRANGE, head[chance.randrange(len(head))], head[one].upper()))


def column(rows: list[list[str]], chance: Chance) -> None:
    place, cells = chance.randrange(len(rows[0]) + 1), chance.choice(STRANGE)
    match chance.randrange(3):
        case 0:
            for row in rows:
                row.insert(place, cells)
        case 1:
            for row in rows:
                del row[place : place + 1]
        case _:
            for row in rows:
                row[place : place + 1] = [cells]


def widen(rows: list[list[str]], chance: Chance) -> None:
    row = chance.choice(rows)
    row.extend(chance.choice((["x"], [""] * 3, ["1"] * 2000)))


def titles(rows: list[list[str]], chance: Chance) -> None:
    rows[0:0] = [[chance.choice(STRANGE)]] * chance.choice((1, 3, 12))


ROWS: tuple[Mutation, ...] = (
    *map(as_text, (lines, lines, delimiters, endings)),
    *map(
        as_rows, (cell, cell, cell, neighbour, neighbour, heading, heading, column, widen, titles)
    ),
    recode,
)


# --- values of TOML -----------------------------------------------------------------------

_VALUES: tuple[Any, ...] = (
    *STRANGE, 0, 1, -1, 2**63, 10**400, 0.5, -0.0, float("inf"), float("nan"), True, False, [],
    [[]], {}, [1, "a"], {"a": 1}, [{}], [["a", "b"]], date(2018, 2, 3), datetime(2018, 2, 3, 4),
    time(5, 6), ["before"], "before", "all", {"": ""}, [[[[[]]]]],
)  # fmt: skip


def toml_value(data: bytes, chance: Chance) -> bytes:
    """One value of another type, one key less, one key more, or one called otherwise."""
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return flip(data, chance)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _spoil(content, chance)
    return _as_toml(content)


#: Settings that a study may have, each with values that are right or nearly so.
_SETTINGS: Mapping[tuple[str, ...], tuple[Any, ...]] = {
    ("matching", "duplicates"): ("most_complete", "first", "last", "drop", "error", "none"),
    ("matching", "pooling"): ("first_complete", "last_complete"),
    ("matching", "id_scope"): ("study", "organisation"),
    ("matching", "normalise"): ([], ["trim"], ["zeros", "separators"], ["case", "case"], ["x"]),
    ("matching", "near_misses"): (True, False),
    ("matching", "check_character"): (True, False),
    ("matching", "evidence"): ([], ["gender"], ["x"]),
    ("matching", "decisions"): ("after.csv", "costs.toml", "nothing.csv", "."),
    ("conflicts", "organisation"): ("keep", "drop", "error"),
    ("conflicts", "year_group"): ("keep", "drop", "error"),
    ("conflicts", "phase"): ("drop", "error", "keep"),
    ("conflicts", "dates"): ("keep", "drop", "error"),
    ("responses", "missing"): ([], ["0"], {"refused": ["-99", "3"], "unknown": ["Often"]}),
    ("responses", "tests"): ("exclude", "keep"),
    ("responses", "unfinished"): ("exclude", "keep"),
    ("statistics", "ci_level"): (0, 0.5, 0.999999, 1, 95),
    ("columns", "date"): ("Pupil code", "School", "stress_1", "nothing"),
    ("columns", "role"): ("School", "stress_1", "nothing"),
    ("columns", "organisation"): ("", "Role", "stress_1", "Pupil code"),
    ("columns", "respondent"): ("School", "stress_1", "Role"),
    ("columns", "allowed"): (["Pupil code"], ["x"], []),
    ("columns", "characteristics"): ({"gender": "School", "year_group": "stress_2"}, {"x": "y"}),
    ("exclude",): ([{"column": "School", "values": ["Ash"]}], [{"column": "x", "values": ["1"]}]),
    ("invited",): ([{"occasion": "before", "n": 30}], [{"occasion": "after", "n": 0}]),
    ("accepted",): ([{"code": "ANS001", "reason": "so be it"}], [{"code": "X", "reason": "y"}]),
    ("folder",): (".", "..", "nothing"),
    ("scale_folder",): (".", "nothing"),
}
_LAYOUTS: Mapping[str, tuple[Any, ...]] = {
    "sheet": ("Other", ""),
    "platform": ("Qualtrics", "SurveyMonkey", "none", "x"),
    "encoding": ("utf-8", "cp1252", "utf-16", "x"),
    "delimiter": (",", ";", "\t", "ab", ""),
    "decimal": (",", ".", "x"),
    "header_row": (0, 1, 2, 9999),
    "codings": ({"pss4": {"1": "Never"}}, {"swemwbs": "x"}, {"x": "y"}),
    "phase": ("pupils", "x"),
    "occasion_column": ("School", "x"),
    "file": ("after.csv", "costs.toml", ".", "", "before.csv"),
}


def setting(data: bytes, chance: Chance) -> bytes:
    """Settings that the study does not have, or others than it has."""
    try:
        content = tomllib.loads(data.decode("utf-8"))
        for _ in range(chance.choice((1, 2, 6))):
            *above, key = chance.choice(list(_SETTINGS))
            place = content.setdefault(above[0], {}) if above else content
            place[key] = chance.choice(_SETTINGS[(*above, key)])
        if chance.random() < 0.4:
            key = chance.choice(list(_LAYOUTS))
            chance.choice(content["sources"])[key] = chance.choice(_LAYOUTS[key])
    except (ValueError, RecursionError, KeyError, TypeError, IndexError, AttributeError):
        return toml_value(data, chance)
    return _as_toml(content)


def _spoil(content: Any, chance: Chance) -> None:
    place = chance.choice(list(_containers(content)))
    if isinstance(place, list):
        if place:
            place[chance.randrange(len(place))] = chance.choice(_VALUES)
        return
    key = chance.choice(list(place) or ["x"])
    match chance.randrange(4):
        case 0:
            place.pop(key, None)
        case 1:
            place[chance.choice(("x", "id", "file", "columns", "", "é", key + "s"))] = place.get(
                key
            )
        case 2:
            place[key] = [place.get(key, 1)]
        case _:
            place[key] = chance.choice(_VALUES)


def _containers(content: Any) -> Sequence[Any]:
    found = [content]
    for part in found:
        inside = part.values() if isinstance(part, dict) else part
        found += [value for value in inside if isinstance(value, dict | list)]
    return found


def _as_toml(content: Mapping[str, Any]) -> bytes:
    lines = [f"{_key(key)} = {_toml(value)}\n" for key, value in content.items()]
    return "".join(lines).encode("utf-8", "replace")


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) or value is None:
        return str(value or 0.0)
    return json.dumps(value, ensure_ascii=False)


TOML: tuple[Mutation, ...] = (toml_value, toml_value, toml_value, as_text(lines), as_text(endings))


# --- inside a zip -------------------------------------------------------------------------


def member(data: bytes, chance: Chance) -> bytes:
    """One part of a workbook spoilt or left out, and packed again."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(made, "w") as after:
        names = before.namelist()
        spoilt = chance.choice(names)
        for name in names:
            content = before.read(name)
            # Not the clock's time, which `writestr` gives to a name: one seed, the same bytes.
            part = zipfile.ZipInfo(name)
            if name != spoilt:
                after.writestr(part, content)
            elif chance.random() < 0.9:
                after.writestr(part, chance.choice((*BYTES, xml))(content, chance))
    return made.getvalue()


_XML_VALUES = (
    "A0", "XFD1048576", "ZZZZZZZZ99999999999", "-1", "e", "d", "1e400", "0", "99999999",
    "A1:XFD1048576", "&amp;", "", "str", "inlineStr",
)  # fmt: skip


def xml(data: bytes, chance: Chance) -> bytes:
    """Another value of an attribute or a cell, in a text that stays XML."""
    text = data.decode("utf-8", "replace")
    opening = ('r="', 't="', 's="', "<v>", "<t>", 'ref="', 'office:value="', 'repeated="', ">")
    places = [at + len(piece) for piece in opening if (at := text.find(piece)) >= 0]
    if not places:
        return flip(data, chance)
    start = chance.choice(places)
    ends = [at for mark in ('"', "<") if (at := text.find(mark, start)) >= 0]
    value = chance.choice(_XML_VALUES)
    return (text[:start] + value + text[min(ends, default=start) :]).encode("utf-8", "replace")


ZIP: tuple[Mutation, ...] = (member, member, member, xml)
