"""`study.toml` -> frozen `Study`, with every fault of the file at once."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from os.path import normpath
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from peereval.columns import TAKEN
from peereval.declarations import Declaration, shape
from peereval.errors import PeerevalError, StudyError, UsageError
from peereval.labels import fold
from peereval.scales import PLAIN, Scale, load_scale, scale_files
from peereval.studies.contacts import (
    CONTACTS,
    COST_UNCERTAINTY,
    SCENARIO,
    Label,
    read_cost_uncertainty,
    read_labels,
    read_term,
    scaled_contacts,
)
from peereval.studies.programme import (
    PROGRAMME,
    STATEMENTS,
    Programme,
    check_programme,
    own_costs,
    read_programme,
)
from peereval.studies.protection import DISCLOSURE, read_protection
from peereval.studies.reporting import REPORT, read_reporting
from peereval.studies.statistics import (
    CLAIM,
    FAMILY,
    STATISTICS,
    SUBGROUPS,
    Known,
    read_claims,
    read_families,
    read_statistics,
    read_subgroups,
)
from peereval.studies.study import (
    ALL,
    Accepted,
    Comparison,
    Exclusion,
    Group,
    Invited,
    Layout,
    Phase,
    Question,
    ScaleColumns,
    Source,
    Study,
    pattern_columns,
)
from peereval.studies.tables import (
    BREAKDOWN,
    POOLED,
    TABLE,
    Parts,
    read_breakdowns,
    read_pooled,
    read_tables,
)
from peereval.studies.unit_costs import COSTS, StudyCosts, read_costs

FORMAT = 1
DUPLICATES = ("most_complete", "first", "last", "drop", "error")
POOLING = ("first_complete", "last_complete")
ID_SCOPES = ("study", "organisation")
KINDS = ("contact", "yes_no")
FLAGGED = ("exclude", "keep")
#: Steps by which ids are made alike, in the order in which they are taken.
NORMALISE = ("trim", "unicode", "number", "case", "separators", "zeros")
NORMALISE_BY_DEFAULT = NORMALISE[:4]
#: What may be done about each kind of conflict; the first is the default.
CONFLICTS = {
    "organisation": ("keep", "drop", "error"),
    "phase": ("drop", "error"),
    "year_group": ("keep", "drop", "error"),
    "dates": ("keep", "drop", "error"),
}
#: Row numbers leave room for this many exports (see `pairing`).
MOST_SOURCES = 4000
#: Why a row is set aside is kept as a small number.
MOST_EXCLUSIONS = 120
YES_NO = {
    "yes": 1, "1": 1, "true": 1, "checked": 1, "selected": 1,
    "no": 0, "0": 0, "false": 0, "unchecked": 0, "not selected": 0,
}  # fmt: skip

# --- reading the file ---------------------------------------------------------------------

_FILE = shape(
    {
        "format": "integer",
        "id": "name",
        "columns": "table",
        "occasions": "some tables",
        "phases": "some tables",
        "sources": "some tables",
    },
    {
        "comparisons": "some tables",
        "scales": "named tables",
        "tables": "some tables",
        "breakdowns": "named tables",
        "pooled_occasions": "named tables",
        "title": "text",
        "folder": "text",
        "scale_folder": "text",
        "roles": "texts or lists by name",
        "responses": "table",
        "matching": "table",
        "groups": "tables",
        "contrast": "table",
        "conflicts": "texts by name",
        "exclude": "tables",
        "invited": "tables",
        "accepted": "tables",
        "frequencies": "named tables",
        "questions": "tables",
        "costs": "table",
        "statistics": "table",
        "subgroups": "table",
        "families": "tables",
        "claims": "tables",
        "contacts": "table",
        "cost_uncertainty": "table",
        "report": "table",
        "disclosure": "table",
        "scenarios": "tables",
        "programme": "table",
        "statements": "table",
    },
)
#: A study without tables compares scores or questions of scales.
_COMPARED = replace(_FILE, required=_FILE.required | {"comparisons", "scales"})
_TABLES = {
    "columns": shape(
        {"respondent": "name"},
        {
            "organisation": "text",
            "role": "text",
            "date": "text",
            "characteristics": "texts by name",
            "titles": "texts by name",
            "allowed": "texts",
        },
    ),
    "responses": shape({}, {"missing": "missing", "tests": "text", "unfinished": "text"}),
    "matching": shape(
        {},
        {
            "duplicates": "text",
            "pooling": "text",
            "id_scope": "text",
            "normalise": "texts",
            "near_misses": "flag",
            "check_character": "flag",
            "decisions": "text",
            "evidence": "texts",
        },
    ),
    "contrast": shape({"treated": "text", "control": "text"}),
    "costs": COSTS,
    "statistics": STATISTICS,
    "subgroups": SUBGROUPS,
    "contacts": CONTACTS,
    "cost_uncertainty": COST_UNCERTAINTY,
    "programme": PROGRAMME,
    "statements": STATEMENTS,
    "report": REPORT,
    "disclosure": DISCLOSURE,
}
_LISTS = {
    "occasions": shape({"id": "text"}, {"title": "text", "days": "number"}),
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
            "option": "text",
            "among": "texts",
        },
    ),
    "exclude": shape({"column": "name", "values": "some texts"}, {"reason": "text"}),
    "families": FAMILY,
    "claims": CLAIM,
    "scenarios": SCENARIO,
    "tables": TABLE,
    "invited": shape({"occasion": "text", "n": "count"}, {"phase": "text"}),
    "accepted": shape({"code": "name", "reason": "name"}, {"file": "text", "column": "text"}),
    "sources": shape(
        {"file": "name"},
        {
            "sheet": "text",
            "platform": "text",
            "encoding": "text",
            "delimiter": "text",
            "decimal": "text",
            "header_row": "count",
            "occasion": "text",
            "phase": "text",
            "occasion_column": "text",
            "occasions": "texts by name",
            "phase_column": "text",
            "phases": "texts by name",
            "codings": "codings by name",
        },
    ),
}
_SCALE = shape({"columns": "columns"}, {"coding": "coding"})
_NAMED_TABLES = {"scales": _SCALE, "breakdowns": BREAKDOWN, "pooled_occasions": POOLED}
_NAMED = ("occasions", "comparisons", "groups", "phases", "questions", "families", "claims")
_LAYOUT = ("sheet", "platform", "encoding", "delimiter", "decimal", "header_row")


def load_study(
    path: str | Path, data: str | Path | None = None, decisions: str | Path | None = None
) -> Study:
    """The study that a file declares.

    ``data`` is the folder of the exports where it is not the study file's own, ``decisions``
    a table of decided near misses in place of the one that the study names.
    Raises ``StudyError`` with every fault found: unknown or missing keys, names
    that refer to nothing, wrong choices. Exports are not opened.
    """
    return _study(Declaration(Path(path), "STU", StudyError, "study file"), data, decisions)


def parse_study(text: str, path: str | Path, decisions: str | Path | None = None) -> Study:
    """As `load_study`, of a study that is not a file yet; ``path`` is where it would stand."""
    return _study(Declaration(Path(path), "STU", StudyError, "study file", text), None, decisions)


def _study(file: Declaration, data: str | Path | None, decisions: str | Path | None) -> Study:
    reader, path = _Reader(file), file.path
    reader.check_shape()
    # Normalised as text: a folder that is not there yet has no way up.
    folder = Path(data or normpath(path.parent / reader.raw.get("folder", ".")))
    study = reader.build(folder)
    reader.file.stop_if_wrong()
    reader.check_names(study)
    reader.check_columns(study)
    reader.file.stop_if_wrong()
    return replace(study, decisions=Path(decisions)) if decisions else study


class _Reader:
    """Turns one parsed file into a `Study`, collecting every fault on the way."""

    def __init__(self, file: Declaration) -> None:
        self.file, self.path, self.raw = file, file.path, file.raw
        self.term: Mapping[str, Fraction] = {}

    def fault(self, number: str, found: str, fix: str = "", place: str = "") -> None:
        self.file.add(number, found, fix, place)

    def refer(self, names: Iterable[str], known: Iterable[str], what: str, place: str) -> bool:
        return self.file.refer(names, known, what, place)

    def check_shape(self) -> None:
        file, raw = self.file, self.raw
        file.check(raw, _FILE if "tables" in raw else _COMPARED)
        if raw.get("format", FORMAT) != FORMAT:
            file.add("004", f"format {raw['format']!r} is not known", f"Use format = {FORMAT}")
        for section, wanted in _TABLES.items():
            if isinstance(raw.get(section), dict):
                file.check(raw[section], wanted, section)
        for section, wanted in _LISTS.items():
            file.check_each(section, wanted)
        if isinstance(raw.get("programme"), dict):
            check_programme(file)
        file.stop_if_wrong()
        for section, wanted in _NAMED_TABLES.items():
            for name, entry in raw.get(section, {}).items():
                file.check(entry, wanted, f"{section}.{name}")
        self.check_ids()
        file.stop_if_wrong()

    def check_ids(self) -> None:
        for section in (
            "occasions",
            "comparisons",
            "groups",
            "phases",
            "questions",
            "families",
            "claims",
            "scenarios",
            "tables",
        ):
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
        bought = own_costs(self.file)
        costs = read_costs(self.file, bought.own, bought.named)
        contrast = raw.get("contrast")
        if contrast and self.refer(
            contrast.values(), [group.id for group in groups], "group", "contrast"
        ):
            self.check_contrast(groups, contrast["treated"], contrast["control"])
        self.term = read_term(self.file)
        questions = self.questions(phase_ids, groups, costs)
        known = self.known(scales, phases, groups, questions)
        breakdowns = read_breakdowns(self.file, columns.get("characteristics", {}))
        pooled = read_pooled(self.file, occasions)
        parts = Parts(
            known.phases,
            tuple(occasions),
            known.comparisons,
            tuple(breakdowns),
            tuple(pooled),
            tuple(group.id for group in groups),
        )
        tables = read_tables(self.file, parts)
        cost_group = raw.get("costs", {}).get("group", ALL)
        self.refer([cost_group], [ALL, *(group.id for group in groups)], "group", "costs")
        return Study(
            id=raw["id"],
            title=raw.get("title", raw["id"]),
            path=self.path,
            inputs=(
                *self.inputs(),
                *costs.inputs,
                *(table.themes.sheet for table in tables if table.themes),
            ),
            folder=folder,
            sources=self.sources(occasions, phase_ids, scales),
            respondent=columns["respondent"],
            organisation=columns.get("organisation", ""),
            role=columns.get("role", ""),
            date=columns.get("date", ""),
            characteristics=columns.get("characteristics", {}),
            characteristic_titles=self.characteristic_titles(),
            allowed=frozenset(columns.get("allowed", ())),
            roles=self.roles(),
            missing=self.missing(),
            tests=self.choose("responses", "tests", FLAGGED),
            unfinished=self.choose("responses", "unfinished", FLAGGED[::-1]),
            exclusions=self.exclusions(),
            occasions=tuple(occasions),
            occasion_titles={e["id"]: e.get("title", e["id"]) for e in raw["occasions"]},
            comparisons=self.comparisons(occasions, phase_ids),
            groups=groups,
            contrast=(contrast["treated"], contrast["control"]) if contrast else None,
            phases=phases,
            scales=scales,
            questions=questions,
            cost_group=cost_group,
            currency=costs.currency,
            conversions=costs.conversions,
            duplicates=self.choose("matching", "duplicates", DUPLICATES),
            pooling=self.choose("matching", "pooling", POOLING),
            id_scope=self.choose("matching", "id_scope", ID_SCOPES),
            normalise=self.normalise(),
            near_misses=raw.get("matching", {}).get("near_misses", True),
            check_character=raw.get("matching", {}).get("check_character", False),
            decisions=self.decisions(),
            evidence=self.evidence(),
            conflicts=self.conflicts(),
            invited=self.invited(occasions, phase_ids),
            accepted=tuple(Accepted(**entry) for entry in raw.get("accepted", ())),
            statistics=read_statistics(self.file, known),
            subgroups=read_subgroups(self.file, known),
            families=read_families(self.file, known),
            claims=read_claims(self.file, known),
            cost_uncertainty=read_cost_uncertainty(self.file, questions, costs.costs, costs.slots),
            pooled_occasions=pooled,
            breakdowns=breakdowns,
            tables=tables,
            perspective=raw.get("costs", {}).get("perspective", ""),
            programme=self.programme(scales, phases, costs),
            statements={key: text for key, text in raw.get("statements", {}).items() if text},
            report=read_reporting(self.file),
            protection=read_protection(self.file),
        )

    def programme(
        self, scales: tuple[ScaleColumns, ...], phases: tuple[Phase, ...], costs: StudyCosts
    ) -> Programme | None:
        scores = {score.outcome: score for part in scales for score in part.scale.scores}
        analysed = [outcome for phase in phases for outcome in phase.outcomes]
        return read_programme(self.file, [p.id for p in phases], scores, analysed, costs)

    def known(
        self,
        scales: tuple[ScaleColumns, ...],
        phases: tuple[Phase, ...],
        groups: tuple[Group, ...],
        questions: tuple[Question, ...],
    ) -> Known:
        """Names that the statistics may refer to."""
        raw = self.raw
        scores = [score.outcome for part in scales for score in part.scale.scores]
        bands = [band.outcome for part in scales for band in part.scale.bands]
        return Known(
            outcomes=(*scores, *bands, *(question.id for question in questions)),
            phases=tuple(phase.id for phase in phases),
            comparisons=tuple(entry["id"] for entry in raw.get("comparisons", ())),
            groups=(ALL, *(group.id for group in groups)),
            characteristics=tuple(raw["columns"].get("characteristics", {})),
            contrast="contrast" in raw,
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
                ("date", study.date),
            )
            if column
        ]
        for part in study.scales:
            outcomes = [score.outcome for score in part.scale.scores]
            phases = {phase for outcome in outcomes for phase in study.phases_of(outcome)}
            for item, columns in part.columns.items():
                uses += [(column, f"{part.scale.id} {item}", phases) for column in columns]
        for question in study.questions:
            # Several options may stand in one cell: then their column is shared.
            if not question.option:
                uses += [(column, question.id, set(question.phases)) for column in question.columns]
        for table in study.tables:
            for read in table.reads:
                # Several options may stand in one cell: it is the table's column.
                use = read.id if read.among or not read.option else table.id
                uses += [(column, use, set(table.phases)) for column in read.columns]
        first: dict[str, tuple[str, set[str]]] = {}
        for column, use, phases in uses:
            other, theirs = first.setdefault(column, (use, phases))
            if other != use and theirs & phases:
                what = f"the column {column!r} is used for {other} and for {use}"
                self.fault("018", what, "Give each its own column", "columns")

    def check_names(self, study: Study) -> None:
        """Items, scores, bands and questions become columns beside each other."""
        if not study.outcomes and not study.asked:
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

    def characteristic_titles(self) -> dict[str, str]:
        """What readers call each characteristic: its title, or the words of its name."""
        columns = self.raw["columns"]
        known, titles = columns.get("characteristics", {}), columns.get("titles", {})
        self.refer(titles, known, "characteristic", "columns")
        return {name: titles.get(name, name.replace("_", " ")) for name in known}

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

    def missing(self) -> dict[str, str]:
        """Folded text -> reason; texts that are only listed are missing as declared."""
        listed = self.raw.get("responses", {}).get("missing", [])
        reasons = listed if isinstance(listed, dict) else {"declared": listed}
        known: dict[str, str] = {}
        for reason, texts in reasons.items():
            for text in texts:
                if known.setdefault(fold(text), reason) != reason:
                    what = f"{text!r} has two reasons: {known[fold(text)]!r} and {reason!r}"
                    self.fault("019", what, "Give each text one reason", "responses")
        return known

    def exclusions(self) -> tuple[Exclusion, ...]:
        declared = self.raw.get("exclude", ())
        if len(declared) > MOST_EXCLUSIONS:
            what = f"{len(declared)} reasons to set rows aside are too many"
            self.fault("005", what, f"At most {MOST_EXCLUSIONS}", "exclude")
        return tuple(
            Exclusion(
                entry["column"],
                frozenset(fold(text) for text in entry["values"]),
                entry.get("reason", f"set aside by {entry['column']}"),
            )
            for entry in declared
        )

    def normalise(self) -> tuple[str, ...]:
        """Steps in the order of the list of all steps, whatever order they are named in."""
        named = self.raw.get("matching", {}).get("normalise", NORMALISE_BY_DEFAULT)
        self.refer(named, NORMALISE, "step of normalising", "matching")
        return tuple(step for step in NORMALISE if step in named)

    def decisions(self) -> Path | None:
        named = self.raw.get("matching", {}).get("decisions", "")
        return self.path.parent / named if named else None

    def evidence(self) -> tuple[str, ...]:
        """Characteristics that speak for or against a near miss: all, unless some are named."""
        known = tuple(self.raw["columns"].get("characteristics", {}))
        named = tuple(self.raw.get("matching", {}).get("evidence", known))
        self.refer(named, known, "characteristic", "matching")
        return named

    def conflicts(self) -> dict[str, str]:
        declared = self.raw.get("conflicts", {})
        self.refer(declared, CONFLICTS, "kind of conflict", "conflicts")
        return {kind: self.choose("conflicts", kind, known) for kind, known in CONFLICTS.items()}

    def invited(self, occasions: list[str], phases: list[str]) -> tuple[Invited, ...]:
        made = []
        for entry in self.raw.get("invited", ()):
            phase = entry.get("phase", phases[0] if len(phases) == 1 else "")
            self.refer([entry["occasion"]], occasions, "occasion", "invited")
            self.refer([phase] if phase else [], phases, "phase", "invited")
            made.append(Invited(entry["occasion"], phase, entry["n"]))
        named = [(each.occasion, each.phase) for each in made]
        for occasion, phase in dict.fromkeys(key for key in named if named.count(key) > 1):
            what = f"{occasion!r} {phase!r} is given twice".replace(" ''", "")
            self.fault("005", what, "Give each number once", "invited")
        for occasion in dict.fromkeys(occasion for occasion, phase in named if phase):
            if (occasion, "") in named:
                what = f"{occasion!r} has one number for all phases and one for a phase"
                self.fault("005", what, "Give it by phase, or for all", "invited")
        return tuple(made)

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
        for entry in self.raw.get("comparisons", ()):
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
        named = self.raw.get("scales", {})
        found = [self.path, *(scales[name] for name in named if name in scales)]
        return tuple(found)

    def scale_folder(self) -> Path | None:
        named = self.raw.get("scale_folder")
        return self.path.parent / named if named else None

    def scales(self) -> tuple[ScaleColumns, ...]:
        folder = self.scale_folder()
        if folder and not folder.is_dir():
            self.fault("009", f"there is no folder {str(folder)!r}", "Mend scale_folder")
        made = []
        for name, entry in self.raw.get("scales", {}).items():
            place = f"scales.{name}"
            try:
                scale = load_scale(name, folder)
            except PeerevalError as error:
                self.fault("009", error.message.rstrip("."), "See: peereval scales list", place)
                self.file.faults.extend(error.faults)
                continue
            codes = self.codes(scale, entry.get("coding", ""), place)
            made.append(
                ScaleColumns(scale, codes, self.item_columns(scale, entry["columns"], place))
            )
        return tuple(made)

    def codes(self, scale: Scale, coding: str | Mapping[str, str], place: str) -> dict[str, int]:
        """What the cells of a scale mean: by a named coding, or one that the study declares."""
        if isinstance(coding, str):
            if coding and not scale.codings:
                fix = 'Leave coding out, or write it: { 1 = "label", ... }'
                self.fault("006", f"{scale.id} has no named codings", fix, place)
            elif coding:
                self.refer([coding], scale.codings, "coding", place)
            return scale.codes(coding if coding in scale.codings else "")
        self.check_texts(coding, place)
        known = {fold(label): label for label in scale.labels}
        self.refer((fold(label) for label in coding.values()), known, "label", place)
        there = {text: label for text, label in coding.items() if fold(label) in known}
        return scale.codes({text: known[fold(label)] for text, label in there.items()})

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
        self.refuse_mixed_bands(scales)
        return tuple(made)

    def refuse_mixed_bands(self, scales: tuple[ScaleColumns, ...]) -> None:
        """Two systems of bands of one scale cut the same scores at different places."""
        wanted = {name for entry in self.raw["phases"] for name in entry.get("bands", ())}
        for part in scales:
            bands = [band for band in part.scale.bands if band.outcome in wanted and band.system]
            systems = sorted({band.system for band in bands})
            if len(systems) > 1:
                found = f"bands of {' and of '.join(systems)} of {part.scale.id} are mixed"
                self.fault("023", found, f"Keep one system: {' or '.join(systems)}", "phases")

    def sources(
        self, occasions: list[str], phases: list[str], scales: tuple[ScaleColumns, ...]
    ) -> tuple[Source, ...]:
        made = []
        for entry in self.raw["sources"]:
            place = f"sources {entry['file']}"
            source = self.source(entry, phases, scales, place)
            for one, column, mapping, known, what in (
                (source.occasion, source.occasion_column, source.occasions, occasions, "occasion"),
                (source.phase, source.phase_column, source.phases, phases, "phase"),
            ):
                if bool(one) == bool(column):
                    self.fault(
                        "011", f"needs either {what} or {what}_column", "Give one of them", place
                    )
                self.refer([one] if one else mapping.values(), known, what, place)
            made.append(source)
        if len(made) > MOST_SOURCES:
            self.fault("011", f"{len(made)} exports are too many", f"At most {MOST_SOURCES}")
        files = [(source.file, source.layout.sheet) for source in made]
        for file, _ in {pair for pair in files if files.count(pair) > 1}:
            self.fault("011", f"{file!r} is given twice", "Give each export once", "sources")
        return tuple(made)

    def source(
        self,
        entry: Mapping[str, Any],
        phases: list[str],
        scales: tuple[ScaleColumns, ...],
        place: str,
    ) -> Source:
        named = {part.scale.id: part.scale for part in scales}
        codings = entry.get("codings", {})
        self.refer(codings, named, "scale", place)
        codes = {
            scale: self.codes(named[scale], coding, place)
            for scale, coding in codings.items()
            if scale in named
        }
        layout = Layout(**{key: entry[key] for key in _LAYOUT if key in entry})
        plain = {key: entry[key] for key in entry if key not in (*_LAYOUT, "codings")}
        phase = entry.get("phase", phases[0] if len(phases) == 1 else "")
        if "phase_column" in entry:
            phase = entry.get("phase", "")
        return Source(**{**plain, "phase": phase, "layout": layout, "codes": codes})

    def questions(
        self, phases: list[str], groups: tuple[Group, ...], costs: StudyCosts
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
        costs: StudyCosts,
    ) -> Question:
        place = f"questions {entry['id']}"
        columns = entry["columns"]
        wanted = entry.get("unit_cost", "")
        self.refer(entry.get("phases", ()), phases, "phase", place)
        self.refer(entry.get("groups", ()), groups, "group", place)
        if wanted and (costs.known or "costs" not in self.raw):
            self.refer([wanted], costs.known, "unit cost", place)
        if entry["kind"] != "yes_no" and ("option" in entry or "among" in entry):
            what = "option and among are for questions of kind yes_no"
            self.fault("007", what, "Leave them out, or mend the kind", place)
        codes, labels = self.question_codes(entry, place)
        return Question(
            id=entry["id"],
            title=entry.get("title", entry["id"]),
            kind=entry["kind"],
            columns=(columns,) if isinstance(columns, str) else tuple(columns),
            codes=codes,
            contacts=tuple(label.base for label in labels),
            phases=tuple(entry.get("phases", phases)),
            groups=tuple(entry.get("groups", groups)),
            unit_cost=costs.costs.get(wanted),
            better=entry.get("better", ""),
            option=entry.get("option", ""),
            among=tuple(entry.get("among", ())),
            table=entry.get("frequencies", "") if labels else "",
            labels=labels,
            scaled=scaled_contacts(labels, self.term),
        )

    def question_codes(
        self, entry: Mapping[str, Any], place: str
    ) -> tuple[dict[str, int], tuple[Label, ...]]:
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
    ) -> tuple[dict[str, int], tuple[Label, ...]]:
        """Label -> code in order of contacts (0 = none), and the label of each code."""
        self.check_texts(table, place)
        labels = read_labels(self.file, table, place)
        return {fold(label.text): code for code, label in enumerate(labels)}, labels
