"""The secure workspace: each organisation reads its own page, the evaluator reads all of them."""

from peereval.serving.links import (
    EVALUATOR,
    Access,
    Link,
    access_file,
    changing,
    open_access,
    save_access,
)
from peereval.serving.pages import Pages, open_pages
from peereval.serving.workspace import Settings, workspace

__all__ = [
    "EVALUATOR",
    "Access",
    "Link",
    "Pages",
    "Settings",
    "access_file",
    "changing",
    "open_access",
    "open_pages",
    "save_access",
    "workspace",
]
