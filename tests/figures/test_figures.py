"""Figures before they are drawn: every number is a released one, and the words say the same."""

import re

import msgspec
import polars as pl
import pytest

from figures.publications import (
    HOSTILE,
    published,
    retitled,
    suppressed,
    with_programme,
    with_results,
)
from peereval.composing import Figure
from peereval.composing.figures import (
    KINDS,
    answers,
    before_after,
    concentration,
    contrast_forest,
    figures_of,
    flow,
    forest,
    migration,
    plane,
    prevalence,
    retention,
    specification,
    tornado,
)
from peereval.composing.figures.making import slug
from peereval.publishing import Publication
from peereval.wording import words

WORDS = words()
SHORT = ("primary", "short_term")


@pytest.fixture(scope="module")
def pilot() -> Publication:
    return with_programme(published("pilot"))


@pytest.fixture(scope="module")
def leads() -> Publication:
    return published("pilot_leads")


def every(*publications: Publication) -> list[Figure]:
    return [each for publication in publications for each in figures_of(publication, WORDS)]


# --- numbers ------------------------------------------------------------------------------


def test_every_number_is_that_of_its_estimate(pilot: Publication, leads: Publication) -> None:
    looked_at = 0
    for publication in (pilot, leads):
        rows = publication.rows()
        for figure in figures_of(publication, WORDS):
            for row in figure.data.rows:
                for column, cell in zip(figure.data.columns, row, strict=True):
                    if cell.value is None or column.id == "threshold":
                        continue
                    assert cell.value == rows[cell.estimate_id][cell.field], (figure.id, cell)
                    share = rows[cell.estimate_id]["unit"] == "share" and cell.field != "n"
                    near = pytest.approx(cell.value * (100 if share else 1),
                                         abs=0.5 * 10**-cell.digits + 1e-9)  # fmt: skip
                    assert reads_as(cell.text) == near
                    looked_at += 1
    assert looked_at > 3000


def reads_as(text: str) -> float:
    """The number that a reader sees."""
    return float(re.sub(r"[,%£]| \[[su]\]", "", text).replace("\N{MINUS SIGN}", "-"))


def test_no_estimate_stands_in_the_charts_with_two_texts(pilot: Publication) -> None:
    seen: dict[tuple[str, str], str] = {}
    for figure in figures_of(pilot, WORDS):
        for cell in (cell for row in figure.data.rows for cell in row if cell.estimate_id):
            # The star is that of the headline, wherever its number stands.
            text = cell.text.removesuffix(" [s]")
            assert seen.setdefault((cell.estimate_id, cell.field), text) == text


def test_the_numbers_of_the_report_are_in_the_bars(pilot: Publication) -> None:
    # Figure 5.3 of the report: 17.8 to 18.3, with a star, of one test among many. Adjusted for
    # those it has none here, though its interval excludes zero.
    figure = before_after(pilot, WORDS, *SHORT, "srs_community")
    assert figure
    everybody = [cell.text for cell in figure.data.rows[0]]
    assert everybody[:4] == ["All", "17.8", "18.3", "0.47"]
    assert everybody[6] == "373"
    assert "17.8 before, 18.3 after" in figure.alt
    row = pilot.rows()[figure.data.rows[0][3].estimate_id]
    assert row["p_value"] < 0.05 < row["p_adjusted"]
    assert "[s]" not in figure.caption
    starred = prevalence(pilot, WORDS, *SHORT, "participants")
    assert starred
    assert "[s]" in starred.caption


def test_a_star_stands_where_the_test_says_so_and_nowhere_else(pilot: Publication) -> None:
    rows = pilot.rows()
    stars = 0
    for figure in figures_of(pilot, WORDS):
        if figure.kind not in ("before_after", "forest", "contrast_forest", "prevalence"):
            continue
        for row in figure.data.rows:
            test = row[next(i for i, c in enumerate(figure.data.columns) if c.id == "change")]
            known = rows[test.estimate_id]
            p_value = known["p_adjusted"] if known["p_adjusted"] is not None else known["p_value"]
            assert (test.marker == "s") == (p_value is not None and p_value < 0.05)
            stars += test.marker == "s"
    assert stars


def test_better_and_worse_are_said_only_where_the_interval_excludes_zero(
    pilot: Publication,
) -> None:
    rows = pilot.rows()
    said = {"better": 0, "worse": 0, "": 0}
    for figure in figures_of(pilot, WORDS):
        if figure.kind in ("forest", "contrast_forest"):
            for row in figure.data.rows:
                test = rows[row[1].estimate_id]
                up = test["ci_low"] > 0
                zero = test["ci_low"] <= 0 <= test["ci_high"]
                good = "better" if up == (test["better"] == "higher") else "worse"
                assert row[1].reading == ("" if zero else good)
                said[row[1].reading] += 1
    assert said["better"]
    assert said[""]


def test_a_fall_that_is_good_is_better(pilot: Publication) -> None:
    name = "paired.paired_cr2.primary.short_term.all.mmf_emotional.mean_change"
    fell = with_results(
        pilot,
        lambda rows: rows.with_columns(
            ci_high=pl.when(pl.col("estimate_id") == name).then(-0.1).otherwise(pl.col("ci_high"))
        ),
    )
    figure = forest(fell, WORDS, *SHORT, "all")
    assert figure
    (row,) = [row for row in figure.data.rows if row[1].estimate_id == name]
    assert row[1].reading == "better"
    assert "lower is better" in row[0].text
    assert "Better" in figure.alt


def test_shares_of_a_band_are_those_of_the_results(pilot: Publication) -> None:
    figure = migration(pilot, WORDS, *SHORT, "all", "mmf_emotional_bands")
    assert figure
    bands = [row for row in figure.data.rows if row[1].value is not None]
    for at in (1, 2):
        assert sum(row[at].value or 0 for row in bands) == pytest.approx(1)
    moved = [row[3].value or 0 for row in figure.data.rows[len(bands) :]]
    assert len(moved) == 2
    assert 0 < sum(moved) < 1


def test_single_respondents_and_organisations_stay_out(pilot: Publication) -> None:
    shown = {
        cell.estimate_id
        for figure in figures_of(pilot, WORDS)
        for row in figure.data.rows
        for cell in row
    }
    assert not [name for name in shown if "leaving_one_out" in name or "n_to_turn" in name]
    assert not [name for name in shown if ".lowest." in name or ".highest." in name]
    # The top hundredth of 212 respondents is two of them; the top twentieth is ten.
    assert not [name for name in shown if "top_1:" in name]
    assert [name for name in shown if "top_5:" in name and "primary.short_term" in name]


# --- what was kept back -------------------------------------------------------------------


def test_what_was_kept_back_stands_as_its_marker_everywhere(
    pilot: Publication, leads: Publication
) -> None:
    half = {"half": True}
    back = [suppressed(each, half).results.filter(marker="c") for each in (pilot, leads)]
    held = {name for rows in back for name in rows["estimate_id"]}
    seen = 0
    for figure in every(suppressed(pilot, half), suppressed(leads, half)):
        cells = [cell for row in figure.data.rows for cell in row if cell.estimate_id in held]
        seen += len(cells)
        assert all(cell.value is None for cell in cells)
        assert {cell.text for cell in cells} <= {"[c]", "[x]"}
        assert not cells or "kept back" in figure.caption
    assert seen > 200


def test_a_chart_of_nothing_is_not_made(pilot: Publication, leads: Publication) -> None:
    assert every(suppressed(pilot), suppressed(leads)) == []


def test_no_other_test_tells_what_the_headline_does_not(pilot: Publication) -> None:
    name = "paired.paired_cr2.primary.short_term.all.srs_community.mean_change"
    mine = pl.col("estimate_id") == name
    blank = ("estimate", "ci_low", "ci_high", "p_value", "p_adjusted", "n")
    back = with_results(
        pilot,
        lambda rows: rows.with_columns(
            *(pl.when(mine).then(None).otherwise(pl.col(c)).alias(c) for c in blank),
            status=pl.when(mine).then(pl.lit("suppressed")).otherwise(pl.col("status")),
            marker=pl.when(mine).then(pl.lit("c")).otherwise(pl.col("marker")),
        ),
    )
    figure = before_after(back, WORDS, *SHORT, "srs_community")
    assert figure
    assert [cell.text for cell in figure.data.rows[0][3:6]] == ["[c]", "[c]", "[c]"]


def test_the_plain_test_stands_in_where_the_headline_could_not_be_estimated(
    pilot: Publication,
) -> None:
    name = "paired.paired_cr2.primary.short_term.all.srs_community.mean_change"
    mine = pl.col("estimate_id") == name
    none = with_results(
        pilot,
        lambda rows: rows.with_columns(
            estimate=pl.when(mine).then(None).otherwise(pl.col("estimate")),
            status=pl.when(mine).then(pl.lit("not_estimable")).otherwise(pl.col("status")),
            marker=pl.when(mine).then(pl.lit("x")).otherwise(pl.col("marker")),
        ),
    )
    figure = before_after(none, WORDS, *SHORT, "srs_community")
    assert figure
    assert figure.data.rows[0][3].estimate_id.startswith("paired.paired_t.")
    assert "paired t-test" in figure.caption


def test_there_is_no_chart_of_nothing(pilot: Publication, leads: Publication) -> None:
    empty = with_results(pilot, lambda rows: rows.clear())
    assert figures_of(empty, WORDS) == ()
    assert tornado(leads, WORDS, "leads", "year") is None
    assert concentration(leads, WORDS, "leads", "year") is None
    assert plane(published("pilot"), WORDS, *SHORT) is None
    assert contrast_forest(leads, WORDS, "leads", "year") is None
    assert answers(leads, WORDS, "no such table", "leads", "baseline") is None
    assert flow(pilot, WORDS, "no such comparison") is None
    assert retention(pilot, WORDS, "no such comparison") is None
    assert prevalence(pilot, WORDS, *SHORT, "all") is None
    assert specification(pilot, WORDS, *SHORT, "all", "mmf_emotional_bands") is None


# --- words --------------------------------------------------------------------------------


def test_a_figure_has_the_columns_of_its_kind(pilot: Publication, leads: Publication) -> None:
    for figure in every(pilot, leads):
        names = [column.id for column in figure.data.columns]
        fixed = [name for name in KINDS[figure.kind] if name is not ...]
        if ... in KINDS[figure.kind]:
            assert names[0] == fixed[0]
            assert names[-1] == fixed[-1] or len(fixed) == 1
        else:
            assert names == fixed
        assert all(len(row) == len(names) for row in figure.data.rows)
        assert figure.data.columns[0].kind == "text" or figure.kind == "acceptability"


def test_a_figure_says_what_it_shows_and_of_whom(pilot: Publication, leads: Publication) -> None:
    for figure in every(pilot, leads):
        assert figure.title
        assert figure.caption.endswith(".")
        assert len(figure.alt) > 40
        for text in (figure.title, figure.caption, figure.alt, figure.unit):
            assert "{" not in text
            assert "  " not in text
            assert not re.search(r",\S*[a-z]|\.[A-Z]|\bNone\b", text), text
        if figure.kind not in ("flow", "retention", "agreement"):
            assert "Base: " in figure.caption


def test_a_large_p_is_not_called_no_change(pilot: Publication, leads: Publication) -> None:
    for figure in every(pilot, leads):
        said = f"{figure.title} {figure.caption} {figure.alt}".lower()
        assert not re.search(r"no (effect|change|difference|impact)\b|saving", said)


def test_ids_are_safe_as_names_of_files_and_all_different(
    pilot: Publication, leads: Publication
) -> None:
    ids = [figure.id for figure in every(pilot, leads)]
    assert len({name.casefold() for name in ids}) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_][a-z0-9_-]*", name) for name in ids)
    assert slug("a", "../../etc/passwd", "B c", "") == "a-etc-passwd-b-c"


def test_figures_with_the_same_name_are_told_apart(leads: Publication) -> None:
    twice = msgspec.structs.replace(leads, questions=(*leads.questions, *leads.questions))
    ids = [figure.id for figure in figures_of(twice, WORDS)]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if name.endswith("--2")]


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_titles_do_not_reach_ids_or_break_the_words(pilot: Publication, title: str) -> None:
    plain = [figure.id for figure in figures_of(pilot, WORDS)]
    assert [figure.id for figure in figures_of(retitled(pilot, title), WORDS)] == plain


def test_a_title_with_braces_is_only_a_title(pilot: Publication) -> None:
    figure = before_after(retitled(pilot, "{unit} {0}"), WORDS, *SHORT, "srs_community")
    assert figure
    assert figure.title.startswith("{unit} {0} before and after")


def test_stacked_bars_hold_every_answer_of_each_question(leads: Publication) -> None:
    figure = answers(leads, WORDS, "partner", "leads", "baseline")
    assert figure
    assert figure.kind == "agreement"
    assert [row[0].text for row in figure.data.rows] == ["Written materials", "Training"]
    for row in figure.data.rows:
        assert sum(cell.value or 0 for cell in row[1:-1]) == pytest.approx(1)
        assert row[-1].value == 73


def test_columns_of_a_survey_table_stand_beside_each_other(leads: Publication) -> None:
    figure = answers(leads, WORDS, "provision", "leads", "baseline", "school")
    assert figure
    assert [column.title for column in figure.data.columns[1:]] == ["Primary", "Secondary or other"]
    assert "34 (Primary), 39 (Secondary or other)" in figure.caption
    assert "table 2.2" in figure.title
    several = answers(leads, WORDS, "satisfaction", "leads", "baseline", "school")
    assert several
    assert [row[0].text for row in several.data.rows] == ["Primary", "Secondary or other"]
