"""Digests: the short names of contents.

An id made of content changes if and only if the content does, on every machine.
"""

import hashlib
import json

from audit.records.record import Record

ID_LENGTH = 16  # hex digits, 64 bits: no clash to expect below a billion records


def digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of the parts as 64 hex digits; where a part ends counts."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "big"))
        whole.update(content)
    return whole.hexdigest()


def content_id(*parts: str | bytes) -> str:
    """Return an id made of content, 16 hex digits."""
    return digest(*parts)[:ID_LENGTH]


def content_seed(*parts: str) -> int:
    """Return a seed made of content, so that chance depends on no order and no machine."""
    return int(digest(*parts)[:ID_LENGTH], 16)


def canonical(record: Record) -> str:
    """Return the record as JSON with sorted keys: equal records, equal text."""
    return canonical_text(record.model_dump(mode="json"))


def canonical_text(content: object) -> str:
    """Return JSON's own values as JSON with sorted keys: equal values, equal text."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_digest(record: Record) -> str:
    """Return the digest of what a record says; a field that records gain later changes none."""
    return digest(canonical_text(record.model_dump(mode="json", exclude_defaults=True)))


def record_digest(record: Record) -> str:
    """Return the digest of a record's canonical JSON."""
    return digest(canonical(record))
