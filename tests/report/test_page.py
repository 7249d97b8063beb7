"""report.html as a file: valid, whole, and every number the one of results.csv."""

import re
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from justhtml import JustHTML

from peereval.composing import compose
from peereval.publishing import Named, Publication
from peereval.rendering.html import page
from peereval.wording import words
from report.numbers import agrees, times, why_blank

Results = dict[str, dict[str, Any]]


def test_the_page_is_valid_html(tree: JustHTML) -> None:
    # The parser is strict: it raises at the first error.
    assert tree.query("main")


def test_every_number_is_that_of_the_results(tree: JustHTML, results: Results) -> None:
    shown = tree.query("[data-row]")
    wrong = []
    for node in shown:
        row = results[node.attrs["data-row"]]
        field = node.attrs.get("data-field", "estimate")
        # A chart's data show an interval of a row that is not there as not estimable, and of
        # what is kept back nothing at all.
        if node.to_text() == "[c]" and row["marker"] == "c":
            continue
        said = (node.to_text(), row[field])
        if not any(agrees(*said, blank, times(row, field)) for blank in {why_blank(row), "x"}):
            wrong.append((node.attrs["data-row"], field, *said))
    assert len(shown) > 3000
    assert wrong == []


def test_a_wrong_number_would_be_seen(results: Results) -> None:
    row = next(row for row in results.values() if row["estimand"] == "mean_change")
    assert agrees(f"{row['estimate']:.2f}".replace("-", "−"), row["estimate"], "x")
    assert not agrees(f"{row['estimate'] + 0.01:.2f}", row["estimate"], "x")
    assert not agrees("[c]", row["estimate"], "c")


def test_every_number_has_a_row_on_the_page_and_a_link_to_it(tree: JustHTML) -> None:
    rows = {node.query("th")[0].to_text() for node in tree.query("#rows tbody tr")}
    used = {node.attrs["data-row"] for node in tree.query("[data-row]")}
    assert used == rows
    linked = {node.attrs["href"] for node in tree.query("a.source")}
    for line in tree.query("main tbody tr"):
        numbers = line.query("td[data-row]")
        if numbers:
            assert line.query("th a.source")[0].attrs["href"] in linked


def test_no_id_is_twice_and_every_link_inside_leads_somewhere(tree: JustHTML) -> None:
    ids = [node.attrs["id"] for node in tree.query("[id]")]
    assert len(ids) == len(set(ids))
    inside = [n.attrs["href"][1:] for n in tree.query("a[href]") if n.attrs["href"][0] == "#"]
    assert inside
    assert set(inside) <= set(ids)
    for name in ("aria-labelledby", "aria-describedby"):
        for node in tree.query(f"[{name}]"):
            assert set(node.attrs[name].split()) <= set(ids)


def test_headings_step_down_one_at_a_time(tree: JustHTML) -> None:
    levels = [int(node.name[1]) for node in tree.query("h1, h2, h3, h4, h5, h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_headers_with_a_scope(tree: JustHTML) -> None:
    for table in tree.query("table"):
        assert table.query("caption")[0].to_text().strip()
        heads = table.query("thead th")
        assert heads
        assert all(head.attrs["scope"] == "col" and head.to_text().strip() for head in heads)
        for row in table.query("tbody tr"):
            cells = [node for node in row.children if getattr(node, "name", "") in ("th", "td")]
            assert len(cells) == len(heads)
            assert cells[0].name == "th"
            assert cells[0].attrs["scope"] == "row"


def test_every_chart_says_what_it_shows_and_has_its_data(tree: JustHTML) -> None:
    figures = tree.query("figure")
    assert len(figures) > 30
    for figure in figures:
        assert figure.query("figcaption")[0].to_text().strip()
        assert figure.query("details table tbody tr")
        for drawing in figure.query("svg"):
            assert drawing.attrs["role"] == "img"
            assert drawing.query("title")[0].to_text()
            assert drawing.query("desc")[0].to_text()


def test_nothing_comes_from_anywhere_else(tree: JustHTML, page_text: str) -> None:
    assert not tree.query("[src], object, embed, iframe, form, link[rel=stylesheet]")
    assert [n.attrs["href"] for n in tree.query("link")] == ["data:,"]
    assert "url(" not in page_text
    assert "@import" not in page_text
    outside = [n.attrs["href"] for n in tree.query("a[href]") if n.attrs["href"][0] != "#"]
    assert all(address.startswith("https://doi.org/10.") for address in outside)


def test_only_this_style_and_this_script_may_run(tree: JustHTML, page_text: str) -> None:
    policy = tree.query("meta[http-equiv]")[0].attrs["content"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for name in ("style", "script"):
        (source,) = re.findall(rf"<{name}>(.*?)</{name}>", page_text, re.DOTALL)
        digest = b64encode(sha256(source.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert not tree.query("[style]")
    assert not re.search(r"\son[a-z]+=", page_text)


def test_the_page_is_small(page_text: str) -> None:
    assert len(page_text.encode()) < 3_500_000


@pytest.mark.parametrize("said", ["no effect", "no change", "no difference", "not significant"])
def test_nothing_is_said_of_a_large_p_that_it_cannot_bear(said: str, tree: JustHTML) -> None:
    for part in tree.query("main p, main li"):
        assert said not in part.to_text().lower() or "“" in part.to_text()


def test_a_saving_is_called_one_only_where_its_interval_excludes_zero(
    tree: JustHTML, results: Results
) -> None:
    rows = [row for row in tree.query("main tbody tr") if row.query("td")]
    said = [row for row in rows if row.query("td")[-1].to_text() == "saving"]
    for row in said:
        limits = [
            results[n.attrs["data-row"]]["ci_low"] for n in row.query("td[data-field=ci_low]")
        ]
        assert limits
        assert min(limits) > 0
    changes = [row for row in rows if row.query("td")[-1].to_text() == "cost change, undecided"]
    assert changes


def test_a_title_of_a_study_is_text_whatever_it_holds(small: Publication) -> None:
    nasty = '</title><script>alert(1)</script>"><img src=x onerror=alert(2)> {{ 7 * 7 }} {words}'
    named = msgspec.structs.replace(small, study=Named("x", nasty))
    text = page(compose(named, words()), named, words())
    parsed = JustHTML(text, strict=True, sanitize=False)
    assert parsed.query("h1")[0].to_text() == nasty
    assert len(parsed.query("script")) == 1
    assert not parsed.query("img")


# --- folds and marks ------------------------------------------------------------------------------


def test_detail_is_folded_under_its_heading(tree: JustHTML) -> None:
    folds = tree.query("#methods-detail details.fold")
    assert len(folds) > 10
    for fold in folds:
        assert fold.query("summary h4")
        assert "open" not in fold.attrs
    assert not tree.query("#methods-asked details, #methods-must-not details")


def test_every_mark_is_explained_below_its_table(tree: JustHTML) -> None:
    seen = 0
    for table in tree.query("main table[id]"):
        marks = set(re.findall(r"\[([a-z]+)\]", " ".join(c.to_text() for c in table.query("td"))))
        notes = tree.query(f"#{table.attrs['id']}-notes")
        said = notes[0].to_text() if notes else ""
        assert all(f"[{mark}]: " in said for mark in marks), table.attrs["id"]
        seen += len(marks)
        for link in table.query("td a[href]"):
            assert link.attrs["href"] == f"#{table.attrs['id']}-notes"
    assert seen > 50
