"""The application: a link opens a session, a session opens the pages that are its own."""

import logging
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path

from flask import Flask, Response, abort, g, make_response, redirect, request
from msgspec import Struct
from werkzeug.exceptions import HTTPException

from peereval.errors import UsageError
from peereval.serving.limits import Failures
from peereval.serving.links import EVALUATOR, Access, Link, now_in_utc, open_access
from peereval.serving.pages import Pages, open_pages, policy_of
from peereval.serving.sessions import Sessions
from peereval.wording import Words

_LOG = logging.getLogger("peereval.access")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: Of IPv6; what a proxy says may be anything.
_LONGEST_ADDRESS = 45
_STRICT_TRANSPORT = "max-age=31536000"


class Settings(Struct, frozen=True):
    """What is shown to whom: ``out`` the output folder, ``access`` the file of links.

    ``https`` says that people reach the workspace by https only: cookies then need it.
    """

    out: Path
    access: Path
    https: bool = False


def workspace(
    settings: Settings, words: Words, clock: Callable[[], datetime] = now_in_utc
) -> Flask:
    """The application, for a server that speaks WSGI.

    Every request looks at the links again, so one that is revoked ends at once. Raises
    ``UsageError`` where the folder has no pages, or the links are of another study.
    """
    open_access(settings.access, open_pages(settings.out).study)
    app = Flask("peereval.workspace", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # Werkzeug would lead to the host that a request names, and from https to http.
    app.url_map.merge_slashes = False
    desk = _Desk(settings, words, clock, Sessions(), Failures())
    app.add_url_rule("/", view_func=desk.home, methods=["GET"])
    app.add_url_rule("/enter/<secret>", view_func=desk.enter, methods=["GET"])
    app.add_url_rule("/leave", view_func=desk.leave, methods=["GET"])
    # Where the link on an organisation's own page, which is shown at /, leads.
    app.add_url_rule("/pupils/<slug>.html", view_func=desk.own_pupils, methods=["GET"])
    app.add_url_rule("/report.html", view_func=desk.report, methods=["GET"])
    app.add_url_rule("/organisations", view_func=desk.to_index, methods=["GET"])
    app.add_url_rule("/organisations/", view_func=desk.index, methods=["GET"])
    app.add_url_rule("/organisations/<slug>.html", view_func=desk.page_of, methods=["GET"])
    app.add_url_rule("/organisations/pupils/<slug>.html", view_func=desk.pupils_of, methods=["GET"])
    app.after_request(desk.finish)
    app.register_error_handler(HTTPException, desk.refuse)
    app.register_error_handler(Exception, desk.fail)
    return app


class _Desk:
    """Answers requests. What a visitor may see depends on the link of the session alone."""

    def __init__(
        self,
        settings: Settings,
        words: Words,
        clock: Callable[[], datetime],
        sessions: Sessions,
        failures: Failures,
    ) -> None:
        self.settings, self.words, self.clock = settings, words, clock
        self.sessions, self.failures = sessions, failures
        self.cookie = "__Host-peereval" if settings.https else "peereval"

    @property
    def access(self) -> Access:
        return open_access(self.settings.access, self.pages.study)

    @property
    def pages(self) -> Pages:
        """The pages, the same for all of a request: the next run may replace them meanwhile."""
        if "pages" not in g:
            g.pages = open_pages(self.settings.out)
        pages: Pages = g.pages
        return pages

    # --- coming and going -----------------------------------------------------------------

    def enter(self, secret: str) -> Response:
        link = self.access.find(secret, self.clock())
        if link is None:
            return self._wrong_link((request.remote_addr or "")[:_LONGEST_ADDRESS])
        g.link = link
        response = make_response(redirect("/", 303))
        response.set_cookie(
            self.cookie, self.sessions.begin(link.id), httponly=True,
            secure=self.settings.https, samesite="Lax", path="/",
        )  # fmt: skip
        return response

    def _wrong_link(self, place: str) -> Response:
        # A link that works opens at all times: who shares an address with others who guess, or
        # comes while many guess, need not wait.
        if wait := self.failures.wait(place):
            response = self._message("wait", 429)
            response.headers["Retry-After"] = str(wait)
            return response
        self.failures.count(place)
        return self._message("no_link", 404)

    def leave(self) -> Response:
        self.sessions.end(request.cookies.get(self.cookie, ""))
        response = self._message("left", 200)
        response.delete_cookie(self.cookie, secure=self.settings.https, httponly=True)
        return response

    def _visitor(self) -> Link:
        """The link of whoever asks; without one the answer is the same as to a wrong one."""
        found = self.sessions.link_of(request.cookies.get(self.cookie, ""))
        link = self.access.working(found, self.clock()) if found else None
        if link is None:
            abort(401)
        g.link = link
        return link

    def _evaluator(self) -> None:
        # As if the page were not there: an organisation need not know what others have.
        if self._visitor().organisation != EVALUATOR:
            abort(404)

    # --- pages ----------------------------------------------------------------------------

    def home(self) -> Response:
        link = self._visitor()
        if link.organisation == EVALUATOR:
            return make_response(redirect("/organisations/", 303))
        return self._show(self.pages.own(link.organisation))

    def own_pupils(self, slug: str) -> Response:
        """The version for pupils of the visitor's own organisation, and of no other."""
        link, pages = self._visitor(), self.pages
        own = link.organisation != EVALUATOR and pages.organisation_of(slug) == link.organisation
        return self._show(pages.for_pupils(link.organisation) if own else None)

    def to_index(self) -> Response:
        self._evaluator()
        return make_response(redirect("/organisations/", 303))

    def index(self) -> Response:
        self._evaluator()
        return self._show(self.pages.index)

    def report(self) -> Response:
        self._evaluator()
        return self._show(self.pages.report)

    def page_of(self, slug: str) -> Response:
        self._evaluator()
        return self._show(self.pages.own(self.pages.organisation_of(slug) or ""))

    def pupils_of(self, slug: str) -> Response:
        self._evaluator()
        return self._show(self.pages.for_pupils(self.pages.organisation_of(slug) or ""))

    def _show(self, path: Path | None) -> Response:
        if path is None:
            abort(404)
        page = path.read_text(encoding="utf-8")
        # A page of this name may be another organisation's in a run that ended just now.
        if open_pages(self.settings.out) != self.pages:
            abort(503)
        response = make_response(page)
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        response.headers["Content-Security-Policy"] = policy_of(page)
        return response

    # --- the end of every answer ----------------------------------------------------------

    def _message(self, key: str, status: int) -> Response:
        said = (self.words(f"workspace.{key}.{part}") for part in ("title", "text"))
        title, text, language = map(escape, (*said, self.words.language))
        body = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
            "<style>body{font:1.2rem/1.5 Arial,sans-serif;max-width:38rem;margin:3rem auto;"
            "padding:0 1rem;color:#0b0c0c}</style></head>"
            f"<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
        )
        response = make_response(body, status)
        response.headers["Content-Security-Policy"] = policy_of(body)
        return response

    def refuse(self, error: HTTPException) -> Response:
        """Every refusal in the same words, whatever is or is not there."""
        status = error.code or 500
        key = {401: "no_link", 404: "not_here", 405: "not_here"}.get(status, "failed")
        return self._message(key, status)

    def fail(self, error: Exception) -> Response:
        """A fault of our own: logged by its kind alone, for a message could hold a name.

        But for what whoever runs it can mend: the folder or the file of links is another one.
        """
        _LOG.error("failed: %s", error if isinstance(error, UsageError) else type(error).__name__)
        return self._message("failed", 500)

    def finish(self, response: Response) -> Response:
        """Headers, and one line of the log: who by the id of the link, and what by its kind."""
        for name, value in _HEADERS.items():
            response.headers[name] = value
        if self.settings.https:
            response.headers["Strict-Transport-Security"] = _STRICT_TRANSPORT
        link = g.get("link")
        what = request.endpoint or "-"
        _LOG.info("%s %s %s", link.id if link else "-", what, response.status_code)
        return response
