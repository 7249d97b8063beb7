"""The frozen objects that a study file declares: what is compared, and where it comes from."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from peereval.columns import item_column
from peereval.costs import UnitCost
from peereval.errors import Fault, StudyError, UsageError
from peereval.plurals import count_of
from peereval.scales import Band, Scale, Score
from peereval.studies.contacts import CostUncertainty, Label
from peereval.studies.programme import Programme, other_units
from peereval.studies.protection import Protection
from peereval.studies.reporting import Reporting
from peereval.studies.statistics import Claim, Family, Statistics, Subgroups
from peereval.studies.tables import AnswerColumn, Breakdown, Pooled, Table
from peereval.studies.unit_costs import Conversion, doubtful_prices

ALL = "all"


class Layout(Struct, frozen=True):
    """How an export is laid out, where a person says so; empty parts are recognised.

    ``header_row`` is the row with the column names as a spreadsheet shows it.
    """

    sheet: str = ""
    platform: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    header_row: int = 0


#: Everything about an export is recognised.
AS_FOUND = Layout()


class Source(Struct, frozen=True):
    """One export: its file, and the occasion and phase that its rows answer.

    ``occasion_column`` with ``occasions`` (export value -> occasion) serves an
    export that holds several occasions; likewise for phases. ``codes`` (scale -> folded
    text -> code) says how this export numbers answers, where it differs from the others.
    """

    file: str
    layout: Layout = AS_FOUND
    occasion: str = ""
    phase: str = ""
    occasion_column: str = ""
    occasions: Mapping[str, str] = field(default_factory=dict)
    phase_column: str = ""
    phases: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Exclusion(Struct, frozen=True):
    """Rows that are set aside: those whose ``column`` holds one of the folded ``values``."""

    column: str
    values: frozenset[str]
    reason: str


class Invited(Struct, frozen=True):
    """How many young people were asked to answer; an empty phase stands for all of them."""

    occasion: str
    phase: str
    n: int


class Accepted(Struct, frozen=True):
    """Findings that a person has looked at and lives with; empty parts match anything."""

    code: str
    reason: str
    file: str = ""
    column: str = ""


class Comparison(Struct, frozen=True):
    """Occasions compared, before -> after; several pairs are pooled."""

    id: str
    title: str
    pairs: tuple[tuple[str, str], ...]
    phases: tuple[str, ...]


class Group(Struct, frozen=True):
    """Respondents with certain roles; ``only`` limits the analyses that show the group."""

    id: str
    title: str
    roles: tuple[str, ...]
    only: tuple[str, ...] = ()


class Phase(Struct, frozen=True):
    """A questionnaire version with the outcomes and bands analysed for it."""

    id: str
    title: str
    outcomes: tuple[str, ...]
    bands: tuple[str, ...]


class ScaleColumns(Struct, frozen=True):
    """Where the items of a scale are in the exports, and what their cells mean.

    ``codes``: folded text -> code; ``columns``: item -> columns that it may be in.
    """

    scale: Scale
    codes: Mapping[str, int]
    columns: Mapping[str, tuple[str, ...]]


class Question(Struct, frozen=True):
    """A single question that is compared: contacts by frequency, or yes/no.

    ``codes`` maps folded text to a code; for contacts 0 is none and higher codes are
    more frequent, ``contacts`` giving the contacts in the period for each code. ``table`` names
    where those were declared, ``labels`` has their ranges; ``scaled``: contacts by occasion,
    where terms are not taken as equally long.
    Of a question with several answers, ``option`` is the one meant where they stand in one
    cell, and ``among`` names the columns of all options where each has its own.
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
    option: str = ""
    among: tuple[str, ...] = ()
    table: str = ""
    labels: tuple[Label, ...] = ()
    scaled: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)

    def contacts_at(self, occasion: str) -> tuple[Fraction, ...]:
        """Contacts of each code in the term that an occasion asks about."""
        return self.scaled.get(occasion, self.contacts)


class Study(Struct, frozen=True):
    """Everything that a person declares about an evaluation.

    ``missing``: folded text -> reason why it is no answer. ``conflicts``: kind of conflict
    -> what is done about it. ``evidence``: characteristics that speak for or against two
    ids being one respondent's. ``conversions``: unit cost -> how it came to the price year.
    ``perspective``: whose costs count, in words; ``statements``: what a study says of itself for
    the appendix on reporting.
    """

    id: str
    title: str
    path: Path
    inputs: tuple[Path, ...]
    folder: Path
    sources: tuple[Source, ...]
    respondent: str
    organisation: str
    role: str
    date: str
    characteristics: Mapping[str, str]
    characteristic_titles: Mapping[str, str]
    allowed: frozenset[str]
    roles: Mapping[str, str]
    missing: Mapping[str, str]
    tests: str
    unfinished: str
    exclusions: tuple[Exclusion, ...]
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
    conversions: Mapping[str, Conversion]
    duplicates: str
    pooling: str
    id_scope: str
    normalise: tuple[str, ...]
    near_misses: bool
    check_character: bool
    decisions: Path | None
    evidence: tuple[str, ...]
    conflicts: Mapping[str, str]
    invited: tuple[Invited, ...]
    accepted: tuple[Accepted, ...]
    statistics: Statistics
    subgroups: Subgroups
    families: tuple[Family, ...]
    claims: tuple[Claim, ...]
    breakdowns: Mapping[str, Breakdown]
    tables: tuple[Table, ...]
    pooled_occasions: Mapping[str, Pooled] = field(default_factory=dict)
    cost_uncertainty: CostUncertainty = field(default_factory=CostUncertainty)
    protection: Protection = field(default_factory=Protection)
    perspective: str = ""
    programme: Programme | None = None
    statements: Mapping[str, str] = field(default_factory=dict)
    report: Reporting = field(default_factory=Reporting)

    @property
    def ci_level(self) -> float:
        """Level of every interval."""
        return self.statistics.ci_level

    @property
    def scenario_costs(self) -> list[UnitCost]:
        """Unit costs that scenarios put in the place of those of questions."""
        scenarios = self.cost_uncertainty.scenarios
        found = {cost.id: cost for each in scenarios for cost in each.costs.values()}
        return list(found.values())

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
    def asked(self) -> list[Question | AnswerColumn]:
        """Every question that is read: those that are compared, then those of tables."""
        return [*self.questions, *(read for table in self.tables for read in table.reads)]

    @property
    def table_occasions(self) -> dict[str, str]:
        """Id -> title of everything that a table may be of: occasions, then those pooled."""
        pooled = {pool.id: pool.title for pool in self.pooled_occasions.values()}
        return {**self.occasion_titles, **pooled}

    @property
    def item_columns(self) -> list[str]:
        """Columns of `answers` that hold codes: items first, then questions."""
        items = [
            item_column(part.scale.id, item.id) for part in self.scales for item in part.scale.items
        ]
        return items + [question.id for question in self.asked]

    @property
    def number_columns(self) -> list[str]:
        """Columns of `answers` that hold numbers (thousandths) in place of codes."""
        return [read.id for table in self.tables for read in table.reads if read.number]


def without_protection(study: Study) -> Study:
    """The study with disclosure control switched off: what it writes is not for publication."""
    return replace(study, protection=replace(study.protection, on=False))


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


def answers_declared_missing(study: Study) -> list[Fault]:
    """``STU022``: answers of a scale that the study also declares to be no answer.

    A platform may write 0 where nothing was answered; but then nobody can have answered 0.
    """
    return [
        Fault(
            "STU022",
            f"[responses] missing has {count_of(len(both), 'answer')} of {part.scale.id}: whoever "
            "gave one counts as not having answered",
            "Take out of `missing` what is an answer",
            study.path.name,
            place=f"scales.{part.scale.id}",
            count=len(both),
        )
        for part in study.scales
        if (both := set(study.missing) & set(part.codes))
    ]


def prices_in_doubt(study: Study) -> list[Fault]:
    """Findings about the prices of the unit costs that are used (see `doubtful_prices`)."""
    used = [question.unit_cost for question in study.questions if question.unit_cost]
    lines = study.programme.costs if study.programme else ()
    of_programme = [line.unit_cost for line in lines]
    return [
        *doubtful_prices(
            used, study.scenario_costs, study.conversions, study.path.name, of_programme
        ),
        *other_units(lines, study.path.name),
    ]


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
