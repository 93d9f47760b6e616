"""Digests are those of the content, on every machine and in every order of keys."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from audit.records.digests import ID_LENGTH, canonical, content_id, digest, record_digest
from audit.records.runs import Deviation, Engagement

ONE = Deviation(stage="measure", what="split नहीं", detail="1e-4")


def test_known_digests():
    """Golden: written down once; a change would orphan every id on file."""
    assert digest() == hashlib.sha256().hexdigest()
    assert digest("ab") == hashlib.sha256((2).to_bytes(8, "big") + b"ab").hexdigest()
    assert content_id("a", "b") == digest("a", "b")[:16]
    assert ID_LENGTH == 16
    assert canonical(ONE) == '{"detail":"1e-4","stage":"measure","what":"split नहीं"}'
    assert record_digest(ONE) == digest(canonical(ONE))


parts = st.lists(st.one_of(st.text(), st.binary()), max_size=4)


@given(parts, parts)
def test_where_a_part_ends_counts(one, two):
    as_bytes = [[p.encode() if isinstance(p, str) else p for p in each] for each in (one, two)]
    assert (digest(*one) == digest(*two)) == (as_bytes[0] == as_bytes[1])


def test_joined_parts_are_not_the_parts():
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert digest("a") == digest(b"a")


def test_equal_records_have_equal_digests_and_others_have_not():
    one = Engagement(risk={"a": "1", "b": "2"})
    two = Engagement(risk={"b": "2", "a": "1"})
    assert record_digest(one) == record_digest(two)
    assert record_digest(one) != record_digest(Engagement(risk={"a": "1", "b": "3"}))
