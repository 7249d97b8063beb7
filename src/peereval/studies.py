"""`study.toml` -> frozen `Study`: what is compared, where it comes from, how it is named."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from peereval.columns import TAKEN, item_column
from peereval.costs import UnitCost, load_unit_costs
from peereval.declarations import Declaration, is_kind, shape
from peereval.errors import Fault, PeerevalError, StudyError, UsageError
from peereval.labels import fold
from peereval.scales import PLAIN, Band, Scale, Score, load_scale, scale_files

FORMAT = 1
DUPLICATES = ("most_complete", "first", "last", "drop", "error")
POOLING = ("first_complete", "last_complete")
ID_SCOPES = ("study", "organisation")
KINDS = ("contact", "yes_no")
#: Row numbers leave room for this many exports (see `pairing`).
MOST_SOURCES = 4000
YES_NO = {"yes": 1, "no": 0, "1": 1, "0": 0, "true": 1, "false": 0}
ALL = "all"


@dataclass(frozen=True, slots=True)
class Source:
    """One export: its file, and the occasion and phase that its rows answer.

    ``occasion_column`` with ``occasions`` (export value -> occasion) serves an
    export that holds several occasions; likewise for phases.
    """

    file: str
    occasion: str = ""
    phase: str = ""
    sheet: str = ""
    occasion_column: str = ""
    occasions: Mapping[str, str] = field(default_factory=dict)
    phase_column: str = ""
    phases: Mapping[str, str] = field(default_factory=dict)
    codings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Occasions compared, before -> after; several pairs are pooled."""

    id: str
    title: str
    pairs: tuple[tuple[str, str], ...]
    phases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Respondents with certain roles; ``only`` limits the analyses that show the group."""

    id: str
    title: str
    roles: tuple[str, ...]
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """A questionnaire version with the outcomes and bands analysed for it."""

    id: str
    title: str
    outcomes: tuple[str, ...]
    bands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScaleColumns:
    """Where the items of a scale are in the exports, and how its numbers are coded."""

    scale: Scale
    coding: str
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """A single question that is compared: contacts by frequency, or yes/no.

    ``codes`` maps folded text to a code; for contacts 0 is none and higher codes are
    more frequent, ``contacts`` giving the contacts in the period for each code.
    """

    id: str
    title: str
    kind: str
    columns: tuple[str, ...]
    codes: Mapping[str, int]
    contacts: tuple[Fraction, ...]
    phases: tuple[str, ...]
    groups: tuple[str, ...]
    unit_cost: UnitCost | None
    better: str


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that a person declares about an evaluation."""

    id: str
    title: str
    path: Path
    inputs: tuple[Path, ...]
    folder: Path
    sources: tuple[Source, ...]
    respondent: str
    organisation: str
    role: str
    characteristics: Mapping[str, str]
    roles: Mapping[str, str]
    missing: frozenset[str]
    occasions: tuple[str, ...]
    occasion_titles: Mapping[str, str]
    comparisons: tuple[Comparison, ...]
    groups: tuple[Group, ...]
    contrast: tuple[str, str] | None
    phases: tuple[Phase, ...]
    scales: tuple[ScaleColumns, ...]
    questions: tuple[Question, ...]
    cost_group: str
    currency: str
    duplicates: str
    pooling: str
    id_scope: str
    ci_level: float

    @property
    def scores(self) -> dict[str, Score]:
        """Outcome id -> score, of every scale that the study uses."""
        return {score.outcome: score for part in self.scales for score in part.scale.scores}

    @property
    def bands(self) -> dict[str, Band]:
        """Outcome id -> band system, of every scale that the study uses."""
        return {band.outcome: band for part in self.scales for band in part.scale.bands}

    @property
    def outcomes(self) -> list[str]:
        """Scores that some phase analyses, in the order in which they are declared."""
        bands = self.bands
        wanted = [outcome for phase in self.phases for outcome in phase.outcomes]
        wanted += [bands[name].score_outcome for phase in self.phases for name in phase.bands]
        return list(dict.fromkeys(wanted))

    def phases_of(self, outcome: str) -> list[str]:
        """Phases that analyse a score, itself or in bands, or a question."""
        questions = {question.id: question.phases for question in self.questions}
        if outcome in questions:
            return list(questions[outcome])
        bands = self.bands
        return [
            phase.id
            for phase in self.phases
            if outcome in phase.outcomes
            or outcome in (bands[name].score_outcome for name in phase.bands)
        ]

    @property
    def costed(self) -> list[str]:
        """Questions whose contacts have a unit cost."""
        return [question.id for question in self.questions if question.unit_cost]

    @property
    def item_columns(self) -> list[str]:
        """Columns of `answers` that hold codes: items first, then questions."""
        items = [
            item_column(part.scale.id, item.id) for part in self.scales for item in part.scale.items
        ]
        return items + [question.id for question in self.questions]


# --- reading the file ---------------------------------------------------------------------

_FILE = shape(
    {
        "format": "integer",
        "id": "name",
        "columns": "table",
        "occasions": "some tables",
        "comparisons": "some tables",
        "phases": "some tables",
        "scales": "named tables",
        "sources": "some tables",
    },
    {
        "title": "text",
        "folder": "text",
        "scale_folder": "text",
        "roles": "texts or lists by name",
        "responses": "table",
        "matching": "table",
        "groups": "tables",
        "contrast": "table",
        "frequencies": "named tables",
        "questions": "tables",
        "costs": "table",
        "statistics": "table",
    },
)
_TABLES = {
    "columns": shape(
        {"respondent": "name"},
        {"organisation": "text", "role": "text", "characteristics": "texts by name"},
    ),
    "responses": shape({}, {"missing": "texts"}),
    "matching": shape({}, {"duplicates": "text", "pooling": "text", "id_scope": "text"}),
    "contrast": shape({"treated": "text", "control": "text"}),
    "costs": shape({"unit_costs": "text", "group": "text"}),
    "statistics": shape({}, {"ci_level": "number"}),
}
_LISTS = {
    "occasions": shape({"id": "text"}, {"title": "text"}),
    "comparisons": shape(
        {"id": "text", "pairs": "some pairs"}, {"title": "text", "phases": "texts"}
    ),
    "groups": shape({"id": "text", "roles": "texts"}, {"title": "text", "only": "texts"}),
    "phases": shape({"id": "text", "outcomes": "texts"}, {"title": "text", "bands": "texts"}),
    "questions": shape(
        {"id": "text", "kind": "text", "columns": "text or texts"},
        {
            "title": "text",
            "frequencies": "text",
            "responses": "integers by name",
            "phases": "texts",
            "groups": "texts",
            "unit_cost": "text",
            "better": "text",
        },
    ),
    "sources": shape(
        {"file": "name"},
        {
            "sheet": "text",
            "occasion": "text",
            "phase": "text",
            "occasion_column": "text",
            "occasions": "texts by name",
            "phase_column": "text",
            "phases": "texts by name",
            "codings": "texts by name",
        },
    ),
}
_SCALE = shape({"columns": "columns"}, {"coding": "text"})  # fmt: skip


def load_study(path: str | Path, data: str | Path | None = None) -> Study:
    """The study that a file declares.

    ``data`` is the folder of the exports where it is not the study file's own.
    Raises ``StudyError`` with every fault found: unknown or missing keys, names
    that refer to nothing, wrong choices. Exports are not opened.
    """
    path = Path(path)
    reader = _Reader(Declaration(path, "STU", StudyError, "study file"))
    reader.check_shape()
    folder = Path(data) if data else path.parent / reader.raw.get("folder", ".")
    study = reader.build(folder)
    reader.file.stop_if_wrong()
    reader.check_names(study)
    reader.check_columns(study)
    reader.file.stop_if_wrong()
    return study


def refuse_unsourced(study: Study) -> None:
    """Raise ``StudyError`` if an occasion that is compared comes from no source."""
    there = {source.occasion for source in study.sources}
    there |= {occasion for source in study.sources for occasion in source.occasions.values()}
    compared = dict.fromkeys(o for c in study.comparisons for pair in c.pairs for o in pair)
    faults = [
        Fault(
            "STU017",
            f"no source answers the occasion {occasion!r}, which is compared",
            "Add its export, or leave the comparison out",
            study.path.name,
            place="sources",
        )
        for occasion in compared
        if occasion not in there
    ]
    if faults:
        raise StudyError(f"{study.path.name} cannot be compared", faults)


def pattern_columns(scale: Scale, pattern: str) -> dict[str, str]:
    """Item -> column, from a pattern such as ``"srs_{n}"``, ``"q{n:02}"`` or ``"{item}"``.

    Raises ``UsageError`` if the pattern cannot be filled in, or names one column for all.
    """
    try:
        found = {i.id: pattern.format(n=n, item=i.id) for n, i in enumerate(scale.items, 1)}
    except (KeyError, ValueError, IndexError, AttributeError):
        found = {}
    if len(set(found.values())) < len(scale.items):
        raise UsageError(
            f"The pattern {pattern!r} cannot be filled in for each item: "
            'write "srs_{n}", "srs_{n:02}" or "srs_{item}"'
        )
    return found


class _Reader:
    """Turns one parsed file into a `Study`, collecting every fault on the way."""

    def __init__(self, file: Declaration) -> None:
        self.file, self.path, self.raw = file, file.path, file.raw

    def fault(self, number: str, found: str, fix: str = "", place: str = "") -> None:
        self.file.add(number, found, fix, place)

    def refer(self, names: Iterable[str], known: Iterable[str], what: str, place: str) -> bool:
        return self.file.refer(names, known, what, place)

    def check_shape(self) -> None:
        file, raw = self.file, self.raw
        file.check(raw, _FILE)
        if raw.get("format", FORMAT) != FORMAT:
            file.add("004", f"format {raw['format']!r} is not known", f"Use format = {FORMAT}")
        for section, wanted in _TABLES.items():
            if isinstance(raw.get(section), dict):
                file.check(raw[section], wanted, section)
        for section, wanted in _LISTS.items():
            file.check_each(section, wanted)
        file.stop_if_wrong()
        for name, entry in raw["scales"].items():
            file.check(entry, _SCALE, f"scales.{name}")
        self.check_ids()
        file.stop_if_wrong()

    def check_ids(self) -> None:
        for section in ("occasions", "comparisons", "groups", "phases", "questions"):
            ids = [entry["id"] for entry in self.raw.get(section, [])]
            for name in dict.fromkeys(i for i in ids if ids.count(i) > 1):
                self.fault("005", f"the id {name!r} is used twice", "Give each its own", section)
            for name in ids:
                if not name or not set(name) <= PLAIN:
                    self.fault("005", f"the id {name!r} is not plain", "Use a-z, 0-9, _", section)

    # -- meaning

    def choose(self, section: str, key: str, allowed: tuple[str, ...]) -> str:
        value = self.raw.get(section, {}).get(key, allowed[0])
        if value not in allowed:
            self.fault(
                "007",
                f"{key} = {value!r} is not a choice",
                f"Use one of {', '.join(allowed)}",
                section,
            )
            return allowed[0]
        return str(value)

    def build(self, folder: Path) -> Study:
        raw = self.raw
        occasions = [entry["id"] for entry in raw["occasions"]]
        scales = self.scales()
        phases = self.phases(scales)
        phase_ids = [phase.id for phase in phases]
        groups = self.groups()
        columns = raw["columns"]
        costs, currency = self.unit_costs()
        contrast = raw.get("contrast")
        if contrast and self.refer(
            contrast.values(), [group.id for group in groups], "group", "contrast"
        ):
            self.check_contrast(groups, contrast["treated"], contrast["control"])
        cost_group = raw.get("costs", {}).get("group", ALL)
        self.refer([cost_group], [ALL, *(group.id for group in groups)], "group", "costs")
        return Study(
            id=raw["id"],
            title=raw.get("title", raw["id"]),
            path=self.path,
            inputs=self.inputs(),
            folder=folder,
            sources=self.sources(occasions, phase_ids, scales),
            respondent=columns["respondent"],
            organisation=columns.get("organisation", ""),
            role=columns.get("role", ""),
            characteristics=columns.get("characteristics", {}),
            roles=self.roles(),
            missing=frozenset(fold(text) for text in raw.get("responses", {}).get("missing", [])),
            occasions=tuple(occasions),
            occasion_titles={e["id"]: e.get("title", e["id"]) for e in raw["occasions"]},
            comparisons=self.comparisons(occasions, phase_ids),
            groups=groups,
            contrast=(contrast["treated"], contrast["control"]) if contrast else None,
            phases=phases,
            scales=scales,
            questions=self.questions(phase_ids, groups, costs),
            cost_group=cost_group,
            currency=currency,
            duplicates=self.choose("matching", "duplicates", DUPLICATES),
            pooling=self.choose("matching", "pooling", POOLING),
            id_scope=self.choose("matching", "id_scope", ID_SCOPES),
            ci_level=self.ci_level(),
        )

    def check_columns(self, study: Study) -> None:
        """One export column has one use, wherever the same export could hold both."""
        everywhere = {phase.id for phase in study.phases}
        uses = [
            (column, f"the {word}", everywhere)
            for word, column in (
                ("respondent", study.respondent),
                ("organisation", study.organisation),
                ("role", study.role),
            )
            if column
        ]
        for part in study.scales:
            outcomes = [score.outcome for score in part.scale.scores]
            phases = {phase for outcome in outcomes for phase in study.phases_of(outcome)}
            for item, columns in part.columns.items():
                uses += [(column, f"{part.scale.id} {item}", phases) for column in columns]
        for question in study.questions:
            uses += [(column, question.id, set(question.phases)) for column in question.columns]
        first: dict[str, tuple[str, set[str]]] = {}
        for column, use, phases in uses:
            other, theirs = first.setdefault(column, (use, phases))
            if other != use and theirs & phases:
                what = f"the column {column!r} is used for {other} and for {use}"
                self.fault("018", what, "Give each its own column", "columns")

    def check_names(self, study: Study) -> None:
        """Items, scores, bands and questions become columns beside each other."""
        if not study.outcomes and not study.questions:
            self.fault("015", "nothing is compared", "Name outcomes in a phase", "phases")
        named = [*study.item_columns, *study.scores, *study.bands, *study.characteristics]
        for name in dict.fromkeys(n for n in named if n in TAKEN or named.count(n) > 1):
            self.fault("005", f"the name {name!r} is taken", "Choose another id", "questions")

    def check_contrast(self, groups: tuple[Group, ...], treated: str, control: str) -> None:
        roles = {group.id: set(group.roles) for group in groups}
        if roles[treated] & roles[control]:
            self.fault(
                "014",
                "the groups of the contrast share a role",
                "A respondent must be in one of them only",
                "contrast",
            )

    def ci_level(self) -> float:
        level = float(self.raw.get("statistics", {}).get("ci_level", 0.95))
        if not 0.5 <= level < 1:
            self.fault("007", f"ci_level = {level} is not a level", "Use 0.95", "statistics")
        return level

    def roles(self) -> dict[str, str]:
        """Folded export text -> role. A role's own name always means itself."""
        declared = self.raw.get("roles", {})
        known = (
            {} if declared else {fold(r): r for g in self.raw.get("groups", []) for r in g["roles"]}
        )
        for role, texts in declared.items():
            for text in [role, *([texts] if isinstance(texts, str) else texts)]:
                if known.setdefault(fold(text), role) != role:
                    what = f"{text!r} means both {known[fold(text)]!r} and {role!r}"
                    self.fault("016", what, "Give each text to one role", "roles")
        return known

    def groups(self) -> tuple[Group, ...]:
        made = []
        for entry in self.raw.get("groups", []):
            only = tuple(entry.get("only", ()))
            self.refer(only, ("scores", "questions"), "kind of analysis", f"groups {entry['id']}")
            if "roles" in self.raw:
                self.refer(entry["roles"], self.raw["roles"], "role", f"groups {entry['id']}")
            if entry["id"] == ALL:
                self.fault("005", "'all' is always there", "Choose another id", "groups")
            made.append(
                Group(entry["id"], entry.get("title", entry["id"]), tuple(entry["roles"]), only)
            )
        return tuple(made)

    def comparisons(self, occasions: list[str], phases: list[str]) -> tuple[Comparison, ...]:
        made = []
        for entry in self.raw["comparisons"]:
            place = f"comparisons {entry['id']}"
            pairs = tuple(tuple(pair) for pair in entry["pairs"])
            wanted = tuple(entry.get("phases", phases))
            self.refer((name for pair in pairs for name in pair), occasions, "occasion", place)
            self.refer(wanted, phases, "phase", place)
            for pair in pairs:
                if len(pair) != 2:
                    self.fault(
                        "008", "a pair must have two occasions", "Write [before, after]", place
                    )
                elif set(pair) <= set(occasions) and occasions.index(pair[0]) >= occasions.index(
                    pair[1]
                ):
                    self.fault(
                        "008",
                        f"{pair[0]!r} is not before {pair[1]!r}",
                        "Write [before, after], or mend the order of the occasions",
                        place,
                    )
            made.append(Comparison(entry["id"], entry.get("title", entry["id"]), pairs, wanted))
        return tuple(made)

    def inputs(self) -> tuple[Path, ...]:
        """Every file that decides a result, besides the exports."""
        scales = scale_files(self.scale_folder())
        found = [self.path, *(scales[name] for name in self.raw["scales"] if name in scales)]
        if "costs" in self.raw:
            found.append(self.path.parent / self.raw["costs"]["unit_costs"])
        return tuple(found)

    def scale_folder(self) -> Path | None:
        named = self.raw.get("scale_folder")
        return self.path.parent / named if named else None

    def scales(self) -> tuple[ScaleColumns, ...]:
        folder = self.scale_folder()
        if folder and not folder.is_dir():
            self.fault("009", f"there is no folder {str(folder)!r}", "Mend scale_folder")
        made = []
        for name, entry in self.raw["scales"].items():
            place = f"scales.{name}"
            try:
                scale = load_scale(name, folder)
            except PeerevalError as error:
                self.fault("009", error.message.rstrip("."), "See: peereval scales list", place)
                self.file.faults.extend(error.faults)
                continue
            coding = entry.get("coding", "")
            if coding and not scale.codings:
                self.fault("006", f"{name} has no named codings", "Leave coding out", place)
            elif coding:
                self.refer([coding], scale.codings, "coding", place)
            made.append(
                ScaleColumns(scale, coding, self.item_columns(scale, entry["columns"], place))
            )
        return tuple(made)

    def item_columns(self, scale: Scale, columns: Any, place: str) -> dict[str, tuple[str, ...]]:
        """Item -> the export columns it may be in (the first that a source has is read)."""
        if isinstance(columns, dict):
            self.refer(columns, [item.id for item in scale.items], "item", place)
            for item in scale.items:
                if item.id not in columns:
                    self.fault(
                        "010", f"no column is given for the item {item.id!r}", "Add it", place
                    )
            return {item: (c,) if isinstance(c, str) else tuple(c) for item, c in columns.items()}
        patterns = [columns] if isinstance(columns, str) else columns
        try:
            found = [pattern_columns(scale, pattern) for pattern in patterns]
        except UsageError as error:
            self.fault("010", error.message, "", place)
            return {}
        return {item.id: tuple(columns[item.id] for columns in found) for item in scale.items}

    def phases(self, scales: tuple[ScaleColumns, ...]) -> tuple[Phase, ...]:
        scores = [score.outcome for part in scales for score in part.scale.scores]
        bands = [band.outcome for part in scales for band in part.scale.bands]
        made = []
        for entry in self.raw["phases"]:
            place = f"phases {entry['id']}"
            self.refer(entry["outcomes"], scores, "outcome", place)
            self.refer(entry.get("bands", ()), bands, "band system", place)
            made.append(
                Phase(
                    entry["id"],
                    entry.get("title", entry["id"]),
                    tuple(entry["outcomes"]),
                    tuple(entry.get("bands", ())),
                )
            )
        return tuple(made)

    def sources(
        self, occasions: list[str], phases: list[str], scales: tuple[ScaleColumns, ...]
    ) -> tuple[Source, ...]:
        made = []
        for entry in self.raw["sources"]:
            place = f"sources {entry['file']}"
            source = Source(
                **{**entry, "phase": entry.get("phase", phases[0] if len(phases) == 1 else "")}
            )
            for one, column, mapping, known, what in (
                (source.occasion, source.occasion_column, source.occasions, occasions, "occasion"),
                (source.phase, source.phase_column, source.phases, phases, "phase"),
            ):
                if bool(one) == bool(column):
                    self.fault(
                        "011", f"needs either {what} or {what}_column", "Give one of them", place
                    )
                self.refer([one] if one else mapping.values(), known, what, place)
            codings = {part.scale.id: part.scale.codings for part in scales}
            self.refer(source.codings, codings, "scale", place)
            for scale, coding in source.codings.items():
                self.refer([coding], codings.get(scale, [coding]), "coding", place)
            made.append(source)
        if len(made) > MOST_SOURCES:
            self.fault("011", f"{len(made)} exports are too many", f"At most {MOST_SOURCES}")
        files = [(source.file, source.sheet) for source in made]
        for file, _ in {pair for pair in files if files.count(pair) > 1}:
            self.fault("011", f"{file!r} is given twice", "Give each export once", "sources")
        return tuple(made)

    def unit_costs(self) -> tuple[dict[str, UnitCost], str]:
        if "costs" not in self.raw:
            return {}, ""
        try:
            return load_unit_costs(self.path.parent / self.raw["costs"]["unit_costs"])
        except StudyError as error:
            self.fault("012", error.message, "", "costs")
            self.file.faults.extend(error.faults)
            return {}, ""

    def questions(
        self, phases: list[str], groups: tuple[Group, ...], costs: Mapping[str, UnitCost]
    ) -> tuple[Question, ...]:
        return tuple(
            self.question(entry, phases, [ALL, *(group.id for group in groups)], costs)
            for entry in self.raw.get("questions", [])
        )

    def question(
        self,
        entry: Mapping[str, Any],
        phases: list[str],
        groups: list[str],
        costs: Mapping[str, UnitCost],
    ) -> Question:
        place = f"questions {entry['id']}"
        columns = entry["columns"]
        wanted = entry.get("unit_cost", "")
        self.refer(entry.get("phases", ()), phases, "phase", place)
        self.refer(entry.get("groups", ()), groups, "group", place)
        if wanted and (costs or "costs" not in self.raw):
            self.refer([wanted], costs, "unit cost", place)
        codes, contacts = self.question_codes(entry, place)
        return Question(
            id=entry["id"],
            title=entry.get("title", entry["id"]),
            kind=entry["kind"],
            columns=(columns,) if isinstance(columns, str) else tuple(columns),
            codes=codes,
            contacts=contacts,
            phases=tuple(entry.get("phases", phases)),
            groups=tuple(entry.get("groups", groups)),
            unit_cost=costs.get(wanted),
            better=entry.get("better", ""),
        )

    def question_codes(
        self, entry: Mapping[str, Any], place: str
    ) -> tuple[dict[str, int], tuple[Fraction, ...]]:
        if entry["kind"] not in KINDS:
            self.fault(
                "007",
                f"kind = {entry['kind']!r} is not a choice",
                f"Use one of {', '.join(KINDS)}",
                place,
            )
            return {}, ()
        if entry["kind"] == "yes_no":
            self.check_texts(entry.get("responses", {}), place)
            declared = {fold(text): code for text, code in entry.get("responses", {}).items()}
            if not all(code in (0, 1) for code in declared.values()):
                self.fault("007", "responses must be 1 for yes and 0 for no", "", place)
            return declared or dict(YES_NO), ()
        table = self.raw.get("frequencies", {}).get(entry.get("frequencies", ""), {})
        if not table:
            self.fault(
                "013",
                "a contact question needs a table of frequencies",
                'Add [frequencies.name] and frequencies = "name"',
                place,
            )
            return {}, ()
        return self.contacts(table, f"frequencies.{entry['frequencies']}")

    def check_texts(self, table: Mapping[str, Any], place: str) -> None:
        """Two texts that are compared as the same may not stand in one table."""
        folded = [fold(text) for text in table]
        for text in table:
            if folded.count(fold(text)) > 1:
                what = f"{text!r} is the same as another text here"
                self.fault("019", what, "Case and spaces do not count: keep one", place)

    def contacts(
        self, table: Mapping[str, Any], place: str
    ) -> tuple[dict[str, int], tuple[Fraction, ...]]:
        """Label -> code in order of contacts (0 = none), and the contacts of each code."""
        if not is_kind("numbers by name", table) or min(table.values()) < 0:
            self.fault("013", "contacts must be numbers of 0 or more", "", place)
            return {}, ()
        self.check_texts(table, place)
        ordered = sorted(set(table.values()))
        if ordered[0] != 0 or len(ordered) != len(table):
            self.fault(
                "013",
                "one label must mean no contact, and no two the same number",
                'Write "Not at all" = 0 and a number of its own for every other',
                place,
            )
            return {}, ()
        codes = {fold(label): ordered.index(value) for label, value in table.items()}
        return codes, tuple(Fraction(value) for value in ordered)
