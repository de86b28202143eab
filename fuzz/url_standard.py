"""The path of an https URL as the WHATWG URL standard parses it: what a platform makes of a path handed to `fetch`.

Written from the standard ("path state", 4.4) and in nothing like `paths.py`, which is compared with it.
`tests/worker/test_url_parser.py` compares this with workerd's own parser.
"""

import re

REMOVED = re.compile(r"[\t\n\r]")
"""ASCII tab or newline: removed before anything else is looked at."""

ENCODED = re.compile(r"""[^!$-;=@-\]_a-z|~]""")
"""The path percent-encode set, and everything outside ASCII: U+0000-U+0020, U+007F, and " # < > ? ^ ` { }."""

DOT = r"(?:\.|%2[Ee])"
SINGLE_DOT, DOUBLE_DOT = re.compile(DOT), re.compile(DOT * 2)


def parsed_path(text: str) -> str:
    """`text`, which begins with a slash and holds no "?" or "#", as `new URL("https://host" + text).pathname`."""
    *segments, last = ENCODED.sub(_escaped, REMOVED.sub("", text).replace("\\", "/")).split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if DOUBLE_DOT.fullmatch(segment):
            del kept[-1:]
        elif not SINGLE_DOT.fullmatch(segment):
            kept.append(segment)
    if DOUBLE_DOT.fullmatch(last):
        del kept[-1:]
    ends_in_dots = SINGLE_DOT.fullmatch(last) or DOUBLE_DOT.fullmatch(last)
    return "/" + "/".join([*kept, "" if ends_in_dots else last])


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match[0].encode())
