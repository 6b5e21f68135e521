"""Session ids as parts of a URL."""

from __future__ import annotations

from urllib.parse import quote

# Parts that begin or end something else in a URL when they are not encoded.
_PATH_WORDS = frozenset({"", "v1", "meta", "traces", "batch_delete"})
_PLAIN = "!~*'()"


def session_path(session_id: str) -> str:
    """``/sessions/<id>``, its slashes and colons readable where nothing is lost by it."""
    parts = session_id.split("/")
    if any(part in _PATH_WORDS for part in parts):
        return f"/sessions/{quote(session_id, safe=_PLAIN)}"
    return "/sessions/" + "/".join(quote(part, safe=_PLAIN + ":") for part in parts)
