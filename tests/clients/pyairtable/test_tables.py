"""Tables: records one by one, in batches of more than ten, listed in every way that the library knows."""

import datetime

import pytest
from pyairtable import Api


def titles(records):
    return [record["fields"].get("Title") for record in records]


def test_a_record_is_created_read_changed_replaced_and_deleted(films):
    made = films.create({"Title": "Alien", "Gross": 104.9, "Seen": True})
    assert made["fields"] == {"Title": "Alien", "Gross": 104.9, "Seen": True}
    assert films.get(made["id"]) == made
    changed = films.update(made["id"], {"Seen": False, "Genres": ["Horror"]})
    assert changed["fields"] == {"Title": "Alien", "Gross": 104.9, "Genres": ["Horror"]}
    replaced = films.update(made["id"], {"Title": "Aliens"}, replace=True)
    assert replaced["fields"] == {"Title": "Aliens"}
    assert replaced["createdTime"] == made["createdTime"]
    assert films.delete(made["id"]) == {"id": made["id"], "deleted": True}
    assert films.all() == []


def test_more_than_ten_records_go_in_several_requests(films):
    made = films.batch_create({"Title": f"Film {n:02}", "Gross": n} for n in range(25))
    assert titles(made) == [f"Film {n:02}" for n in range(25)]
    changed = films.batch_update({"id": r["id"], "fields": {"Gross": 1}} for r in made)
    assert [r["id"] for r in changed] == [r["id"] for r in made]
    assert all(r["fields"]["Gross"] == 1 and r["fields"]["Title"] for r in changed)
    replaced = films.batch_update([{"id": r["id"], "fields": {"Title": "x"}} for r in made], replace=True)
    assert all(r["fields"] == {"Title": "x"} for r in replaced)
    deleted = films.batch_delete(r["id"] for r in made)
    assert deleted == [{"id": r["id"], "deleted": True} for r in made]
    assert films.all() == []


def test_listing_goes_page_by_page(films):
    films.batch_create({"Title": f"Film {n:03}"} for n in range(12))
    pages = list(films.iterate(page_size=5, sort=["Title"]))
    assert [len(page) for page in pages] == [5, 5, 2]
    assert titles(r for page in pages for r in page) == [f"Film {n:03}" for n in range(12)]
    assert len(films.all(max_records=7, page_size=4)) == 7
    assert titles([films.first(sort=["-Title"])]) == ["Film 011"]
    assert films.first(formula="{Title} = 'nothing'") is None


def test_several_sorts_in_both_directions(films):
    rows = [("b", 1), ("a", 1), ("c", 2), ("d", None)]
    films.batch_create({"Title": t, **({"Gross": g} if g else {})} for t, g in rows)
    assert titles(films.all(sort=["-Gross", "Title"])) == ["c", "a", "b", "d"]
    assert titles(films.all(sort=["Gross", "-Title"])) == ["d", "b", "a", "c"]


def test_only_the_fields_that_are_asked_for(films):
    films.create({"Title": "Alien", "Gross": 1, "Seen": True})
    assert films.all(fields=["Title"])[0]["fields"] == {"Title": "Alien"}
    assert films.all(fields=["Title", "Seen"])[0]["fields"] == {"Title": "Alien", "Seen": True}


def test_a_view_can_be_listed_by_name_and_by_id(films):
    films.batch_create([{"Title": "a"}, {"Title": "b"}])
    [view] = films.schema().views
    assert sorted(titles(films.all(view=view.name))) == ["a", "b"]
    assert sorted(titles(films.all(view=view.id))) == ["a", "b"]


def test_cells_as_text_in_a_time_zone_and_a_locale(films):
    made = films.create(
        {
            "Title": "Alien",
            "Gross": 104.9,
            "Released": "1979-05-25",
            "Seen": True,
            "Rating": "R",
            "Genres": ["Horror", "Drama"],
        }
    )
    text = {"cell_format": "string", "time_zone": "Europe/Berlin", "user_locale": "en-gb"}
    expected = {
        "Title": "Alien",
        "Gross": "104.9",
        "Released": "25/5/1979",
        "Seen": "checked",
        "Rating": "R",
        "Genres": "Horror, Drama",
    }
    assert films.all(**text)[0]["fields"] == expected
    assert films.get(made["id"], **text)["fields"] == expected
    with_long_formula = films.all(formula=f"OR({{Title}}='Alien', {'FALSE(), ' * 3000}FALSE())", **text)
    assert with_long_formula[0]["fields"] == expected


def test_fields_by_their_ids(films, world, connect):
    schema = films.schema()
    by_id = {"Title": schema.field("Title").id, "Gross": schema.field("Gross").id}
    cells = {by_id["Title"]: "Alien", by_id["Gross"]: 1}
    made = films.create(cells, use_field_ids=True)
    assert made["fields"] == cells
    assert films.all(use_field_ids=True)[0]["fields"] == cells
    assert films.get(made["id"], use_field_ids=True)["fields"] == cells
    assert films.update(made["id"], {by_id["Gross"]: 2}, use_field_ids=True)["fields"][by_id["Gross"]] == 2
    same = connect(world["token"], use_field_ids=True).table(films.base.id, "Films")
    assert same.all()[0]["fields"] == {**cells, by_id["Gross"]: 2}
    assert same.all(fields=[by_id["Title"]])[0]["fields"] == {by_id["Title"]: "Alien"}
    assert same.batch_create([{"Title": "b"}])[0]["fields"] == {by_id["Title"]: "b"}
    assert films.all(formula="{Title}='Alien'")[0]["fields"] == {"Title": "Alien", "Gross": 2}


def test_a_table_answers_to_its_id_and_its_name(films, base):
    films.create({"Title": "Alien"})
    assert films.id.startswith("tbl")
    assert titles(base.table(films.id).all()) == ["Alien"]
    assert base.table(films.id, validate=True).name == "Films"


def test_typecast_makes_values_fit(films):
    made = films.create(
        {"Title": "x", "Gross": "1.5", "Rating": "NC-17", "Genres": ["War", "Comedy"]}, typecast=True
    )
    assert made["fields"] == {"Title": "x", "Gross": 1.5, "Rating": "NC-17", "Genres": ["War", "Comedy"]}
    assert "NC-17" in [choice.name for choice in films.schema(force=True).field("Rating").options.choices]
    batch = films.batch_create([{"Title": "y", "Gross": "2"}], typecast=True)
    assert batch[0]["fields"]["Gross"] == 2


def test_created_time_is_the_time_of_creation(films):
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
    made = films.create({"Title": "now"})
    assert made["createdTime"].endswith("Z")
    created = datetime.datetime.fromisoformat(made["createdTime"].replace("Z", "+00:00"))
    assert before < created < before + datetime.timedelta(minutes=10)


@pytest.mark.parametrize("empty", [None, "", [], False])
def test_an_empty_cell_is_left_out_of_the_answer(films, empty):
    field = {None: "Gross", "": "Notes", False: "Seen"}.get(empty, "Genres") if empty != [] else "Genres"
    full = {"Gross": 1, "Notes": "n", "Seen": True, "Genres": ["War"]}
    made = films.create({"Title": "x", **full})
    changed = films.update(made["id"], {field: empty})
    assert changed["fields"] == {"Title": "x", **{k: v for k, v in full.items() if k != field}}


def test_zero_is_not_empty(films):
    assert films.create({"Title": "x", "Gross": 0})["fields"]["Gross"] == 0


def test_a_record_is_found_through_any_table_of_its_base(films, directors):
    made = films.create({"Title": "Alien"})
    assert directors.get(made["id"]) == made


def test_comments_are_counted_when_asked_for(films):
    films.create({"Title": "Alien"})
    assert films.all(count_comments=True)[0]["commentCount"] == 0
    assert "commentCount" not in films.all()[0]


def test_the_library_is_the_one_that_is_pinned():
    import importlib.metadata

    assert importlib.metadata.version("pyairtable") == "3.5.0.post1"
    assert Api.MAX_RECORDS_PER_REQUEST == 10
