"""Generates bundles of commitments for measurements. The same number always gives the same commitment."""
import json, random

ACTIONS = ["Train", "Develop guidance for", "Fund services for", "Publish data on", "Strengthen the work of"]
GROUPS = ["frontline personnel", "survivors of trafficking", "procurement officers", "field offices"]
TOPICS = ["training", "housing", "supply-chains", "data", "outreach", "victim-services"]
PILLARS = ["prevention", "protection", "prosecution", "partnership"]
STATUSES = ["announced"] * 55 + ["in_progress"] * 25 + ["completed"] * 17 + ["discontinued"] * 2 + ["unknown"]
# All of these are bundled records.
DEPARTMENTS = ["state", "justice", "labor", "homeland-security", "hhs", "education", "defense", "interior", "usaid"]
PARTNERS = ["cast", "ciw", "restore-nyc", "carlson", "gfems", "truckers-against-trafficking"]
DOCUMENTS = ["src-wirenn-2024", "src-ustr-tai-2024", "src-doj-garland-2024", "src-state-remarks-2022"]
# The number of commitments per meeting.
PER_MEETING = 40


def date(dice, first, years):
    return f"{first + dice.randrange(years)}-{dice.randrange(12) + 1:02d}-{dice.randrange(28) + 1:02d}"


def meeting(number):
    dice = random.Random(-number)
    return {"id": f"m-{number:07d}", "name": f"Meeting {number}", "organization": "pitf", "date": date(dice, 2001, 24), "status": "held"}


def commitment(number):
    dice = random.Random(number)
    record = {
        "id": f"c-{number:07d}", "name": f"{dice.choice(ACTIONS)} {dice.choice(GROUPS)} ({number})",
        "text": f"The department will work with its partners to carry this out in {dice.randrange(50) + 1} places, report on it to "
                "the task force each year, and publish the results for providers of services. The work builds on that of "
                "earlier years.",
        "kind": dice.choice(["commitment"] * 8 + ["announcement", "recommendation"]),
        "departments": dice.sample(DEPARTMENTS, 1 if dice.random() < 0.66 else 2),
        "meeting": f"m-{number // PER_MEETING:07d}", "made_on": date(dice, 2001, 24), "position": dice.randrange(60),
        "pillars": [dice.choice(PILLARS)], "topics": [dice.choice(TOPICS), f"topic-{dice.randrange(5000)}"],
        "status": dice.choice(STATUSES),
        "sources": [{"document": dice.choice(DOCUMENTS), "locator": f"page {dice.randrange(40)}"}],
    }
    if dice.random() < 0.66:
        record["due"] = str(2010 + dice.randrange(20)) if dice.random() < 0.1 else date(dice, 2010, 20)
    if dice.random() < 0.25:
        record["partners"] = [{"type": "organization", "id": dice.choice(PARTNERS)}]
    if dice.random() < 0.16:
        record["places"] = [{"region": "US-MA", "country": "US"}]
    if dice.random() < 0.25:
        record["figures"] = [{"value": dice.randrange(900) * 1000, "unit": dice.choice(["USD", "people"]), "qualifier": "about"}]
    return record


def bundle(numbers, version=1):
    """Returns these commitments and their meetings as JSON. Each version changes the notes of all and the status of one in ten."""
    meetings = [meeting(number) for number in range(numbers.start // PER_MEETING, (numbers.stop - 1) // PER_MEETING + 1)]
    commitments = [commitment(number) for number in numbers]
    for number, record in zip(numbers, commitments) if version > 1 else ():
        record["note"] = f"Version {version}."
        if number % 10 == 0:
            record["status"] = STATUSES[(number + version * 20) % 100]
    return json.dumps({"meetings": meetings, "commitments": commitments})
