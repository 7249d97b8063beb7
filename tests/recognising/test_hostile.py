"""Whatever a table holds, a draft of it is made, and its text can be read."""

import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from peereval.errors import PeerevalError
from peereval.recognising import Given, draft_study
from recognising.exports import write_export

HEADINGS = [
    "Unique ID", "ResponseId", "School", "Role", "Start date", "occasion", "Phase", "consent",
    "Year group", "Gender", "pss_1", "pss_2", "pss_3", "pss_4", "Q1_1", "Q1_2", "mm1", "Nurse",
]  # fmt: skip
CELLS = [
    "", "1", "-99", "4.0", "Never", "Sometimes", "5 - Very often", "Peer mentor", "Both", "Yes",
    "No", "About once a week", "Not at all", "Prefer not to say", "2024-04-01", "31/12/2024",
    "baseline", "T2", "Year 7", "Primary", "=cmd|x", '"', "\\", "é", "1e999", "nan", "9" * 40,
]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[str]]:
    names = draw(
        st.lists(st.sampled_from(HEADINGS) | TEXT, min_size=1, max_size=9, unique_by=str.strip)
    )
    n = draw(st.integers(0, 6))
    column = st.lists(st.sampled_from(CELLS) | TEXT, min_size=n, max_size=n)
    return {name: draw(column) for name in names}


@settings(max_examples=150)
@given(tables(), tables(), st.booleans())
def test_any_two_tables_give_a_draft_or_a_plain_error(
    tmp_path_factory: object, one: dict[str, list[str]], other: dict[str, list[str]], named: bool
) -> None:
    folder = Path(tmp_path_factory.mktemp("tables"))  # type: ignore[attr-defined]
    names = ("before.csv", "after.csv") if named else ("a.csv", "b.csv")
    files = [write_export(folder / n, t) for n, t in zip(names, (one, other), strict=True)]
    try:
        draft = draft_study(files, Given())
    except PeerevalError:
        return
    assert "columns" in tomllib.loads(draft.text)
    assert draft.loadable or draft.questions
