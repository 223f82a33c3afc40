"""Reads the calendars that the server writes with another library than the one that wrote them."""

import json
import sys
import urllib.request
from datetime import datetime, timedelta, timezone

from icalendar import Calendar

TEXTS = [
    "Acme, Inc.; “Zürich” – 漢字",
    "back\\slash\\n and \\, and \\;",
    "👩‍👩‍👧‍👦" * 12,
    "é" * 150,
    "BEGIN:VEVENT SUMMARY:no END:VEVENT",
    ' "quoted":colon=equals ',
]
ZONES = ["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]


def check(api, token):
    """Raises AssertionError where what is read is not what was written."""

    def call(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{api}{path}", data, headers)) as answer:
            return answer.read()

    begin = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=3)
    planned = {}
    for at, text in enumerate(TEXTS):
        row = json.loads(call("/applications", {"company": text, "role_title": text}))
        starts = begin + timedelta(minutes=61 * at)
        activity = {
            "type": "Interview",
            "interview_stage": "technical",
            "starts_at": starts.isoformat(),
            "duration_minutes": 45,
            "timezone": ZONES[at % len(ZONES)],
            "location_or_link": text,
        }
        activity = json.loads(call(f"/applications/{row['id']}/activities", activity))
        planned[activity["id"]] = (starts, row, activity)

    def same(event, starts, row, activity):
        assert event["DTSTART"].dt == starts, (event["DTSTART"].dt, starts)
        assert event.end == starts + timedelta(minutes=45), event.end
        assert str(event["SUMMARY"]) == f"Technical interview, {row['company']}", str(event["SUMMARY"])
        assert str(event["LOCATION"]) == activity["location_or_link"], str(event["LOCATION"])
        assert str(event["DESCRIPTION"]).startswith(f"{row['role_title']} at {row['company']}\n")
        assert event["SEQUENCE"] == activity["version"] - 1

    def read(raw):
        lines = raw.split(b"\r\n")
        assert lines.pop() == b"", "the last line ends"
        for line in lines:
            assert len(line) <= 75, line
            line.decode()
        calendar = Calendar.from_ical(raw)
        errors = [error for event in calendar.walk() for error in event.errors]
        assert not errors, errors
        return calendar.walk("VEVENT")

    for of, what in planned.items():
        (event,) = read(call(f"/activities/{of}/calendar.ics"))
        same(event, *what)

    address = json.loads(call("/calendar-feed", {}))["address"]
    with urllib.request.urlopen(address) as answer:
        events = read(answer.read())
    of_feed = {str(event["UID"]): event for event in events}
    for of, what in planned.items():
        (event,) = [event for uid, event in of_feed.items() if of in uid]
        same(event, *what)
    call("/calendar-feed/revoke", {})
    print(f"icalendar reads {len(planned)} files and a feed of {len(events)} as they were written", file=sys.stderr)
