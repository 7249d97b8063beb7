"""Pages for one organisation: its own answers beside all of them, and never beside another's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl
from msgspec import Struct

from peereval.columns import MARKERS
from peereval.composing.content import Content, Place, Row
from peereval.composing.model import (
    Block,
    Cell,
    Column,
    Figure,
    Listed,
    Paragraph,
    Report,
    Run,
    Section,
    Table,
)
from peereval.composing.sentences import listed, paragraph
from peereval.composing.slugs import slugs_of
from peereval.estimators.shrinkage import FEWEST_ORGANISATIONS
from peereval.numbers import digits_of, text_of
from peereval.publishing import Occasions, PhaseOutcomes, Publication
from peereval.studies import ALL
from peereval.wording import Words

_WORDS = "organisations"
_TEXTS = ("outcome", "meaning")
_OWN_COLUMNS = ("outcome", "n", "before", "after", "change", "interval", "meaning")
_BESIDE_COLUMNS = ("outcome", "own_change", "all_before", "all_after", "shrunk", "shrunk_interval")
_FIGURE_COLUMNS = ("group", "before", "after", "change", "low", "high", "n")
_READING = ("matched", "cause", "small", "best", "compare", "pupils")
#: Of these, what is read only beside other organisations.
_READING_BESIDE = ("best", "compare")
#: What could not be estimated where it is not there; all else that is not there is kept back.
_ESTIMATED = ("ci_low", "ci_high", "shrunk_change", "shrunk_low", "shrunk_high")


class Entry(Struct, frozen=True):
    """An organisation in the list of all, by the name of its file.

    ``shown`` says whether it has any change to show.
    """

    slug: str
    organisation: str
    shown: bool


class Page(Entry, frozen=True):
    """The page of one organisation, and the version for pupils."""

    report: Report
    pupils: Report

    def entry(self) -> Entry:
        """What the list of all needs of it."""
        return Entry(self.slug, self.organisation, self.shown)


def compose_organisations(
    publication: Publication, organisations: pl.DataFrame, words: Words
) -> Iterator[Page]:
    """One page per organisation, in the order of their names; there may be thousands.

    ``organisations``: `peereval.columns.ORGANISATIONS` as each may see it. Numbers of all
    organisations together are those of the publication, and only where the table has them too.
    """
    parts = organisations.partition_by("organisation", as_dict=True, maintain_order=True)
    shared = _Shared(Content(publication, words), alone=len(parts) == 1)
    slugs = slugs_of(str(name) for (name,) in parts)
    for (name,), rows in parts.items():
        yield _page(_Own(shared, str(name), rows.to_dicts()), slugs[str(name)])


class _Shared:
    """What pages of organisations have in common: made once, however many there are.

    ``alone``: there is one, beside which nothing can be shown.
    """

    def __init__(self, content: Content, alone: bool) -> None:
        self.content = content
        self.alone = alone
        self.said = cache(self._said)
        self.columns = cache(self._columns)
        self.outcome = cache(self._outcome)
        self.mean = cache(self._mean)
        self.everybody = cache(self._everybody)
        self.reading = cache(self._reading)
        self.asked = cache(self._asked)

    def words(self, key: str, /, **values: object) -> str:
        """A text of these pages."""
        return self.content.words(f"{_WORDS}.{key}", **values)

    def _said(self, key: str, kind: str) -> Paragraph:
        """A text without gaps as a paragraph."""
        return paragraph(self.content.words, f"{_WORDS}.{key}", kind)

    def _columns(
        self, part: str, names: tuple[str, ...], texts: tuple[str, ...]
    ) -> tuple[Column, ...]:
        """Columns of numbers, and of texts those that are named."""
        return tuple(
            Column(name, self.words(f"{part}.{name}"), "text" if name in texts else "number")
            for name in names
        )

    def _outcome(self, name: str) -> Cell:
        """What was asked about, and which way is better."""
        outcome = self.content.outcome(name)
        direction = self.words(f"changed.{outcome.better}_is_better") if outcome.better else ""
        return Cell(f"{outcome.title} ({direction})" if direction else outcome.title)

    # --- numbers of all organisations, as they are published ------------------------------

    def _mean(self, place: Place, outcome: str, end: str) -> Cell | None:
        """The mean of everybody before (``pre``) or after (``post``)."""
        there = place.at(group=ALL, outcome=outcome)
        published = self.content.find("paired", "descriptive", f"mean_{end}", there)
        return None if published is None else self.content.cell(published, "1")

    def _everybody(self, place: Place, outcome: str) -> tuple[Cell, ...] | None:
        """Before, after, change with its limits, and how many: of everybody."""
        ends = [self.mean(place, outcome, end) for end in ("pre", "post")]
        headline = self.content.headline("paired", place.at(group=ALL, outcome=outcome))
        if headline is None or None in ends:
            return None
        cell = self.content.cell
        fields = ("estimate", "ci_low", "ci_high")
        return (
            Cell(self.words("figure.all")),
            *filter(None, ends),
            *(cell(headline, "1", field) for field in fields),
            cell(headline, "count", "n"),
        )

    # --- sections -------------------------------------------------------------------------

    def _reading(self, keys: tuple[str, ...]) -> Section:
        items = tuple(self.said(f"reading.{key}", "text") for key in keys)
        return Section("reading", self.words("reading.title"), (Listed(items),))

    def _asked(self, outcomes: tuple[str, ...]) -> Section:
        names = ("outcome", "scale", "range", "direction")
        columns = self.columns("asked", names, names)
        rows = tuple(map(self.asked_cells, outcomes))
        title, caption = self.words("asked.title"), self.words("asked.caption")
        return Section("asked", title, (Table("asked", title, columns, rows, caption=caption),))

    def asked_cells(self, name: str) -> tuple[Cell, ...]:
        """An outcome, its questionnaire, its range, and which way is better."""
        outcome = self.content.outcome(name)
        ends = (outcome.low, outcome.high)
        span = (
            self.words("asked.span", low=f"{ends[0]:g}", high=f"{ends[1]:g}")
            if None not in ends
            else ""
        )
        way = self.words(f"changed.{outcome.better}_is_better") if outcome.better else ""
        return (Cell(outcome.title), Cell(outcome.scale), Cell(span), Cell(way))


class _Own(Struct, frozen=True):
    """What one organisation may see."""

    shared: _Shared
    name: str
    rows: Sequence[Row]

    @property
    def content(self) -> Content:
        return self.shared.content

    def words(self, key: str, /, **values: object) -> str:
        return self.shared.words(key, **values)

    def compared(self) -> Iterator[tuple[PhaseOutcomes, Occasions, Place, Row]]:
        """Each phase and comparison in which the organisation has answers, with its counts."""
        counts = {(r["phase"], r["comparison"]): r for r in self.rows if not r["outcome"]}
        for phase, comparison, place in self.content.compared():
            if found := counts.get((phase.id, comparison.id)):
                yield phase, comparison, place, found

    def changes(self, place: Place) -> list[Row]:
        """Its rows of a phase and comparison, one per outcome."""
        here = (place.phase, place.comparison)
        return [r for r in self.rows if r["outcome"] and (r["phase"], r["comparison"]) == here]

    @property
    def shown(self) -> bool:
        return any(row["mean_change"] is not None for row in self.rows)


def _page(own: _Own, slug: str) -> Page:
    return Page(slug, own.name, own.shown, _for_heads(own, slug), _for_pupils(own))


def _for_heads(own: _Own, slug: str) -> Report:
    numbers = (_answered(own), *_changed(own))
    sections = (_about(own, slug), *numbers, _marks(own, numbers), _reading(own), _asked(own))
    return _report(own, "page", tuple(section for section in sections if section))


def _report(own: _Own, part: str, sections: tuple[Section, ...]) -> Report:
    publication = own.content.publication
    return Report(
        own.words(f"{part}.title", organisation=own.name),
        own.content.words.language,
        sections,
        subtitle=own.words(
            f"{part}.subtitle", study=publication.study.title, organisation=own.name
        ),
        stamp="" if publication.protection.on else own.words("page.stamp"),
    )


def _said(own: _Own, key: str, kind: str = "text", **parts: Any) -> Paragraph:
    if not parts:
        return own.shared.said(key, kind)
    return paragraph(own.content.words, f"{_WORDS}.{key}", kind, **parts)


# --- for a head teacher ---------------------------------------------------------------------


def _about(own: _Own, slug: str) -> Section:
    """What the page is for, and the way to that of the pupils, which has none back."""
    alone = own.shared.alone
    blocks = [_said(own, "about.text", "lead")]
    blocks.append(_said(own, "about.alone" if alone else "about.not_ranked"))
    if not own.shown:
        blocks.append(_said(own, "about.few", "lead"))
        blocks += [] if alone else [_said(own, "about.instead")]
    # From the folder of the page, and from / where the workspace shows it.
    link = Run(own.words("about.pupils_link"), link=f"pupils/{slug}.html")
    blocks += [_said(own, "about.pupils", link=link), _said(own, "about.keep", "note")]
    return Section("about", own.words("about.title"), tuple(blocks))


def _answered(own: _Own) -> Section:
    names = {"n_before": "before", "n_after": "after", "n": "matched"}
    rows = tuple(
        (
            Cell(own.words("answered.row", phase=phase.title, comparison=comparison.title)),
            *(_number(row, name, "count") for name in names),
        )
        for phase, comparison, _, row in own.compared()
    )
    columns = (
        Column("round", own.words("answered.round"), "text"),
        *(Column(name, own.words(f"answered.{key}")) for name, key in names.items()),
    )
    caption = own.words("answered.caption")
    table = Table("answered", own.words("answered.table_title"), columns, rows, caption)
    return Section("answered", own.words("answered.title"), (_said(own, "answered.text"), table))


def _changed(own: _Own) -> Iterator[Section]:
    for phase, comparison, place, _ in own.compared():
        rows = own.changes(place)
        if not any(row["mean_change"] is not None for row in rows):
            continue
        title = own.words("changed.title", phase=phase.title, comparison=comparison.title)
        blocks: list[Block] = [_lead(own, rows), *_how_little(own, rows)]
        own_table, beside = _tables(own, place, rows, title)
        blocks.append(own_table)
        blocks += [figure for row in rows if (figure := _figure(own, place, row))]
        blocks += [] if own.shared.alone else [beside]
        yield Section(f"changed-{place.phase}-{place.comparison}", title, tuple(blocks))


def _lead(own: _Own, rows: Sequence[Row]) -> Paragraph:
    clear = [own.content.title(row["outcome"]) for row in rows if _way(row) in ("better", "worse")]
    if not clear:
        return _said(own, "changed.lead_none", "lead")
    return _said(own, "changed.lead_some", "lead", outcomes=listed(own.content.words, clear))


def _how_little(own: _Own, rows: Sequence[Row]) -> Iterator[Paragraph]:
    """What chance alone could do, of the first outcome that has an interval."""
    row = next((row for row in rows if row["ci_low"] is not None), None)
    if row is not None:
        yield _said(
            own, "changed.small_group", n=text_of(row["n"], "count"),
            outcome=own.content.title(row["outcome"]),
            margin=text_of((row["ci_high"] - row["ci_low"]) / 2, "1"),
        )  # fmt: skip


def _tables(own: _Own, place: Place, rows: Sequence[Row], title: str) -> tuple[Table, Table]:
    """Its own change; and the same beside all organisations."""
    level = text_of(own.content.publication.ci_level, "percent")
    parts = (
        ("changed", title, _OWN_COLUMNS, _own_cells),
        ("beside", own.words("beside.title"), _BESIDE_COLUMNS, _beside_cells),
    )
    made = []
    for part, heading, names, cells in parts:
        columns = own.shared.columns("changed", names, _TEXTS)
        lines = tuple((own.shared.outcome(row["outcome"]), *cells(own, place, row)) for row in rows)
        caption = own.words(f"{part}.caption", level=level, hundred=level.removesuffix("%"))
        name = f"{part}-{place.phase}-{place.comparison}"
        notes = tuple(_why(own, rows, lines))
        made.append(Table(name, heading, columns, lines, caption, notes))
    return made[0], made[1]


def _why(own: _Own, rows: Sequence[Row], lines: Sequence[tuple[Cell, ...]]) -> Iterator[str]:
    """The reason of each row in which something could not be estimated."""
    for row, cells in zip(rows, lines, strict=True):
        if any(cell.marker == "x" for cell in cells):
            why = "few_organisations" if row["ci_low"] is not None else "no_spread"
            reason = own.words(f"marks.{why}", fewest=FEWEST_ORGANISATIONS)
            outcome = own.content.title(row["outcome"])
            yield own.words("marks.why", outcome=outcome, reason=reason)


def _own_cells(own: _Own, _place: Place, row: Row) -> tuple[Cell, ...]:
    way = _way(row)
    return (
        _number(row, "n", "count"),
        _number(row, "mean_pre", "1"),
        _number(row, "mean_post", "1"),
        _number(row, "mean_change", "1"),
        _limits(row, "ci_low", "ci_high"),
        Cell(own.words(f"changed.{way}"), reading=way if way in ("better", "worse") else ""),
    )


def _beside_cells(own: _Own, place: Place, row: Row) -> tuple[Cell, ...]:
    return (
        _number(row, "mean_change", "1"),
        *(_of_all(own, place, row, end) for end in ("pre", "post")),
        _number(row, "shrunk_change", "1"),
        _limits(row, "shrunk_low", "shrunk_high"),
    )


def _of_all(own: _Own, place: Place, row: Row, end: str) -> Cell:
    """The mean of everybody, as it is published; where the organisation may see it."""
    published = own.shared.mean(place, row["outcome"], end)
    if published is None or row[f"mean_{end}_all"] is None:
        return Cell("[c]", marker="c")
    return published


def _number(row: Row, name: str, style: str) -> Cell:
    value = row[name]
    if value is None:
        marker = "x" if row["status"] == "ok" and name in _ESTIMATED else "c"
        return Cell(f"[{marker}]", marker=marker, field=name)
    return Cell(text_of(value, style), float(value), field=name, digits=digits_of(style))


def _limits(row: Row, low: str, high: str) -> Cell:
    if row[low] is None or row[high] is None:
        return _number(row, low, "1")
    return Cell(f"{text_of(row[low], '1')} to {text_of(row[high], '1')}", field=low)


def _way(row: Row) -> str:
    """What a change may mean: clear only where its interval, and that given all others, say so."""
    if row["mean_change"] is None:
        return "withheld"
    given = (
        ("shrunk_low", "shrunk_high") if row["shrunk_change"] is not None else ("ci_low", "ci_high")
    )
    limits = [(row[low], row[high]) for low, high in (("ci_low", "ci_high"), given)]
    if any(low is None or low <= 0 <= high for low, high in limits) or not row["better"]:
        return "unclear"
    return "better" if (row["mean_change"] > 0) == (row["better"] == "higher") else "worse"


def _figure(own: _Own, place: Place, row: Row) -> Figure | None:
    """Before and after of the organisation, and of all."""
    if row["mean_change"] is None:
        return None
    outcome = own.content.outcome(row["outcome"])
    title = own.words("changed.figure_title", outcome=outcome.title)
    lines = [_own_line(own, row)]
    if row["mean_pre_all"] is not None and (line := own.shared.everybody(place, row["outcome"])):
        lines.append(line)
    columns = own.shared.columns("figure", _FIGURE_COLUMNS, ("group",))
    slug = f"{place.phase}-{place.comparison}-{row['outcome']}".replace("_", "-")
    data = Table(f"data-{slug}", title, columns, tuple(lines))
    alt = "; ".join(
        own.words("figure.alt", who=line[0].text, before=line[1].text, after=line[2].text)
        for line in lines
    )
    return Figure(
        f"figure-{slug}",
        "before_after",
        title,
        alt,
        data,
        own.words("figure.caption"),
        outcome.unit,
        small=True,
    )


def _own_line(own: _Own, row: Row) -> tuple[Cell, ...]:
    fields = ("mean_pre", "mean_post", "mean_change", "ci_low", "ci_high")
    numbers = (_number(row, name, "1") for name in fields)
    return (Cell(own.words("figure.own")), *numbers, _number(row, "n", "count"))


def _marks(own: _Own, sections: Sequence[Section]) -> Section | None:
    """What stands for a number on this page, or beside one, and why."""
    tables = [block.data if isinstance(block, Figure) else block
              for section in sections for block in section.blocks
              if isinstance(block, Table | Figure)]  # fmt: skip
    there = {cell.marker for table in tables for row in table.rows for cell in row}
    marks = [marker for marker in MARKERS if marker and marker in there]
    if not marks:
        return None
    settings = own.content.publication.protection
    limits: dict[str, Any] = {
        "threshold": settings.threshold,
        "base": settings.base,
        "low": settings.low_base,
    }
    items = tuple(_said(own, f"marks.{marker}", **limits) for marker in marks)
    return Section("marks", own.words("marks.title"), (Listed(items),))


def _reading(own: _Own) -> Section:
    # Where no change is shown there is none to read.
    shown = _READING if own.shown else ("matched", "pupils")
    return own.shared.reading(
        tuple(key for key in shown if not (own.shared.alone and key in _READING_BESIDE))
    )


def _asked(own: _Own) -> Section | None:
    seen = dict.fromkeys(row["outcome"] for row in own.rows if row["outcome"])
    return own.shared.asked(tuple(seen)) if seen else None


# --- for pupils -----------------------------------------------------------------------------


def _for_pupils(own: _Own) -> Report:
    shown = [
        (phase, comparison, place, counts["n"], rows)
        for phase, comparison, place, counts in own.compared()
        if counts["n"] is not None
        and (rows := [row for row in own.changes(place) if row["mean_change"] is not None])
    ]
    titles = _titles_for_pupils(own, [phase for phase, *_ in shown])
    sections = []
    for title, (_, comparison, place, n, rows) in zip(titles, shown, strict=True):
        count = _said(own, "pupils.count", n=text_of(n, "count"))
        items = Listed(tuple(_items_for_pupils(own, rows)))
        name = f"found-{place.phase}-{place.comparison}"
        sections.append(Section(name, title, (count, items, _when(own, comparison))))
    blocks = (
        _said(own, "pupils.intro", "lead"),
        _said(own, "pupils.why" if sections else "pupils.few"),
    )
    first = Section("what", own.words("pupils.what"), blocks)
    last = Section("help", own.words("pupils.worry"), (_said(own, "pupils.help"),))
    return _report(own, "pupils", (first, *sections, last))


def _titles_for_pupils(own: _Own, phases: Sequence[PhaseOutcomes]) -> Iterator[str]:
    """Headings of what is shown of these phases, without the words of an evaluation.

    A questionnaire is named only where there are several, and what has one name is counted.
    """
    several = len({phase.id for phase in phases}) > 1
    key = "pupils.changed_phase" if several else "pupils.changed"
    for here, phase in enumerate(phases):
        title = own.words(key, **({"phase": phase.title} if several else {}))
        number, of_all = phases[: here + 1].count(phase), phases.count(phase)
        if of_all > 1:
            title = own.words("pupils.numbered", title=title, number=number, all=of_all)
        yield title


def _when(own: _Own, comparison: Occasions) -> Paragraph:
    """When pupils were asked, by the names that the study gives its occasions."""
    pairs = [own.words("pupils.pair", before=b, after=a) for b, a in comparison.pairs]
    return _said(own, "pupils.when", "note", pairs=own.words("pupils.or").join(pairs))


def _items_for_pupils(own: _Own, rows: Sequence[Row]) -> Iterator[Paragraph]:
    unclear = []
    for row in rows:
        way, title = _way(row), own.content.title(row["outcome"])
        if way == "unclear":
            unclear.append(title)
        else:
            yield _said(own, f"pupils.{way}", outcome=title)
    if unclear:
        yield _said(own, "pupils.unclear", outcomes=listed(own.content.words, unclear))


# --- for the evaluator ----------------------------------------------------------------------


def compose_index(
    publication: Publication, pages: Iterable[Entry], organisations: pl.DataFrame, words: Words
) -> Report:
    """The evaluator's list of all organisations with links to their pages."""
    matched = _matched(organisations)
    names = ("organisation", "matched", "shown", "page", "pupils_page")
    columns = tuple(
        Column(name, words(f"{_WORDS}.index.{name}"), "number" if name == "matched" else "text")
        for name in names
    )
    rows: list[tuple[Cell, ...]] = []
    for page in pages:
        n = matched.get(page.organisation)
        count = Cell("[c]", marker="c") if n is None else Cell(text_of(n, "count"), float(n))
        shown = words(f"{_WORDS}.index.{'all' if page.shown else 'counts'}")
        links = {"link": f"{page.slug}.html", "pupils_link": f"pupils/{page.slug}.html"}
        named = (
            Cell(words(f"{_WORDS}.index.{name}", organisation=page.organisation), link=to)
            for name, to in links.items()
        )
        rows.append((Cell(page.organisation), count, Cell(shown), *named))
    threshold = publication.protection.threshold
    title = words(f"{_WORDS}.page.index_title")
    table = Table(
        "organisations", title, columns, tuple(rows),
        caption=words(f"{_WORDS}.index.caption", threshold=threshold),
    )  # fmt: skip
    text = paragraph(words, f"{_WORDS}.index.text", "lead")
    return Report(
        title,
        words.language,
        (Section("organisations", words(f"{_WORDS}.index.title"), (text, table)),),
        subtitle=words(f"{_WORDS}.page.index_subtitle", study=publication.study.title),
        stamp="" if publication.protection.on else words(f"{_WORDS}.page.stamp"),
    )


def _matched(organisations: pl.DataFrame) -> Mapping[str, int | None]:
    """The largest count of matched pairs of each organisation over phases and comparisons."""
    counts = organisations.filter(pl.col("outcome") == "")
    # What is kept back is a few; only where another comparison has more is there a count.
    few = pl.when(pl.col("n").null_count() > 0, pl.col("n").max() == 0).then(None)
    largest = counts.group_by("organisation").agg(few.otherwise(pl.col("n").max()))
    return dict(largest.iter_rows())
