"""The bases that the tests make."""

FILMS = [
    {"name": "Directors", "fields": [{"name": "Name", "type": "singleLineText"}]},
    {
        "name": "Films",
        "description": "What we have seen",
        "fields": [
            {"name": "Title", "type": "singleLineText", "description": "As on the poster"},
            {"name": "Notes", "type": "multilineText"},
            {"name": "Gross", "type": "number", "options": {"precision": 1}},
            {"name": "Released", "type": "date", "options": {"dateFormat": {"name": "european"}}},
            {"name": "Seen", "type": "checkbox", "options": {"icon": "check", "color": "greenBright"}},
            {
                "name": "Rating",
                "type": "singleSelect",
                "options": {"choices": [{"name": "PG"}, {"name": "R", "color": "redLight2"}]},
            },
            {
                "name": "Genres",
                "type": "multipleSelects",
                "options": {"choices": [{"name": "Drama"}, {"name": "War"}, {"name": "Horror"}]},
            },
        ],
    },
]


def with_links(base):
    """Adds what can only be added once both tables are there: a field of Films that links to Directors."""
    directors = base.table("Directors", validate=True)
    base.table("Films", validate=True).create_field(
        "Director", "multipleRecordLinks", options={"linkedTableId": directors.id}
    )
