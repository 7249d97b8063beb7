"""The simulated cohort is what its settings say, judged from its files alone."""

import hashlib
import math
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from peereval.bundled import bundled
from peereval.errors import UsageError
from peereval.simulating import cohort, simulate
from peereval.studies import load_study

PREFIXES = {"srs": "srs", "mmf": "mmf", "swemwbs": "swemwbs", "pss4": "pss", "our_future": "of"}
SCALES = {"primary": ("srs", "mmf"), "secondary": ("srs", "swemwbs", "pss4", "our_future")}
PHASES = tuple(SCALES)
EFFECT, ICC = 0.3, 0.1
RESPONDENTS, ORGANISATIONS = 30_000, 300


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(
        tmp_path_factory.mktemp("moved"),
        respondents=RESPONDENTS,
        organisations=ORGANISATIONS,
        effect=EFFECT,
        icc=ICC,
        format="parquet",
    ).parent


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(
        tmp_path_factory.mktemp("flat"), respondents=RESPONDENTS, icc=0.0, seed=7, format="parquet"
    ).parent


def read(folder: Path, occasion: str, phase: str) -> pl.DataFrame:
    parquet = folder / f"{occasion}_{phase}.parquet"
    if parquet.exists():
        return pl.read_parquet(parquet)
    return pl.read_csv(parquet.with_suffix(".csv"), infer_schema=False)


def scale_file(scale: str) -> dict:
    return tomllib.loads((bundled("scales") / f"{scale}.toml").read_text(encoding="utf-8"))


def item_codes(sheets: pl.DataFrame, scale: str) -> pl.DataFrame:
    """Items by their id, as the scale codes them before and reversed after."""
    definition = scale_file(scale)
    codes = definition["responses"]["labels"]
    low, high = min(codes.values()), max(codes.values())
    numbers = {str(code): low + high - code if scale == "our_future" else code
               for code in codes.values()}  # fmt: skip
    columns = []
    for number, item in enumerate(definition["items"], start=1):
        text = pl.col(f"{PREFIXES[scale]}_{number}").cast(pl.String)
        code = text.replace_strict(codes | numbers, return_dtype=pl.Int64)
        columns.append((low + high - code if item.get("reverse") else code).alias(item["id"]))
    return sheets.select(columns)


def outcomes(folder: Path, phase: str) -> dict[tuple[str, int], pl.DataFrame]:
    """(outcome, +1 or -1 for its good side) -> pairs with pre, post, alpha of pre, and who."""
    before, after = (
        read(folder, occasion, phase).unique("Unique ID", keep="none", maintain_order=True)
        for occasion in ("baseline", "follow_up")
    )
    found = {}
    for scale in SCALES[phase]:
        items = item_codes(before, scale), item_codes(after, scale)
        for score in scale_file(scale)["scores"]:
            if score["rule"] == "sum":
                pre, post = (
                    # A null answer leaves the sum null: complete answers only.
                    sheets.select(
                        "Unique ID",
                        "Organisation",
                        "^Role$",
                        value=codes.select(
                            pl.sum_horizontal(score["of"], ignore_nulls=False)
                        ).to_series(),
                    ).drop_nulls("value")
                    for sheets, codes in zip((before, after), items, strict=True)
                )
                pairs = pre.join(post.drop("Organisation"), on="Unique ID")
                sign = 1 if score["better"] == "higher" else -1
                found[f"{scale}_{score['id']}", sign] = pairs.with_columns(
                    alpha=pl.lit(alpha(items[0].select(score["of"]).drop_nulls()))
                )
    return found


def alpha(items: pl.DataFrame) -> float:
    values = items.to_numpy().astype(float)
    k = values.shape[1]
    return k / (k - 1) * (1 - values.var(axis=0, ddof=1).sum() / values.sum(axis=1).var(ddof=1))


def all_outcomes(folder: Path) -> list[tuple[str, int, pl.DataFrame]]:
    found = [
        (f"{phase}.{outcome}", sign, pairs)
        for phase in PHASES
        for (outcome, sign), pairs in outcomes(folder, phase).items()
    ]
    assert len(found) == 15  # seven primary, eight secondary
    return found


def did(pairs: pl.DataFrame) -> tuple[float, float]:
    """Difference in mean change and its standard error, in latent standard deviations at baseline.

    Scores hold the latent and noise; the square root of alpha takes the noise out of their SD.
    """
    change = (pairs["value_right"] - pairs["value"]).to_numpy().astype(float)
    treated = (pairs["Role"] != "Neither").to_numpy()
    a, b = change[treated], change[~treated]
    unit = pairs["value"].std() * math.sqrt(pairs["alpha"][0])
    error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    return (a.mean() - b.mean()) / unit, error / unit


def icc(pairs: pl.DataFrame, value: pl.Expr) -> float:
    """Share between organisations by analysis of variance, for groups of unequal size."""
    groups = pairs.group_by("Organisation").agg(
        n=pl.len(), mean=value.mean(), within=value.var() * (pl.len() - 1)
    )
    n, mean, k = groups["n"].to_numpy(), groups["mean"].to_numpy(), groups.height
    within = groups["within"].fill_null(0).sum() / (n.sum() - k)
    between = (n * (mean - np.average(mean, weights=n)) ** 2).sum() / (k - 1)
    size = (n.sum() - (n**2).sum() / n.sum()) / (k - 1)
    component = (between - within) / size
    return component / (component + within)


def icc_error(share: float, size: float, organisations: int) -> float:
    """Standard error of an intraclass correlation (Donner 1986)."""
    spread = 2 / (size * (size - 1) * (organisations - 1))
    return (1 - share) * (1 + (size - 1) * share) * math.sqrt(spread)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_seed_decides_every_byte(tmp_path: Path, suffix: str) -> None:
    folders = [tmp_path / name for name in ("one", "again", "other")]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        simulate(folder, respondents=600, seed=seed, format=suffix)
    one, again, other = map(digests, folders)
    assert one == again
    assert len(one) == 6
    unlike = {name for name in one if one[name] != other[name]}
    assert unlike == set(one) - {"england_2016_17.toml"}


def test_both_formats_hold_the_same_answers(tmp_path: Path) -> None:
    simulate(tmp_path / "csv", respondents=900, format="csv")
    simulate(tmp_path / "parquet", respondents=900, format="parquet")
    for occasion in ("baseline", "follow_up"):
        for phase in PHASES:
            text, small = (read(tmp_path / f, occasion, phase) for f in ("csv", "parquet"))
            assert text.columns == small.columns
            assert ("Q3_1" in text.columns) == (occasion == "baseline")
            assert small["srs_1"].dtype == pl.Int8
            shared = [c for c in small.columns if small[c].dtype == pl.String]
            assert text.select(shared).equals(small.select(shared))
            for scale in SCALES[phase]:
                assert item_codes(text, scale).equals(item_codes(small, scale))


def test_csv_mixes_numbers_and_labels(tmp_path: Path) -> None:
    simulate(tmp_path, respondents=900)
    sheets = read(tmp_path, "baseline", "secondary")
    assert set(sheets["srs_1"].drop_nulls()) == {"1", "2", "3", "4", "5"}
    assert set(sheets["pss_1"].drop_nulls()) == set(scale_file("pss4")["responses"]["labels"])
    assert "Prefer not to say" in set(sheets["Q3_1"])


def test_counts_are_those_asked_for(moved: Path) -> None:
    people: set[str] = set()
    schools: list[set[str]] = []
    for phase in PHASES:
        before, after = (read(moved, occasion, phase) for occasion in ("baseline", "follow_up"))
        asked, came = set(before["Unique ID"]), set(after["Unique ID"])
        assert came < asked
        assert not people & asked
        people |= asked
        schools.append(set(before["Organisation"]))
        assert len(came) == pytest.approx(0.7 * len(asked), abs=4 * math.sqrt(0.21 * len(asked)))
        take_part = (after["Role"] != "Neither").mean()
        assert take_part == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / after.height))
        assert "Role" not in before.columns
        blank = after.select(pl.col("^(srs|mmf|swemwbs|pss|of)_.*$").is_null().mean())
        assert blank.mean_horizontal()[0] == pytest.approx(0.02, abs=0.001)
    assert len(people) == RESPONDENTS
    assert [len(names) for names in schools] == [ORGANISATIONS // 2] * 2
    assert not schools[0] & schools[1]
    assert all(len(name) == 12 and set(name) <= set("0123456789ABCDEF") for name in people)


def test_some_answer_twice_and_not_alike(moved: Path) -> None:
    for phase in PHASES:
        for occasion in ("baseline", "follow_up"):
            sheets = read(moved, occasion, phase)
            people = sheets["Unique ID"].n_unique()
            twice = sheets.filter(pl.col("Unique ID").is_duplicated())
            assert sheets.height - people == round(0.002 * people)
            assert twice.height == 2 * (sheets.height - people)
            # Same person, same school; other answers.
            assert twice.select("Unique ID", "Organisation").unique().height == twice.height // 2
            assert twice.unique().height == twice.height


def test_follow_up_comes_in_another_order(moved: Path) -> None:
    before, after = (read(moved, o, "primary")["Unique ID"] for o in ("baseline", "follow_up"))
    place = {name: i for i, name in enumerate(before)}
    order = np.array([place[name] for name in after])
    assert abs(np.corrcoef(order, np.arange(len(order)))[0, 1]) < 0.05


def test_the_planted_effect_is_there_on_the_good_side_of_every_scale(moved: Path) -> None:
    for name, sign, pairs in all_outcomes(moved):
        estimate, error = did(pairs)
        assert error < 0.04, name
        assert sign * estimate == pytest.approx(EFFECT, abs=4 * error), name


def test_no_effect_is_there_unless_planted(flat: Path) -> None:
    for name, _, pairs in all_outcomes(flat):
        estimate, error = did(pairs)
        assert abs(estimate) < 4 * error, name


def test_before_and_after_correlate_about_point_six(moved: Path) -> None:
    for name, _, pairs in all_outcomes(moved):
        r = pairs.select(pl.corr("value", "value_right")).item()
        assert 0.5 < r < 0.7, name


def test_organisations_differ_as_much_as_declared(moved: Path, flat: Path) -> None:
    # The noise of the answers is not shared in an organisation: divide it out with alpha.
    for name, _, pairs in all_outcomes(moved):
        size, k = pairs.height / (ORGANISATIONS / 2), ORGANISATIONS // 2
        share = icc(pairs, pl.col("value")) / pairs["alpha"][0]
        assert share == pytest.approx(ICC, abs=4 * icc_error(ICC, size, k)), name
        assert icc(pairs, pl.col("value_right") - pl.col("value")) > 0.02, name
    for name, _, pairs in all_outcomes(flat):
        size, k = pairs.height / 150, 150
        assert abs(icc(pairs, pl.col("value"))) < 4 * icc_error(0, size, k), name


def test_blocks_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort, "BLOCK", 200)
    simulate(tmp_path, respondents=2000, organisations=40)
    sheets = pl.concat(
        [read(tmp_path, "baseline", phase).select("Unique ID", "Organisation") for phase in PHASES]
    )
    assert sheets["Unique ID"].n_unique() == 2000
    assert sheets["Organisation"].n_unique() == 40


def test_the_study_reads_and_names_what_the_files_hold(moved: Path) -> None:
    study = load_study(moved / "study.toml")
    assert {source.file for source in study.sources} == {p.name for p in moved.glob("*.parquet")}
    for source in study.sources:
        columns = set(read(moved, source.occasion, source.phase).columns)
        wanted = {study.respondent, study.organisation}
        assert (study.role in columns) == (source.occasion == "follow_up")
        assert wanted | set(study.characteristics.values()) <= columns
        assert all(len(columns & set(q.columns)) == 1 for q in study.questions)
    made_with = (moved / "study.toml").read_text(encoding="utf-8").splitlines()[0]
    assert made_with.startswith("#")
    for setting in ("seed = 2018", "effect = 0.3", "icc = 0.1", "respondents = 30000"):
        assert setting in made_with


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"effect": math.inf}, "effect is inf"),
        ({"effect": math.nan}, "effect is nan"),
        ({"icc": -0.1}, "icc is -0.1"),
        ({"icc": math.nan}, "icc is nan"),
        ({"follow_up": 1.01}, "follow_up is 1.01"),
        ({"participants": 7}, "participants is 7"),
        ({"respondents": 9, "organisations": 10}, "respondents is 9"),
        ({"respondents": 0}, "respondents is 0"),
        ({"organisations": 1}, "organisations is 1"),
        ({"organisations": 0}, "organisations is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"format": "xlsx"}, "format is 'xlsx'"),
    ],
)
def test_impossible_settings_are_refused(tmp_path: Path, settings: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        simulate(tmp_path / "new", **settings)
    assert not (tmp_path / "new").exists()


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"icc is 2.*effect is inf.*seed is -3"):
        simulate(tmp_path, icc=2, effect=math.inf, seed=-3)


@pytest.mark.parametrize("prepare", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_other_peoples_files_are_refused(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    place = tmp_path / "place"
    prepare(place)
    if place.is_dir():
        (place / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="place is"):
        simulate(place, respondents=100)


def test_overwriting_replaces_only_its_own_files(tmp_path: Path) -> None:
    simulate(tmp_path, respondents=100)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    simulate(tmp_path, respondents=100, format="parquet", overwrite=True)
    assert not list(tmp_path.glob("*.csv"))
    assert len(list(tmp_path.glob("*.parquet"))) == 4
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_edges_of_the_settings_work(tmp_path: Path, share: float) -> None:
    simulate(
        tmp_path, respondents=2, organisations=2, icc=share, follow_up=share, participants=share
    )
    after = read(tmp_path, "follow_up", "primary")
    assert after.height == share
    assert read(tmp_path, "baseline", "primary").height == 1
