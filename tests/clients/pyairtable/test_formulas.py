"""Formulas as the library writes them, evaluated by the engine."""

import datetime
from decimal import Decimal

import pytest
from pyairtable import formulas as fo
from pyairtable.formulas import AND, EQ, GT, GTE, LT, NE, NOT, OR, XOR, Field, Formula, match

ROWS = [
    {
        "Title": "Alien",
        "Gross": 104.9,
        "Released": "1979-05-25",
        "Seen": True,
        "Rating": "R",
        "Genres": ["Horror"],
    },
    {"Title": "Aliens", "Gross": 131.1, "Released": "1986-07-18", "Rating": "R", "Genres": ["Horror", "War"]},
    {"Title": 'Rosa\'s "Zoo" \\ {x}', "Gross": 0, "Notes": "a\nb", "Seen": True},
    {"Title": "Blank"},
]
ALIEN, ALIENS, ZOO, BLANK = [row["Title"] for row in ROWS]


@pytest.fixture(scope="module")
def filled(base):
    table = base.table("Films")
    table.batch_create(ROWS)
    return table


GROSS, TITLE, RELEASED = Field("Gross"), Field("Title"), Field("Released")
DAY = datetime.date(1979, 5, 25)

CASES = [
    # What match() makes of plain values.
    (match({"Title": ALIEN}), [ALIEN]),
    (match({"Title": ZOO}), [ZOO]),
    (match({"Title": ALIEN, "Gross": 104.9, "Seen": True}), [ALIEN]),
    (match({"Title": ALIEN, "Gross": 0}), []),
    (match({"Title": ALIEN, "Gross": 131.1}, match_any=True), [ALIEN, ALIENS]),
    (match({"Gross": (">=", 104.9)}), [ALIEN, ALIENS]),
    (match({"Gross": ("<", Decimal("104.9")), "Title": ("!=", BLANK)}), [ZOO]),
    (match({"Released": DAY}), [ALIEN]),
    (match({"Released": (">", DAY)}), [ALIENS]),
    (match({"Rating": "R"}), [ALIEN, ALIENS]),
    (match({"Genres": "Horror, War"}), [ALIENS]),
    (match({"Seen": True}), [ALIEN, ZOO]),
    # Conditions put together.
    (AND(EQ(TITLE, ALIEN), GT(GROSS, 1)), [ALIEN]),
    (OR(EQ(TITLE, ALIEN), EQ(TITLE, BLANK)), [ALIEN, BLANK]),
    (NOT(EQ(TITLE, ALIEN)), [ALIENS, ZOO, BLANK]),
    (XOR(EQ(TITLE, ALIEN), GT(GROSS, 100)), [ALIENS]),
    (~GTE(GROSS, 1) & NE(TITLE, BLANK), [ZOO]),
    (LT(GROSS, 1) | EQ(TITLE, ALIENS), [ALIENS, ZOO, BLANK]),
    (OR(AND(GROSS.gt(100), OR(Rating="R"), AND(Seen=True)), Title=BLANK).flatten(), [ALIEN, BLANK]),
    (Formula("{Gross} * 2 > 250"), [ALIENS]),
    (OR(EQ(fo.RECORD_ID(), "recAAAAAAAAAAAAAA"), EQ(TITLE, ALIEN)), [ALIEN]),
    # Logic.
    (fo.IF(GROSS.gt(110), fo.TRUE(), fo.FALSE()), [ALIENS]),
    (EQ(fo.SWITCH(TITLE, ALIEN, 1, ALIENS, 2, 3), 2), [ALIENS]),
    # A zero equals BLANK(); its text is not empty.
    (EQ(GROSS, fo.BLANK()), [ZOO, BLANK]),
    (EQ(fo.CONCATENATE(GROSS, ""), ""), [BLANK]),
    (fo.ISERROR(Formula("1/0")) & EQ(TITLE, ALIEN), [ALIEN]),
    # Text.
    (EQ(fo.LOWER(TITLE), "alien"), [ALIEN]),
    (EQ(fo.UPPER(fo.LEFT(TITLE, 5)), "ALIEN"), [ALIEN, ALIENS]),
    (EQ(fo.RIGHT(TITLE, 1), "s"), [ALIENS]),
    (EQ(fo.MID(TITLE, 2, 3), "lie"), [ALIEN, ALIENS]),
    (EQ(fo.LEN(TITLE), 6), [ALIENS]),
    (GT(fo.FIND("Zoo", TITLE), 0), [ZOO]),
    (fo.SEARCH("zoo", fo.LOWER(TITLE)), [ZOO]),
    (EQ(fo.SUBSTITUTE(TITLE, "s", ""), ALIEN), [ALIEN, ALIENS]),
    (EQ(fo.REPLACE(TITLE, 1, 1, "a"), "alien"), [ALIEN]),
    (EQ(fo.CONCATENATE(TITLE, "-", GROSS), "Alien-104.9"), [ALIEN]),
    (EQ(fo.TRIM(fo.CONCATENATE("  ", TITLE, " ")), BLANK), [BLANK]),
    (EQ(fo.REPT("Al", 1), fo.LEFT(TITLE, 2)), [ALIEN, ALIENS]),
    (EQ(fo.VALUE("104.9"), GROSS), [ALIEN]),
    (fo.FIND("Horror", Field("Genres")), [ALIEN, ALIENS]),
    # Numbers.
    (EQ(fo.ROUND(GROSS, 0), 105), [ALIEN]),
    (EQ(fo.ROUNDDOWN(GROSS, 0), 104), [ALIEN]),
    (EQ(fo.ROUNDUP(GROSS, 0), 132), [ALIENS]),
    (EQ(fo.INT(GROSS), 131), [ALIENS]),
    (EQ(fo.MOD(fo.INT(GROSS), 2), 1), [ALIENS]),
    (EQ(fo.MAX(GROSS, 120), 120), [ALIEN, ZOO, BLANK]),
    (AND(EQ(fo.MIN(GROSS, 120), 120), GROSS.gt(0)), [ALIENS]),
    (EQ(fo.SUM(GROSS, 1), 1), [ZOO, BLANK]),
    (EQ(fo.ABS(fo.SUM(GROSS, -200)), 200), [ZOO, BLANK]),
    (EQ(fo.POWER(2, 3), 8) & EQ(TITLE, ALIEN), [ALIEN]),
    # Dates.
    (fo.IS_SAME(RELEASED, DAY, "day"), [ALIEN]),
    (fo.IS_SAME(RELEASED, "1986-01-01", "year"), [ALIENS]),
    (fo.IS_BEFORE(RELEASED, datetime.date(1980, 1, 1)), [ALIEN]),
    (fo.IS_AFTER(RELEASED, datetime.datetime(1980, 1, 1, tzinfo=datetime.timezone.utc)), [ALIENS]),
    (EQ(fo.YEAR(RELEASED), 1979), [ALIEN]),
    (EQ(fo.MONTH(RELEASED), 7), [ALIENS]),
    (EQ(fo.DAY(RELEASED), 18), [ALIENS]),
    (EQ(fo.WEEKDAY(RELEASED), 5), [ALIEN, ALIENS]),
    (EQ(fo.DATETIME_FORMAT(RELEASED, "YYYY-MM-DD"), "1979-05-25"), [ALIEN]),
    (EQ(fo.DATETIME_DIFF(RELEASED, DAY, "days"), 2611), [ALIENS]),
    (fo.IS_SAME(fo.DATEADD(RELEASED, 1, "day"), "1979-05-26", "day"), [ALIEN]),
    (EQ(fo.DATESTR(RELEASED), "1979-05-25"), [ALIEN]),
    (fo.IS_BEFORE(RELEASED, fo.TODAY()), [ALIEN, ALIENS]),
    (fo.IS_BEFORE(fo.CREATED_TIME(), fo.DATEADD(fo.NOW(), 1, "hour")), [ALIEN, ALIENS, ZOO, BLANK]),
]


@pytest.mark.parametrize("formula, expected", CASES, ids=[str(formula) for formula, _ in CASES])
def test_a_formula_finds(filled, formula, expected):
    found = [record["fields"]["Title"] for record in filled.all(formula=formula)]
    assert sorted(found) == sorted(expected)


def test_field_names_with_braces_and_quotes(base):
    table = base.create_table(
        "Odd",
        [
            {"name": "Name", "type": "singleLineText"},
            {"name": 'a\'b "c" {d} \\', "type": "number", "options": {"precision": 0}},
        ],
    )
    odd = 'a\'b "c" {d} \\'
    table.batch_create([{"Name": "x", odd: 1}, {"Name": "y", odd: 2}])
    [found] = table.all(formula=match({odd.replace("\\", "\\\\"): 2}))
    assert found["fields"]["Name"] == "y"


def test_a_formula_longer_than_an_address_goes_by_post(filled):
    formula = OR(*[EQ(TITLE, f"{n} {'x' * 100}") for n in range(150)], EQ(TITLE, ALIENS))
    assert len(str(formula)) > 16_000
    [found] = filled.all(formula=formula, sort=["-Gross"], fields=["Title"], page_size=1)
    assert found["fields"] == {"Title": ALIENS}


def test_the_first_match(filled):
    assert filled.first(formula=match({"Rating": "R"}), sort=["-Gross"])["fields"]["Title"] == ALIENS
    assert filled.first(formula=match({"Rating": "PG"})) is None
