"""Linux audit records: one line is one event; what a record encodes is decoded, and Sigma's names are added."""

import pytest

from tests.unit.line_events import entities, event_of, has

STAMP = "msg=audit(1772452681.155:92733):"
SYSCALL = (
    f"node=web01 type=SYSCALL {STAMP} arch=c000003e syscall=59 success=yes exit=0 a0=4 a1=55 a2=7 a3=8 items=2 ppid=2"
    ' pid=3 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=104 comm="nc" exe="/usr/bin/nc" key="exec"\x1dARCH=x86_64'
    ' SYSCALL=execve AUID="m.keller" UID="root"'
)
EXECVE = f'node=web01 type=EXECVE {STAMP} argc=3 a0="bash" a1="-c" a2={b"ls -la".hex().upper()}'


def test_a_syscall_record_knows_the_program() -> None:
    event = event_of(SYSCALL)
    assert event.source == "linux.auditd"
    assert has(event, product="linux", category="process_creation", service="auditd")
    assert event.fields["Image"] == "/usr/bin/nc"
    assert (event.fields["SYSCALL"], event.fields["User"], event.fields["ProcessId"]) == ("execve", "root", "3")
    assert (event.fields["type"], event.fields["a0"], event.fields["key"]) == ("SYSCALL", "4", "exec")
    assert "CommandLine" not in event.fields
    assert entities(event) == {("host", "web01"), ("user", "m.keller"), ("user", r"web01\root")}
    assert event.time.timestamp() == pytest.approx(1772452681.155)


def test_a_call_without_a_name_gets_it_from_its_number() -> None:
    line = f"type=SYSCALL {STAMP} arch=c00000b7 syscall=221 success=yes pid=3 exe=/bin/id"
    assert event_of(line).fields["SYSCALL"] == "execve"
    assert "SYSCALL" not in event_of(line.replace("221", "9999")).fields


def test_an_execve_record_knows_the_command_line() -> None:
    event = event_of(EXECVE)
    assert has(event, product="linux", category="process_creation", service="auditd")
    assert event.fields["CommandLine"] == "bash -c ls -la"
    assert event.fields["a2"] == "ls -la"
    assert "Image" not in event.fields
    assert event_of(EXECVE.replace('"bash"', '"/bin/bash"')).fields["Image"] == "/bin/bash"


def test_long_arguments_come_in_pieces() -> None:
    event = event_of(f'type=EXECVE {STAMP} argc=2 a0="echo" a1_len=8 a1[0]=61622063 a1[1]=64650066')
    assert event.fields["CommandLine"] == "echo ab cde f"


def test_records_joined_in_one_body_are_one_event() -> None:
    event = event_of(f'{SYSCALL}\n{EXECVE}\nnode=web01 type=PATH {STAMP} item=0 name="/usr/bin/bash" nametype=NORMAL')
    assert event.fields["type"] == ["SYSCALL", "EXECVE", "PATH"]
    assert (event.fields["Image"], event.fields["CommandLine"]) == ("/usr/bin/nc", "bash -c ls -la")


def test_a_failed_execution_is_no_process() -> None:
    assert not has(
        event_of(SYSCALL.replace("success=yes", "success=no")),
        product="linux",
        category="process_creation",
        service="auditd",
    )


def test_a_new_file_is_a_file_event() -> None:
    line = f'type=PATH {STAMP} item=1 name="/etc/cron.d/x" inode=1 mode=0100644 nametype=CREATE'
    event = event_of(line)
    assert has(event, product="linux", category="file_event", service="auditd")
    assert event.fields["TargetFilename"] == "/etc/cron.d/x"
    assert ("file", "/etc/cron.d/x") in entities(event)
    for other in (line.replace("0100644", "040755"), line.replace("CREATE", "NORMAL"), line.replace('"/etc/', '"etc/')):
        assert has(event_of(other), product="linux", service="auditd")


def test_what_is_encoded_is_decoded() -> None:
    proctitle = event_of(f"type=PROCTITLE {STAMP} proctitle=6C73002D6C61")
    assert proctitle.fields["proctitle"] == "ls -la"
    address = event_of(f"type=SOCKADDR {STAMP} saddr=020001BBCB0071070000000000000000")
    assert (address.fields["saddr_ip"], address.fields["saddr_port"]) == ("203.0.113.7", 443)
    six = event_of(f"type=SOCKADDR {STAMP} saddr=0A0001BB00000000{'20010db8' + '00' * 11 + '05'}00000000")
    assert six.fields["saddr_ip"] == "2001:db8::5"
    assert "saddr_ip" not in event_of(f"type=SOCKADDR {STAMP} saddr=01002F72756E2F737973").fields


def test_messages_of_programs_are_opened() -> None:
    event = event_of(
        f'type=USER_LOGIN {STAMP} pid=1 uid=0 auid=4294967295 ses=1 msg=\'op=login acct="eve" exe="/usr/sbin/sshd"'
        " hostname=? addr=203.0.113.7 terminal=ssh res=failed'",
        host="web01",
    )
    assert (event.fields["acct"], event.fields["res"], event.fields["op"]) == ("eve", "failed", "login")
    assert {("user", "eve"), ("ip", "203.0.113.7")} <= entities(event)


def test_the_joined_form_of_auoms_is_an_execution() -> None:
    event = event_of(
        'type=AUOMS_EXECVE audit(1772452681.986:84138): SchemaVersion="1" node=UBUNTU5 arch=x86_64 syscall=execve'
        ' syscall_r=59 success=yes pid=17790 audit_user=unset user=tomcat uid=1001 comm="bash" exe="/bin/bash" cwd="/"'
        ' argc=3 cmdline="bash -c "{echo,aWQK}|{base64,-d}|{bash,-i}"" redactors= containerid='
    )
    assert has(event, product="linux", category="process_creation", service="auditd")
    assert event.fields["CommandLine"] == 'bash -c "{echo,aWQK}|{base64,-d}|{bash,-i}"'
    assert (event.fields["Image"], event.fields["User"], event.fields["CurrentDirectory"]) == (
        "/bin/bash",
        "tomcat",
        "/",
    )
    assert event.fields["type"] == ["AUOMS_EXECVE", "EXECVE"]


def test_kernel_records_behind_syslog_are_known_by_their_number() -> None:
    event = event_of('Mar  2 11:58:01 web01 kernel: [42.1] audit: type=1400 audit(1772452681.1:7): apparmor="DENIED"')
    assert (event.fields["type"], event.fields["apparmor"]) == ("AVC", "DENIED")


def test_a_record_sent_twice_is_known_and_records_of_one_event_are_not_mixed_up() -> None:
    assert event_of(SYSCALL).key == event_of(SYSCALL).key
    assert len({event_of(line).key for line in (SYSCALL, EXECVE, SYSCALL.replace("web01", "web02"))}) == 3
