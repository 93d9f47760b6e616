"""A journal holds whole batches or none, wherever a stop tears it."""

import pytest
from pydantic import TypeAdapter

from audit.errors import RunFolderError
from audit.records.observations import Failure, Observation
from audit.storage import journal

SIZES = [2, 3, 1, 2]
KIND = TypeAdapter(Observation)


def batch(number):
    return [
        Failure(batch=number, variant=f"v{n}", asked_by="i", kind="error", detail="नहीं — no")
        for n in range(SIZES[number])
    ]


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "journal.jsonl"
    ends = []
    for number in range(len(SIZES)):
        journal.append(path, batch(number))
        ends.append(path.stat().st_size)
    return path, ends


def test_a_whole_journal_is_left_alone(whole):
    path, _ = whole
    before = path.read_bytes()
    assert journal.whole_batches(path, SIZES) == len(SIZES)
    assert path.read_bytes() == before
    assert list(journal.read(path, KIND)) == [one for n in range(4) for one in batch(n)]


def test_torn_at_every_byte_of_its_end_it_keeps_whole_batches_and_goes_on_to_the_same_bytes(whole):
    path, ends = whole
    content = path.read_bytes()
    starts = [0, *ends]
    for length in (0, 1, ends[0], *range(ends[1] - 1, len(content) + 1)):
        path.write_bytes(content[:length])
        expected = sum(end <= length for end in ends)
        assert journal.whole_batches(path, SIZES) == expected
        assert path.stat().st_size == starts[expected]
        for number in range(expected, len(SIZES)):
            journal.append(path, batch(number))
        assert path.read_bytes() == content


def test_without_the_cut_a_torn_journal_does_not_end_in_the_same_bytes(whole):
    """The control: appending behind a torn line gives another file, which is then refused."""
    path, ends = whole
    content = path.read_bytes()
    path.write_bytes(content[: ends[2] + 5])
    journal.append(path, batch(3))
    assert path.read_bytes() != content
    with pytest.raises(RunFolderError, match=r"journal\.jsonl:7: damaged record"):
        list(journal.read(path, KIND))


def test_no_journal_is_no_batch(tmp_path):
    assert journal.whole_batches(tmp_path / "none.jsonl", SIZES) == 0
    assert list(journal.read(tmp_path / "none.jsonl", KIND)) == []


def test_what_follows_the_plan_is_cut_off(whole):
    path, ends = whole
    assert journal.whole_batches(path, SIZES[:2]) == 2
    assert path.stat().st_size == ends[1]


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"[1]\n", b'{"batch":"3"}\n', b"\xff\xfe\n"])
def test_a_line_that_is_no_record_ends_what_counts(whole, line):
    path, ends = whole
    with path.open("ab") as file:
        file.write(line)
    assert journal.whole_batches(path, [*SIZES, 1]) == len(SIZES)
    assert path.stat().st_size == ends[-1]


def test_batches_out_of_order_do_not_count(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal.append(path, batch(1))
    assert journal.whole_batches(path, SIZES) == 0
    assert path.stat().st_size == 0
