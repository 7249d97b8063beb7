"""What must not leave a run: ids, answers, names and numbers, and how each is looked for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import PurePath
from unicodedata import normalize

import numpy as np
import polars as pl
from msgspec import Struct, field
from numpy.typing import NDArray

from peereval.catalogue import EXPLANATIONS
from peereval.columns import ANALYSES, ESTIMANDS, METHODS, RESULT_KEYS, RESULTS, STATUSES
from peereval.studies import Study

#: Shorter ids, and numbers with fewer digits, are looked for as whole texts only.
_SHORT_WORD, _SHORT_NUMBER = 4, 7
#: Texts of ours that are longer than this are no name and no id.
_LONGEST_NAME = 40
#: An answer is long enough to be nobody else's with this many words.
_FEWEST_WORDS = 3
#: A word, or a number with what stands behind its point: 0.0012 is no id 0012.
WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+")
#: What stands between two texts, as a word that no text has.
APART = "\0"
_POINTS = str.maketrans("", "", ".,")
#: A number is known again by this many digits.
DIGITS = 9
_NUMBERS = tuple(column.name for column in RESULTS if column.type == "number")

Words = tuple[str, ...]


class Phrases(Struct, frozen=True):
    """Texts that must not be found: ``single`` words and ``several`` anywhere; ``whole`` texts.

    ``several`` is by the word of each that is most its own. ``listed``: ordinary numbers and single
    letters, looked for where a heading says that ids follow. All are folded.
    """

    single: frozenset[str] = frozenset()
    several: Mapping[str, Sequence[Words]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()

    def possible(self, there: frozenset[str]) -> "Phrases":
        """Those of which every word is there, in whatever order; and all those that are listed."""
        several = {
            mark: possible for mark in there & self.several.keys()
            if (possible := [each for each in self.several[mark] if there.issuperset(each)])
        }  # fmt: skip
        return Phrases(self.single & there, several, self.whole & there, self.listed)

    def anywhere(self) -> list[Words]:
        """Those that are looked for anywhere, as words."""
        return [*((word,) for word in self.single), *chain.from_iterable(self.several.values())]


class Kept(Struct, frozen=True):
    """What must not leave: ids, answers, names, and results that are kept back.

    ``headings``: columns and keys under which ids stand; ``ours``: the words of the texts that
    reports are made of, folded, which nobody gives away who answers the same. ``numbers``: values
    that are kept back, to nine digits, but for those that also stand in a released result or
    in the study; ``rows``: their `estimate_id`.
    """

    ids: Phrases
    answers: Phrases
    organisations: Phrases
    numbers: NDArray[np.float64]
    rows: frozenset[str]
    headings: frozenset[str] = frozenset({"respondent"})
    ours: str = ""

    def is_ours(self, phrase: Words) -> bool:
        """Whether a phrase stands in the texts that every report is made of."""
        return f" {' '.join(phrase)} " in self.ours


def what_is_kept(
    study: Study, tables: Mapping[str, pl.DataFrame], ours: Iterable[str] = ()
) -> Kept:
    """What must not leave of a run, from its tables; ``ours``: texts that reports are made of."""
    ours = [*ours]
    public = public_words(study) | _words_of_results(tables)
    public |= {" ".join(words_of(text)) for text in ours if len(text) < _LONGEST_NAME}
    scores = tables["scores"]
    ids = scores["respondent"].drop_nulls().unique()
    names = scores["organisation"].drop_nulls().cast(pl.String).unique().to_list()
    values = [tables["faults"]["value"], tables["changes"]["as_written"]]
    answers = pl.concat([each.cast(pl.String) for each in values]).drop_nulls().unique().to_list()
    long = [text for text in answers if len(words_of(text)) >= _FEWEST_WORDS]
    named = frozenset(" ".join(words_of(name)) for name in names)
    numbers, rows = _numbers_kept(tables, public_numbers(study))
    return Kept(
        phrases(ids, public | _cited_words(study)), phrases(long, public | named),
        phrases(names, public), numbers, rows,
        frozenset({"respondent", "before_id", "after_id", study.respondent.casefold()}),
        APART.join(f" {' '.join(words_of(text))} " for text in (ours if long else ())),
    )  # fmt: skip


def _words_of_results(tables: Mapping[str, pl.DataFrame]) -> frozenset[str]:
    """Words that results and findings are named by, which say nothing of a respondent."""
    words = {*ANALYSES, *METHODS, *ESTIMANDS, *STATUSES, *EXPLANATIONS}
    if "results" in tables:
        different = pl.col(*RESULT_KEYS, "unit", "better").unique().implode()
        for column in tables["results"].select(different).iter_columns():
            words.update(column.item())
    # An id of the study's own, such as hill_top_school, makes no name of an organisation public.
    return frozenset(" ".join(words_of(word)) for word in words if "_" not in word)


def _cited_words(study: Study) -> frozenset[str]:
    """Words of the works and price lists that scales and prices are from, such as 0132 of a DOI."""
    costs = [question.unit_cost for question in study.questions if question.unit_cost]
    sources = [part.scale.source for part in study.scales]
    texts = [source.get(name, "") for source in sources for name in ("citation", "doi")]
    texts += [text for cost in costs for text in (cost.source, cost.definition, cost.status)]
    return frozenset(chain.from_iterable(map(words_of, texts)))


def public_words(study: Study) -> frozenset[str]:
    """Titles and labels that a study publishes itself, folded: no name or id if alike."""
    texts = [study.title, study.id, study.currency]
    texts += [*study.occasion_titles.values(), *study.roles.values()]
    texts += [PurePath(source.file).suffix for source in study.sources]  # what kind of file it is
    texts += [part.title for part in study.comparisons]
    texts += [part.title for part in study.groups]
    texts += [part.title for part in study.phases]
    for question in study.questions:
        texts += [question.title, *(label.text for label in question.labels)]
    for part in study.scales:
        texts += [part.scale.id, part.scale.title, *part.codes]
    for table in study.tables:
        texts += [table.title, *table.options.values(), *table.net_titles.values()]
    return frozenset(" ".join(words_of(text)) for text in texts)


def public_numbers(part: object) -> Iterator[float]:
    """Numbers that a study declares itself, such as prices and their ranges: no result if alike."""
    match part:
        case float() | Fraction():
            yield float(part)
        case Struct():
            for name in part.__struct_fields__:
                yield from public_numbers(getattr(part, name))
        case Mapping():
            yield from chain.from_iterable(map(public_numbers, part.values()))
        case tuple():
            yield from chain.from_iterable(map(public_numbers, part))


def phrases(texts: Iterable[str], public: frozenset[str]) -> Phrases:
    """Texts by where they are looked for.

    Ordinary words stand everywhere: they are looked for as whole texts (a cell of words, a value
    in quotation marks); ordinary numbers and letters under headings that say so. What the study
    itself publishes as a title or label, or what results are named by, is not looked for.
    """
    folded_texts = pl.Series("text", texts, dtype=pl.String)
    plain = folded_texts.str.contains("^[0-9A-Za-z]+$")
    # A study has up to millions of ids: those of one plain word are not looked at one by one.
    alone, whole, several = set[str](), set[str](), dict[str, list[Words]]()
    for words in set(chain.from_iterable(map(_forms, folded_texts.filter(~plain)))):
        if len(words) == 1:
            alone.add(words[0])
        elif _is_short_number("".join(words)):
            whole.add(" ".join(words))  # 1+2 stands in many a table
        elif words and " ".join(words) not in public:
            several.setdefault(max(words, key=_how_own), []).append(words)
    own = pl.Series("text", [*alone], dtype=pl.String)
    one = pl.concat([folded_texts.filter(plain).str.to_lowercase(), own]).unique()
    kinds = _by_kind(one, public)
    return Phrases(
        frozenset(kinds["single"]), several, frozenset(kinds["whole"] | whole),
        frozenset(kinds["listed"]),
    )  # fmt: skip


def _forms(text: str) -> Iterator[Words]:
    """The words of a text, an accent being part of its letter or a sign behind it."""
    yield words_of(normalize("NFC", text))
    if not text.isascii():
        yield words_of(normalize("NFD", text))


def _by_kind(words: pl.Series, public: frozenset[str]) -> dict[str, set[str]]:
    """Different folded words by how they are looked for.

    Numbers as people write (12, 1,000 or 0.5) and single letters (the marker x, a column n) stand
    everywhere; padded numbers do not.
    """
    word = pl.col(words.name)
    size, number = word.str.len_chars(), word.str.contains(r"^\d+([.,]\d+)*$")
    padded = word.str.contains(r"^0\d{2,}$")
    listed = (size == 1) | (number & (size < _SHORT_NUMBER) & ~padded)
    whole = ~number & ((size < _SHORT_WORD) | word.str.contains(r"^\p{L}+$"))
    kind = pl.when(listed).then(pl.lit("listed")).when(whole).then(pl.lit("whole"))
    told = words.to_frame().filter(~word.is_in(sorted(public)))
    kinds = told.select(word, kind=kind.otherwise(pl.lit("single")))
    return {
        name: set(kinds.filter(kind=name)[words.name]) for name in ("single", "whole", "listed")
    }


def _is_short_number(text: str) -> bool:
    return text.translate(_POINTS).isdigit() and len(text) < _SHORT_NUMBER


def _how_own(word: str) -> tuple[bool, int]:
    """How much a word says of whom it belongs to: more with a digit in it, and more if longer."""
    return not word.isalpha(), len(word)


def words_of(text: str) -> Words:
    """The folded words of a text, one after the other."""
    return tuple(WORD.findall(folded(text)))


def folded(text: str) -> str:
    """A text in small letters; an underscore parts words, as a blank does."""
    return text.casefold().replace("_", " ")


def _numbers_kept(
    tables: Mapping[str, pl.DataFrame], public: Iterable[float]
) -> tuple[NDArray[np.float64], frozenset[str]]:
    if "suppressions" not in tables:
        return np.zeros(0), frozenset()
    held = tables["suppressions"]["estimate_id"]
    whole = tables["results"].filter(pl.col("estimate_id").is_in(held.implode()))
    secret = to_digits(_as_written(whole))
    shown = to_digits(np.concatenate([_as_written(tables["released"]), np.array([*public])]))
    told = secret[~np.isin(np.abs(secret), np.abs(shown))]
    return np.unique(told), frozenset(held.to_list())


def _as_written(results: pl.DataFrame) -> NDArray[np.float64]:
    """Every number of results, and a hundred times each: workbooks show shares in per cent."""
    values: NDArray[np.float64] = results.select(_NUMBERS).to_numpy().ravel()
    return np.concatenate([values, 100 * values])


def to_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values to nine digits, those alone that have more than six: others may be anything."""
    there = np.unique(values[np.isfinite(values)])
    known = _rounded(there, DIGITS)
    found: NDArray[np.float64] = known[known != _rounded(there, 6)]
    return found


def _rounded(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", over="ignore"):
        size = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
        scale = np.power(10.0, digits - 1 - size)
    usable = np.isfinite(scale) & (scale > 0)
    return np.where(usable, np.round(values * scale) / np.where(usable, scale, 1), 0.0)
