"""A made-up pre/post survey of any size: exports and a study file, for benchmarks and teaching.

Every respondent has one latent wellbeing per score (standard normal at baseline); an answer is
that latent plus noise of its own, cut into the scale's categories. Organisations are drawn,
answered and written a block at a time, so memory does not grow with the number of respondents.
"""

import math
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from itertools import accumulate
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct
from msgspec.structs import asdict

from peereval.bundled import bundled
from peereval.errors import UsageError

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

STABILITY = 0.64  # of every latent part, before to after; cut into categories it is about .6
LOADING = 0.7  # of an item on the latent of its score
SHARED = 0.5  # of a score's variance between respondents that all scores have in common
TREND = -0.05  # everybody drifts, so that a plain before-after mean is not the effect
MISSING = 0.02  # of the answers
DUPLICATED = 0.002  # of the answer sheets
BLOCK = 100_000  # respondents drawn at once

OCCASIONS = ("baseline", "follow_up")
SCALES = {"primary": ("srs", "mmf"), "secondary": ("srs", "swemwbs", "pss4", "our_future")}
YEAR_GROUPS = {"primary": range(3, 7), "secondary": range(7, 14)}
GENDERS = ("Girl", "Boy", "Other")
ROLES = ("Neither", "Peer mentor", "Received peer support", "Both")
ROLE_SHARES = (0.4, 0.45, 0.15)  # of the participants: mentor, mentee, both

PREFIXES = {"srs": "srs", "mmf": "mmf", "swemwbs": "swemwbs", "pss4": "pss", "our_future": "of"}
AS_LABELS = {"mmf", "pss4"}  # in CSV; the other scales hold numbers, as exports mix the two
AGREE_FIRST = {"our_future"}  # numbered from Strongly agree: the numbers run against the codes

# Shares of the answers from the worst to the best, by the number of answers there are.
ITEM_SHARES = {
    3: (0.14, 0.42, 0.44),
    4: (0.10, 0.24, 0.40, 0.26),
    5: (0.08, 0.15, 0.29, 0.28, 0.20),
}

SERVICES = "use of services"  # the latent behind the questions; no effect and no trend in it
REFUSED = "Prefer not to say"
FREQUENCIES = (
    "Not at all",
    "Once",
    "Less than once a month",
    "About once a month",
    "About once a week",
    "About once a day",
)
# Columns at baseline and at follow-up; shares of the answers from the least on.
CONTACTS = {
    ("Q3_1", "Q17a_1"): (0.30, 0.14, 0.14, 0.12, 0.16, 0.14),
    ("Q3_2", "Q17a_2"): (0.55, 0.18, 0.12, 0.08, 0.05, 0.02),
    ("Q3_3", "Q17b_1"): (0.80, 0.10, 0.05, 0.03, 0.01, 0.01),
    ("Q3_4", "Q17b_2"): (0.60, 0.20, 0.11, 0.06, 0.02, 0.01),
}
YES_NO = {("Q4_1", "Q18_1"): (0.92, 0.08), ("Q5_2", "Q19_2"): (0.45, 0.55)}


class _Settings(Struct, frozen=True):
    respondents: int
    organisations: int
    effect: float
    icc: float
    follow_up: float
    participants: float
    seed: int
    format: Literal["csv", "parquet"]


class _Question(Struct, frozen=True):
    """One answer column: the latent behind it, and what is written from the lowest answer on."""

    columns: tuple[str, str]  # at baseline, at follow-up
    latent: str
    loading: float  # negative where a higher answer is worse
    shares: tuple[float, ...]
    written: tuple[str, ...] | tuple[int, ...]
    refused: str | None  # what a missing answer looks like; None leaves the cell blank


class _Block(Struct, frozen=True):
    """Some organisations of one phase; organisations and respondents are numbered in the study."""

    phase: str
    number: int
    sizes: Integers
    first_organisation: int
    first_respondent: int


class _Sheet(Protocol):
    """An export file that grows by tables."""

    def write_table(self, table: pa.Table) -> None: ...


def simulate(
    folder: str | Path,
    *,
    respondents: int = 3000,
    organisations: int | None = None,
    effect: float = 0.0,
    icc: float = 0.03,
    follow_up: float = 0.7,
    participants: float = 0.5,
    seed: int = 2018,
    format: Literal["csv", "parquet"] = "csv",  # noqa: A002 - the command line's word for it
    overwrite: bool = False,
) -> Path:
    """Write a made-up survey into `folder`; returns the path of its study file.

    There are two occasions and two phases, one export for each, and a copy of the unit costs,
    so the folder can be moved. The same settings give the same bytes.

    - `respondents`: people at baseline, both phases together
    - `organisations`: over both phases; about one per hundred respondents if not given
    - `effect`: what taking part does by follow-up, in standard deviations of the latent
      wellbeing at baseline, towards the good side of every scale; nothing else differs
      between participants and the rest, so it is the true difference in differences
    - `icc`: share of the latent wellbeing's variance that lies between organisations, at
      each occasion; it changes over time as much as respondents do, so that changes are
      clustered too. Scores show a little less of both, as answers carry noise of their own
    - `follow_up`, `participants`: shares of the respondents
    - `format`: ``csv`` (numbers and labels as exports mix them) or ``parquet`` (small integers)

    Raises `UsageError` for settings that cannot be, and for a folder that holds files already
    unless `overwrite` says to replace this function's own files in it.
    """
    if organisations is None:
        organisations = _default_organisations(respondents)
    settings = _Settings(
        respondents=respondents,
        organisations=organisations,
        effect=effect,
        icc=icc,
        follow_up=follow_up,
        participants=participants,
        seed=seed,
        format=format,
    )
    _refuse_impossible(settings)
    place = Path(folder)
    _empty(place, overwrite)
    try:
        return _write(place, settings)
    except BaseException:
        _remove_own(place)  # a full disk, an interruption: nothing is left half-written
        raise


def _write(place: Path, settings: _Settings) -> Path:
    for phase, blocks in _blocks_by_phase(settings).items():
        _write_phase(place, phase, blocks, settings)
    shutil.copyfile(bundled("data/costs") / "england_2016_17.toml", place / "england_2016_17.toml")
    study = place / "study.toml"
    study.write_text(_study_text(settings), encoding="utf-8", newline="\n")
    return study


# Settings and folder


def _default_organisations(respondents: int) -> int:
    return min(max(respondents // 100, 2), 4000)


def _refuse_impossible(settings: _Settings) -> None:
    faults = [
        f"{name} is {value}: a share lies between 0 and 1"
        for name in ("icc", "follow_up", "participants")
        if not 0 <= (value := getattr(settings, name)) <= 1
    ]
    if not math.isfinite(settings.effect):
        faults.append(f"effect is {settings.effect}: it must be a finite number")
    if settings.organisations < 2:
        faults.append(
            f"organisations is {settings.organisations}: two phases need at least two of them"
        )
    if settings.respondents < settings.organisations:
        faults.append(
            f"respondents is {settings.respondents}: every one of the "
            f"{settings.organisations} organisations needs at least one"
        )
    if settings.seed < 0:
        faults.append(f"seed is {settings.seed}: it must not be negative")
    if settings.format not in ("csv", "parquet"):
        faults.append(f"format is {settings.format!r}: it must be csv or parquet")
    if faults:
        raise UsageError("this survey cannot be simulated: " + "; ".join(faults))


def _empty(folder: Path, overwrite: bool) -> None:
    """Make the folder, without the files of an earlier simulation (of either format)."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder for the simulated survey")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise UsageError(f"{folder} is not empty: choose another folder, or allow overwriting")
    folder.mkdir(parents=True, exist_ok=True)
    _remove_own(folder)


def _remove_own(folder: Path) -> None:
    exports = [
        _export_name(occasion, phase, suffix)
        for occasion in OCCASIONS
        for phase in SCALES
        for suffix in ("csv", "parquet")
    ]
    for name in ("study.toml", "england_2016_17.toml", *exports):
        (folder / name).unlink(missing_ok=True)


def _export_name(occasion: str, phase: str, suffix: str) -> str:
    return f"{occasion}_{phase}.{suffix}"


# Who is asked


def _blocks_by_phase(settings: _Settings) -> dict[str, list[_Block]]:
    """Organisations of unequal size, half in each phase, in blocks of about `BLOCK` respondents."""
    rng = np.random.default_rng(settings.seed)
    weights = rng.lognormal(sigma=0.5, size=settings.organisations)
    spare = settings.respondents - settings.organisations
    sizes = 1 + rng.multinomial(spare, weights / weights.sum())
    half = (settings.organisations + 1) // 2
    return {
        "primary": list(_blocks("primary", sizes[:half], 0, 0)),
        "secondary": list(_blocks("secondary", sizes[half:], half, int(sizes[:half].sum()))),
    }


def _blocks(
    phase: str, sizes: Integers, first_organisation: int, first_respondent: int
) -> Iterator[_Block]:
    starts = np.cumsum(sizes) - sizes
    edges = np.flatnonzero(np.diff(starts // BLOCK)) + 1
    for number, part in enumerate(np.split(np.arange(len(sizes)), edges)):
        yield _Block(
            phase=phase,
            number=number,
            sizes=sizes[part],
            first_organisation=first_organisation + int(part[0]),
            first_respondent=first_respondent + int(starts[part[0]]),
        )


def _respondent_ids(first: int, count: int, seed: int) -> pa.Array:
    """12 hex digits each, in no order: every step maps 48-bit numbers one to one."""
    mask, rng = np.uint64(2**48 - 1), np.random.default_rng([seed, 48])
    start, step, stir = (np.uint64(n) for n in rng.integers(0, 2**48, size=3))
    numbers = np.arange(first, first + count, dtype=np.uint64)
    numbers = (numbers * (step | np.uint64(1)) + start) & mask
    numbers ^= numbers >> np.uint64(24)
    numbers = (numbers * (stir | np.uint64(1))) & mask
    numbers ^= numbers >> np.uint64(23)
    pairs_of_digits = np.array([f"{byte:02X}" for byte in range(256)], dtype="S2")
    six_bytes = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    return pa.array(pairs_of_digits[six_bytes].view("S12").ravel()).cast(pa.string())


# What is asked


def _questionnaire(phase: str, labels: bool) -> list[_Question]:
    """Every answer column of a phase's export; `labels` writes some scales as labels."""
    items = [
        question
        for scale in SCALES[phase]
        for question in _scale_items(scale, labels and scale in AS_LABELS)
    ]
    asked: list[tuple[Mapping[tuple[str, str], tuple[float, ...]], tuple[str, ...], float]]
    asked = [(CONTACTS, FREQUENCIES, 0.5), (YES_NO, ("No", "Yes"), 0.5)]
    return items + [
        _Question(columns, SERVICES, loading, shares, answers, REFUSED)
        for questions, answers, loading in asked
        for columns, shares in questions.items()
    ]


def _scale_items(scale: str, labels: bool) -> Iterator[_Question]:
    definition = tomllib.loads((bundled("scales") / f"{scale}.toml").read_text(encoding="utf-8"))
    codes = {code: label for label, code in definition["responses"]["labels"].items()}
    written: tuple[Any, ...] = tuple(sorted(codes, reverse=scale in AGREE_FIRST))
    if labels:
        written = tuple(codes[code] for code in sorted(codes))
    latents = _latent_of_items(definition["scores"])
    shares = ITEM_SHARES[len(codes)]
    for number, item in enumerate(definition["items"], start=1):
        score, better = latents[item["id"]]
        good = (better == "higher") != item.get("reverse", False)
        yield _Question(
            columns=(column := f"{PREFIXES[scale]}_{number}", column),
            latent=f"{scale}_{score}",
            loading=LOADING if good else -LOADING,
            shares=shares if good else shares[::-1],
            written=written,
            refused=None,
        )


def _latent_of_items(scores: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Item to the score it is summed in, with the side of that score that is better."""
    return {
        item: (score["id"], score["better"])
        for score in scores
        if score["rule"] == "sum"
        for item in score["of"]
    }


# What they answer


class _Cohort(Struct, frozen=True):
    """The respondents of one block, in the order of their organisations."""

    ids: pa.Array
    organisation: npt.NDArray[np.int32]  # position in organisation_names
    organisation_names: tuple[str, ...]
    role: Codes
    year_group: Codes
    gender: Codes


def _draw_cohort(rng: np.random.Generator, block: _Block, settings: _Settings) -> _Cohort:
    count, first = int(block.sizes.sum()), block.first_organisation + 1
    takes_part = rng.random(count) < settings.participants
    kind = rng.choice(np.array([1, 2, 3], dtype=np.int8), size=count, p=ROLE_SHARES)
    years = len(YEAR_GROUPS[block.phase])
    return _Cohort(
        ids=_respondent_ids(block.first_respondent, count, settings.seed),
        organisation=np.repeat(np.arange(len(block.sizes), dtype=np.int32), block.sizes),
        organisation_names=tuple(f"School {first + i:04d}" for i in range(len(block.sizes))),
        role=np.where(takes_part, kind, np.int8(0)),
        year_group=rng.integers(years, size=count, dtype=np.int8),
        gender=rng.choice(np.arange(3, dtype=np.int8), size=count, p=(0.49, 0.49, 0.02)),
    )


def _two_occasions(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """The same standard normal quantity before and after, correlated by `STABILITY`."""
    before = rng.standard_normal(count, dtype=np.float32)
    fresh = rng.standard_normal(count, dtype=np.float32)
    return before, _mix(before, fresh, STABILITY**2)


def _mix(first: Floats, second: Floats, share: float) -> Floats:
    """Weighted sum of two unit variances with unit variance; `share` of it is the first's."""
    return np.float32(math.sqrt(share)) * first + np.float32(math.sqrt(1 - share)) * second


def _latents(
    rng: np.random.Generator, names: Iterable[str], cohort: _Cohort, settings: _Settings
) -> dict[str, tuple[Floats, Floats]]:
    """Every score's latent before and after, with the trend and the effect in the latter."""
    organisation, count = cohort.organisation, len(cohort.role)
    of_organisations = _two_occasions(rng, len(cohort.organisation_names))
    common = _two_occasions(rng, count)
    moved = np.float32(TREND) + np.float32(settings.effect) * (cohort.role > 0)
    latents = {}
    for name in names:
        own = _two_occasions(rng, count)
        before, after = (
            _mix(place[organisation], _mix(common[t], own[t], SHARED), settings.icc)
            for t, place in enumerate(of_organisations)
        )
        latents[name] = (before, after if name == SERVICES else after + moved)
    return latents


def _answers(
    rng: np.random.Generator, question: _Question, latent: tuple[Floats, Floats]
) -> tuple[Codes, Codes]:
    """Positions of the answers before and after, lowest first; -1 where none was given."""
    noises = _two_occasions(rng, len(latent[0]))
    cuts = [NormalDist().inv_cdf(total) for total in accumulate(question.shares[:-1])]
    loading, rest = question.loading, math.sqrt(1 - question.loading**2)
    answers = []
    for known, noise in zip(latent, noises, strict=True):
        strength = np.float32(loading) * known + np.float32(rest) * noise
        position = np.zeros(len(strength), dtype=np.int8)
        for cut in cuts:
            position += strength > np.float32(cut)
        position[rng.random(len(strength), dtype=np.float32) < MISSING] = -1
        answers.append(position)
    return answers[0], answers[1]


# What is written


def _rows(rng: np.random.Generator, present: Integers) -> tuple[Integers, Integers]:
    """Whose identity and whose answers each sheet holds.

    Somebody who answers twice does not answer alike: the second sheet holds the answers of
    another of the doubles, so that it matters which sheet is used.
    """
    doubles = rng.choice(present, size=round(DUPLICATED * len(present)), replace=False)
    return np.append(present, doubles), np.append(present, np.roll(doubles, 1))


def _labelled(positions: npt.NDArray[Any], labels: Iterable[str]) -> pa.Array:
    """Text of each position; -1 is blank."""
    indices = pa.array(positions, mask=positions < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(labels)).dictionary_decode()


def _written(positions: Codes, question: _Question) -> pa.Array:
    if isinstance(question.written[0], str):
        labels = [*map(str, question.written), *([question.refused] if question.refused else [])]
        if question.refused:
            positions = np.where(positions < 0, np.int8(len(labels) - 1), positions)
        return _labelled(positions, labels)
    # The last entry is what the position -1 finds; the mask hides it.
    numbers = np.array([*question.written, 0], dtype=np.int8)
    return pa.array(numbers[positions], mask=positions < 0)


def _identity(cohort: _Cohort, rows: Integers, phase: str) -> dict[str, pa.Array]:
    years = [f"Year {year}" for year in YEAR_GROUPS[phase]]
    return {
        "Unique ID": cohort.ids.take(pa.array(rows)),
        "Organisation": _labelled(cohort.organisation[rows], cohort.organisation_names),
        "Year group": _labelled(cohort.year_group[rows], years),
        "Gender": _labelled(cohort.gender[rows], GENDERS),
    }


def _tables(
    block: _Block, questions: list[_Question], settings: _Settings
) -> tuple[pa.Table, pa.Table]:
    """The block's answer sheets at baseline and, in another order, at follow-up."""
    rng = np.random.default_rng([settings.seed, list(SCALES).index(block.phase), block.number])
    cohort = _draw_cohort(rng, block, settings)
    count = len(cohort.role)
    # Everybody at baseline; who comes back, in a new order.
    people, came_back = np.arange(count), np.flatnonzero(rng.random(count) < settings.follow_up)
    before, after = _rows(rng, people), _rows(rng, rng.permutation(came_back))
    latents = _latents(rng, dict.fromkeys(q.latent for q in questions), cohort, settings)
    sheets = [_identity(cohort, rows, block.phase) for rows, _ in (before, after)]
    sheets[1]["Role"] = _labelled(cohort.role[after[0]], ROLES)
    for question in questions:
        answers = _answers(rng, question, latents[question.latent])
        for t, (_, rows) in enumerate((before, after)):
            sheets[t][question.columns[t]] = _written(answers[t][rows], question)
    return pa.table(sheets[0]), pa.table(sheets[1])


def _write_phase(folder: Path, phase: str, blocks: list[_Block], settings: _Settings) -> None:
    questions = _questionnaire(phase, labels=settings.format == "csv")
    paths = [folder / _export_name(occasion, phase, settings.format) for occasion in OCCASIONS]
    with ExitStack() as stack:
        sheets: list[_Sheet] = []
        for block in blocks:
            tables = _tables(block, questions, settings)
            if not sheets:  # the first table shows the columns
                opened = map(_open_sheet, paths, tables)
                sheets = [stack.enter_context(sheet) for sheet in opened]
            for sheet, table in zip(sheets, tables, strict=True):
                sheet.write_table(table)


def _open_sheet(path: Path, first: pa.Table) -> AbstractContextManager[_Sheet]:
    if path.suffix == ".csv":
        return _CsvSheet(path)
    # A dictionary of identifiers that are all different would only be larger.
    repeating = [name for name in first.column_names if name != "Unique ID"]
    writer: AbstractContextManager[_Sheet] = pq.ParquetWriter(
        path, first.schema, compression="zstd", use_dictionary=repeating
    )
    return writer


class _CsvSheet:
    """A CSV file that grows by tables: the header comes with the first."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._header = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write_table(self, table: pa.Table) -> None:
        pl.DataFrame(table).write_csv(self._file, include_header=self._header)
        self._header = False


# The study file


def _study_text(settings: _Settings) -> str:
    sources = [
        f'[[sources]]\nfile = "{_export_name(occasion, phase, settings.format)}"\n'
        f'occasion = "{occasion}"\nphase = "{phase}"\n'
        for occasion in OCCASIONS
        for phase in SCALES
    ]
    made_with = ", ".join(f"{name} = {value!r}" for name, value in asdict(settings).items())
    return "\n".join([f"# Made-up answers, simulated with: {made_with}", _STUDY, *sources])


_STUDY = """\
format = 1
id = "cohort"
title = "A simulated cohort"

[columns]
respondent = "Unique ID"
organisation = "Organisation"
role = "Role"

[columns.characteristics]
year_group = "Year group"
gender = "Gender"

[roles]
mentor = "Peer mentor"
mentee = "Received peer support"
both = "Both"
neither = "Neither"

[responses]
missing = ["Prefer not to say"]

[[occasions]]
id = "baseline"
title = "Baseline"

[[occasions]]
id = "follow_up"
title = "Follow-up"

[[comparisons]]
id = "short_term"
title = "Baseline to follow-up"
pairs = [["baseline", "follow_up"]]

[[groups]]
id = "participants"
title = "Participants"
roles = ["mentor", "mentee", "both"]

[[groups]]
id = "non_participants"
title = "Non-participants"
roles = ["neither"]

[[groups]]
id = "mentors"
title = "Mentors (mentor, or both)"
roles = ["mentor", "both"]
only = ["questions"]

[[groups]]
id = "mentees"
title = "Mentees (mentee only)"
roles = ["mentee"]
only = ["questions"]

[contrast]
treated = "participants"
control = "non_participants"

[[phases]]
id = "primary"
title = "Primary (under 11)"
outcomes = ["srs_peer_support", "srs_family", "srs_school", "srs_community", "srs_participation", \
"mmf_emotional", "mmf_behavioural"]
bands = ["mmf_emotional_bands", "mmf_behavioural_bands"]

[[phases]]
id = "secondary"
title = "Secondary and older (11+)"
outcomes = ["srs_peer_support", "srs_family", "srs_school", "srs_community", "srs_participation", \
"swemwbs_metric", "pss4_total", "our_future_engagement"]

[scales.srs]
columns = "srs_{n}"

[scales.swemwbs]
columns = "swemwbs_{n}"

[scales.pss4]
columns = "pss_{n}"

[scales.mmf]
columns = "mmf_{n}"

[scales.our_future]
columns = "of_{n}"
coding = "agree_first"

# Contacts in a school term: 190 pupil days a year in three terms are 63.33 days,
# 12.67 weeks or 2.9 months each.
[frequencies.term]
"About once a day" = 63.33
"About once a week" = 12.67
"About once a month" = 2.9
"Less than once a month" = 2
"Once" = 1
"Not at all" = 0

[[questions]]
id = "seen_teacher"
title = "Saw a teacher at school"
kind = "contact"
frequencies = "term"
columns = ["Q3_1", "Q17a_1"]
groups = ["participants", "mentors", "mentees"]
unit_cost = "teacher_30_minutes"

[[questions]]
id = "seen_school_nurse"
title = "Saw a doctor, nurse or counsellor at school"
kind = "contact"
frequencies = "term"
columns = ["Q3_2", "Q17a_2"]
groups = ["participants", "mentors", "mentees"]
unit_cost = "school_health_one_to_one"

[[questions]]
id = "seen_doctor_hospital"
title = "Saw a doctor in hospital"
kind = "contact"
frequencies = "term"
columns = ["Q3_3", "Q17b_1"]
groups = ["participants", "mentors", "mentees"]
unit_cost = "hospital_outpatient"

[[questions]]
id = "seen_doctor_other"
title = "Saw a doctor outside hospital"
kind = "contact"
frequencies = "term"
columns = ["Q3_4", "Q17b_2"]
groups = ["participants", "mentors", "mentees"]
unit_cost = "gp_consultation"

[[questions]]
id = "hospital_overnight"
title = "Stayed in hospital overnight"
kind = "yes_no"
columns = ["Q4_1", "Q18_1"]
groups = ["participants", "mentors", "mentees"]

[[questions]]
id = "help_friends"
title = "Had help from friends"
kind = "yes_no"
columns = ["Q5_2", "Q19_2"]
groups = ["participants", "mentors", "mentees"]

[costs]
unit_costs = "england_2016_17.toml"
group = "participants"
"""
