"""Who may read what: links with a secret of which only a hash is kept."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from secrets import token_hex, token_urlsafe
from time import monotonic, sleep

from msgspec import Struct
from msgspec.structs import asdict, replace

from peereval.errors import UsageError

#: Whose link shows every page.
EVALUATOR = ""
#: Bytes of a secret: nobody tries 2 to the power of 256.
_SECRET = 32
_FORMAT = 1
#: Seconds that a command waits for another that changes the same links, and between two looks.
_WAITS, _LOOKS = 10.0, 0.05


class Link(Struct, frozen=True):
    """A link: its own short name, whose it is, the hash of its secret, and until when it works.

    ``organisation`` is the name in the data; `EVALUATOR` for the evaluator. Times are in UTC.
    """

    id: str
    organisation: str
    secret_hash: str
    made: str
    expires: str
    revoked: str = ""

    def works(self, now: datetime) -> bool:
        """Whether it is neither revoked nor too old."""
        return not self.revoked and now < datetime.fromisoformat(self.expires)


class Access(Struct, frozen=True):
    """Every link of one output folder, the oldest first. ``study`` is the id of its study."""

    links: tuple[Link, ...] = ()
    study: str = ""

    def grant(self, organisation: str, days: int, now: datetime) -> tuple["Access", Link, str]:
        """These links with a new one, that link, and its secret: it is never shown again."""
        secret = token_urlsafe(_SECRET)
        ends = now + timedelta(days=days)
        made, expires = (when.isoformat(timespec="seconds") for when in (now, ends))
        link = Link(token_hex(4), organisation, hashed(secret), made, expires)
        return replace(self, links=(*self.links, link)), link, secret

    def revoke(self, ids: Iterable[str], now: datetime) -> "Access":
        """These links, those of the given ids revoked. Raises ``UsageError`` for unknown ids."""
        wanted = set(ids)
        if unknown := wanted - {link.id for link in self.links}:
            raise UsageError(f"No link has the id {', '.join(sorted(unknown))}: see the list")
        when = now.isoformat(timespec="seconds")
        ended = (
            replace(link, revoked=when) if link.id in wanted and not link.revoked else link
            for link in self.links
        )
        return replace(self, links=tuple(ended))

    def find(self, secret: str, now: datetime) -> Link | None:
        """The link of a secret, if it works."""
        wanted = hashed(secret)
        found = (link for link in self.links if compare_digest(link.secret_hash, wanted))
        return next((link for link in found if link.works(now)), None)

    def working(self, link_id: str, now: datetime) -> Link | None:
        """The link of an id, if it works."""
        return next((k for k in self.links if k.id == link_id and k.works(now)), None)


def hashed(secret: str) -> str:
    """What is kept of a secret. It is random and long, so one round of SHA-256 is enough."""
    return sha256(secret.encode()).hexdigest()


def now_in_utc() -> datetime:
    """This moment, without fractions of a second."""
    return datetime.now(UTC).replace(microsecond=0)


def access_file(out: Path) -> Path:
    """Where the links of an output folder are kept: beside it, for the folder is replaced."""
    resolved = out.resolve()
    return resolved.with_name(f"{resolved.name}.access.json")


def open_access(path: Path, study: str | None = None) -> Access:
    """The links of a file; none where there is no file.

    ``study``: the id of the study that they have to be of, since another may have organisations
    of the same names. Raises ``UsageError`` for another file, and for links of another study.
    """
    if not path.exists():
        return Access(study=study or "")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = Access(tuple(Link(**link) for link in content["links"]), content["study"])
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"{path} is not a file of links: give another with --access") from None
    if study not in (None, known.study):
        raise UsageError(
            f"{path} has the links of another study, {known.study!r}: give another with --access"
        )
    return known


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Let nobody else change a file of links meanwhile: a link that they revoke stays revoked.

    Raises ``UsageError`` where another command has not ended after ten seconds.
    """
    lock, until = path.with_name(f".{path.name}.lock"), monotonic() + _WAITS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0o600))
            break
        except FileExistsError:
            if monotonic() > until:
                raise UsageError(
                    f"Another command is changing {path}. If none is, delete {lock}"
                ) from None
            sleep(_LOOKS)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def save_access(access: Access, path: Path) -> None:
    """Write the links for their owner alone, beside their place and then renamed."""
    links = [asdict(link) for link in access.links]
    content = {"format": _FORMAT, "study": access.study, "links": links}
    part = path.with_name(f".{path.name}.{token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            json.dump(content, file, indent=2, ensure_ascii=False)
            file.write("\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
