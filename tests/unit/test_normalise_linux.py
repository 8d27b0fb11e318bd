"""Linux's programs: who did what, in the programs' own names and in Sigma's."""

import pytest

from tests.unit.line_events import entities, event_of, has
from watchfloor.normalise.event import LogSource

HEAD = "Mar  2 11:58:01 web01"


@pytest.mark.parametrize(
    ("message", "action", "user", "known"),
    [
        ("Accepted publickey for deploy from 203.0.113.9 port 1 ssh2: RSA SHA256:x", "accepted", "deploy", True),
        ("Failed password for invalid user admin from 203.0.113.9 port 1 ssh2", "failed", "admin", False),
        ("Failed password for root from 203.0.113.9 port 1 ssh2", "failed", "root", True),
        ("Invalid user a from b from 203.0.113.9 port 1", "invalid_user", "a from b", False),
        (
            "error: maximum authentication attempts exceeded for eve from 203.0.113.9 port 1 ssh2 [preauth]",
            "too_many_failures",
            "eve",
            True,
        ),
        ("Connection closed by authenticating user eve 203.0.113.9 port 1 [preauth]", "closed", "eve", True),
        ("Disconnected from user eve 203.0.113.9 port 1", "disconnected", "eve", True),
        ("User eve from 203.0.113.9 not allowed because not listed in AllowUsers", "refused_user", "eve", True),
        (
            "pam_unix(sshd:auth): authentication failure; uid=0 tty=ssh ruser= rhost=203.0.113.9  user=eve",
            "failed",
            "eve",
            True,
        ),
    ],
)
def test_sshd_says_who_from_where(message: str, action: str, user: str, known: bool) -> None:
    event = event_of(f"{HEAD} sshd[123]: {message}")
    assert event.source == "linux.sshd"
    assert has(event, product="linux", service="sshd")
    assert has(event, product="linux", service="auth")
    assert (event.fields["action"], event.fields["user"], event.fields["user_known"]) == (action, user, known)
    assert event.fields["src_ip"] == "203.0.113.9"
    assert {("host", "web01"), ("ip", "203.0.113.9")} <= entities(event)


def test_other_lines_of_sshd_stay_lines() -> None:
    event = event_of(f"{HEAD} sshd-session[1]: fatal: buffer_get_string: bad string")
    assert (event.source, "action" in event.fields) == ("linux.sshd", False)


def test_sudo_keeps_its_own_names() -> None:
    event = event_of(
        f"{HEAD} sudo:   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh -c a ; b USER=x"
    )
    assert has(event, product="linux", service="sudo")
    assert (event.fields["user"], event.fields["USER"], event.fields["PWD"]) == ("alice", "root", "/home/alice")
    assert (event.fields["COMMAND"], event.fields["action"]) == ("/bin/sh -c a ; b USER=x", "run")
    assert entities(event) == {("host", "web01"), ("user", "alice"), ("user", r"web01\root")}


def test_sudo_says_why_it_refused() -> None:
    event = event_of(f"{HEAD} sudo[3]: bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/bash")
    assert (event.fields["action"], event.fields["reason"]) == ("refused", "user NOT in sudoers")
    assert event_of(f"{HEAD} sudo: a : b").fields.keys().isdisjoint({"COMMAND", "reason"})


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("(to root) alice on pts/1", "run"),
        ("FAILED SU (to root) alice on pts/1", "refused"),
        ("pam_unix(su:session): session opened for user root(uid=0) by alice(uid=1000)", "run"),
    ],
)
def test_su_says_who_became_whom(message: str, action: str) -> None:
    event = event_of(f"{HEAD} su[44]: {message}")
    assert (event.fields["action"], event.fields["user"], event.fields["USER"]) == (action, "alice", "root")
    assert has(event, product="linux", service="auth")


def test_cron_says_what_ran_and_what_changed() -> None:
    ran = event_of(f"{HEAD} CRON[9]: (backup) CMD (  /usr/bin/sync (all))")
    assert (ran.fields["user"], ran.fields["action"], ran.fields["command"]) == ("backup", "CMD", "/usr/bin/sync (all)")
    assert has(ran, product="linux", service="cron")
    assert event_of(f"{HEAD} crontab[9]: (eve) REPLACE (eve)").fields["action"] == "REPLACE"


@pytest.mark.parametrize(
    ("program", "service"),
    [("useradd", "auth"), ("vsftpd", "vsftpd"), ("clamd", "clamav"), ("guacd", "guacamole"), ("nginx", "nginx")],
)
def test_a_programs_lines_have_its_service(program: str, service: str) -> None:
    event = event_of(f"{HEAD} {program}[9]: new user: name=eve, from=203.0.113.9")
    assert has(event, product="linux", service=service)
    assert has(event, product="linux", service="syslog")
    assert (("user", "eve") in entities(event)) is (service == "auth")


def test_only_people_are_the_same_on_all_machines() -> None:
    one, other = (entities(event_of(f"Mar  2 11:58:01 {host} su: (to root) alice on pts/1")) for host in ("a1", "b2"))
    assert one & other == {("user", "alice")}


SYSMON = (
    '<Event><System><Provider Name="Linux-Sysmon" Guid="{f}"/><EventID>1</EventID><TimeCreated SystemTime='
    '"2026-03-02T11:58:01.003485000Z"/><EventRecordID>245760</EventRecordID><Channel>Linux-Sysmon/Operational</Channel>'
    '<Computer>web01</Computer></System><EventData><Data Name="Image">/bin/bash</Data><Data Name="CommandLine">'
    'bash -c &quot;id &amp;&amp; ls&quot; &lt;x</Data><Data Name="User">tomcat</Data><Data Name="Hashes">'
    "SHA256=7b0c5f7b5a0e4f27b1d1e1f0a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5</Data></EventData></Event>"
)


@pytest.mark.parametrize(
    "body",
    [
        f"{HEAD} sysmon: {SYSMON}",
        SYSMON,
        {"SyslogMessage": SYSMON, "ProcessName": "sysmon", "HostName": "web01", "Type": "Syslog"},
    ],
)
def test_sysmon_for_linux_is_read_from_its_xml(body: str | dict[str, object]) -> None:
    event = event_of(body)
    assert event.source == "linux.sysmon"
    assert has(event, product="linux", category="process_creation", service="sysmon")
    assert (event.fields["CommandLine"], event.fields["EventID"]) == ('bash -c "id && ls" <x', 1)
    assert event.time.isoformat() == "2026-03-02T11:58:01.003485+00:00"
    assert {("host", "web01"), ("user", r"web01\tomcat")} <= entities(event)
    assert event.key == event_of(SYSMON).key


def test_sysmon_for_linux_is_not_windows() -> None:
    flat: dict[str, object] = {
        "EventID": 3,
        "Channel": "Linux-Sysmon/Operational",
        "Computer": "web01",
        "DestinationIp": "203.0.113.9",
    }
    event = event_of(flat)
    assert has(event, product="linux", category="network_connection", service="sysmon")
    assert ("ip", "203.0.113.9") in entities(event)


def test_entities_of_xml_are_never_expanded() -> None:
    body = f'<!DOCTYPE x [<!ENTITY a "b">]>{SYSMON}'
    assert event_of(body).source == "unparsed"
    assert "&a;" in str(event_of(SYSMON.replace("&amp;&amp;", "&a;")).fields["CommandLine"])


def osquery(columns: dict[str, str], **more: object) -> dict[str, object]:
    return {
        "name": "pack_x",
        "hostIdentifier": "web01",
        "unixTime": "1772452681",
        "epoch": 0,
        "counter": 3,
        "action": "added",
        "columns": columns,
        **more,
    }


def test_osquery_rows_get_sigmas_names() -> None:
    ran = event_of(
        osquery(
            {
                "path": "/usr/bin/curl",
                "cmdline": '"curl" "http://a.example"',
                "uid": "0",
                "pid": "5",
                "time": "1772452680",
            }
        )
    )
    assert has(ran, product="linux", category="process_creation")
    assert has(ran, product="osquery")
    assert (ran.fields["Image"], ran.fields["CommandLine"]) == ("/usr/bin/curl", "curl http://a.example")
    assert (ran.fields["User"], ran.time.timestamp()) == ("root", 1772452680)
    socket = event_of(osquery({"path": "/bin/nc", "remote_address": "203.0.113.9", "remote_port": "443"}))
    assert has(socket, product="linux", category="network_connection")
    assert socket.fields["DestinationPort"] == "443"
    file = event_of(osquery({"target_path": "/etc/cron.d/x", "action": "CREATED"}))
    assert has(file, product="linux", category="file_event")
    assert event_of(osquery({"target_path": "/x", "action": "DELETED"})).logsources == ran.logsources[:1]


def test_an_osquery_row_that_went_away_starts_nothing() -> None:
    row = {"path": "/usr/bin/curl", "cmdline": "curl"}
    assert event_of(osquery(row, action="removed")).logsources == (LogSource(product="osquery"),)


def test_osquery_snapshots_are_told_apart_by_their_rows() -> None:
    whole: dict[str, object] = osquery({}, action="snapshot", snapshot=[{"name": "bash"}, {"name": "zsh"}])
    del whole["columns"]
    event = event_of(whole)
    assert (event.source, event.fields["snapshot"]) == ("osquery.result", [{"name": "bash"}, {"name": "zsh"}])
    assert event.key == event_of(whole).key
    assert event.key != event_of({**whole, "snapshot": [{"name": "zsh"}]}).key


def test_osquery_on_other_systems_is_not_linux() -> None:
    row = {"path": "C:\\Windows\\x.exe", "cmdline": "x"}
    assert has(event_of(osquery(row)), product="windows", category="process_creation")
    journal = event_of(osquery({"target_path": "C:\\Users\\x.exe", "action": "FileCreation"}))
    assert has(journal, product="windows", category="file_event")
    mac = osquery({"path": "/bin/ls", "cmdline": "ls"}, decorations={"platform": "darwin"})
    assert has(event_of(mac), product="macos", category="process_creation")
