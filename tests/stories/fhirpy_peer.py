"""fhirpy against the ward: builds resources as its users do, posts them, and holds the answers to what it expects.

Usage: fhirpy_peer.py URL. It ends with a traceback where something is not as it must be.
"""

import sys
from datetime import datetime, timezone

from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome

client = SyncFHIRClient(sys.argv[1])
now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def loinc(code):
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


def category(code):
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return [{"coding": [{"system": system, "code": code}]}]


def observation(number, kind, code, value, unit, **more):
    return client.resource(
        "Observation",
        status="final",
        identifier=[{"system": "urn:fhirpy", "value": number}],
        category=category(kind),
        code=loinc(code),
        subject={"identifier": {"system": "urn:hosp:mrn", "value": "MRN0042"}},
        valueQuantity={"value": value, "system": "http://unitsofmeasure.org", "code": unit},
        **more,
    )


# One resource, saved as any other; its id comes back and its number is the same.
pulse = observation("1", "vital-signs", "8867-4", 112, "/min", effectiveDateTime=now)
pulse.save()
assert pulse.id and pulse["valueQuantity"]["value"] == 112, pulse.serialize()

# A conditional create: new the first time, known the second, and the same id both times.
warmth = observation("2", "vital-signs", "8310-5", 38.05, "Cel", effectiveDateTime=now).serialize()
if_none = {"If-None-Exist": "identifier=urn:fhirpy|2"}
taken = [
    client._do_request("post", "Observation", warmth, extra_headers=if_none, returning_status=True) for _ in range(2)
]
assert [status for _, status in taken] == [201, 200], taken
assert taken[0][0]["id"] == taken[1][0]["id"], taken

# A transaction: a report and its result beside it.
potassium = observation("3", "laboratory", "2823-3", 6.8, "mmol/L")
report = client.resource(
    "DiagnosticReport",
    status="final",
    identifier=[{"system": "urn:lis", "value": "ACC7"}],
    code=loinc("24323-8"),
    effectiveDateTime=now,
    subject=potassium["subject"],
    result=[{"reference": "urn:uuid:6b0c3c1e-3f0c-4f0e-9b49-1d2f3a4b5c6d"}],
)
entries = [
    {"resource": report.serialize(), "request": {"method": "POST", "url": "DiagnosticReport"}},
    {
        "fullUrl": "urn:uuid:6b0c3c1e-3f0c-4f0e-9b49-1d2f3a4b5c6d",
        "resource": potassium.serialize(),
        "request": {"method": "PUT", "url": "Observation?identifier=urn:fhirpy|3"},
    },
]
answer = client.execute("", data={"resourceType": "Bundle", "type": "transaction", "entry": entries})
statuses = [entry["response"]["status"] for entry in answer["entry"]]
assert answer["type"] == "transaction-response" and statuses == ["201 Created"] * 2, answer

# A refusal is an OperationOutcome that names the element.
broken = observation("4", "vital-signs", "8867-4", 112, "/min", effectiveDateTime="2026-09-12T10:15:00")
try:
    broken.save()
    raise AssertionError("a time without a zone was taken")
except OperationOutcome as refusal:
    issue = refusal.resource["issue"][0]
    assert issue["expression"] == ["Observation.effectiveDateTime"], issue

print("all is as it must be", flush=True)
