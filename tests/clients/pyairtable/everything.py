"""A base with a field of every type, and its models."""

import datetime

from pyairtable.orm import Model
from pyairtable.orm import fields as F

UTC = datetime.timezone.utc
CHOICES = {"choices": [{"name": "Draft"}, {"name": "Done"}]}
MOMENT = {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "Europe/Berlin"}

TABLES = [
    {"name": "People", "fields": [{"name": "Name", "type": "singleLineText"}]},
    {
        "name": "Everything",
        "fields": [
            {"name": "Name", "type": "singleLineText"},
            {"name": "Notes", "type": "multilineText"},
            {"name": "Rich", "type": "richText"},
            {"name": "Email", "type": "email"},
            {"name": "URL", "type": "url"},
            {"name": "Phone", "type": "phoneNumber"},
            {"name": "Integer", "type": "number", "options": {"precision": 0}},
            {"name": "Float", "type": "number", "options": {"precision": 8}},
            {"name": "Number", "type": "number", "options": {"precision": 2}},
            {"name": "Money", "type": "currency", "options": {"precision": 2, "symbol": "$"}},
            {"name": "Percent", "type": "percent", "options": {"precision": 1}},
            {
                "name": "Stars",
                "type": "rating",
                "options": {"max": 5, "icon": "star", "color": "yellowBright"},
            },
            {"name": "Length", "type": "duration", "options": {"durationFormat": "h:mm:ss"}},
            {"name": "Exact", "type": "duration", "options": {"durationFormat": "h:mm:ss.SSS"}},
            {"name": "Seen", "type": "checkbox", "options": {"icon": "check", "color": "greenBright"}},
            {"name": "State", "type": "singleSelect", "options": CHOICES},
            {"name": "Tags", "type": "multipleSelects", "options": CHOICES},
            {"name": "Day", "type": "date", "options": {"dateFormat": {"name": "local"}}},
            {"name": "Moment", "type": "dateTime", "options": MOMENT},
            {"name": "Owner", "type": "singleCollaborator"},
            {"name": "Watchers", "type": "multipleCollaborators"},
            {"name": "Files", "type": "multipleAttachments"},
            {"name": "Code", "type": "barcode"},
        ],
    },
]


class Person(Model):
    class Meta:
        api_key = base_id = "told by the fixture"
        table_name = "People"

    name = F.TextField("Name")
    made = F.LinkField["Everything"]("Made", "Everything", lazy=True)


class Everything(Model):
    class Meta:
        api_key = "told by the fixture"
        table_name = "Everything"
        # Called at each use: known when the fixture has made it.
        base_id = staticmethod(lambda: Everything.base)
        typecast = False

    base = ""

    name = F.SingleLineTextField("Name")
    notes = F.MultilineTextField("Notes")
    rich = F.RichTextField("Rich")
    email = F.EmailField("Email")
    url = F.UrlField("URL")
    phone = F.PhoneNumberField("Phone")
    integer = F.IntegerField("Integer")
    float = F.FloatField("Float")
    number = F.NumberField("Number")
    money = F.CurrencyField("Money")
    percent = F.PercentField("Percent")
    stars = F.RatingField("Stars")
    length = F.DurationField("Length")
    exact = F.DurationField("Exact")
    seen = F.CheckboxField("Seen")
    state = F.SelectField("State")
    tags = F.MultipleSelectField("Tags")
    day = F.DateField("Day")
    moment = F.DatetimeField("Moment")
    owner = F.CollaboratorField("Owner")
    watchers = F.MultipleCollaboratorsField("Watchers")
    files = F.AttachmentsField("Files")
    code = F.BarcodeField("Code")
    makers = F.LinkField("Makers", Person)
    boss = F.SingleLinkField("Boss", Person)
    parts = F.LinkField["Everything"]("Parts", F.LinkSelf)
    count = F.CountField("How many makers")
    names = F.LookupField[str]("Names of makers")
    line = F.AutoNumberField("Line")
    created = F.CreatedTimeField("Created")
    creator = F.CreatedByField("Creator")
    changed = F.LastModifiedTimeField("Changed")
    changer = F.LastModifiedByField("Changer")
    renamed = F.LastModifiedTimeField("Renamed")


def make_base(api, workspace_id):
    """The base of the models, with what can only be added when both tables are there."""
    base = api.create_base(workspace_id, "ORM", TABLES)
    people, everything = base.table("People", validate=True), base.table("Everything", validate=True)
    to_people = {"linkedTableId": people.id}
    makers = everything.create_field("Makers", "multipleRecordLinks", options=to_people)
    inverse = base.schema(force=True).table("People").field(makers.options.inverse_link_field_id)
    inverse.name = "Made"
    inverse.save()
    everything.create_field("Boss", "multipleRecordLinks", options=to_people)
    everything.create_field("Parts", "multipleRecordLinks", options={"linkedTableId": everything.id})
    through = {"recordLinkFieldId": makers.id}
    name = people.schema().field("Name").id
    everything.create_field("How many makers", "count", options=through)
    everything.create_field(
        "Names of makers", "multipleLookupValues", options={**through, "fieldIdInLinkedTable": name}
    )
    everything.create_field("Line", "autoNumber")
    everything.create_field("Created", "createdTime")
    everything.create_field("Creator", "createdBy")
    everything.create_field("Changed", "lastModifiedTime")
    everything.create_field("Changer", "lastModifiedBy")
    only = {"referencedFieldIds": [everything.schema().field("Name").id]}
    everything.create_field("Renamed", "lastModifiedTime", options=only)
    for model in [Person, Everything]:
        model.meta.api = api
    Everything.base = Person.Meta.base_id = base.id
    return base


def full(world):
    """A value of each type that can be written."""
    return {
        "name": "Ünïcode 🎬",
        "notes": "two\nlines",
        "rich": "**bold** and _italic_\n",
        "email": "ada@example.com",
        "url": "https://example.com/a?b=c",
        "phone": "+49 30 123456",
        "integer": -12,
        "float": 0.12345678,
        "number": 1.5,
        "money": 1234.5,
        "percent": 0.123,
        "stars": 4,
        "length": datetime.timedelta(hours=1, minutes=2, seconds=3),
        "exact": datetime.timedelta(seconds=1, milliseconds=250),
        "seen": True,
        "state": "Done",
        "tags": ["Done", "Draft"],
        "day": datetime.date(2024, 2, 29),
        "moment": datetime.datetime(2024, 2, 29, 23, 59, 58, 123_000, tzinfo=UTC),
        "owner": {"id": world["people"]["grace"]["id"]},
        "watchers": [{"id": world["people"][who]["id"]} for who in ["grace", "ada"]],
        "code": {"text": "01234567", "type": "upce"},
    }
