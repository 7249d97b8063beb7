"""A report as one HTML file that needs nothing else: no network, no script, no other file."""

from peereval.rendering.html.page import page, write_page

__all__ = ["page", "write_page"]
