"""Metadata: bases, tables and fields, made and read; every field type as the library's own schema models have it."""

import pytest
from pyairtable.models import schema as S
from requests import HTTPError

import bases


def test_who_am_i(api, world, connect):
    me = api.whoami()
    assert (me["id"], me["email"]) == (world["people"]["ada"]["id"], world["people"]["ada"]["email"])
    assert "data.records:write" in me["scopes"]
    assert "data.records:write" not in connect(world["readerToken"]).whoami()["scopes"]


def test_bases_are_listed(api, base, connect, world):
    found = {b.id: b for b in api.bases(force=True)}
    assert (found[base.id].name, found[base.id].permission_level) == ("Films", "create")
    assert api.base(base.id, validate=True).name == "Films"
    assert connect(world["readerToken"]).base(base.id, validate=True).permission_level == "read"
    with pytest.raises(KeyError):
        api.base("appAAAAAAAAAAAAAA", validate=True, force=True)


def test_a_base_is_made_with_its_tables(api, world):
    base = api.create_base(world["workspaceId"], "Another", bases.FILMS)
    assert base.name == "Another"
    assert [table.name for table in base.tables()] == ["Directors", "Films"]
    schema = base.schema().table("Films")
    assert schema.description == "What we have seen"
    assert schema.primary_field_id == schema.field("Title").id
    assert schema.field("Title").description == "As on the poster"


def test_the_schema_of_a_base(base):
    schema = base.schema(force=True)
    films = schema.table("Films")
    assert schema.table(films.id) is films
    assert [field.name for field in films.fields][:3] == ["Title", "Notes", "Gross"]
    [view] = films.views
    assert (view.name, view.type) == ("Grid view", "grid")
    assert view.visible_field_ids == [field.id for field in films.fields]
    assert films.view(view.id) is view
    assert films.field("Rating").id.startswith("fld")
    assert [choice.name for choice in films.field("Rating").options.choices] == ["PG", "R"]
    assert films.field("Rating").options.choices[1].color == "redLight2"


def test_a_table_is_made_renamed_and_described(base):
    table = base.create_table(
        "Cinemas", [{"name": "Name", "type": "singleLineText"}], description="Where we go"
    )
    schema = table.schema()
    assert (schema.name, schema.description) == ("Cinemas", "Where we go")
    schema.name = "Houses"
    schema.description = "Where we went"
    schema.save()
    again = base.schema(force=True).table(schema.id)
    assert (again.name, again.description) == ("Houses", "Where we went")
    assert base.table("Houses").create({"Name": "Rex"})["fields"] == {"Name": "Rex"}
    with pytest.raises(HTTPError, match="DUPLICATE_TABLE_NAME"):
        base.create_table("houses", [{"name": "Name", "type": "singleLineText"}])


def test_a_field_is_made_renamed_and_described(base):
    table = base.table("Films", validate=True, force=True)
    field = table.create_field(
        "Stars", "rating", "How good", {"max": 5, "icon": "star", "color": "yellowBright"}
    )
    assert isinstance(field, S.RatingFieldSchema)
    assert (field.options.max, field.options.icon, field.options.color) == (5, "star", "yellowBright")
    field.name = "Points"
    field.description = "How very good"
    field.save()
    again = table.schema(force=True).field(field.id)
    assert (again.name, again.description) == ("Points", "How very good")
    with pytest.raises(HTTPError, match="DUPLICATE_OR_EMPTY_FIELD_NAME"):
        table.create_field("points", "singleLineText")


DATE = {"name": "iso", "format": "YYYY-MM-DD"}
TIME = {"name": "24hour", "format": "HH:mm"}

#: Each type that can be written: the options it is made with, and the model and options it is read as.
TYPES = [
    ("singleLineText", None, S.SingleLineTextFieldSchema, None),
    ("multilineText", None, S.MultilineTextFieldSchema, None),
    ("richText", None, S.RichTextFieldSchema, None),
    ("email", None, S.EmailFieldSchema, None),
    ("url", None, S.UrlFieldSchema, None),
    ("phoneNumber", None, S.PhoneNumberFieldSchema, None),
    ("number", {"precision": 8}, S.NumberFieldSchema, {"precision": 8}),
    ("percent", {"precision": 0}, S.PercentFieldSchema, {"precision": 0}),
    ("currency", {"precision": 2, "symbol": "€"}, S.CurrencyFieldSchema, {"precision": 2, "symbol": "€"}),
    (
        "rating",
        {"max": 10, "icon": "heart", "color": "redBright"},
        S.RatingFieldSchema,
        {"max": 10, "icon": "heart", "color": "redBright"},
    ),
    ("duration", {"durationFormat": "h:mm:ss.SS"}, S.DurationFieldSchema, {"durationFormat": "h:mm:ss.SS"}),
    (
        "checkbox",
        {"icon": "flag", "color": "blueBright"},
        S.CheckboxFieldSchema,
        {"icon": "flag", "color": "blueBright"},
    ),
    ("date", {"dateFormat": {"name": "iso"}}, S.DateFieldSchema, {"dateFormat": DATE}),
    (
        "dateTime",
        {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "Europe/Berlin"},
        S.DateTimeFieldSchema,
        {"dateFormat": DATE, "timeFormat": TIME, "timeZone": "Europe/Berlin"},
    ),
    ("singleCollaborator", None, S.SingleCollaboratorFieldSchema, None),
    ("multipleCollaborators", None, S.MultipleCollaboratorsFieldSchema, None),
    ("multipleAttachments", None, S.MultipleAttachmentsFieldSchema, {"isReversed": False}),
    ("barcode", None, S.BarcodeFieldSchema, None),
    ("singleSelect", {"choices": [{"name": "a", "color": "blueLight2"}]}, S.SingleSelectFieldSchema, ...),
    ("multipleSelects", {"choices": [{"name": "b"}, {"name": "c"}]}, S.MultipleSelectsFieldSchema, ...),
]


@pytest.mark.parametrize("kind, options, model, read", TYPES, ids=[case[0] for case in TYPES])
def test_each_type_is_made_and_read(base, kind, options, model, read):
    table = base.table("Directors", validate=True)
    made = table.create_field(f"Of type {kind}", kind, "What it is for", options)
    again = base.schema(force=True).table("Directors").field(made.id)
    for field in [made, again]:
        assert type(field) is model
        assert (field.name, field.type, field.description) == (f"Of type {kind}", kind, "What it is for")
        if read is ...:
            assert [choice.name for choice in field.options.choices] == [
                c["name"] for c in options["choices"]
            ]
            assert all(choice.id.startswith("sel") for choice in field.options.choices)
        elif read is not None:
            assert field.options.model_dump(by_alias=True, exclude_none=True) == read
    assert again.model_dump() == made.model_dump()


@pytest.mark.parametrize(
    "name, format",
    [("local", "l"), ("friendly", "LL"), ("us", "M/D/YYYY"), ("european", "D/M/YYYY"), ("iso", "YYYY-MM-DD")],
)
def test_date_formats(base, name, format):
    table = base.table("Directors", validate=True)
    made = table.create_field(f"In the {name} format", "date", options={"dateFormat": {"name": name}})
    assert made.options.date_format.model_dump() == {"name": name, "format": format}


def test_links_have_two_ends(base):
    films, directors = base.table("Films", validate=True), base.table("Directors", validate=True)
    link = films.create_field("Director", "multipleRecordLinks", options={"linkedTableId": directors.id})
    assert type(link) is S.MultipleRecordLinksFieldSchema
    assert link.options.linked_table_id == directors.id
    assert (link.options.is_reversed, link.options.prefers_single_record_link) == (False, False)
    inverse = base.schema(force=True).table("Directors").field(link.options.inverse_link_field_id)
    assert (inverse.options.linked_table_id, inverse.options.inverse_link_field_id) == (films.id, link.id)


def test_computed_types_are_read_with_their_own_models(base):
    """Airtable makes none of these over its API; the engine does, as an extension."""
    films, directors = base.table("Films", validate=True), base.table("Directors", validate=True)
    link = films.create_field("Maker", "multipleRecordLinks", options={"linkedTableId": directors.id})
    through = {"recordLinkFieldId": link.id}
    name = directors.schema().field("Name").id
    title = films.schema().field("Title").id
    count = films.create_field("Makers", "count", options=through)
    assert (type(count), count.options.is_valid, count.options.record_link_field_id) == (
        S.CountFieldSchema,
        True,
        link.id,
    )
    lookup = films.create_field(
        "Names", "multipleLookupValues", options={**through, "fieldIdInLinkedTable": name}
    )
    assert type(lookup) is S.MultipleLookupValuesFieldSchema
    assert (lookup.options.is_valid, lookup.options.field_id_in_linked_table) == (True, name)
    assert type(lookup.options.result) is S.SingleLineTextFieldConfig
    modified = films.create_field("Modified", "lastModifiedTime", options={"referencedFieldIds": [title]})
    assert type(modified) is S.LastModifiedTimeFieldSchema
    assert (modified.options.is_valid, modified.options.referenced_field_ids) == (True, [title])
    assert type(modified.options.result) in (S.DateFieldConfig, S.DateTimeFieldConfig)
    for kind, model in [
        ("autoNumber", S.AutoNumberFieldSchema),
        ("createdTime", S.CreatedTimeFieldSchema),
        ("createdBy", S.CreatedByFieldSchema),
        ("lastModifiedBy", S.LastModifiedByFieldSchema),
    ]:
        assert type(films.create_field(f"Of type {kind}", kind)) is model
    read = base.schema(force=True).table("Films")
    assert not [field.name for field in read.fields if isinstance(field, S.UnknownFieldSchema)]


@pytest.mark.parametrize("kind", ["formula", "rollup", "button", "aiText"])
def test_types_that_cannot_be_made(base, kind):
    with pytest.raises(HTTPError, match="UNSUPPORTED_FIELD_TYPE_FOR_CREATE"):
        base.table("Films", validate=True).create_field(f"No {kind}", kind)


def test_only_creators_change_the_schema(connect, world, base):
    reader = connect(world["readerToken"]).base(base.id)
    assert reader.schema().table("Films").name == "Films"
    field = reader.schema().table("Films").field("Title")
    field.name = "Name"
    with pytest.raises(HTTPError, match="403"):
        field.save()
    with pytest.raises(HTTPError, match="403"):
        reader.create_table("New", [{"name": "Name", "type": "singleLineText"}])
