"""Words by which headers, answers and file names are recognised."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from peereval.labels import fold

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PIECES = re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=1 << 16)
def words_of(text: str) -> tuple[str, ...]:
    """Words and numbers of a header or a file name: ``"PupilCode_2"`` -> pupil, code, 2."""
    plain = unicodedata.normalize("NFKC", text)
    return tuple(_PIECES.findall(_CAMEL.sub(" ", plain).casefold().replace("'", "")))


@lru_cache(maxsize=1 << 16)
def phrase_of(text: str) -> str:
    """The words of a text with one space between them."""
    return " ".join(words_of(text))


def slug(text: str) -> str:
    """A plain id made of a text: a-z, 0-9 and _."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.casefold())[:40].strip("_")


# --- headers: each is looked for in the words of a header, or of a short question -----------

#: Headers of an id that a respondent brings along, best first.
IDS = (
    re.compile(
        r"^(?:your |the )?(?:unique|matching|linking|linked) (?:id|code|identifier|number)s?$"
    ),
    re.compile(
        r"\b(?:unique|matching|linking|personal|anonymous|pupil|student|participant|respondent|"
        r"child|learner|young person|case|survey|study)s? (?:survey |study |unique |pupil )?"
        r"(?:id|ids|identifier|identification|code|number|no|ref|reference|key)\b"
    ),
    re.compile(r"^(?:uid|upn|uln|pid|uin|token|identifier|external (?:data )?reference)$"),
    re.compile(
        r"^(?:id|code|ref|reference|record id|candidate (?:number|no)|id (?:code|number|no))$"
    ),
)
#: Ids that a platform gives to each response: they are new every time.
PLATFORM_IDS = re.compile(
    r"^(?:response|submission|entry|collector|session|recipient) ?(?:id|no|number|key)?$"
)
ORGANISATIONS = (
    re.compile(
        r"^(?:your |the |name of |name of your )?(?:organi[sz]ation|school|college|centre|center|"
        r"setting|site|institution|academy)(?: id)?(?: (?:name|id|code|number|urn|no))?$"
    ),
    re.compile(
        r"^(?:what|which|what is|please) .*\b(?:name of your |your )?(?:organi[sz]ation|school|"
        r"college|youth club|academy)\b(?! (?:year|type|phase))"
    ),
    re.compile(r"^(?:urn|dfe number|laestab|establishment(?: name| number)?)$"),
)
#: What is about an organisation without being its name.
NO_ORGANISATION = re.compile(
    r"\b(?:type|phase|contact|e?mail|phone|address|postcode|year|class|like|feel|enjoy|at school|"
    r"work|region|authority)\b"
)
ROLES_ASKED = re.compile(
    r"\b(?:role|peer (?:mentor|mentors|mentoring|support|supporter)|mentor|mentee|mentoring|"
    r"involvement|arm|group|condition|allocation|intervention|treatment)\b"
)
DATES = (
    re.compile(
        r"^(?:start|started|start date|date started|start time|startdate|date of survey|"
        r"survey date)$"
    ),
    re.compile(
        r"^(?:date|(?:.* )?timestamp|time stamp|date time|datetime|datestamp|date of completion|"
        r"survey completed)$"
    ),
    re.compile(
        r"^(?:end date|completion time|date submitted|submit date|submitdate|recorded date|"
        r"date completed|completed|submitted|end time|date created)$"
    ),
)
CHARACTERISTICS: Mapping[str, re.Pattern[str]] = {
    "year_group": re.compile(
        r"^(?:(?:school|nc|current)? ?year ?group|school year|yeargroup|nc ?year|year|class|grade|"
        r"key stage)$|\b(?:which|what) (?:school )?year(?: group)? are you in\b|"
        r"\b(?:which|what) year group\b"
    ),
    "gender": re.compile(
        r"^(?:gender|sex)(?: identity)?$|\byour gender\b|\bare you a (?:boy|girl)\b"
    ),
    "age": re.compile(r"^(?:age|age group|age band|age (?:in )?years)$|\bhow old are you\b"),
    "ethnicity": re.compile(r"\b(?:ethnicity|ethnic (?:group|origin|background))\b"),
    "sen": re.compile(
        r"^(?:sen|send|sen status|send status|asn)$|"
        r"\b(?:special educational|additional support) needs?\b"
    ),
    "free_school_meals": re.compile(r"^fsm\b|\bfree school meals?\b|\bpupil premium\b"),
    "first_language": re.compile(
        r"^(?:eal|first language|home language)$|\benglish as an additional\b"
    ),
    "disability": re.compile(r"^(?:disability|disabled)$"),
}
CONSENT = re.compile(
    r"\b(?:consent|assent|happy to take part|agree to take part|want to take part)\b"
)
REFUSES = re.compile(r"^no\b|\b(?:do not|dont) (?:consent|agree|want|wish)\b|^disagree\b")
OCCASION_COLUMNS = re.compile(
    r"^(?:occasion|time ?point|time|wave|round|event|redcap event name|event name|assessment|"
    r"visit|session|survey (?:occasion|wave|round|time|point)|pre post|pre or post|period)$"
)
PHASE_COLUMNS = re.compile(
    r"^(?:phase|school phase|key stage|survey version|version|questionnaire)$"
)

# --- answers ------------------------------------------------------------------------------

_REASONS: Mapping[str, tuple[str, ...]] = {
    "refused": (
        "prefer not to say", "I prefer not to say", "I'd prefer not to say", "rather not say",
        "I'd rather not say", "prefer not to answer", "do not wish to answer", "refused",
        "decline to answer", "I don't want to say", "I do not want to say",
    ),
    "not_known": (
        "don't know", "do not know", "I don't know", "I do not know", "not sure", "I'm not sure",
        "unsure", "dk",
    ),
    "not_asked": ("not applicable", "n/a", "na", "does not apply", "not asked"),
    "no_answer": ("no answer", "no response", "not answered", "missing", "skipped", "#NULL!"),
}  # fmt: skip
#: Folded text -> why there is no answer.
MISSING: Mapping[str, str] = {
    fold(text): reason for reason, texts in _REASONS.items() for text in texts
}
#: Numbers that stand for no answer, where no scale uses them.
MISSING_NUMBERS = frozenset(
    {-9, -8, -7, -66, -77, -88, -98, -99, -999, -9999, 77, 88, 98, 99, 777, 888, 998, 999, 9999}
)
_ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("both", re.compile(r"\bboth\b|\bmentors? and (?:a )?mentees?\b")),
    (
        "neither",
        re.compile(
            r"\bneither\b|\bnone\b|\bno role\b|\bnot (?:been )?(?:involved|taken part)\b|"
            r"\b(?:did not|didnt|have not|havent) take?n? part\b|\bcontrols?\b|\bcomparison\b|"
            r"\bwait(?:ing)? ?list\b|\bnon ?participants?\b|^nothing$|^no$"
        ),
    ),
    (
        "mentee",
        re.compile(
            r"\bmentees?\b|\breceiv|\bsupported by\b|\bsupported$|\brecipients?\b|"
            r"\b(?:was|were|been|being|am) (?:mentored|supported)\b|"
            r"\b(?:had|have|has|got) (?:an? |my )?(?:peer )?(?:mentor|support)"
        ),
    ),
    (
        "mentor",
        re.compile(
            r"\bmentors?\b|\bpeer supporters?\b|\b(?:gave|giv(?:e|ing)|provid(?:e|ed|ing)) "
            r"(?:peer )?support\b|\b(?:ambassador|champion|buddy)\b"
        ),
    ),
    (
        "participant",
        re.compile(r"\bintervention\b|\btreatment\b|\bparticipants?\b|\btook part\b|\bprogramme\b"),
    ),
)


#: What a respondent says who takes a role and none of them.
CONTRADICTION = "contradiction"
_NEGATED = re.compile(r"\b(?:not|never|didn'?t|haven'?t|wasn'?t|isn'?t|no longer)\b")


def role_of(text: str) -> str:
    """The role that an answer means, `CONTRADICTION`, or an empty text.

    Options that one cell joins are judged one by one: mentor and mentee are both.
    """
    roles = {_one_role(option) for option in options_of(text)}
    if "" in roles or not roles:
        return ""
    if "neither" in roles and len(roles) > 1:
        return CONTRADICTION
    roles = roles - {"participant"} or roles
    return roles.pop() if len(roles) == 1 else "both"


def options_of(text: str) -> list[str]:
    """The options that an answer joins by a semicolon, or by a comma or a bar between roles."""
    options: list[str] = []
    for part in text.split(";"):
        joined = [option.strip() for option in re.split(r", |\|", part) if option.strip()]
        options += joined if all(map(_one_role, joined)) else [part.strip()]
    return [option for option in options if option]


def _one_role(text: str) -> str:
    folded = fold(text)
    role = next((role for role, pattern in _ROLES if pattern.search(folded)), "")
    return "" if role != "neither" and _NEGATED.search(folded) else role


_ROLE_WORDS = """
a an and as am been being both by comparison control did didnt from gave get give given giving got
group had have help helped i in intervention involved list me mentee mentees mentor mentored
mentoring mentors my neither no non none not of part participant peer programme provided provider
receive received receiver receiving recipient role support supported supporter supporters take
taken the these took to treatment trained wait waiting was were
"""
_CONSENT_WORDS = """
a agree am assent be consent decline disagree do dont give happy i im in like my no not or
participate part refuse research study survey take taking the this to want wish would
"""


def is_plain_role(text: str) -> bool:
    """Whether an answer is made of nothing but the words by which roles are called."""
    return set(words_of(text)) <= set(_ROLE_WORDS.split())


def is_plain_refusal(text: str) -> bool:
    """Whether an answer is made of nothing but the words by which consent is refused."""
    return set(words_of(text)) <= set(_CONSENT_WORDS.split())


_DAY, _WEEK, _MONTH = "63.33", "12.67", "2.9"
#: How often in words -> contacts in a school term of 63.33 days, 12.67 weeks or 2.9 months.
_FREQUENCIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("0", re.compile(r"not at all|never|none|not once|no|0 times")),
    ("126.67", re.compile(r"(?:about )?(?:more than once|twice|two times|several times) a day")),
    (_DAY, re.compile(r"(?:about )?(?:once a day|every ?day|each day|daily)")),
    ("38", re.compile(r"(?:several|a few|2 3|2 to 3|two or three|2 or 3) times a week|most days")),
    ("25.33", re.compile(r"(?:about )?(?:twice|two times|2 times) a week")),
    (_WEEK, re.compile(r"(?:about )?(?:once a week|every week|each week|weekly)")),
    ("6.33", re.compile(r"(?:about )?(?:once a fortnight|every two weeks|fortnightly)")),
    ("5.8", re.compile(r"(?:about )?(?:several|a few|2 3|2 to 3|two or three) times a month")),
    (_MONTH, re.compile(r"(?:about )?(?:once a month|every month|each month|monthly)")),
    ("2", re.compile(r"less than (?:once )?a month|less than monthly|less than once a month")),
    ("1", re.compile(r"once|one time|only once|just once|about once a term|once a term")),
)
_PERIOD = re.compile(r"\b(?:day|week|month|term|daily|weekly|monthly|fortnight\w*)\b")


def contacts_of(text: str) -> str:
    """Contacts in a school term that an answer means, as written in a study, or an empty text."""
    folded = fold(text)
    return next((n for n, pattern in _FREQUENCIES if pattern.fullmatch(folded)), "")


def names_a_period(text: str) -> bool:
    """Whether an answer says how often in days, weeks, months or terms."""
    return bool(_PERIOD.search(fold(text)))
