"""A report as one HTML file that needs nothing else: no network, no script, no other file."""

from peereval.rendering.html.page import page, pages, write_page

__all__ = ["page", "pages", "write_page"]
