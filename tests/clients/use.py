"""Uses the client generated for Python: lists, pages, records, writes and conditional requests."""

import os
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from record_client import AuthenticatedClient, Client
from record_client.api.commitments import list_commitments
from record_client.api.meetings import get_meeting
from record_client.api.people import create_person, delete_person, patch_person
from record_client.api.changes import list_changes
from record_client.models import (
    Commitment,
    CommitmentList,
    Filters,
    Meeting,
    Party,
    Person,
    PersonInput,
    PersonPatch,
    Problem,
)

reader = Client(base_url=os.environ["BASE"])
keeper = AuthenticatedClient(base_url=os.environ["BASE"], token=os.environ["KEY"])

# A list, filtered and counted.
page = list_commitments.sync(client=reader, department="state", sort="-made_on", facets="status", limit=5)
assert isinstance(page, CommitmentList)
assert len(page.data) == 5 and page.page.total == 22
assert any(entry.value == "announced" for entry in page.facets["status"])

# A filter with an operator.
early = Filters.from_dict({"due[lte]": "2023", "due[exists]": "true"})
page = list_commitments.sync(client=reader, filter_=early, limit=200)
assert isinstance(page, CommitmentList)
assert page.data and all(str(commitment.due) < "2024" for commitment in page.data)

# All pages of a list.
found: list[Commitment] = []
page = list_commitments.sync(client=reader, limit=20)
while True:
    found += page.data
    if page.page.next_ is None:
        break
    (cursor,) = parse_qs(urlsplit(page.page.next_).query)["cursor"]
    page = list_commitments.sync(client=reader, cursor=cursor)
assert len({commitment.id for commitment in found}) == len(found) > 50

# A record, and a 304 for the same record.
answer = get_meeting.sync_detailed("pitf-2024-02-13", client=reader, include="commitments")
meeting = answer.parsed
assert isinstance(meeting, Meeting) and isinstance(meeting.commitments[0], Commitment)
assert isinstance(meeting.participants[0].agent, Party)
again = get_meeting.sync_detailed(
    "pitf-2024-02-13", client=reader, include="commitments", if_none_match=answer.headers["ETag"]
)
assert again.status_code == HTTPStatus.NOT_MODIFIED

# A record that is created with a key, changed with its ETag, and rejected without one.
entered = create_person.sync_detailed(client=keeper, body=PersonInput(name="Ben Example", family_name="Example"))
assert isinstance(entered.parsed, Person) and entered.parsed.id == "ben-example"
changed = patch_person.sync(
    "ben-example", client=keeper, body=PersonPatch(given_name="Ben"), if_match=entered.headers["ETag"]
)
assert isinstance(changed, Person) and changed.given_name == "Ben"
refused = delete_person.sync("ben-example", client=keeper)
assert isinstance(refused, Problem) and refused.code == "precondition-required"

# The changes, with each record in its own type.
changes = list_changes.sync(client=reader, after=1)
assert isinstance(changes.data[-1].changes[0].record, Person)
print(f"Python: {len(found)} commitments, 1 person entered")
