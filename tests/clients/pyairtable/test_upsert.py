"""Upserts: records found by key fields are updated, others are created."""

import pytest
from requests import HTTPError


def rows(table):
    return sorted((r["fields"].get("Title"), r["fields"].get("Gross")) for r in table.all())


def test_known_records_are_updated_and_new_ones_created(films):
    one, two = films.batch_create([{"Title": "One", "Gross": 1, "Seen": True}, {"Title": "Two"}])
    result = films.batch_upsert(
        [
            {"id": one["id"], "fields": {"Gross": 3}},
            {"fields": {"Title": "Two", "Gross": 4}},
            {"fields": {"Title": "Three", "Gross": 5}},
        ],
        key_fields=["Title"],
    )
    records = result["records"]
    assert [r["id"] for r in records[:2]] == [one["id"], two["id"]]
    assert sorted(result["updatedRecords"]) == sorted([one["id"], two["id"]])
    assert result["createdRecords"] == [records[2]["id"]]
    assert [r["fields"] for r in records] == [
        {"Title": "One", "Gross": 3, "Seen": True},
        {"Title": "Two", "Gross": 4},
        {"Title": "Three", "Gross": 5},
    ]


def test_replacing_clears_what_is_not_named(films):
    one, two = films.batch_create([{"Title": "One", "Gross": 1}, {"Title": "Two", "Gross": 2}])
    result = films.batch_upsert(
        [{"id": one["id"], "fields": {"Seen": True}}, {"fields": {"Title": "Two"}}],
        key_fields=["Title"],
        replace=True,
    )
    assert [(r["id"], r["fields"]) for r in result["records"]] == [
        (one["id"], {"Seen": True}),
        (two["id"], {"Title": "Two"}),
    ]


def test_more_than_ten_go_in_several_requests(films):
    films.batch_create({"Title": f"{n}", "Gross": 0} for n in range(0, 25, 2))
    result = films.batch_upsert(
        ({"fields": {"Title": f"{n}", "Gross": n}} for n in range(25)), key_fields=["Title"]
    )
    assert len(result["records"]) == 25
    assert (len(result["updatedRecords"]), len(result["createdRecords"])) == (13, 12)
    assert rows(films) == sorted((f"{n}", n) for n in range(25))


def test_several_key_fields_match_together(films):
    films.batch_create(
        [{"Title": "x", "Gross": 1, "Rating": "PG"}, {"Title": "x", "Gross": 2, "Rating": "R"}]
    )
    result = films.batch_upsert(
        [
            {"fields": {"Title": "x", "Gross": 2, "Rating": "R", "Notes": "found"}},
            {"fields": {"Title": "x", "Gross": 1, "Rating": "R", "Notes": "new"}},
        ],
        key_fields=["Title", "Gross", "Rating"],
    )
    assert (len(result["updatedRecords"]), len(result["createdRecords"])) == (1, 1)


@pytest.mark.parametrize(
    "field, value",
    [
        ("Gross", 1.5),
        ("Notes", "n"),
        ("Rating", "R"),
        ("Genres", ["War", "Drama"]),
        ("Released", "1979-05-25"),
    ],
)
def test_types_that_can_be_keys(films, field, value):
    made = films.create({"Title": "old", field: value})
    result = films.batch_upsert([{"fields": {"Title": "new", field: value}}], key_fields=[field])
    assert result["updatedRecords"] == [made["id"]]
    assert rows(films)[0][0] == "new"


def test_keys_by_field_id(films):
    schema = films.schema()
    title, gross = schema.field("Title").id, schema.field("Gross").id
    made = films.create({"Title": "x"})
    result = films.batch_upsert([{"fields": {title: "x", gross: 8}}], key_fields=[title], use_field_ids=True)
    assert result["records"] == [
        {"id": made["id"], "createdTime": made["createdTime"], "fields": {title: "x", gross: 8}}
    ]


def test_matching_looks_at_the_state_before_the_request(films):
    result = films.batch_upsert(
        [{"fields": {"Title": "twin", "Gross": 1}}, {"fields": {"Title": "twin", "Gross": 2}}],
        key_fields=["Title"],
    )
    assert len(result["createdRecords"]) == 2
    assert rows(films) == [("twin", 1), ("twin", 2)]


def test_an_empty_key_creates_a_record(films):
    films.create({"Gross": 1})
    result = films.batch_upsert([{"fields": {"Title": None, "Gross": 7}}], key_fields=["Title"])
    assert len(result["createdRecords"]) == 1


def test_typecast(films):
    result = films.batch_upsert(
        [{"fields": {"Title": "x", "Gross": "7", "Rating": "G"}}], key_fields=["Title"], typecast=True
    )
    assert result["records"][0]["fields"] == {"Title": "x", "Gross": 7, "Rating": "G"}


def test_an_ambiguous_key_is_refused_and_nothing_is_written(films):
    films.batch_create([{"Title": "twin"}, {"Title": "twin"}])
    with pytest.raises(HTTPError, match="422"):
        films.batch_upsert(
            [{"fields": {"Title": "new"}}, {"fields": {"Title": "twin", "Gross": 1}}], key_fields=["Title"]
        )
    assert rows(films) == [("twin", None), ("twin", None)]


def test_an_unknown_id_is_refused_and_nothing_is_written(films):
    with pytest.raises(HTTPError, match="ROW_DOES_NOT_EXIST"):
        films.batch_upsert(
            [{"fields": {"Title": "new"}}, {"id": "recAAAAAAAAAAAAAA", "fields": {"Gross": 1}}],
            key_fields=["Title"],
        )
    assert rows(films) == []
