"""What every record promises: frozen, closed, finite, and described by a schema."""

import inspect
import math
import pkgutil
from importlib import import_module

import pytest
from pydantic import TypeAdapter, ValidationError

from audit import records
from audit.records.record import Record


def all_records():
    for module in pkgutil.iter_modules(records.__path__):
        for found in vars(import_module(f"{records.__name__}.{module.name}")).values():
            if inspect.isclass(found) and issubclass(found, Record) and found is not Record:
                yield found


RECORDS = sorted(set(all_records()), key=lambda one: (one.__name__, one.__module__))


def floats(record):
    """The fields that hold a float, as names."""
    return [name for name, field in record.model_fields.items() if field.annotation is float]


def test_all_rooms_nouns_are_found():
    names = {record.__name__ for record in RECORDS}
    assert {"Variant", "Measurement", "Disparity", "Finding", "Scorecard", "RunFile"} <= names
    assert len(names) > 30


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_frozen_closed_and_documented(record):
    assert record.model_config["frozen"] is True
    assert record.model_config["extra"] == "forbid"
    assert record.model_config["allow_inf_nan"] is False
    assert inspect.getdoc(record)
    assert inspect.getdoc(record) != inspect.getdoc(Record)
    assert record.model_json_schema()["additionalProperties"] is False


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_no_list_can_be_changed_in_place(record):
    for name, field in record.model_fields.items():
        assert getattr(field.annotation, "__origin__", field.annotation) not in (list, set), name


@pytest.mark.parametrize(
    ("record", "name"),
    [(record, name) for record in RECORDS for name in floats(record)],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_no_number_is_nan_or_infinite(record, name):
    field = record.model_fields[name]
    adapter = TypeAdapter(float, config=record.model_config)
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
        with pytest.raises(ValidationError) as caught:
            record.model_validate({name: value})
        assert (name,) in {fault["loc"] for fault in caught.value.errors()}
    assert field.annotation is float


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_an_unknown_key_is_refused(record):
    with pytest.raises(ValidationError) as caught:
        record.model_validate({"no_such_key": 1})
    assert ("no_such_key",) in {fault["loc"] for fault in caught.value.errors()}
