"""Survey tables that a study declares: questions, their answers, and by what they are broken down.

The answers of a table are read as those of `Question`s are: a question with one answer becomes one
column of codes, of a question with several each option becomes one of 1, 0 or missing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from peereval.declarations import Declaration, shape
from peereval.labels import fold
from peereval.studies.numbers import NUMBER_KEYS, NumberRule, read_number_rule
from peereval.studies.statistics import ADJUSTMENTS
from peereval.studies.themes import THEME_KEYS, ThemeRule, read_theme_rule

TABLE_KINDS = ("single", "multi", "scale", "number", "themes")
#: What is used for shares where an expected count is below 5; the first is the default.
SMALL_TESTS = ("fisher", "n1_chi_square")
#: What a table may be broken down by besides the study's own breakdowns.
PHASE, ROLE, GROUPS = "phase", "role", "groups"
#: Codes are small numbers.
MOST_OPTIONS = 100

TABLE = shape(
    {"id": "text", "kind": "text"},
    {
        "title": "text",
        "column": "text or texts",
        "columns": "texts by name",
        "items": "texts or lists by name",
        "options": "texts or lists by name",
        "values": "integers by name",
        "nets": "texts or lists by name",
        "top": "count",
        "exclusive": "texts",
        "titles": "texts by name",
        "phases": "texts",
        "occasions": "texts",
        "comparisons": "texts",
        "breakdowns": "texts",
        "groups": "texts",
        "small_test": "text",
        "adjust": "text",
        "unit": "text",
        "possible": "numbers",
        "outliers": "text or numbers by name",
        "ignored_words": "texts",
        "texts": "numbers by name",
        "ranges": "text",
        "coding_sheet": "text",
        "coder": "text",
        "uncodeable": "texts",
        "quotations": "integers by name",
    },
)
#: Of a respondent with answers at several occasions of a pool: the first counts, or each; the
#: first of these is the default.
ONCE, EACH_TIME = COUNTED = ("once", "each_time")
POOLED = shape({"occasions": "texts"}, {"title": "text", "respondents": "text"})
BREAKDOWN = shape(
    {"characteristic": "text", "levels": "texts or lists by name"}, {"titles": "texts by name"}
)


class Breakdown(Struct, frozen=True):
    """Columns of a table: levels of a characteristic, each with the folded texts that mean it."""

    id: str
    characteristic: str
    levels: Mapping[str, frozenset[str]]
    titles: Mapping[str, str]


class Pooled(Struct, frozen=True):
    """Occasions that a table takes together; of a respondent counts the first answer, or each."""

    id: str
    title: str
    occasions: tuple[str, ...]
    respondents: str


class Asked(Struct, frozen=True):
    """One question of a table: where its answers are.

    ``columns``: names in `answers`. A question with one answer has one, of codes; one with
    several has one for each option, in their order.
    """

    outcome: str
    title: str
    columns: tuple[str, ...]


class AnswerColumn(Struct, frozen=True):
    """A column of `answers` that a table needs, and what its cells mean (see `Question`).

    ``number``: how its cells become numbers, kept as thousandths, where they are no codes.
    ``given``: nothing is kept but whether there is an answer.
    """

    id: str
    columns: tuple[str, ...]
    codes: Mapping[str, int]
    option: str = ""
    among: tuple[str, ...] = ()
    number: NumberRule | None = None
    given: bool = False


class Table(Struct, frozen=True):
    """A survey table: one question, or several with the same answers (``asked``).

    ``options``: id -> title, in order. ``nets``: id -> options counted together. ``values``:
    option -> number, of a scale. ``exclusive``: options that nobody may choose with another.
    ``reads``: the columns of `answers` that it needs. ``groups``: those that are columns where it
    is broken down by groups; none means all. ``number``: of a table of numbers,
    which has no options. ``themes``: of a table of themes, which are its options, each with the
    folded ``texts`` that mean it; without any until its coding sheet is read.
    """

    id: str
    title: str
    kind: str
    options: Mapping[str, str]
    asked: tuple[Asked, ...]
    reads: tuple[AnswerColumn, ...]
    values: Mapping[str, int] = field(default_factory=dict)
    nets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    net_titles: Mapping[str, str] = field(default_factory=dict)
    exclusive: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    occasions: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    small_test: str = SMALL_TESTS[0]
    adjust: str = ""
    number: NumberRule | None = None
    themes: ThemeRule | None = None
    texts: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Parts(Struct, frozen=True):
    """Names of a study that its tables may refer to."""

    phases: tuple[str, ...]
    occasions: tuple[str, ...]
    comparisons: tuple[str, ...]
    breakdowns: tuple[str, ...]
    pooled: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def read_pooled(file: Declaration, occasions: Iterable[str]) -> dict[str, Pooled]:
    """Pool id -> occasions taken together, of ``[pooled_occasions.ID]``."""
    known, made = list(occasions), {}
    for name, entry in file.raw.get("pooled_occasions", {}).items():
        place = f"pooled_occasions.{name}"
        file.refer(entry["occasions"], known, "occasion", place)
        if name in known:
            file.add("005", f"the id {name!r} is taken by an occasion", "Choose another id", place)
        counted = entry.get("respondents", ONCE)
        file.refer([counted], COUNTED, "way to count respondents", place)
        title = entry.get("title", name)
        made[name] = Pooled(name, title, tuple(entry["occasions"]), counted)
    return made


def read_breakdowns(file: Declaration, known: Iterable[str]) -> dict[str, Breakdown]:
    """Breakdown id -> breakdown, of ``[breakdowns.ID]``; ``known``: characteristics."""
    made = {}
    for name, entry in file.raw.get("breakdowns", {}).items():
        place = f"breakdowns.{name}"
        file.refer([entry["characteristic"]], known, "characteristic", place)
        if name in (PHASE, ROLE, GROUPS):
            file.add("005", f"the id {name!r} is taken", "Choose another id", place)
        levels = {level: _folded(texts) for level, texts in entry["levels"].items()}
        texts = [text for those in levels.values() for text in those]
        if len(texts) > len(set(texts)):
            what = "a text is in two levels: columns of a breakdown may not overlap"
            file.add("031", what, "Keep it in one", place)
        titles = entry.get("titles", {})
        file.refer(titles, levels, "level", place)
        named = {level: titles.get(level, _first(entry["levels"][level])) for level in levels}
        made[name] = Breakdown(name, entry["characteristic"], levels, named)
    return made


def read_tables(file: Declaration, parts: Parts) -> tuple[Table, ...]:
    """The tables of ``[[tables]]``; everything wrong with them is noted in ``file``."""
    tables = []
    for entry in file.raw.get("tables", ()):
        place = f"tables {entry['id']}"
        if not _refers(file, entry, parts, place):
            continue
        if entry["kind"] == "number":
            rule = read_number_rule(file, entry, place, THEME_KEYS)
            if _says_where(file, entry, place) and rule:
                tables.append(_table(entry, parts, rule))
        elif entry["kind"] == "themes":
            themes = read_theme_rule(file, entry, place)
            if _has_distinct_texts(file, entry, place) and themes:
                tables.append(_themes(entry, parts, themes))
        elif _is_whole(file, entry, place):
            tables.append(_table(entry, parts))
    return tuple(tables)


def _says_where(file: Declaration, entry: Mapping[str, Any], place: str) -> bool:
    """Whether one key, of those that the kind has, says where the answers are."""
    where = [key for key in ("column", "columns", "items") if key in entry]
    allowed = ("column", "columns") if entry["kind"] == "multi" else ("column", "items")
    if len(where) == 1 and where[0] in allowed:
        return True
    what = f"needs one of {' and '.join(allowed)}"
    file.add("030", what, "Say where its answers are", place)
    return False


def _refers(file: Declaration, entry: Mapping[str, Any], parts: Parts, place: str) -> bool:
    """Whether all that a table names is there."""
    options = entry.get("options", entry.get("columns", {}))
    nets = [one for those in entry.get("nets", {}).values() for one in _listed(those)]
    found = [
        file.refer(entry.get("phases", ()), parts.phases, "phase", place),
        file.refer(
            entry.get("occasions", ()), (*parts.occasions, *parts.pooled), "occasion", place
        ),
        file.refer(entry.get("groups", ()), parts.groups, "group", place),
        file.refer(entry.get("comparisons", ()), parts.comparisons, "comparison", place),
        file.refer(
            entry.get("breakdowns", ()), (*parts.breakdowns, PHASE, ROLE, GROUPS),
            "breakdown", place,
        ),
        file.refer([entry["kind"]], TABLE_KINDS, "kind of table", place),
        file.refer([entry.get("small_test", SMALL_TESTS[0])], SMALL_TESTS, "test", place),
        file.refer([entry.get("adjust", "none")], ("none", *ADJUSTMENTS), "adjustment", place),
        file.refer(
            (
                *nets, *entry.get("values", {}), *entry.get("exclusive", ()),
                *entry.get("uncodeable", ()),
            ),
            options, "option", place,
        ),
        file.refer(
            entry.get("titles", {}),
            (*options, *entry.get("nets", {}), *entry.get("items", {})), "row", place,
        ),
    ]  # fmt: skip
    return all(found)


def _is_whole(file: Declaration, entry: Mapping[str, Any], place: str) -> bool:
    """Whether what a table declares fits its kind and itself."""
    before = len(file.faults)

    def fault(what: str, fix: str) -> None:
        file.add("030", what, fix, place)

    multi, options = entry["kind"] == "multi", entry.get("options", entry.get("columns", {}))
    _says_where(file, entry, place)
    for kind, keys in (("number", NUMBER_KEYS), ("themes", THEME_KEYS)):
        for key in (key for key in keys if key in entry):
            fault(f"{key} is for tables of kind {kind}", "Leave it out, or mend the kind")
    if not options or len(options) > MOST_OPTIONS:
        fault(f"has {len(options)} options", f"Name 1 to {MOST_OPTIONS} in options = {{...}}")
    if "columns" in entry and set(options) != set(entry["columns"]):
        fault("options and columns do not name the same options", "Name the same in both")
    if multi and any(len(_listed(texts)) != 1 for texts in options.values()):
        fault("an option has several texts", "Where there are several answers it can have one")
    texts = [fold(text) for those in options.values() for text in _listed(those)]
    if len(texts) > len(set(texts)) and "columns" not in entry:
        fault("two options have the same text", "Case and spaces do not count: keep one")
    if entry["kind"] == "scale" and len(set(entry.get("values", {}).values())) < 2:
        fault("a scale needs values", "Write values = { option = number, ... } for two or more")
    if entry["kind"] != "scale" and ("values" in entry or "top" in entry):
        fault("values and top are for tables of kind scale", "Leave them out, or mend the kind")
    if not multi and "exclusive" in entry:
        fault("exclusive is for tables of kind multi", "Leave it out, or mend the kind")
    if set(_nets(entry)) & set(options):
        fault("a net has the id of an option", "Choose another id")
    return len(file.faults) == before


def _table(entry: Mapping[str, Any], parts: Parts, number: NumberRule | None = None) -> Table:
    options = entry.get("options", entry.get("columns", {}))
    if "options" not in entry:
        options = {name: name.replace("_", " ").capitalize() for name in options}
    titles, nets = entry.get("titles", {}), _nets(entry)
    asked, reads = (
        _multi(entry, options) if entry["kind"] == "multi" else _single(entry, options, number)
    )
    adjust = entry.get("adjust", "none")
    return Table(
        id=entry["id"],
        title=entry.get("title", entry["id"]),
        kind=entry["kind"],
        options={name: titles.get(name, _first(texts)) for name, texts in options.items()},
        asked=asked,
        reads=reads,
        values=entry.get("values", {}),
        nets=nets,
        net_titles={name: titles.get(name, _in_words(name)) for name in nets},
        exclusive=tuple(entry.get("exclusive", ())),
        phases=tuple(entry.get("phases", parts.phases)),
        occasions=tuple(entry.get("occasions", parts.occasions)),
        comparisons=tuple(entry.get("comparisons", ())),
        breakdowns=tuple(entry.get("breakdowns", ())),
        groups=tuple(entry.get("groups", ())),
        small_test=entry.get("small_test", SMALL_TESTS[0]),
        adjust="" if adjust == "none" else adjust,
        number=number,
    )


def _has_distinct_texts(file: Declaration, entry: Mapping[str, Any], place: str) -> bool:
    texts = [fold(t) for those in entry.get("options", {}).values() for t in _listed(those)]
    if len(texts) == len(set(texts)):
        return True
    file.add("047", "two themes have the same text", "Case and spaces do not count", place)
    return False


def _themes(entry: Mapping[str, Any], parts: Parts, rule: ThemeRule) -> Table:
    """A table of themes; of its column nothing is read but whether there is an answer."""
    table = _table({"column": [], **entry}, parts)
    options = {name: title for name, title in table.options.items() if name not in rule.uncodeable}
    columns = tuple(_listed(entry.get("column", [])))
    given = AnswerColumn(f"{table.id}_given", columns, {}, given=True)
    texts = {
        name: frozenset({fold(name), fold(table.options[name]), *_folded(those)})
        for name, those in entry.get("options", {}).items()
    }
    made = replace(table, reads=(given,) if columns else (), themes=rule, texts=texts)
    return with_themes(made, options)


def with_themes(table: Table, options: Mapping[str, str]) -> Table:
    """A table of themes with these as its options, id -> title: those that can be coded."""
    columns = tuple(theme_column(table.id, name) for name in options)
    return replace(table, options=options, asked=(Asked(table.id, table.title, columns),))


def theme_column(table: str, theme: str) -> str:
    """Column that holds whether a response has a theme; no other column has a space in it."""
    return f"theme {table} {theme}"


def _nets(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Net -> its options: those that the table declares, then the boxes at the top of a scale."""
    nets = {name: tuple(_listed(those)) for name, those in entry.get("nets", {}).items()}
    values = entry.get("values", {})
    highest = sorted(set(values.values()), reverse=True)[: entry.get("top", 0)]
    for n in range(1, len(highest) + 1):
        nets[f"top_{n}"] = tuple(name for name in values if values[name] in highest[:n])
    return nets


def _single(
    entry: Mapping[str, Any], options: Mapping[str, Any], number: NumberRule | None
) -> tuple[tuple[Asked, ...], tuple[AnswerColumn, ...]]:
    """One column of codes for each question; the code of an option is its place among them.

    Of a table of numbers one column of numbers for each question.
    """
    codes = {
        fold(text): code for code, texts in enumerate(options.values()) for text in _listed(texts)
    }
    titles = entry.get("titles", {})
    if "column" in entry:
        named = {entry["id"]: (entry.get("title", entry["id"]), entry["column"])}
    else:
        named = {
            f"{entry['id']}_{item}": (titles.get(item, _in_words(item)), column)
            for item, column in entry["items"].items()
        }
    asked = tuple(Asked(name, title, (name,)) for name, (title, _) in named.items())
    reads = tuple(
        AnswerColumn(name, tuple(_listed(c)), codes, number=number)
        for name, (_, c) in named.items()
    )
    return asked, reads


#: Words for an option that was not chosen, beside those of platforms.
_NOT_CHOSEN = {"no": 0, "0": 0, "false": 0, "yes": 1, "1": 1, "true": 1}


def _multi(
    entry: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[tuple[Asked, ...], tuple[AnswerColumn, ...]]:
    """One column of 1, 0 or missing for each option."""
    own = entry.get("columns", {})
    reads = tuple(
        AnswerColumn(
            f"{entry['id']}_{name}",
            (own[name],) if own else tuple(_listed(entry["column"])),
            _NOT_CHOSEN,
            _first(texts),
            tuple(column for other, column in own.items() if other != name),
        )
        for name, texts in options.items()
    )
    columns = tuple(read.id for read in reads)
    return (Asked(entry["id"], entry.get("title", entry["id"]), columns),), reads


def _listed(texts: str | list[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _first(texts: str | list[str]) -> str:
    return _listed(texts)[0]


def _folded(texts: str | list[str]) -> frozenset[str]:
    return frozenset(fold(text) for text in _listed(texts))


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()
