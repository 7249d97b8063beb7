"""The last look: what is written, read back, before it may leave the building.

Every file outside the restricted folder is searched once for respondents' ids, for what they
wrote, for names of organisations and for numbers that are kept back. What is found is never
repeated in the message.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, groupby, islice
from pathlib import Path, PurePath
from unicodedata import normalize

import numpy as np
import polars as pl
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.catalogue import EXPLANATIONS
from peereval.columns import ANALYSES, ESTIMANDS, METHODS, RESULT_KEYS, RESULTS, STATUSES
from peereval.disclosure.contents import MARK, Content, read_content
from peereval.errors import DisclosureError, Fault
from peereval.plurals import count_of
from peereval.studies import Study

#: Folder that is not searched, and the folder of pages for organisations, which may name them.
RESTRICTED, ORGANISATIONS = "restricted", "organisations"
#: How many files are read before what is in them is forgotten.
_AT_ONCE = 256
#: Shorter ids, and numbers with fewer digits, are looked for as whole texts only.
_SHORT_WORD, _SHORT_NUMBER = 4, 7
#: Texts of ours that are longer than this are no name and no id.
_LONGEST_NAME = 40
#: An answer is long enough to be nobody else's with this many words.
_FEWEST_WORDS = 3
#: A word, or a number with what stands behind its point: 0.0012 is no id 0012.
_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+")
#: What stands between two texts, as a word that no text has.
_APART = "\0"
_WORD_OR_END = re.compile(f"{_WORD.pattern}|{_APART}")
_DECIMAL = re.compile(r"\d+\.\d+")
_POINTS = str.maketrans("", "", ".,")
#: What may stand between the words of a name, if one is a number: School 20, School (No. 20).
_WITHIN_NAME = rf"(?:[^\w{_APART}|&:;,%=\"\[]|_)*"
#: Bytes of UTF-8 with signs that part words as blanks; points and commas may stand in a number.
_BLANKS = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) in ".," else 32
    for code in range(128)
) + bytes(range(128, 256))
#: A number is known again by this many digits.
_DIGITS = 9
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


class LastLook:
    """The search of what a run writes into ``folder``, while it is still writing.

    ``tables``: those of the run; ``ours``: the texts that reports are made of. Each file is
    searched once, so what is there by then may not change any more. Nothing is searched where
    disclosure control is off.
    """

    def __init__(
        self,
        folder: Path,
        study: Study,
        tables: Mapping[str, pl.DataFrame],
        ours: Iterable[str] = (),
    ) -> None:
        on = study.protection.on
        self._folder = folder
        self._kept = what_is_kept(study, tables, ours) if on else None
        self._faults = [*small_counts(study, tables)] if on else []
        self._seen: set[Path] = set()

    def look(self) -> None:
        """Search what is there and was not searched before."""
        if self._kept is None:
            return
        new = [path for path in _files(self._folder) if path not in self._seen]
        for _, files in groupby(new, lambda path: _is_own_page(path.relative_to(self._folder))):
            while paths := [*islice(files, _AT_ONCE)]:
                self._faults += search(paths, self._folder, self._kept)
        self._seen.update(new)

    def end(self) -> None:
        """Search the rest; raise ``DisclosureError`` with all that was found."""
        self.look()
        if self._faults:
            raise DisclosureError(
                "What was to be written may not leave, so nothing is", self._faults
            )


def small_counts(study: Study, tables: Mapping[str, pl.DataFrame]) -> Iterator[Fault]:
    """A fault if a result that is not kept back says how few respondents there are.

    By what its row says itself, whatever the rules made of it. Not of rounded results, which are
    no counts.
    """
    if "released" not in tables or study.protection.rounding:
        return
    counted = pl.col("estimand").str.starts_with("n_") & (pl.col("unit") == "respondents")
    share = pl.col("method").is_in(["share", "wilson"]) & (pl.col("unit") == "share")
    count = pl.when(counted).then("estimate").when(share).then(pl.col("estimate") * pl.col("n"))
    below = study.protection.threshold - 1
    few = count.round().is_between(1, below) | (
        (share | (pl.col("estimand") == "n_choosing"))
        & (pl.col("n") - count.round()).is_between(1, below)
    )
    n = tables["released"].filter(pl.col("marker") != "c", few).height
    if n:
        found = f"{count_of(n, 'result says|results say')} how few there are"
        yield Fault("DIS008", found, "See peereval explain DIS008", "results.csv", count=n)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).parts[0] != RESTRICTED:
            yield path


# --- what is kept -------------------------------------------------------------------------


def what_is_kept(
    study: Study, tables: Mapping[str, pl.DataFrame], ours: Iterable[str] = ()
) -> Kept:
    """What must not leave of a run, from its tables; ``ours``: texts that reports are made of."""
    ours = [*ours]
    public = public_words(study) | _words_of_results(tables)
    public |= {" ".join(_words(text)) for text in ours if len(text) < _LONGEST_NAME}
    scores = tables["scores"]
    ids = scores["respondent"].drop_nulls().unique()
    names = scores["organisation"].drop_nulls().cast(pl.String).unique().to_list()
    values = [tables["faults"]["value"], tables["changes"]["as_written"]]
    answers = pl.concat([each.cast(pl.String) for each in values]).drop_nulls().unique().to_list()
    long = [text for text in answers if len(_words(text)) >= _FEWEST_WORDS]
    named = frozenset(" ".join(_words(name)) for name in names)
    numbers, rows = _numbers_kept(tables, public_numbers(study))
    return Kept(
        phrases(ids, public | _cited_words(study)), phrases(long, public | named),
        phrases(names, public), numbers, rows,
        frozenset({"respondent", "before_id", "after_id", study.respondent.casefold()}),
        _APART.join(f" {' '.join(_words(text))} " for text in (ours if long else ())),
    )  # fmt: skip


def _words_of_results(tables: Mapping[str, pl.DataFrame]) -> frozenset[str]:
    """Words that results and findings are named by, which say nothing of a respondent."""
    words = {*ANALYSES, *METHODS, *ESTIMANDS, *STATUSES, *EXPLANATIONS}
    if "results" in tables:
        different = pl.col(*RESULT_KEYS, "unit", "better").unique().implode()
        for column in tables["results"].select(different).iter_columns():
            words.update(column.item())
    # An id of the study's own, such as hill_top_school, makes no name of an organisation public.
    return frozenset(" ".join(_words(word)) for word in words if "_" not in word)


def _cited_words(study: Study) -> frozenset[str]:
    """Words of the works and price lists that scales and prices are from, such as 0132 of a DOI."""
    costs = [question.unit_cost for question in study.questions if question.unit_cost]
    sources = [part.scale.source for part in study.scales]
    texts = [source.get(name, "") for source in sources for name in ("citation", "doi")]
    texts += [text for cost in costs for text in (cost.source, cost.definition, cost.status)]
    return frozenset(chain.from_iterable(map(_words, texts)))


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
    return frozenset(" ".join(_words(text)) for text in texts)


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
    folded = pl.Series("text", texts, dtype=pl.String)
    plain = folded.str.contains("^[0-9A-Za-z]+$")
    # A study has up to millions of ids: those of one plain word are not looked at one by one.
    kinds = _by_kind(folded.filter(plain).str.to_lowercase().unique(), public)
    several = dict[str, list[Words]]()
    for words in set(chain.from_iterable(map(_forms, folded.filter(~plain)))):
        together = "".join(words)
        if len(words) > 1 and _is_number(together) and len(together) < _SHORT_NUMBER:
            kinds["whole"].add(" ".join(words))  # 1+2 stands in many a table
        elif len(words) > 1 and " ".join(words) not in public:
            several.setdefault(max(words, key=_how_own), []).append(words)
        elif words and words[0] not in public:
            kinds[_kind(words[0])].add(words[0])
    return Phrases(
        frozenset(kinds["single"]), several, *map(frozenset, (kinds["whole"], kinds["listed"]))
    )


def _forms(text: str) -> Iterator[Words]:
    """The words of a text, an accent being part of its letter or a sign behind it."""
    yield _words(normalize("NFC", text))
    if not text.isascii():
        yield _words(normalize("NFD", text))


def _by_kind(words: pl.Series, public: frozenset[str]) -> dict[str, set[str]]:
    """Different folded words of Latin letters and digits by how they are looked for."""
    word = pl.col(words.name)
    size, number = word.str.len_bytes(), word.str.contains("^[0-9]+$")
    listed = number & (size < _SHORT_NUMBER) & ~(word.str.starts_with("0") & (size > 2))
    whole = ~number & ((size < _SHORT_WORD) | word.str.contains("^[a-z]+$"))
    kind = pl.when(listed | (size == 1)).then(pl.lit("listed")).when(whole).then(pl.lit("whole"))
    told = words.to_frame().filter(~word.is_in(sorted(public)))
    kinds = told.select(word, kind=kind.otherwise(pl.lit("single")))
    return {
        name: set(kinds.filter(kind=name)[words.name]) for name in ("single", "whole", "listed")
    }


def _kind(word: str) -> str:
    if len(word) == 1:  # the marker x, a column n, table A
        return "listed"
    if not _is_number(word):
        return "whole" if len(word) < _SHORT_WORD or word.isalpha() else "single"
    padded = word.isdigit() and word.startswith("0") and len(word) > 2
    return "listed" if len(word) < _SHORT_NUMBER and not padded else "single"


def _is_number(text: str) -> bool:
    """Whether a text is a number as people write, such as 12, 1,000 or 0.5."""
    return text.translate(_POINTS).isdigit()


def _how_own(word: str) -> tuple[bool, int]:
    """How much a word says of whom it belongs to: more with a digit in it, and more if longer."""
    return not word.isalpha(), len(word)


def _words(text: str) -> Words:
    return tuple(_WORD.findall(_folded(text)))


def _folded(text: str) -> str:
    """A text in small letters; an underscore parts words, as a blank does."""
    return text.casefold().replace("_", " ")


def _numbers_kept(
    tables: Mapping[str, pl.DataFrame], public: Iterable[float]
) -> tuple[NDArray[np.float64], frozenset[str]]:
    if "suppressions" not in tables:
        return np.zeros(0), frozenset()
    held = tables["suppressions"]["estimate_id"]
    whole = tables["results"].filter(pl.col("estimate_id").is_in(held.implode()))
    secret = _to_digits(_as_written(whole))
    shown = _to_digits(np.concatenate([_as_written(tables["released"]), np.array([*public])]))
    told = secret[~np.isin(np.abs(secret), np.abs(shown))]
    return np.unique(told), frozenset(held.to_list())


def _as_written(results: pl.DataFrame) -> NDArray[np.float64]:
    """Every number of results, and a hundred times each: workbooks show shares in per cent."""
    values: NDArray[np.float64] = results.select(_NUMBERS).to_numpy().ravel()
    return np.concatenate([values, 100 * values])


def _to_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values to nine digits, those alone that have more than six: others may be anything."""
    there = np.unique(values[np.isfinite(values)])
    known = _rounded(there, _DIGITS)
    found: NDArray[np.float64] = known[known != _rounded(there, 6)]
    return found


def _rounded(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", over="ignore"):
        size = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
        scale = np.power(10.0, digits - 1 - size)
    usable = np.isfinite(scale) & (scale > 0)
    return np.where(usable, np.round(values * scale) / np.where(usable, scale, 1), 0.0)


# --- what is found ------------------------------------------------------------------------


def search(paths: Iterable[Path], folder: Path, kept: Kept) -> list[Fault]:
    """Faults of files: what of ``kept`` is in each of them, counted and never repeated.

    The formats of a report have most of their words in common, and so have the pages of
    organisations: files are looked at together first, and each by itself for that alone of which
    every word is in some of them. Either all are such pages or none is.
    """
    contents = {path.relative_to(folder): read_content(path) for path in paths}
    if all(map(_is_own_page, contents)):
        kept = replace(kept, organisations=Phrases())
    sought = _possible(contents.values(), kept)
    return [fault for path, content in contents.items() for fault in _faults(path, content, sought)]


def _is_own_page(path: PurePath) -> bool:
    """Whether a file is of one organisation, which is named there."""
    return path.parts[0] == ORGANISATIONS


_HOLDS = {
    "DIS005": "id of a respondent|ids of respondents",
    "DIS006": "answer as a respondent wrote it|answers as respondents wrote them",
    "DIS007": "name of an organisation|names of organisations",
    "DIS008": "number that is kept back|numbers that are kept back",
}


def _faults(path: PurePath, content: Content, kept: Kept) -> Iterator[Fault]:
    answers = _found(content, kept, kept.answers)
    found = {
        "DIS005": len(_found(content, kept, kept.ids)),
        "DIS006": sum(not kept.is_ours(phrase) for phrase in answers),
        "DIS007": len(_named(content, kept)),
        "DIS008": _count_numbers(content, kept),
    }
    for code, n in found.items():
        if n:
            fix = "See peereval explain " + code
            yield Fault(code, f"holds {count_of(n, _HOLDS[code])}", fix, path.as_posix(), count=n)


def _found(content: Content, kept: Kept, phrases: Phrases) -> set[Words]:
    """The phrases that are in a file."""
    listed = {value.casefold() for name in kept.headings for value in content.under.get(name, ())}
    whole = phrases.whole and {cell.strip().casefold() for cell in content.cells()}
    alone: set[Words] = {(word,) for word in (listed & phrases.listed) | (whole & phrases.whole)}
    anywhere = phrases.anywhere()
    return alone | _said(content.texts(), anywhere) if anywhere else alone


def _named(content: Content, kept: Kept) -> list[Words]:
    """Names of organisations in a file; of one with a number only if it is written as a name.

    Saw a teacher at school: 20% is not School 20, nor [c] School C, nor are two cells of a table.
    """
    found = _found(content, kept, kept.organisations)
    numbered = set(filter(_is_numbered, found))
    text = _APART.join(content.texts() if numbered else ()).casefold()
    return [*found - numbered, *(words for words in numbered if _is_written(words, text))]


def _is_numbered(words: Words) -> bool:
    """Whether a name is a number or letter behind a word: School 20, School C."""
    shortest = min(map(len, words))
    return len(words) > 1 and (any(map(str.isdigit, words)) or (len(words) == 2 and shortest == 1))


def _is_written(words: Words, text: str) -> bool:
    name = _WITHIN_NAME.join(map(re.escape, words))
    end = r"\w" if words[-1].isalpha() else r"[^\W_]"  # d_z of a school is not School D
    return re.search(rf"(?<![^\W_]){name}(?!{end}|%|[.,]\d)", text) is not None


def _count_numbers(content: Content, kept: Kept) -> int:
    """Numbers of a file that are kept back: by their digits, or in a row that is."""
    rows = len(content.numbered & kept.rows)
    if not kept.numbers.size:
        return rows
    return rows + _known_again([content.numbers, _decimals(_different(content.rough))], kept).size


# --- what may be there --------------------------------------------------------------------


def _possible(contents: Collection[Content], kept: Kept) -> Kept:
    """What of ``kept`` may be in one of several files, by their words taken together."""
    pieces = _pieces(contents)
    there = _different(pieces)
    numbers = _known_again([*(each.numbers for each in contents), _decimals(there)], kept)
    ids, answers, organisations = (
        _near(phrases.possible(there), pieces)
        for phrases in (kept.ids, kept.answers, kept.organisations)
    )
    return replace(kept, ids=ids, answers=answers, organisations=organisations, numbers=numbers)


def _pieces(contents: Iterable[Content]) -> list[str]:
    """The different pieces that texts fall into where marks begin, which part words."""
    texts = pl.Series([text for each in contents for text in each.rough], dtype=pl.String)
    return texts.str.split(MARK).explode().unique().to_list()


def _near(phrases: Phrases, pieces: Sequence[str]) -> Phrases:
    """Phrases without those of several words, unless some may stand word after word.

    In one piece, or in several: the first of them then ends with a word of the phrase.
    """
    several = [*chain.from_iterable(phrases.several.values())]
    if several and not _are_near(several, _folded(f"{MARK.join(pieces)}{MARK}")):
        return replace(phrases, several={})
    return phrases


def _different(texts: Iterable[str]) -> frozenset[str]:
    """The different words of texts: signs are blanked first, but for points within numbers."""
    # As bytes, which are blanked much faster than texts are; and each word folded once.
    blanked = " ".join(texts).encode(errors="replace").translate(_BLANKS)
    rough = set(b" ".join(set(blanked.split())).decode().casefold().split())
    plain = {word for word in rough if word.isalnum()}
    return frozenset(plain.union(_WORD.findall(" ".join(rough - plain))))


def _decimals(words: Iterable[str]) -> NDArray[np.float64]:
    """Every number among words with digits enough to be known again."""
    long = [word for word in words if len(word) > _DIGITS and word[0].isdigit()]
    return np.array([float(word) for word in long if _DECIMAL.fullmatch(word)], dtype=float)


def _known_again(numbers: Iterable[NDArray[np.float64]], kept: Kept) -> NDArray[np.float64]:
    """The different numbers among some that are kept back."""
    values = np.unique(np.abs(_to_digits(np.concatenate([*numbers]))))
    return values[np.isin(values, np.abs(kept.numbers))]


# --- phrases --------------------------------------------------------------------------------


def _said(texts: Iterable[str], phrases: Sequence[Words]) -> set[Words]:
    """Those phrases that stand in a text, word after word."""
    together = _folded(_APART.join(dict.fromkeys(texts)))
    # Most files have the words of a phrase far from each other: those need no more than this.
    if not _are_near(phrases, together):
        return set()
    told = f" {' '.join(_WORD_OR_END.findall(together))} "
    return {words for words in phrases if f" {' '.join(words)} " in told}


def _are_near(phrases: Iterable[Words], text: str) -> bool:
    """Whether the words of a phrase, be these parts of others, have but signs between them.

    Or between some of them and the beginning of a mark, behind which may be the others.
    """
    rests: dict[str, list[str]] = {}
    for first, *others in phrases:
        rests.setdefault(re.escape(first), []).append(_following(others))
    return any(re.search(f"{first}(?:{'|'.join(some)})", text) for first, some in rests.items())


def _following(words: Sequence[str]) -> str:
    """A pattern of words with nothing but signs before each, or of some of them and a mark."""
    if not words:
        return ""
    return rf"[^\w{MARK}]*(?:{MARK}|{re.escape(words[0])}{_following(words[1:])})"
