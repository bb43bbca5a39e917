"""The ORM: what is saved, fetched, found and deleted, and when."""

import pytest
from pyairtable.exceptions import MissingRecordError, MissingValueError
from pyairtable.formulas import OR
from pyairtable.orm import Model
from pyairtable.orm import fields as F
from pyairtable.orm.generate import ModelFileBuilder

from everything import Everything


def test_only_what_was_changed_is_saved(orm, world):
    thing = Everything(name="a", integer=1)
    thing.save()
    assert thing.save().saved is False
    orm.table("Everything").update(thing.id, {"Integer": 2})
    thing.name = "b"
    assert thing.save().field_names == {"Name"}
    thing.fetch()
    assert (thing.name, thing.integer) == ("b", 2)
    thing.tags.append("Done")
    assert thing.save().field_names == {"Tags"}
    assert thing.save(force=True).forced is True
    assert orm.table("Everything").get(thing.id)["fields"]["Tags"] == ["Done"]


def test_a_model_with_fewer_fields_keeps_the_others(orm, api):
    class Part(Model):
        class Meta:
            api_key, table_name, base_id = "x", "Everything", orm.id

        name = F.TextField("Name")

    Part.meta.api = api
    made = orm.table("Everything").create({"Name": "a", "Integer": 1, "Tags": ["Done"]})
    part = Part.from_id(made["id"])
    part.name = "b"
    part.save()
    fields = orm.table("Everything").get(made["id"])["fields"]
    assert (fields["Name"], fields["Integer"], fields["Tags"]) == ("b", 1, ["Done"])


def test_all_first_and_many_by_their_ids(orm):
    things = [Everything(name=f"{n:02}", integer=n) for n in range(23)]
    Everything.batch_save(things)
    assert all(thing.exists() for thing in things)
    assert [t.name for t in Everything.all(sort=["-Name"], max_records=2)] == ["22", "21"]
    assert Everything.first(formula=Everything.integer.gt(20), sort=["Name"]).name == "21"
    assert Everything.first(formula=Everything.name.eq("none")) is None
    either = OR(Everything.integer.lte(0), Everything.name.eq("22"))
    assert sorted(t.name for t in Everything.all(formula=either)) == ["00", "22"]
    wanted = [things[20].id, things[3].id]
    assert [t.name for t in Everything.from_ids(wanted)] == ["20", "03"]
    with pytest.raises(MissingRecordError):
        Everything.from_ids([things[0].id, "recAAAAAAAAAAAAAA"])
    for thing in things:
        thing.integer = 0
    Everything.batch_save(things)
    assert {t.integer for t in Everything.all()} == {0}
    Everything.batch_delete(things)
    assert Everything.all() == []


def test_field_ids_instead_of_names(orm, api):
    schema = orm.table("Everything").schema()

    class ById(Model):
        class Meta:
            api_key, base_id, use_field_ids = "x", orm.id, True
            table_name = schema.id

        name = F.TextField(schema.field("Name").id)
        tags = F.MultipleSelectField(schema.field("Tags").id)

    ById.meta.api = api
    made = ById(name="a", tags=["Done"])
    made.save()
    assert (ById.from_id(made.id).name, Everything.from_id(made.id).tags) == ("a", ["Done"])
    assert [m.name for m in ById.all(formula=ById.name.eq("a"))] == ["a"]


def test_required_fields_find_no_emptiness_where_there_is_a_value(orm, api):
    class Strict(Model):
        class Meta:
            api_key, table_name, base_id = "x", "Everything", orm.id

        name = F.RequiredTextField("Name")
        integer = F.RequiredIntegerField("Integer")

    Strict.meta.api = api
    made = Strict(name="a", integer=0)
    made.save()
    found = Strict.from_id(made.id)
    assert (found.name, found.integer) == ("a", 0)
    bare = Strict.from_id(orm.table("Everything").create({})["id"])
    with pytest.raises(MissingValueError):
        bare.name


def test_comments_of_a_model(orm):
    thing = Everything(name="a")
    thing.save()
    thing.add_comment("Well done")
    assert [comment.text for comment in thing.comments()] == ["Well done"]
    assert Everything.first(count_comments=True).comment_count == 1


def test_the_library_writes_models_for_the_base(orm):
    """`pyairtable base … orm` reads the schema and writes classes; what it writes is Python that runs."""
    orm.schema(force=True)
    code = str(ModelFileBuilder(orm))
    models = {}
    exec(compile(code, "generated", "exec"), models)
    written = vars(models["Everything"])
    assert type(written["how_many_makers"]) is F.CountField
    assert type(written["names_of_makers"]) is F.LookupField
    assert written["boss"].field_name == "Boss"
