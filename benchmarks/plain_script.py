"""What an able analyst would write today: one tidy script with pandas, pingouin and statsmodels.

It is the other side of the benchmark, so it is fair: everything is vectorised, nothing is done
twice, and it computes what `peereval analyse` computes, but for CR2 standard errors, which no
Python package has: it uses the cluster-robust ones of statsmodels.

With a folder for charts it also draws what it found: before and after of every outcome, and the
changes of all outcomes of a phase with their intervals; 25 charts for the pilot, nothing for looks.

    python benchmarks/plain_script.py FOLDER pilot|cohort results.csv [CHARTS]
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin as pg
import statsmodels.api as sm
from scipy import special, stats
from statsmodels.stats.contingency_tables import SquareTable, mcnemar

ID, ORGANISATION, ROLE = "Unique ID", "Organisation", "Role"

FILES = {
    "pilot": {
        ("w1_baseline", "primary"): "wave_1_baseline_primary",
        ("w1_baseline", "secondary"): "wave_1_baseline_secondary",
        ("w1_follow_up", "primary"): "wave_1_follow_up_primary",
        ("w1_follow_up", "secondary"): "wave_1_follow_up_secondary",
        ("w2_baseline", "primary"): "wave_2_baseline_primary",
        ("w2_baseline", "secondary"): "wave_2_baseline_secondary",
        ("w2_follow_up", "primary"): "wave_2_follow_up_primary",
        ("w2_follow_up", "secondary"): "wave_2_follow_up_secondary",
    },
    "cohort": {
        (occasion, phase): f"{occasion}_{phase}"
        for occasion in ("baseline", "follow_up")
        for phase in ("primary", "secondary")
    },
}
COMPARISONS = {
    "pilot": {
        "short_term": [("w1_baseline", "w1_follow_up"), ("w2_baseline", "w2_follow_up")],
        "medium_term": [("w1_baseline", "w2_follow_up")],
    },
    "cohort": {"short_term": [("baseline", "follow_up")]},
}
COMPARED_PHASES = {"short_term": ["primary", "secondary"], "medium_term": ["primary"]}

ROLES = {
    "Peer mentor": "mentor",
    "Received peer support": "mentee",
    "Both": "both",
    "Neither": "neither",
}
GROUPS = {
    "all": None,
    "participants": ["mentor", "mentee", "both"],
    "non_participants": ["neither"],
    "mentors": ["mentor", "both"],
    "mentees": ["mentee"],
}
OUTCOME_GROUPS = ["all", "participants", "non_participants"]
QUESTION_GROUPS = ["participants", "mentors", "mentees"]

# Column prefix -> number of items, labels from the lowest code, lowest code, items to reverse.
SCALES = {
    "srs": (26, ["Never", "Rarely", "Sometimes", "Often", "Always"], 1, []),
    "mmf": (16, ["Never", "Sometimes", "Always"], 0, [15]),
    "swemwbs": (
        7,
        ["None of the time", "Rarely", "Some of the time", "Often", "All of the time"],
        1,
        [],
    ),
    "pss": (4, ["Never", "Almost never", "Sometimes", "Fairly often", "Very often"], 0, [2, 3]),
    "of": (8, ["Strongly disagree", "Disagree", "Agree", "Strongly agree"], 1, [1, 2]),
}
REVERSED_NUMBERS = {"of"}  # exported as 1 = Strongly agree
PHASE_SCALES = {"primary": ["srs", "mmf"], "secondary": ["srs", "swemwbs", "pss", "of"]}

SUMS = {
    "srs_family": ("srs", range(1, 5)),
    "srs_school": ("srs", range(5, 9)),
    "srs_community": ("srs", range(9, 13)),
    "srs_participation": ("srs", range(13, 15)),
    "srs_peer_support": ("srs", range(15, 27)),
    "mmf_emotional": ("mmf", range(1, 11)),
    "mmf_behavioural": ("mmf", range(11, 17)),
    "swemwbs_raw": ("swemwbs", range(1, 8)),
    "pss4_total": ("pss", range(1, 5)),
    "our_future_engagement": ("of", range(1, 9)),
}
SRS = [name for name in SUMS if name.startswith("srs")]
OUTCOMES = {
    "primary": [*SRS, "mmf_emotional", "mmf_behavioural"],
    "secondary": [*SRS, "swemwbs_metric", "pss4_total", "our_future_engagement"],
}
BANDS = {"mmf_emotional": [0, 10, 12, 21], "mmf_behavioural": [0, 6, 7, 13]}
LEVELS = ["none", "borderline", "clinical"]
SWEMWBS_METRIC = dict(
    zip(
        range(7, 36),
        [7.00, 9.51, 11.25, 12.40, 13.33, 14.08, 14.75, 15.32, 15.84, 16.36, 16.88, 17.43, 17.98,
         18.59, 19.25, 19.98, 20.73, 21.54, 22.35, 23.21, 24.11, 25.03, 26.02, 27.03, 28.13, 29.31,
         30.70, 32.55, 35.00],
        strict=True,
    )
)  # fmt: skip

CONTACTS_PER_TERM = {
    "About once a day": 63.33,
    "About once a week": 12.67,
    "About once a month": 2.9,
    "Less than once a month": 2,
    "Once": 1,
    "Not at all": 0,
}
YES_NO = {"Yes": 1, "No": 0}
# Question -> column at baseline and at follow-up.
CONTACTS = {
    "seen_teacher": ("Q3_1", "Q17a_1"),
    "seen_school_nurse": ("Q3_2", "Q17a_2"),
    "seen_doctor_hospital": ("Q3_3", "Q17b_1"),
    "seen_doctor_other": ("Q3_4", "Q17b_2"),
    "family_checkin": ("Q3_5", "Q17b_3"),
    "seen_someone_else": ("Q3_6", "Q17b_4"),
}
YES_NO_QUESTIONS = {
    "hospital_overnight": ("Q4_1", "Q18_1"),
    "daily_medicine": ("Q4_2", "Q18_2"),
    "help_family": ("Q5_1", "Q19_1"),
    "help_friends": ("Q5_2", "Q19_2"),
    "help_adult": ("Q5_3", "Q19_3"),
    "help_online_books": ("Q5_4", "Q19_4"),
}
UNIT_COSTS = {
    "seen_teacher": 17.55,
    "seen_school_nurse": 54.49,
    "seen_doctor_hospital": 119.84,
    "seen_doctor_other": 38.00,
}


# Reading and scoring


def read_export(folder: Path, name: str) -> pd.DataFrame:
    if (folder / f"{name}.parquet").exists():
        return pd.read_parquet(folder / f"{name}.parquet")
    return pd.read_csv(folder / f"{name}.csv", dtype={ID: str, ROLE: str}, encoding="utf-8-sig")


def item_codes(answers: pd.Series, labels: list[str], lowest: int, falling: bool) -> pd.Series:
    highest = lowest + len(labels) - 1
    if pd.api.types.is_numeric_dtype(answers):
        return (lowest + highest - answers) if falling else answers
    codes = range(lowest, highest + 1)
    known = dict(zip(labels, codes, strict=True))
    known |= {str(lowest + highest - code if falling else code): code for code in codes}
    return answers.str.strip().map(known)


def coded_items(export: pd.DataFrame, scale: str) -> pd.DataFrame:
    number, labels, lowest, reverse = SCALES[scale]
    falling = scale in REVERSED_NUMBERS
    items = pd.DataFrame(
        {
            i: item_codes(export[f"{scale}_{i}"], labels, lowest, falling).astype("float32")
            for i in range(1, number + 1)
        }
    )
    items[reverse] = 2 * lowest + len(labels) - 1 - items[reverse]
    return items


def scores(export: pd.DataFrame, phase: str) -> tuple[pd.DataFrame, pd.Series]:
    """Scores (of complete answers only), and how many items each sheet answered."""
    items = {scale: coded_items(export, scale) for scale in PHASE_SCALES[phase]}
    scored = pd.DataFrame(
        {
            outcome: items[scale][list(numbers)].sum(axis=1, skipna=False)
            for outcome, (scale, numbers) in SUMS.items()
            if scale in items
        }
    ).astype("float64")
    if "swemwbs_raw" in scored:
        scored["swemwbs_metric"] = scored["swemwbs_raw"].map(SWEMWBS_METRIC)
    answered = sum(block.notna().sum(axis=1) for block in items.values())
    return scored, answered


def questions(export: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for asked, known in ((CONTACTS, CONTACTS_PER_TERM), (YES_NO_QUESTIONS, YES_NO)):
        for question, names in asked.items():
            for name in export.columns.intersection(names):
                columns[question] = export[name].str.strip().map(known).astype("float64")
    return pd.DataFrame(columns)


def read_sheets(folder: Path, name: str, phase: str) -> pd.DataFrame:
    """One row per respondent; of several sheets the one with the most answers, else the last."""
    export = read_export(folder, name)
    if ROLE not in export:  # asked at follow-up only
        export[ROLE] = None
    asked = questions(export)
    scored, answered = scores(export, phase)
    sheets = pd.concat(
        [
            export[ID].str.strip().rename("id"),
            export[ORGANISATION].rename("organisation"),
            export[ROLE].map(ROLES).rename("role"),
            (answered + asked.notna().sum(axis=1)).rename("answered"),
            scored,
            asked,
        ],
        axis=1,
    )
    sheets.attrs["rows"] = len(sheets)
    sheets = sheets[sheets["id"].fillna("") != ""]
    return sheets.sort_values("answered", kind="stable").drop_duplicates("id", keep="last")


# Pairing


def pair(
    sheets: dict[tuple[str, str], pd.DataFrame], phase: str, occasions: list[tuple[str, str]]
) -> pd.DataFrame:
    waves = [
        sheets[before, phase].merge(
            sheets[after, phase], on="id", suffixes=("_pre", "_post"), validate="one_to_one"
        )
        for before, after in occasions
    ]
    pairs = pd.concat(waves, ignore_index=True)
    pairs["role"] = pairs["role_post"].fillna(pairs["role_pre"])
    pairs["organisation"] = pairs["organisation_pre"].fillna(pairs["organisation_post"])
    return pairs


def complete(pairs: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Pairs with both values; a respondent of two waves counts with the first."""
    columns = ["id", "organisation", "role", f"{outcome}_pre", f"{outcome}_post"]
    both = pairs[columns].dropna(subset=columns[3:]).drop_duplicates("id")
    both.columns = ["id", "organisation", "role", "pre", "post"]
    return both


def in_group(pairs: pd.DataFrame, group: str) -> pd.DataFrame:
    return pairs if GROUPS[group] is None else pairs[pairs["role"].isin(GROUPS[group])]


# Estimating


class Results:
    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def add(self, *keys: str, estimate: float = np.nan, **numbers: float) -> None:
        names = ("analysis", "method", "phase", "comparison", "group", "outcome", "level")
        row = dict(zip((*names, "estimand"), keys, strict=True))
        row["estimate_id"] = ".".join(key for key in keys if key)
        self.rows.append(row | {"estimate": estimate} | numbers)


def t_test(after: pd.Series, before: pd.Series) -> dict[str, float]:
    test = pg.ttest(after, before, paired=True).iloc[0]
    return {
        "statistic": test["T"],
        "df": test["dof"],
        "p_value": test["p_val"],
        "ci_low": test["CI95"][0],
        "ci_high": test["CI95"][1],
        "n": len(after),
    }


def fitted(fit: object, term: int) -> dict[str, float]:
    low, high = fit.conf_int()[term]
    return {
        "estimate": fit.params[term],
        "std_error": fit.bse[term],
        "statistic": fit.tvalues[term],
        "df": getattr(fit, "df_resid_inference", fit.df_resid),
        "p_value": fit.pvalues[term],
        "ci_low": low,
        "ci_high": high,
        "n": int(fit.nobs),
    }


def clustered(change: pd.Series, design: np.ndarray, organisation: pd.Series) -> object:
    groups = pd.factorize(organisation)[0]
    return sm.OLS(change.to_numpy(), design).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )


def can_test(data: pd.DataFrame) -> bool:
    return len(data) > 1 and data["organisation"].nunique() > 1


def tests_of_change(
    results: Results, keys: tuple[str, ...], data: pd.DataFrame, estimand: str, sign: int = 1
) -> None:
    """Paired t-test and the clustered mean change of the same pairs."""
    if not can_test(data):
        return
    after, before = (data["post"], data["pre"]) if sign == 1 else (data["pre"], data["post"])
    change = after - before
    analysis, *rest = keys
    results.add(
        analysis, "paired_t", *rest, "", estimand, estimate=change.mean(), **t_test(after, before)
    )
    fit = clustered(change, np.ones((len(change), 1)), data["organisation"])
    results.add(analysis, "paired_cr1", *rest, "", estimand, **fitted(fit, 0))


def paired(results: Results, keys: tuple[str, ...], data: pd.DataFrame) -> None:
    if not can_test(data):
        return
    pre, post = data["pre"], data["post"]
    change, n = post - pre, len(data)
    described = {
        "mean_pre": pre.mean(),
        "sd_pre": pre.std(),
        "mean_post": post.mean(),
        "sd_post": post.std(),
        "correlation": pre.corr(post),
    }
    for estimand, value in described.items():
        results.add("paired", "descriptive", *keys, "", estimand, estimate=value, n=n)
    tests_of_change(results, ("paired", *keys), data, "mean_change")
    d_z = change.mean() / change.std()
    d_av = change.mean() / ((described["sd_pre"] + described["sd_post"]) / 2)
    # pingouin corrects for n + n - 2 degrees of freedom; pairs have n - 1.
    df = n - 1
    g_av = d_av * np.exp(
        special.gammaln(df / 2) - np.log(np.sqrt(df / 2)) - special.gammaln((df - 1) / 2)
    )
    for estimand, value in {"d_z": d_z, "g_av": g_av}.items():
        low, high = pg.compute_esci(stat=value, nx=n, ny=n, paired=True, decimals=6)
        results.add(
            "paired", "effect_size", *keys, "", estimand,
            estimate=value, ci_low=low, ci_high=high, n=n,
        )  # fmt: skip


def difference_in_differences(
    results: Results, keys: tuple[str, ...], outcome: str, data: pd.DataFrame
) -> None:
    data = data[data["role"].notna()]
    change, treated = data["post"] - data["pre"], data["role"] != "neither"
    if not can_test(data) or treated.nunique() < 2:
        return
    design = sm.add_constant(treated.to_numpy(dtype="float64"))
    keys = (*keys, "participants_v_non_participants", outcome, "", "did")
    results.add("did", "did_ols", *keys, **fitted(sm.OLS(change.to_numpy(), design).fit(), 1))
    results.add(
        "did", "did_cr1", *keys, **fitted(clustered(change, design, data["organisation"]), 1)
    )


def band_change(results: Results, keys: tuple[str, ...], outcome: str, data: pd.DataFrame) -> None:
    before, after = (
        pd.cut(data[time], BANDS[outcome], labels=LEVELS, right=False) for time in ("pre", "post")
    )
    table = pd.crosstab(before, after, dropna=False).reindex(
        index=LEVELS, columns=LEVELS, fill_value=0
    )
    keys, n = (*keys, f"{outcome}_bands"), len(data)
    for estimand, counts in (("share_pre", table.sum(axis=1)), ("share_post", table.sum())):
        for level in LEVELS:
            results.add(
                "band_change", "share", *keys, level, estimand, estimate=counts[level] / n, n=n
            )
    test = SquareTable(table, shift_zeros=False).homogeneity(method="stuart_maxwell")
    results.add(
        "band_change", "stuart_maxwell", *keys, "", "marginal_homogeneity",
        statistic=test.statistic, df=test.df, p_value=test.pvalue, n=n,
    )  # fmt: skip


def prevalence_change(results: Results, keys: tuple[str, ...], data: pd.DataFrame) -> None:
    if not can_test(data):
        return
    data = data.assign(pre=(data["pre"] > 0).astype(float), post=(data["post"] > 0).astype(float))
    for estimand, time in (("share_pre", "pre"), ("share_post", "post")):
        results.add(
            "prevalence_change", "share", *keys, "", estimand,
            estimate=data[time].mean(), n=len(data),
        )  # fmt: skip
    tests_of_change(results, ("prevalence_change", *keys), data, "share_change")
    table = pd.crosstab(data["pre"], data["post"]).reindex(
        index=[0, 1], columns=[0, 1], fill_value=0
    )
    gained, lost = table.loc[0, 1], table.loc[1, 0]
    exact = mcnemar(table, exact=True).pvalue
    observed = stats.binom.pmf(gained, gained + lost, 0.5) if gained + lost else 0
    mid_p = exact - (observed / 2 if gained == lost else observed)
    for method, p_value in {"mcnemar_exact": exact, "mcnemar_midp": mid_p}.items():
        results.add(
            "prevalence_change", method, *keys, "", "share_change",
            estimate=(gained - lost) / len(data), p_value=p_value, n=len(data),
        )  # fmt: skip


def cost(results: Results, keys: tuple[str, ...], data: pd.DataFrame) -> None:
    for estimand, time in (("cost_pre", "pre"), ("cost_post", "post")):
        results.add(
            "cost", "descriptive", *keys, "", estimand, estimate=data[time].mean(), n=len(data)
        )
    tests_of_change(results, ("cost", *keys), data, "saving_per_respondent", sign=-1)


# The analyses of one phase and comparison


def analyse_outcomes(results: Results, phase: str, comparison: str, pairs: pd.DataFrame) -> None:
    for outcome in OUTCOMES[phase]:
        data = complete(pairs, outcome)
        for group in OUTCOME_GROUPS:
            members = in_group(data, group)
            paired(results, (phase, comparison, group, outcome), members)
            if outcome in BANDS:
                band_change(results, (phase, comparison, group), outcome, members)
        difference_in_differences(results, (phase, comparison), outcome, data)


def analyse_questions(results: Results, phase: str, comparison: str, pairs: pd.DataFrame) -> None:
    for question in (*CONTACTS, *YES_NO_QUESTIONS):
        if f"{question}_pre" in pairs:
            data = complete(pairs, question)
            for group in QUESTION_GROUPS:
                keys = (phase, comparison, group, question)
                prevalence_change(results, keys, in_group(data, group))


def analyse_costs(results: Results, phase: str, comparison: str, pairs: pd.DataFrame) -> None:
    pairs = pairs.assign(
        **{
            f"all_contacts_{time}": sum(
                value * pairs[f"{question}_{time}"] for question, value in UNIT_COSTS.items()
            )
            for time in ("pre", "post")
        }
    )
    for question, value in {**UNIT_COSTS, "all_contacts": 1.0}.items():
        data = in_group(complete(pairs, question), "participants")
        data = data.assign(pre=value * data["pre"], post=value * data["post"])
        cost(results, (phase, comparison, "participants", question), data)


def count_matched(results: Results, phase: str, comparison: str, pairs: pd.DataFrame) -> None:
    respondents = pairs.drop_duplicates("id")
    for group in OUTCOME_GROUPS:
        results.add(
            "flow", "count", phase, comparison, group, "", "", "n_matched",
            estimate=len(in_group(respondents, group)),
        )  # fmt: skip


def analyse(folder: Path, which: str) -> pd.DataFrame:
    results = Results()
    sheets = {
        (occasion, phase): read_sheets(folder, name, phase)
        for (occasion, phase), name in FILES[which].items()
    }
    for (occasion, phase), answered in sheets.items():
        results.add(
            "flow", "count", phase, "", "", "", occasion, "n_responses",
            estimate=answered.attrs["rows"],
        )  # fmt: skip
    for comparison, occasions in COMPARISONS[which].items():
        for phase in COMPARED_PHASES[comparison]:
            pairs = pair(sheets, phase, occasions)
            count_matched(results, phase, comparison, pairs)
            analyse_outcomes(results, phase, comparison, pairs)
            analyse_questions(results, phase, comparison, pairs)
            analyse_costs(results, phase, comparison, pairs)
    return pd.DataFrame(results.rows)


# Charts


def charts(table: pd.DataFrame, folder: Path) -> None:
    """One chart per outcome, phase and comparison, and one of all changes of each; as PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    paired_rows = table[table["analysis"] == "paired"]
    for (phase, comparison), part in paired_rows.groupby(["phase", "comparison"], sort=False):
        for outcome, rows in part.groupby("outcome", sort=False):
            figure = before_after_chart(plt, rows)
            save(plt, figure, f"{outcome}: {phase}, {comparison}", folder)
        changes = part[(part["method"] == "paired_cr1") & (part["group"] == "all")]
        save(plt, forest_chart(plt, changes), f"Change: {phase}, {comparison}", folder)


def save(plt: object, figure: object, title: str, folder: Path) -> None:
    figure.axes[0].set_title(title)
    name = title.replace(": ", "-").replace(", ", "-")
    figure.savefig(folder / f"{name}.png", dpi=100)
    plt.close(figure)


def before_after_chart(plt: object, rows: pd.DataFrame) -> object:
    """Bars of both means for each group, with the 95% intervals of the means."""
    means = rows.pivot_table(index="group", columns="estimand", values="estimate")
    means, n = means.reindex(OUTCOME_GROUPS), rows.groupby("group")["n"].first()
    figure, axes = plt.subplots(figsize=(7.2, 4))
    places = np.arange(len(means))
    for shift, time in ((-0.2, "pre"), (0.2, "post")):
        half = 1.96 * means[f"sd_{time}"] / np.sqrt(n.reindex(OUTCOME_GROUPS))
        bars = axes.bar(places + shift, means[f"mean_{time}"], 0.4, yerr=half, label=time)
        axes.bar_label(bars, fmt="%.1f", label_type="center")
    axes.set_xticks(places, means.index)
    axes.legend()
    return figure


def forest_chart(plt: object, changes: pd.DataFrame) -> object:
    """Change of every outcome with its interval, one below the other."""
    figure, axes = plt.subplots(figsize=(7.2, 4), layout="constrained")
    half = (changes["ci_high"] - changes["ci_low"]) / 2
    axes.errorbar(changes["estimate"], changes["outcome"], xerr=half, fmt="o")
    axes.axvline(0, color="grey")
    axes.invert_yaxis()
    return figure


if __name__ == "__main__":
    folder, which, target, *drawn = sys.argv[1:]
    found = analyse(Path(folder), which)
    found.to_csv(target, index=False)
    if drawn:
        charts(found, Path(drawn[0]))
