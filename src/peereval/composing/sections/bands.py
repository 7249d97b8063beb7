"""Bands: shares before and after by group, whether the distribution moved, and who moved where."""

from collections.abc import Iterator

from peereval.composing.columns import chart, head, text
from peereval.composing.content import Content, Place, Row, why_blank
from peereval.composing.figures import migration
from peereval.composing.model import Block, Cell, Column, Paragraph, Section, Table
from peereval.composing.sentences import Part, paragraph


def bands(content: Content) -> Section | None:
    """The section of bands; None where the study has none."""
    parts = tuple(
        _band(content, place.at(outcome=name), f"{phase.title}: {comparison.title}")
        for phase, comparison, place in content.compared()
        for name in phase.bands
    )
    if not parts:
        return None
    words = content.words
    intro = paragraph(words, "report.bands.intro", level=content.level)
    return Section("bands", words("report.bands.title"), (intro,), parts)


def _band(content: Content, place: Place, where: str) -> Section:
    name = f"bands-{place.phase}-{place.comparison}-{place.outcome}"
    title = f"{content.title(place.outcome)}. {where}"
    blocks: list[Block] = [_said(content, place), distribution(content, place, name)]
    here = (place.phase, place.comparison, place.group, place.outcome)
    blocks += chart(content, migration, *here)
    blocks += _moves(content, place, name)
    return Section(name, title, tuple(blocks))


def _said(content: Content, place: Place) -> Paragraph:
    """What the test of the distribution allows to be said of everybody."""
    row = content.find("band_change", "stuart_maxwell", "marginal_homogeneity", place)
    if row is None or row["p_value"] is None:
        why = "withheld" if row and why_blank(row) == "c" else "untested"
        title = content.title(place.outcome)
        return paragraph(content.words, f"report.bands.{why}", outcome=title)
    key = "report.bands.found" if _holds(row, content) else "report.bands.not_found"
    parts: dict[str, Part] = {
        "outcome": content.title(place.outcome),
        "n": content.number(row, "count", "n"),
        "p": content.number(row, "p", "p_value"),
    }
    return paragraph(content.words, key, **parts)


def _holds(row: Row, content: Content) -> bool:
    p_value = row["p_value"] if row["p_adjusted"] is None else row["p_adjusted"]
    return bool(p_value < content.alpha)


def distribution(content: Content, place: Place, name: str) -> Table:
    """Shares in each band before and after, of each group, as the cut-off tables of a report."""
    groups = list(content.groups("bands"))
    columns = [*head(content, "band")]
    for group in groups:
        for end in ("before", "after"):
            title = content.words(f"report.bands.{end}", group=group.title)
            columns.append(Column(f"{group.id}_{end}", title))
    rows = [
        (text(level.title), *_shares(content, place.at(level=level.id), [g.id for g in groups]))
        for level in content.outcome(place.outcome).levels
    ]
    base = [_base(content, place.at(group=group.id)) for group in groups]
    rows.append((text(content.words("report.base")), *(cell for cell in base for _ in range(2))))
    return Table(
        name,
        content.words("report.bands.distribution_title", **_names(content, place)),
        tuple(columns),
        tuple(rows),
        caption=content.words("report.bands.caption"),
    )


def _shares(content: Content, place: Place, groups: list[str]) -> Iterator[Cell]:
    for group in groups:
        for end in ("pre", "post"):
            row = content.find("band_change", "share", f"share_{end}", place.at(group=group))
            yield content.cell(row, "percent")


def _base(content: Content, place: Place) -> Cell:
    level = content.outcome(place.outcome).levels[0].id
    row = content.find("band_change", "share", "share_pre", place.at(level=level))
    return content.cell(row, "count", "n")


def _names(content: Content, place: Place) -> dict[str, str]:
    return {
        name: content.title(getattr(place, name)) for name in ("outcome", "phase", "comparison")
    }


def _moves(content: Content, place: Place, name: str) -> Iterator[Table]:
    """Shares who moved to a higher or a lower band, by group, where that was computed."""
    rows = []
    for group in content.groups("bands"):
        here = place.at(group=group.id)
        up, down = (
            content.find("band_migration", "wilson", f"share_{way}", here) for way in ("up", "down")
        )
        if up and down and (up["estimate"] is not None or down["estimate"] is not None):
            rows.append(
                (
                    text(group.title),
                    content.cell(up, "count", "n"),
                    *_with_limits(content, up),
                    *_with_limits(content, down),
                )
            )
    if rows:
        columns = head(
            content,
            "group",
            "n",
            "moved_up",
            "up_from",
            "up_to",
            "moved_down",
            "down_from",
            "down_to",
        )
        title = content.words("report.bands.moves_title", **_names(content, place))
        caption = content.words("report.bands.moves_caption")
        yield Table(f"{name}-moves", title, columns, tuple(rows), caption)


def _with_limits(content: Content, row: Row) -> tuple[Cell, ...]:
    return tuple(content.cell(row, "percent", name) for name in ("estimate", "ci_low", "ci_high"))
