"""The last look: what is written, read back, before it may leave the building.

Every file outside the restricted folder is searched once for respondents' ids, for what they
wrote, for names of organisations and for numbers that are kept back. What is found is never
repeated in the message.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice
from pathlib import Path, PurePath

import numpy as np
import polars as pl
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.disclosure.contents import MARK, Content, read_content
from peereval.disclosure.kept import (
    APART,
    DIGITS,
    WORD,
    Kept,
    Phrases,
    Words,
    folded,
    to_digits,
    what_is_kept,
)
from peereval.errors import DisclosureError, Fault
from peereval.plurals import count_of
from peereval.studies import Study

#: Folder that is not searched, and the folder of pages for organisations, which may name them.
RESTRICTED, ORGANISATIONS = "restricted", "organisations"
#: How many files are read before what is in them is forgotten.
_AT_ONCE = 256
_WORD_OR_END = re.compile(f"{WORD.pattern}|{APART}")
_DECIMAL = re.compile(r"\d+\.\d+")
#: What may stand between the words of a name, if one is a number: School 20, School (No. 20).
_WITHIN_NAME = rf"(?:[^\w{APART}|&:;,%=\"\[]|_)*"
#: Bytes of UTF-8 with signs that part words as blanks; points and commas may stand in a number.
_BLANKS = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) in ".," else 32
    for code in range(128)
) + bytes(range(128, 256))


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
    text = APART.join(content.texts() if numbered else ()).casefold()
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
    if several and not _are_near(several, folded(f"{MARK.join(pieces)}{MARK}")):
        return replace(phrases, several={})
    return phrases


def _different(texts: Iterable[str]) -> frozenset[str]:
    """The different words of texts: signs are blanked first, but for points within numbers."""
    # As bytes, which are blanked much faster than texts are; and each word folded once.
    blanked = " ".join(texts).encode(errors="replace").translate(_BLANKS)
    rough = set(b" ".join(set(blanked.split())).decode().casefold().split())
    plain = {word for word in rough if word.isalnum()}
    return frozenset(plain.union(WORD.findall(" ".join(rough - plain))))


def _decimals(words: Iterable[str]) -> NDArray[np.float64]:
    """Every number among words with digits enough to be known again."""
    long = [word for word in words if len(word) > DIGITS and word[0].isdigit()]
    return np.array([float(word) for word in long if _DECIMAL.fullmatch(word)], dtype=float)


def _known_again(numbers: Iterable[NDArray[np.float64]], kept: Kept) -> NDArray[np.float64]:
    """The different numbers among some that are kept back."""
    values = np.unique(np.abs(to_digits(np.concatenate([*numbers]))))
    return values[np.isin(values, np.abs(kept.numbers))]


# --- phrases --------------------------------------------------------------------------------


def _said(texts: Iterable[str], phrases: Sequence[Words]) -> set[Words]:
    """Those phrases that stand in a text, word after word."""
    together = folded(APART.join(dict.fromkeys(texts)))
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
