"""What the connector for Amazon S3 makes of messages, content and faults; nothing is fetched here."""

import csv
import gzip
import io
import json
import random
import re
import uuid
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.feeds.connectors.aws_s3.envelopes import Announcement, read_message
from watchfloor.feeds.connectors.aws_s3.faults import error_of, read_fault
from watchfloor.feeds.connectors.aws_s3.manifest import MANIFEST
from watchfloor.feeds.connectors.aws_s3.parse import ObjectReader, Parsed, account_of_key, is_read, read_event
from watchfloor.feeds.connectors.aws_s3.policy import policies_for
from watchfloor.feeds.connectors.aws_s3.splitting import ArraySplitter
from watchfloor.feeds.connectors.aws_s3.tables import parquet_rows
from watchfloor.feeds.connectors.aws_s3.unpacking import Unpacker
from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Throttled
from watchfloor.kernel.errors import TooLarge, Unavailable

ACCOUNT = "111122223333"
KEY = f"AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/2026/11/22/a b+c.json.gz"
SAMPLES = files("watchfloor.feeds.connectors.aws_s3") / "samples"


def sample(name: str) -> str:
    return (SAMPLES / f"{name}.json").read_text()


def parsed(body: bytes, *, key: str = "logs/x.bin", step: int = 65_536) -> list[Parsed]:
    reader = ObjectReader(bucket="b", key=key, etag="e")
    found: list[Parsed] = []
    for start in range(0, len(body), step):
        for content in reader.unpack(body[start : start + step]):
            found += reader.read(content)
    for content in reader.unpack_rest():
        found += reader.read(content)
    return found + reader.finish()


def bodies(body: bytes, *, step: int = 65_536) -> list[object]:
    return [msgspec.json.decode(one.record.body) for one in parsed(body, step=step)]


@pytest.mark.parametrize("name", ["message_s3", "message_sns", "message_cloudtrail", "message_eventbridge"])
def test_each_envelope_names_the_same_object(name: str) -> None:
    (found,) = read_message(sample(name)).objects
    assert (found.bucket, found.key) == ("trail-logs", KEY)
    assert found.etag in ("0123456789abcdef0123456789abcdef", None)


def test_a_raw_message_of_a_trail_is_understood() -> None:
    found = read_message(json.dumps({"s3Bucket": "b", "s3ObjectKey": ["a+b%20c", "d"]}))
    assert found.objects == (Announcement(bucket="b", key="a+b%20c"), Announcement(bucket="b", key="d"))


def test_a_test_event_and_a_removal_announce_nothing() -> None:
    removed = sample("message_s3").replace("ObjectCreated:Put", "ObjectRemoved:Delete")
    deleted = sample("message_eventbridge").replace("Object Created", "Object Deleted")
    wrapped = json.dumps({"Type": "Notification", "Message": sample("message_test")})
    confirm = json.dumps({"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"})
    for text in (sample("message_test"), removed, deleted, wrapped, confirm):
        assert read_message(text).objects == ()


def test_a_finding_in_eventbridges_envelope_is_a_record_itself() -> None:
    finding = json.loads(sample("object_guardduty"))
    text = json.dumps(
        {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "account": ACCOUNT, "detail": finding}
    )
    event = read_message(text).event
    assert event is not None
    found = read_event(event)
    assert (found.account, found.record.key) == (ACCOUNT, f"guardduty:{finding['id']}:{finding['updatedAt']}")


@pytest.mark.parametrize(
    "text", ["", "hello", "[]", "{}", '{"Records":[{"a":1}]}', '{"Message":"{\\"Message\\":\\"{}\\"}"}', "\ud800"]
)
def test_what_is_no_announcement_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read_message(text)


def test_a_trails_records_keep_their_ids_bytes_and_accounts() -> None:
    (found,) = parsed(sample("object_cloudtrail").encode())
    record = json.loads(sample("object_cloudtrail"))["Records"][0]
    assert json.loads(found.record.body) == record
    assert (found.record.key, found.account) == (f"cloudtrail:{record['eventID']}", ACCOUNT)
    assert found.record.at is not None
    assert found.record.at.isoformat() == "2026-11-22T08:00:41+00:00"


def test_an_updated_finding_is_another_record() -> None:
    finding = json.loads(sample("object_guardduty"))
    updated = finding | {"updatedAt": "2026-11-22T09:00:00.000Z"}
    lines = b"\n".join(json.dumps(one).encode() for one in (finding, updated, updated))
    keys = [one.record.key for one in parsed(gzip.compress(lines, mtime=0))]
    assert len(keys) == 3
    assert len(set(keys)) == 2
    assert {one.account for one in parsed(lines)} == {ACCOUNT}


def test_another_vendors_event_ids_are_no_keys() -> None:
    lines = b'{"eventID":"4624","n":1}\n{"eventID":"4624","n":2}\n'
    assert len({one.record.key for one in parsed(lines)}) == 2


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.text(max_size=12)
    | st.sampled_from(['},{"eventVersion"', "]}", '"\\']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from(["eventVersion", "a", "b"]), VALUES, min_size=1, max_size=3), max_size=8
)


@given(RECORDS, st.integers(1, 60), st.sampled_from([None, 1]), st.booleans())
def test_records_are_cut_alike_however_they_arrive(
    records: list[dict[str, object]], step: int, indent: int | None, is_wrapped: bool
) -> None:
    body = json.dumps({"Records": records} if is_wrapped else records, indent=indent, ensure_ascii=False).encode()
    assert bodies(body, step=step) == records


@given(RECORDS, st.integers(1, 60), st.sampled_from(["", "\n", " ", ",\n"]), st.sampled_from([None, 1]))
def test_values_that_follow_one_another_are_cut_alike(
    records: list[dict[str, object]], step: int, between: str, indent: int | None
) -> None:
    body = between.join(json.dumps(record, indent=indent) for record in records).encode()
    assert bodies(body, step=step) == records


def test_a_second_list_behind_the_first_is_not_lost() -> None:
    body = b'{"Records":[{"a":1}]}\n{"Records":[{"a":2},{"a":3}]}'
    assert bodies(body) == bodies(body, step=3) == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert bodies(b'{"Records":[{"a":1}],"nextToken":"x"}') == [{"a": 1}]


def test_memory_is_one_record_and_one_piece() -> None:
    splitter, before = ArraySplitter(), 0
    piece = b'{"eventVersion":"1.10","a":"' + b"x" * 1_000 + b'"},'
    for number in range(2_000):
        before += len(splitter.feed(piece))
        assert number - before <= 1


@pytest.mark.parametrize(
    "body", [b'{"Records":[{"a":1}', b'{"Records":[{"a":"x', b'{"Records":[{"a":1}]} and more', b'[{"a":1},']
)
def test_what_is_cut_off_or_followed_by_something_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(body)


def test_a_record_without_end_is_not_held() -> None:
    with pytest.raises(Malformed, match="longer"):
        parsed(b'{"Records":[{"a":"' + b"x" * 3_000_000)


def in_two_members(body: bytes) -> bytes:
    return gzip.compress(body[:40], mtime=0) + gzip.compress(body[40:]) + bytes(9)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, in_two_members, zstandard.compress])
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_compression_is_told_by_the_first_bytes(pack: Callable[[bytes], bytes], step: int) -> None:
    lines = b"\n".join(b'{"n":%d,"x":"%s"}' % (number, b"y" * 50) for number in range(200))
    found = parsed(pack(lines), key="logs/misleading.zip", step=step)
    assert [one.record.body for one in found] == lines.split(b"\n")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_refused_before_it_goes_off(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(300_000_000))
    made: list[int] = []
    with pytest.raises(TooLarge):
        made.extend(len(content) for content in Unpacker().feed(packed))
    assert sum(made) <= 64_000_000 + 250 * len(packed)
    assert max(made, default=0) <= 262_144


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"x" * 999, mtime=0)[:-9],
        zstandard.compress(b"x" * 999)[:-4],
        b"\x1f\x8b\x08\x00nonsense",
        b"\x1f\x8b",
    ],
)
def test_damaged_compression_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(body)


def test_random_bytes_never_break_the_reader() -> None:
    chance = random.Random(1)
    for _ in range(300):
        start = chance.choice(
            [b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b'{"Records":[', b"[{", b"a,b\n", b"version srcaddr dstaddr\n"]
        )
        try:
            parsed(start + chance.randbytes(chance.randint(0, 300)))
        except (Malformed, TooLarge):
            continue


FLOW = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)


def test_flows_of_the_default_format_stay_lines() -> None:
    row = f"2 {ACCOUNT} eni-1 10.0.0.1 10.0.0.2 40000 443 6 9 900 1795334400 1795334460 ACCEPT OK"
    nothing = f"2 {ACCOUNT} eni-1 - - - - - - - 1795334400 1795334460 - NODATA"
    found = parsed(gzip.compress(f"{FLOW}\n{row}\n{nothing}\n{row}\n".encode()))
    assert [(one.record.body.decode(), one.account) for one in found] == [(row, ACCOUNT)] * 2
    assert len({one.record.key for one in found}) == 2


def test_flows_of_another_format_take_the_headers_names() -> None:
    (found,) = parsed(b"srcaddr dstaddr action account-id pkt-srcaddr\n10.0.0.1 10.0.0.2 REJECT 444455556666 -\n")
    assert json.loads(found.record.body) == {
        "srcaddr": "10.0.0.1",
        "dstaddr": "10.0.0.2",
        "action": "REJECT",
        "account-id": "444455556666",
    }
    assert found.account == "444455556666"


def test_a_tables_rows_take_the_headers_names() -> None:
    out = io.StringIO()
    rows = [["ana", 'says "hi"\nand, more', "1"], ["bo", "", "2"]]
    csv.writer(out).writerows([["user", "text", "n"], *rows])
    assert bodies(b"\xef\xbb\xbf" + out.getvalue().encode(), step=11) == [
        {"user": "ana", "text": 'says "hi"\nand, more', "n": "1"},
        {"user": "bo", "n": "2"},
    ]


def test_lines_of_text_are_records() -> None:
    found = parsed(b"Nov 22 08:00:00 web sshd[1]: Failed password, port 22\r\n\r\nNov 22 08:00:01 web sshd[1]: Bye\n")
    assert [one.record.body for one in found] == [
        b"Nov 22 08:00:00 web sshd[1]: Failed password, port 22",
        b"Nov 22 08:00:01 web sshd[1]: Bye",
    ]


def test_rows_of_parquet_become_objects(tmp_path: Path) -> None:
    file = tmp_path / "x"
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    parquet.write_table(arrow.table({"a": [1, None], "at": arrow.array([0, 1], arrow.timestamp("s"))}), file)
    rows = [msgspec.json.decode(row) for batch in parquet_rows(file) for row in batch]
    assert rows == [{"a": 1, "at": "1970-01-01T00:00:00"}, {"at": "1970-01-01T00:00:01"}]
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(Malformed):
        list(parquet_rows(file))


def test_a_table_that_inflates_without_bounds_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x"
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    column = arrow.array(["x" * 1_000_000] * 100)
    parquet.write_table(arrow.table({"a": column}), file, compression="zstd", use_dictionary=False)
    assert file.stat().st_size < 400_000
    with pytest.raises(TooLarge):
        list(parquet_rows(file))


def test_digests_insights_and_folders_are_not_read() -> None:
    assert [
        is_read(key)
        for key in (
            KEY,
            KEY.replace("CloudTrail/", "CloudTrail-Digest/"),
            KEY.replace("CloudTrail/", "CloudTrail-Insight/"),
            "AWSLogs/",
        )
    ] == [True, False, False, False]
    assert [account_of_key(key) for key in (KEY, f"x/AWSLogs/o-ab12cd34ef/{ACCOUNT}/CloudTrail/", "y")] == [
        ACCOUNT,
        ACCOUNT,
        None,
    ]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"__type":"com.amazonaws.sqs#RequestThrottled","message":"x"}', Throttled),
        (503, b"<Error><Code>SlowDown</Code></Error>", Throttled),
        (429, b"", Throttled),
        (400, b"<Error><Code>ExpiredToken</Code></Error>", Expired),
        (403, b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>", Expired),
        (403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", Expired),
        (403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>", Unavailable),
        (403, b"<Error><Code>AccessDenied</Code></Error>", Denied),
        (400, b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}', Denied),
        (500, b"oops", Unavailable),
        (418, b"\xff", Malformed),
    ],
)
def test_each_fault_becomes_its_error(status: int, body: bytes, kind: type[Exception]) -> None:
    error = error_of(read_fault(status, body), permission="s3:GetObject", place="the bucket b")
    assert type(error) is kind


def test_the_permission_that_aws_names_is_the_one_that_is_told() -> None:
    said = b"User: arn:aws:sts::1:x is not authorized to perform: kms:Decrypt on resource: y"
    body = b"<Error><Code>AccessDenied</Code><Message>%s</Message></Error>" % said
    error = error_of(read_fault(403, body), permission="s3:GetObject", place="the bucket b")
    assert error.where == "kms:Decrypt"


SETTINGS = {
    "queue_urls": f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/objects",
    "buckets": "trail-logs/AWSLogs/, flow-logs",
    "accounts": ACCOUNT,
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/watchfloor",
    "external_id": "wf-1",
    "principal_arn": "arn:aws:iam::999988887777:user/watchfloor",
}


def actions(text: str) -> Iterable[str]:
    for statement in json.loads(text)["Statement"]:
        action = statement["Action"]
        yield from [action] if isinstance(action, str) else action


def test_the_policies_ask_for_the_least() -> None:
    trust, may, listing, queue, *notifications = policies_for(SETTINGS)
    assert json.loads(trust.text)["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "wf-1"}}
    assert set(actions(may.text)) == {
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
        "s3:GetObject", "kms:Decrypt",
    }  # fmt: skip
    assert "arn:aws:s3:::trail-logs/AWSLogs/*" in may.text
    assert set(actions(listing.text)) == {"s3:ListBucket"}
    assert set(actions(queue.text)) == {"sqs:SendMessage"}
    assert [json.loads(one.text)["QueueConfigurations"][0]["Events"] for one in notifications] == [
        ["s3:ObjectCreated:*"]
    ] * 2
    assert all(action != "*" for one in (trust, may, listing, queue) for action in actions(one.text))


def test_policies_can_be_printed_before_anything_is_known() -> None:
    assert all(json.loads(one.text) for one in policies_for({}))


def test_the_settings_take_what_aws_gives_and_nothing_else() -> None:
    patterns = {setting.name: setting.pattern for setting in MANIFEST.settings}
    for name, value in SETTINGS.items():
        assert re.fullmatch(patterns[name], value), name
    for bad in (
        "https://sqs.evil.example/1/x",
        "http://sqs.eu-central-1.amazonaws.com/111122223333/x",
        "https://sqs.eu-central-1.amazonaws.com.evil.example/111122223333/x",
    ):
        assert not re.fullmatch(patterns["queue_urls"], bad)


def test_ids_stay_apart() -> None:
    names = [str(uuid.uuid4()) for _ in range(50)]
    body = msgspec.json.encode({"Records": [{"eventVersion": "1", "eventID": name} for name in names]})
    keys = [one.record.key for one in parsed(gzip.compress(body, mtime=0))]
    assert keys == [f"cloudtrail:{name}" for name in names]
