"""WebSocket frames (RFC 6455 section 5.2) as far as the soak needs them: short texts, and the end. Pure."""

import base64
from hashlib import sha1
from typing import Final

GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MESSAGES: Final = ("hello", "is anybody there?", "grüezi")
"""What a client says, one after the other."""

TEXT: Final = 0x1
CLOSE: Final = 0x8
HEAD: Final = 2
MASK: Final = bytes((1, 2, 3, 4))


def accepted(key: str) -> str:
    """`Sec-WebSocket-Accept` for a client's key (section 4.2.2)."""
    return base64.b64encode(sha1((key + GUID).encode()).digest()).decode()


def frame(kind: int, content: bytes, *, masked: bool) -> bytes:
    """One whole frame of at most 125 bytes; what a client sends is masked."""
    if len(content) > 125:
        raise ValueError("longer than one short frame")
    head = bytes((0x80 | kind, len(content) | (0x80 if masked else 0)))
    return head + (MASK + unmasked(content, MASK) if masked else content)


def unmasked(content: bytes, mask: bytes) -> bytes:
    """Masking and unmasking are the same."""
    return bytes(octet ^ mask[at % 4] for at, octet in enumerate(content))


def lengths(head: bytes) -> tuple[int, int, int]:
    """Kind, bytes of the mask, and bytes of the content, of a frame's first two bytes. Raises ValueError."""
    kind, size = head[0] & 0x0F, head[1] & 0x7F
    if size > 125:
        raise ValueError("longer than one short frame")
    return kind, 4 if head[1] & 0x80 else 0, size
