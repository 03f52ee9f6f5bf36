"""What was charged, read by another reader than the one that wrote it: the csv module, decimal numbers and hashlib."""

import csv
import hashlib
import io
import json
import math
from datetime import date
from decimal import Decimal

import pytest
from recordings import SENTENCE

FORMATS = ["csv", "jsonl", "focus", "openai"]
YEAR = date.today().year
SPAN = {"from": f"{YEAR}-01", "to": f"{YEAR + 2}-01"}


def _export(http, format: str) -> tuple[bytes, dict]:
    """A file and its trailer, of a moment at which nothing was being charged."""

    def trailer() -> dict:
        return http.get("/admin/v1/exports", params={"format": format, "trailer": "true", **SPAN}).raise_for_status().json()

    for _ in range(10):
        before = trailer()
        file = http.get("/admin/v1/exports", params={"format": format, **SPAN}).raise_for_status().content
        if trailer() == before:
            return file, before
    raise AssertionError("something is charged all the time")


def _rows(file: bytes) -> list[dict]:
    text = file.decode("utf-8")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.fixture(scope="module", autouse=True)
def charged(client):
    """At least two charges."""
    for _ in range(2):
        client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path)


def _total(trailer: dict) -> Decimal:
    [total] = trailer["totals"]
    assert total["currency"] == "EUR"
    return Decimal(total["amount"])


@pytest.mark.parametrize("format", FORMATS)
def test_the_file_is_whole(http, format):
    file, trailer = _export(http, format)
    assert (trailer["bytes"], trailer["sha256"]) == (len(file), hashlib.sha256(file).hexdigest())
    assert trailer["charges"] >= 2
    assert not trailer["closed"]


def test_the_rows_add_up(http):
    file, trailer = _export(http, "csv")
    rows = _rows(file)
    assert len(rows) == trailer["rows"]
    assert len({row["charge_id"] for row in rows}) == trailer["charges"]
    assert sum(Decimal(row["amount"]) for row in rows) == _total(trailer)
    # A cent a started minute.
    for row in rows:
        minutes = math.ceil(Decimal(row["quantity"]) / 60)
        assert (Decimal(row["billed"]), Decimal(row["amount"])) == (minutes, Decimal(minutes) / 100), row


def test_lines_of_json_say_what_the_table_says(http):
    file, _ = _export(http, "csv")
    lines, trailer = _export(http, "jsonl")
    objects = [json.loads(line) for line in lines.splitlines()]
    assert len(objects) == trailer["rows"]

    def text(value) -> str:
        return {None: "", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)

    assert [{name: text(value) for name, value in sorted(line.items())} for line in objects] == [
        dict(sorted(row.items())) for row in _rows(file)
    ]


# The mandatory columns of a Cost and Usage dataset, FOCUS 1.4.
MANDATORY = """
    BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory
    ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost HostProviderName
    InvoiceIssuerName ListCost PricingQuantity PricingUnit ServiceCategory ServiceName ServiceProviderName
""".split()


def test_focus_has_its_columns_and_prices_that_multiply(http):
    file, trailer = _export(http, "focus")
    rows = _rows(file)
    assert set(MANDATORY) <= set(rows[0])
    assert sum(Decimal(row["BilledCost"]) for row in rows) == _total(trailer)
    nullable = {"BillingAccountName", "ChargeClass"}
    for row in rows:
        assert all(row[name] for name in MANDATORY if name not in nullable), row
        assert Decimal(row["ListUnitPrice"]) * Decimal(row["PricingQuantity"]) == Decimal(row["ListCost"])
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]


def test_openais_page_adds_up(http):
    file, trailer = _export(http, "openai")
    page = json.loads(file, parse_float=Decimal)
    results = [result for bucket in page["data"] for result in bucket["results"]]
    assert len(results) == trailer["rows"]
    assert sum(Decimal(result["amount"]["value"]) for result in results) == _total(trailer)
