"""The ORM: a value of every type is saved, fetched, cleared, filled in by the engine and shown as text."""

import datetime
from typing import get_args, get_origin

import pytest
from pyairtable.orm import Model
from pyairtable.orm import fields as F
from requests import HTTPError

from everything import Everything, full, Person, UTC

#: Those that the library names without a counterpart here: made by AI, buttons, synchronisation and its own aliases.
ELSEWHERE = {F.AITextField, F.ButtonField, F.ExternalSyncSourceField, F.ManualSortField, F.TextField}


def test_every_field_of_the_library_is_used_here(orm):
    used = {type(field) for field in vars(Everything).values() if isinstance(field, F.Field)}
    required = {field for field in F.ALL_FIELDS if field.__name__.startswith("Required")}
    assert F.ALL_FIELDS - required - ELSEWHERE - used == set()


def schemas_of(field):
    """What the library says that the schema of a field of this class is."""
    bases = [base for cls in type(field).__mro__ for base in getattr(cls, "__orig_bases__", ())]
    [schema, *_] = [get_args(base)[0] for base in bases if get_origin(base) is F._FieldSchema]
    return get_args(schema) or (schema,)


def test_every_field_has_the_schema_that_its_class_expects(orm):
    models = [field for field in vars(Everything).values() if isinstance(field, F.Field)]
    assert len(models) == 34
    for field in models:
        assert type(field.field_schema()) in schemas_of(field), field


def test_every_type_is_saved_and_fetched(orm, world):
    values = full(world)
    thing = Everything(**values)
    assert not thing.exists()
    result = thing.save()
    assert (result.saved, result.created, result.updated) == (True, True, False)
    assert thing.exists()
    found = Everything.from_id(thing.id)
    people = world["people"]
    read = {
        **values,
        "owner": people["grace"],
        "watchers": [people["grace"], people["ada"]],
    }
    assert {name: getattr(found, name) for name in read} == read
    assert found.created_time == thing.created_time


def test_every_type_is_cleared(orm, world):
    values = full(world)
    thing = Everything(**values)
    thing.save()
    for name in values:
        setattr(thing, name, None)
    result = thing.save()
    assert (result.created, result.updated) == (False, True)
    kept = {"Line", "Created", "Creator", "Changed", "Changer", "Renamed"}
    assert set(orm.table("Everything").get(thing.id)["fields"]) - {"How many makers"} == kept
    thing.fetch()
    assert (thing.name, thing.seen, thing.tags, thing.watchers) == ("", False, [], [])
    assert (thing.integer, thing.day, thing.moment, thing.length, thing.owner) == (None,) * 5


def test_what_the_engine_fills_in(orm, world):
    before = datetime.datetime.now(UTC) - datetime.timedelta(minutes=5)
    first, second = Everything(name="1"), Everything(name="2")
    Everything.batch_save([first, second])
    for thing in [first, second]:
        thing.fetch()
    ada = world["people"]["ada"]
    assert second.line == first.line + 1
    assert first.creator == first.changer == ada
    assert before < first.created == first.created_time
    assert first.changed == first.created
    first.integer = 5
    first.save()
    first.fetch()
    assert first.changed > first.created
    assert first.renamed < first.changed
    with pytest.raises(AttributeError):
        first.line = 7


@pytest.mark.parametrize(
    "name, value",
    [
        ("How many makers", 1),
        ("Names of makers", ["x"]),
        ("Line", 1),
        ("Created", "2024-01-01T00:00:00.000Z"),
        ("Creator", {"id": "usrAAAAAAAAAAAAAA"}),
        ("Changed", "2024-01-01T00:00:00.000Z"),
        ("Changer", {"id": "usrAAAAAAAAAAAAAA"}),
    ],
)
def test_what_is_computed_cannot_be_written(orm, name, value):
    table = orm.table("Everything")
    with pytest.raises(HTTPError) as caught:
        table.create({"Name": "x", name: value})
    assert caught.value.response.json() == {
        "error": {
            "type": "INVALID_VALUE_FOR_COLUMN",
            "message": f'Field "{name}" cannot accept a value because the field is computed',
        }
    }
    assert table.all() == []


def test_deleted_numbers_are_not_given_again(orm):
    first = Everything(name="1")
    first.save()
    first.fetch()
    first.delete()
    second = Everything(name="2")
    second.save()
    second.fetch()
    assert second.line == first.line + 1


def test_moments_and_days_in_formulas(orm):
    moment = datetime.datetime(2024, 2, 29, 23, 30, tzinfo=UTC)
    Everything.batch_save([Everything(name="a", moment=moment, day=moment.date()), Everything(name="b")])
    for formula in [
        Everything.moment.eq(moment),
        Everything.moment.gte(moment),
        Everything.moment.lt(moment + datetime.timedelta(milliseconds=1)),
        Everything.day.eq(moment.date()),
        Everything.day.gt(datetime.date(2024, 2, 28)),
    ]:
        found = [thing.name for thing in Everything.all(formula=formula)]
        assert ("a" in found, str(formula)) == (True, str(formula))
    assert [t.name for t in Everything.all(formula=Everything.moment.eq(moment))] == ["a"]
    assert Everything.all(formula=Everything.moment.gt(moment)) == []


def test_a_moment_without_offset_is_of_the_field_s_zone(orm):
    made = orm.table("Everything").create({"Moment": "2024-01-02T12:00:00.000"})
    assert made["fields"]["Moment"] == "2024-01-02T11:00:00.000Z"


def test_the_library_s_typecast_makes_options_people_and_links(orm, world, api):
    class Loose(Model):
        class Meta:
            api_key, table_name, base_id, typecast = "x", "Everything", orm.id, True

        state = F.SelectField("State")
        tags = F.MultipleSelectField("Tags")
        owner = F.Field("Owner")
        money = F.Field("Money")
        makers = F.Field("Makers")

    Loose.meta.api = api
    grace = world["people"]["grace"]
    Person(name="Ada").save()
    loose = Loose(state="New", tags=["Done", "Newer"], owner={"email": grace["email"]}, money="12.50")
    loose.makers = ["Ada", "Somebody new"]
    loose.save()
    found = Everything.from_id(loose.id)
    assert (found.state, found.tags, found.owner, found.money) == ("New", ["Done", "Newer"], grace, 12.5)
    assert [maker.name for maker in found.makers] == ["Ada", "Somebody new"]
    assert sorted(person.name for person in Person.all()) == ["Ada", "Somebody new"]


def test_collaborators_by_email(orm, world):
    people = world["people"]
    thing = Everything(
        owner={"email": people["ada"]["email"]}, watchers=[{"email": people["grace"]["email"]}]
    )
    thing.save()
    thing.fetch()
    assert (thing.owner, thing.watchers) == (people["ada"], [people["grace"]])


def test_every_type_as_text(orm, world):
    ada = Person(name="Ada")
    ada.save()
    thing = Everything(**full(world), makers=[ada])
    thing.save()
    record = orm.table("Everything").get(
        thing.id, cell_format="string", time_zone="Europe/Berlin", user_locale="en-gb"
    )
    text = record["fields"]
    expected = {
        "Name": "Ünïcode 🎬",
        "Notes": "two\nlines",
        "Email": "ada@example.com",
        "URL": "https://example.com/a?b=c",
        "Phone": "+49 30 123456",
        "Integer": "-12",
        "Number": "1.50",
        "Money": "$1234.50",
        "Percent": "12.3%",
        "Stars": "4",
        "Length": "1:02:03",
        "Seen": "checked",
        "State": "Done",
        "Tags": "Done, Draft",
        "Day": "29/2/2024",
        "Moment": "2024-03-01 00:59",
        "Owner": "Grace",
        "Watchers": "Grace, Ada",
        "Makers": "Ada",
        "How many makers": "1",
        "Names of makers": "Ada",
        "Creator": "Ada",
    }
    assert {name: text.get(name) for name in expected} == expected
