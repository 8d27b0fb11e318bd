"""CloudTrail records: split exactly, read in every envelope, joined to their identities."""

from typing import Final

import msgspec
import pytest

from watchfloor.normalise.cloudtrail import is_cloudtrail, parse_cloudtrail, split_records, unwrap
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.failure import ParseFailed

ACCOUNT: Final = "111122223333"


def record(**changes: FieldValue) -> dict[str, FieldValue]:
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/m.keller",
            "accountId": ACCOUNT,
            "userName": "m.keller",
        },
        "eventTime": "2026-03-02T09:14:52Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.77",
        "eventID": "3b9a4f10-0000-4000-9000-000000000001",
        "recipientAccountId": ACCOUNT,
        **changes,
    }


def test_a_record_keeps_its_nesting_and_its_log_source() -> None:
    parsed = parse_cloudtrail(record())
    assert parsed.source == "aws.cloudtrail"
    assert parsed.logsources == (LogSource("aws", None, "cloudtrail"),)
    assert parsed.fields == {**record(), "status": "success"}
    assert parsed.identity == ("cloudtrail", "3b9a4f10-0000-4000-9000-000000000001", ACCOUNT)


def test_a_user_is_known_by_arn_address_and_account() -> None:
    assert parse_cloudtrail(record()).entities == (
        Entity("user", f"arn:aws:iam::{ACCOUNT}:user/m.keller"),
        Entity("ip", "203.0.113.77"),
        Entity("account", ACCOUNT),
    )


def test_an_assumed_role_is_known_by_session_role_and_person() -> None:
    identity: dict[str, FieldValue] = {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:m.keller@nordwind.example",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/m.keller@nordwind.example",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/admin"}},
    }
    entities = parse_cloudtrail(record(userIdentity=identity)).entities
    assert Entity("user", f"arn:aws:iam::{ACCOUNT}:role/admin") in entities
    assert Entity("email", "m.keller@nordwind.example") in entities


def test_an_instance_role_names_its_instance_as_host() -> None:
    identity: dict[str, FieldValue] = {"type": "AssumedRole", "principalId": "AROAEXAMPLE:i-0abc1234def567890"}
    assert Entity("host", "i-0abc1234def567890") in parse_cloudtrail(record(userIdentity=identity)).entities


@pytest.mark.parametrize("address", ["s3.amazonaws.com", "AWS Internal", "", None, 7])
def test_a_service_in_place_of_an_address_is_no_entity(address: FieldValue) -> None:
    kinds = {entity.kind for entity in parse_cloudtrail(record(sourceIPAddress=address)).entities}
    assert not kinds & {"ip", "domain"}


def test_eventbridge_is_unwrapped() -> None:
    envelope: dict[str, FieldValue] = {"detail-type": "AWS API Call via CloudTrail", "detail": record()}
    assert unwrap(envelope) == record()
    assert unwrap({"detail": {"a": 1}}) == {"detail": {"a": 1}}


def test_a_record_needs_source_name_and_a_mark_of_the_trail() -> None:
    assert is_cloudtrail(record())
    assert not is_cloudtrail({"eventSource": "x", "eventName": "y"})
    assert not is_cloudtrail({"eventSource": 1, "eventName": "y", "userIdentity": {}})


def test_a_summary_says_who_called_what_and_how_it_ended() -> None:
    assert parse_cloudtrail(record()).summary == "m.keller called iam CreateAccessKey from 203.0.113.77 in us-east-1"
    denied = parse_cloudtrail(record(errorCode="AccessDenied", userIdentity={"type": "Root", "accountId": ACCOUNT}))
    assert denied.summary.startswith(f"root of {ACCOUNT} failed to call iam CreateAccessKey")


def test_a_file_is_split_into_its_records_byte_for_byte() -> None:
    first, second = b'{"eventID": "1",  "n": 1.0}', b'{"eventID":"2"}'
    assert split_records(b'{"Records": [' + first + b", " + second + b"]}") == [first, second]
    assert split_records(b"[" + first + b"]") == [first]
    assert split_records(first) == [first]
    assert split_records(b'{"Records": []}') == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not_json"),
        (b"", "not_json"),
        (b"text", "not_json"),
        (b'{"Records": 5}', "wrong_shape"),
        (b"5", "wrong_shape"),
        (b'{"Records": [' + b"[" * 100_000, "not_json"),
        (b"\xff\xfe[]", "not_json"),
    ],
)
def test_a_broken_file_says_what_is_wrong(body: bytes, reason: str) -> None:
    with pytest.raises(ParseFailed) as caught:
        split_records(body)
    assert caught.value.reason == reason


def test_odd_parts_cost_only_what_hangs_on_them() -> None:
    odd = record(userIdentity="nobody", eventTime=[], eventID=None, awsRegion={}, responseElements=[1])
    parsed = parse_cloudtrail(odd)
    assert (parsed.time, parsed.identity) == (None, None)
    assert msgspec.json.decode(msgspec.json.encode(parsed.fields)) == odd
