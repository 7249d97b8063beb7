"""The screen after a run: the way of the responses, what was odd, and what near misses move."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console
from rich.markup import escape

from peereval.pipeline import Run, analyse
from peereval.rendering.tables import number_table
from peereval.rendering.terminal import (
    show_losses,
    show_protection,
    show_run,
    show_sensitivity,
)
from peereval.studies.statistics import CHANGE_HEADLINES, DID_HEADLINES
from support.studies import CALM, MOOD, make_study
from support.tables import read_table

_ODD = """
    id    school  role     when  version  class  year  day         mood  calm
    anna  north   mentee   b1    young    7x     5     2018-04-01  1     1
    anna  south   mentee   f1    young    7x     5     2018-03-01  2     2
    bea   north   mentee   b1    young    7x     5     2018-04-01  1     1
    bea   north   mentee   f1    old      7x     7     2018-07-01  2     2
    cleo  north   neither  b1    young    7x     5     2018-04-01  1     1
    cleo  north   neither  f1    young    7x     5     2018-07-01  2     2
    cleo  north   neither  f1    young    7x     5     2018-07-01  3     2
    dora  north   mentor   b1    young    7x     5     2018-07-01  1     Skip
    dora  north   mentor   f1    young    7x     5     2018-07-01  99    1
    emma  north   mentor   f1    young    7x     5     2018-07-01  1     1
    -     north   mentor   f1    young    7x     5     2018-07-01  4     1
    fay   north   -        f1    young    staff  -     -           1     1
    gus   north   -        -     -        staff  -     -           1     1
"""
_SETTINGS: dict[str, Any] = {
    "phases": ["young", "old"],
    "comparisons": [
        {"id": "change", "title": "Spring to summer", "pairs": [["b1", "f1"]], "phases": ["young"]}
    ],
    "columns": {
        "respondent": "id",
        "organisation": "school",
        "role": "role",
        "date": "day",
        "characteristics": {"year_group": "year"},
    },
    "exclude": [{"column": "class", "values": ["staff"], "reason": "answered by staff"}],
    "responses": {"missing": {"not said": ["Skip"]}},
    "invited": [{"occasion": "b1", "phase": "young", "n": 9}, {"occasion": "f1", "n": 60}],
    "contrast": {"treated": "helped", "control": "others"},
    "conflicts": {"dates": "drop"},
}


def odd_run(folder: Path, **settings: Any) -> Run:
    return analyse(make_study(folder, _ODD, MOOD, CALM, **(_SETTINGS | settings)))


def plain_run(folder: Path) -> Run:
    answers = "id school role when mood\nk1 north mentee b1 1\nk1 north mentee f1 2"
    return analyse(make_study(folder, answers, MOOD))


def said(show: Any, *things: Any, width: int = 110) -> str:
    written = StringIO()
    show(*things, Console(file=written, width=width, highlight=False))
    return written.getvalue()


def table(text: str, title: str) -> list[list[str]]:
    """The lines under a title, up to a blank one, cut where two spaces are."""
    lines = text.split(title, 1)[1].split("\n\n", maxsplit=1)[0].splitlines()[1:]
    return [re.split(r"\s{2,}", line.strip()) for line in lines if line.strip()]


def test_the_way_of_the_responses_is_shown_from_the_invitation_on(tmp_path: Path) -> None:
    assert table(said(show_losses, odd_run(tmp_path)), "Who responded") == [
        ["invited", "responded", "excluded", "no id", "duplicates", "eligible"],
        ["All"],
        ["f1", "60"],
        ["young"],
        ["b1", "9", "4", "0", "0", "0", "4"],
        ["f1", "7", "1", "1", "1", "4"],
        ["old"],
        ["f1", "1", "0", "0", "0", "1"],
        ["Occasion or phase not known"],
        ["neither", "1", "1", "0", "0", "0"],
    ]


def test_the_way_goes_on_to_those_matched_and_analysed(tmp_path: Path) -> None:
    shown = table(said(show_losses, odd_run(tmp_path)), "Where the responses went")
    assert shown == [
        ["responses", "unmatched", "other phase", "conflict", "unscored", "paired", "matched",
         "analysed"],
        ["young"],
        ["Spring to summer", "8", "1", "1", "2", "2", "2", "2", "1"],
    ]  # fmt: skip
    numbers = [int(cell) for cell in shown[2][1:]]
    assert numbers[0] == sum(numbers[1:6])


def test_steps_at_which_nothing_was_lost_are_left_out(tmp_path: Path) -> None:
    text = said(show_losses, plain_run(tmp_path))
    assert table(text, "Who responded")[0] == ["responded", "eligible"]
    assert table(text, "Where the responses went") == [
        ["responses", "unmatched", "paired", "matched", "analysed"],
        ["young"],
        ["change", "2", "0", "2", "1", "1"],
    ]


def test_what_was_odd_is_said_by_kind_with_what_was_done(tmp_path: Path) -> None:
    text = " ".join(said(show_losses, odd_run(tmp_path)).split())
    for words in (
        "1 row was a second answer of a respondent at one occasion (kept: most complete); "
        "of 1 respondent: 1 contradictory",
        "1 row has no respondent id",
        "2 rows were set aside by the study: answered by staff (2)",
        "1 another organisation (dropped), 1 another questionnaire version (dropped), "
        "1 an impossible year group (dropped), 1 the follow-up dated first (dropped)",
        "Answers missing for a reason: not said 1",
        "1 answer was not understood",
    ):
        assert words in text
    kept = " ".join(said(show_losses, odd_run(tmp_path, conflicts={})).split())
    assert "1 another organisation (kept)" in kept
    assert "1 the follow-up dated first (kept)" in kept


def test_those_of_two_roles_are_said_by_comparison(tmp_path: Path) -> None:
    """Of two matched respondents one is mentor and mentee; nobody is said of nobody."""
    answers = """
        id  school  role     when  mood
        k1  north   both     b1    1
        k1  north   both     f1    2
        k2  north   neither  b1    1
        k2  north   neither  f1    2
        k3  north   both     b1    1
    """
    run = analyse(make_study(tmp_path, answers, MOOD))
    among = next(group.title for group in run.study.groups if "both" in group.roles)
    text = " ".join(said(show_losses, run).split())
    assert f"Both mentor and mentee, counted among {among}: 1 of 2 matched (change)" in text
    assert "Both mentor" not in said(show_losses, plain_run(tmp_path / "plain"))


def test_findings_that_the_study_accepts_are_only_counted(tmp_path: Path) -> None:
    accepted = [{"code": "DUP002", "reason": "they were asked"}]
    open_to_all = said(show_losses, odd_run(tmp_path))
    known = said(show_losses, odd_run(tmp_path, accepted=accepted))
    assert "DUP002" in open_to_all
    assert "DUP002" not in known.split("peereval explain")[0]
    assert "(1 accepted)" in known


def test_notes_are_left_to_the_check(tmp_path: Path) -> None:
    assert "CON007" not in said(show_losses, odd_run(tmp_path))


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_nothing_is_cut_off_and_nobody_is_named_on_a_screen_of_any_width(
    tmp_path: Path, width: int
) -> None:
    text = said(show_run, odd_run(tmp_path), width=width)
    assert "…" not in text
    # Sentences that are left to the terminal to break are longer; tables are not.
    shown = text.replace("What a code means and how to mend it: peereval explain", "")
    assert max(len(line) for line in shown.splitlines()) <= width
    for row in read_table(_ODD):
        assert not row["id"] or row["id"] not in text
    # The numbers of the narrowest table are all there, broken over lines or not.
    packed = re.sub(r"\s", "", text)
    for heading in ("respon", "analys", "unma"):
        assert heading in packed


OUTCOMES = ("Participation in community life", "Mental wellbeing (SWEMWBS, metric)")
HEADS = ("n", "before", "after", "change", "95% interval", "p", "adjusted", "could see")
CELLS = ("353", "24.1", "24.6", "-0.52", "[-1.17, -0.12]", "<0.001", "0.324", "0.22 SD")


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_word_and_no_number_is_broken_where_a_table_is_folded(width: int) -> None:
    def show(screen: Console) -> None:
        shown = number_table(screen, "", "Outcome", HEADS, ["reading"], "could see")
        for outcome in OUTCOMES:
            shown.add_row(escape(outcome), *CELLS, "better unadjusted")
        screen.print(shown)

    words = said(show, width=width).split()
    # On the narrowest what is in the reading too is left out; all else is there, and whole.
    left_out = {"could", "see", "0.22", "SD"} if width == 80 else set()
    wanted = " ".join((*OUTCOMES, "Outcome reading", *HEADS, *CELLS, "better unadjusted")).split()
    assert set(words) == set(wanted) - left_out


def test_one_test_is_one(tmp_path: Path) -> None:
    text = said(show_run, odd_run(tmp_path))
    assert not re.search(r"\b1 (tests|families|headlines)\b", text)


def test_why_most_is_kept_back_of_one_school_is_said(tmp_path: Path) -> None:
    run = plain_run(tmp_path)
    alone = run.tables["results"].with_columns(n_organisations=1)
    text = said(show_protection, replace(run, tables={**run.tables, "results": alone}))
    assert "all respondents are of 1 organisation, and a report shows nothing of fewer than 3" in (
        " ".join(text.split())
    )
    several = run.tables["results"].with_columns(n_organisations=3)
    text = said(show_protection, replace(run, tables={**run.tables, "results": several}))
    assert "Most are kept back" not in text


def test_phase_without_a_pair_is_pointed_out_if_it_is_compared(tmp_path: Path) -> None:
    answers = "id school role when mood\nk1 north mentee b1 1\nk2 north mentee f1 2"
    run = analyse(make_study(tmp_path, answers, MOOD))
    assert "Nobody of young was found at two occasions" in said(show_losses, run)
    assert "Nobody" not in said(show_losses, odd_run(tmp_path / "odd"))


# --- near misses ----------------------------------------------------------------------------


def moved(run: Run, outcome: str, shift: float, n: int) -> pl.DataFrame:
    """Results with rows of near misses, of which one outcome is another estimate."""
    headlines = run.tables["results"].filter(
        pl.col("method").is_in(["paired_cr2", "paired_t", "did_cr2", "did_ols"])
    )
    here = (pl.col("outcome") == outcome) & (pl.col("group") == "all")
    added = headlines.with_columns(
        pl.lit("near_misses").alias("analysis"),
        pl.concat_str(
            pl.lit("near_misses."), pl.col("estimate_id").str.replace(r"^[a-z]+\.", "")
        ).alias("estimate_id"),
        pl.when(here).then(pl.col("estimate") + shift).otherwise("estimate").alias("estimate"),
        pl.when(here).then(pl.lit(n)).otherwise("n").cast(pl.Int64).alias("n"),
    )
    return pl.concat([run.tables["results"], added])


def many_run(folder: Path) -> Run:
    rows = [
        {"id": f"k{n}", "school": f"s{n % 6}", "role": ("mentor", "neither")[n % 2], "when": when,
         "mood": str((n * 7 + late * n) % 11), "calm": str((n * 3 + late * (n + 1)) % 11)}
        for n in range(24)
        for late, when in enumerate(("b1", "f1"))
    ]  # fmt: skip
    return analyse(
        make_study(folder, rows, MOOD, CALM, contrast={"treated": "helped", "control": "others"})
    )


def test_what_near_misses_would_move_stands_beside_what_was_found(tmp_path: Path) -> None:
    run = many_run(tmp_path)
    (now,) = run.tables["results"].filter(
        estimate_id="paired.paired_cr2.young.change.all.mood_total.mean_change"
    ).to_dicts()  # fmt: skip
    results = moved(run, "mood_total", 0.5, 25)
    text = said(show_sensitivity, results, run.study)
    heading, line = table(text, "young: change")[:2]
    assert heading == ["Outcome", "n", "as matched", "n", "all accepted", "95% interval", "p"]
    assert line[:3] == ["total", "24", f"{now['estimate']:.2f}"]
    assert line[3:5] == ["25", f"{now['estimate'] + 0.5:.2f}"]
    assert "What is not listed would stay the same" in text


def test_near_misses_that_move_nothing_are_said_to(tmp_path: Path) -> None:
    run = many_run(tmp_path)
    text = said(show_sensitivity, moved(run, "mood_total", 0, 24), run.study)
    assert "Nothing would move" in text
    assert "total" not in text


def test_without_near_misses_nothing_is_shown(tmp_path: Path) -> None:
    run = plain_run(tmp_path)
    results = run.tables["results"].filter(pl.col("analysis") != "near_misses")
    assert said(show_sensitivity, results, run.study) == ""


def test_estimates_of_a_few_are_not_shown_beside_near_misses(tmp_path: Path) -> None:
    run = plain_run(tmp_path)
    text = said(show_sensitivity, moved(run, "mood_total", 0.5, 2), run.study)
    assert table(text, "young: change")[1] == ["total", "1", "-", "2", "-", "-", "-"]


@pytest.mark.parametrize(
    ("headlines", "said_of_them"),
    [
        ({}, "paired_cr2 and did_cr2, clustered by organisation"),
        ({"headline_change": "paired_t", "headline_did": "did_ols"},
         "paired_t and did_ols, respondents taken as independent"),
        ({"headline_change": "paired_t"}, "paired_t, respondents taken as independent"),
    ],
)  # fmt: skip
def test_the_screen_says_of_each_headline_whether_it_is_clustered(
    tmp_path: Path, headlines: dict[str, str], said_of_them: str
) -> None:
    text = " ".join(said(show_run, odd_run(tmp_path, statistics=headlines)).split())
    assert said_of_them in text
    assert "paired_t, clustered" not in text


def test_a_difference_adjusted_for_before_is_no_difference_of_changes(tmp_path: Path) -> None:
    run = odd_run(tmp_path, statistics={"headline_did": "ancova_cr2"})
    text = said(show_run, run)
    assert "after, adjusted for before" in text
    assert "less change of" not in text


@pytest.mark.parametrize("depth", ["headline", "full"])
@pytest.mark.parametrize(
    "headline",
    [
        *({"headline_change": method} for method in CHANGE_HEADLINES),
        *({"headline_did": method} for method in DID_HEADLINES),
    ],
)
def test_every_headline_that_may_be_declared_is_estimated_at_both_depths(
    tmp_path: Path, depth: str, headline: dict[str, str]
) -> None:
    run = odd_run(tmp_path, statistics={"draws": 99, **headline, "depth": depth})
    assert set(headline.values()) <= set(run.tables["results"]["method"])
    assert "Spring to summer" in said(show_run, run)
