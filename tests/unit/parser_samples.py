"""Events of every parser as their senders write them: beside the samples of the shared rules, which have the others.

`LINES` are lines of text by the source that they must become, `BATCHES` several bodies that only together say what they
are, and `MARKS` the fewest fields by which an object is known.
"""

from collections.abc import Sequence
from typing import Final

Fields = dict[str, object]

PRIORITY: Final = "<134>Mar  2 11:00:00 "
PALO_HEAD: Final = f"{PRIORITY}PA-VM 1,2026/03/02 11:00:00,007051000113358"
PALO_SESSION: Final = (
    "2561,2026/03/02 11:00:00,10.0.0.5,203.0.113.9,198.51.100.1,203.0.113.9,out,corp\\alice,,web-browsing,vsys1,trust,"
    "untrust,ethernet1/2,ethernet1/1,fwd,2026/03/02 11:00:00,12345,1,51000,80,51000,80,0x403000,tcp"
)
WINDOWS_XML: Final = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-A5BA-3E3B0328C30D}'/>"
    "<EventID>4625</EventID><Version>0</Version><Level>0</Level><Keywords>0x8010000000000000</Keywords>"
    "<TimeCreated SystemTime='2026-03-02T11:00:00.1234567Z'/><EventRecordID>99</EventRecordID><Correlation/>"
    "<Execution ProcessID='4' ThreadID='8'/><Channel>Security</Channel><Computer>ws01.nordwind.example</Computer>"
    "<Security/></System><EventData><Data Name='TargetUserName'>bob&amp;co</Data><Data Name='TargetDomainName'/>"
    "<Data Name='IpAddress'>203.0.113.9</Data><Data Name='LogonType'>3</Data></EventData></Event>"
)
LINES: Final[dict[str, Sequence[str]]] = {
    "windows.security": [WINDOWS_XML, f"{PRIORITY}ws01 WinEvt: {WINDOWS_XML}"],
    "linux.sysmon": [
        f'{PRIORITY}web01 sysmon: <Event><System><Provider Name="Linux-Sysmon"'
        f' Guid="{{ff032593}}"/><EventID>1</EventID>'
        '<TimeCreated SystemTime="2026-03-02T11:00:00.000000000Z"/><EventRecordID>7</EventRecordID>'
        "<Channel>Linux-Sysmon/Operational</Channel><Computer>web01</Computer></System><EventData>"
        '<Data Name="Image">/usr/bin/curl</Data><Data Name="CommandLine">curl &quot;x&quot;</Data>'
        '<Data Name="User">root</Data></EventData></Event>',
    ],
    "aws.vpcflow": [
        "2 111122223333 eni-0abc1234def567890 198.51.100.23 10.0.1.17 52418 22 6 20 4249 1772439200 1772439267"
        " REJECT OK",
        "2 111122223333 eni-0abc1234def567890 - - - - - - - 1772439200 1772439267 - NODATA",
    ],
    "aws.alb": [
        "https 2026-03-02T08:14:27.186641Z app/web/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 200"
        ' 200 0 57 "GET https://www.nordwind.example:443/a?b=1 HTTP/1.1" "curl/8" ECDHE-RSA TLSv1.2 arn:aws:x'
        ' "Root=1-58337281" "www.nordwind.example" "arn:aws:acm" 1 2026-03-02T08:14:27.000000Z "forward" "-" "-"'
        ' "10.0.0.1:80" "200" "-" "-"'
    ],
    "cef.paloalto": [
        f"{PRIORITY}fw CEF:0|Palo Alto Networks|PAN-OS|10.1|threat|url|6|rt=1772449200000 src=10.0.0.5 spt=5000"
        " dst=203.0.113.9 dpt=443 act=block cs1Label=Rule cs1=out request=http://evil.example/a?b suser=corp\\\\alice"
    ],
    "cef.cef": ["CEF:0|Maker|Thing|1|100|a \\| b|10|src=203.0.113.9 msg=several words\\=here fileHash=" + "ab" * 32],
    "cef.checkpoint": [
        f"{PRIORITY}gw LEEF:2.0|Check"
        f" Point|VPN-1|1.0|Drop|^|src=203.0.113.9^dst=10.0.0.1^srcPort=1^dstPort=22^usrName=eve"
    ],
    "fortigate.traffic": [
        f'{PRIORITY}fw date=2026-03-02 time=11:00:00 devname="fw" devid="FG1" eventtime=1772449200123456789 tz="+0100"'
        ' logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=10.0.0.5 srcport=5000'
        ' dstip=203.0.113.9 dstport=443 action="deny" user="alice"'
    ],
    "sonicwall.firewall": [
        f'{PRIORITY}fw id=firewall sn=18B169 time="2026-03-02 11:00:00" fw=203.0.113.1 pri=1 m=37 msg="UDP'
        f' packet dropped"'
        " src=203.0.113.9:53:X1 dst=10.0.0.1:5000:X0 usr=alice"
    ],
    "sophos.firewall": [
        f'{PRIORITY}fw device="SFW" date=2026-03-02 time=11:00:00 timezone="CET" device_name="XG" log_id=010102600002'
        ' log_type="Firewall" log_component="Firewall Rule" log_subtype="Denied" src_ip=10.0.0.5 dst_ip=203.0.113.9'
    ],
    "linux.firewall": [
        f"{PRIORITY}web01 kernel: [ 123.456] [UFW BLOCK] IN=eth0 OUT= MAC=00 SRC=203.0.113.9 DST=10.0.0.1"
        f" LEN=60 PROTO=TCP"
        " SPT=5000 DPT=22"
    ],
    "watchguard.firewall": [
        f'{PRIORITY}XTM firewall: msg_id="3000-0148" Deny 0-External Firebox 52 tcp 20 127 203.0.113.9 10.0.0.1'
        f" 51000 3389"
        ' offset 8 S 1234 win 32 msg="denied" (Unhandled External Packet-00)'
    ],
    "checkpoint.firewall": [
        '<134>1 2026-03-02T11:00:00Z gw CheckPoint 123 - [action:"Drop"; flags:"400"; ifdir:"inbound";'
        ' time:"1772449200";'
        ' dst:"10.0.0.1"; proto:"6"; s_port:"50000"; service:"22"; src:"203.0.113.9"; user:"alice"]'
    ],
    "pfsense.firewall": [
        f"{PRIORITY}fw filterlog[1]: 5,,,1000000103,igb1,match,block,in,4,0x0,,64,0,0,DF,6,tcp,60,203.0.113.9,10.0.0.1,"
        "50000,22,0,S,1,,64240,,mss",
        f"{PRIORITY}fw filterlog[1]:"
        f" 7,,,1000000104,igb1,match,pass,in,6,0x00,0x00000,64,udp,17,40,2001:db8::1,2001:db8::2,"
        "546,547,20",
    ],
    "juniper.firewall": [
        "<14>1 2026-03-02T11:00:00Z srx RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.129 "
        'source-address="203.0.113.9" source-port="50000" destination-address="10.0.0.1" destination-port="22"'
        ' protocol-id="6" policy-name="default"]'
    ],
    "firewall": [
        "<134>1 1772449200.342705328 MX84 flows src=10.0.0.5:63735 dst=203.0.113.9:80 mac=58:1F:AA protocol=tcp"
    ],
    "paloalto.traffic": [
        f"{PALO_HEAD},TRAFFIC,end,{PALO_SESSION},allow,1000,400,600,10,2026/03/02"
        f" 10:59:00,60,any,0,778,0x0,10/8,US,0,5,5,"
        "tcp-fin"
    ],
    "paloalto.threat": [
        f'{PALO_HEAD},THREAT,url,{PALO_SESSION},block-url,"evil.example/a,b",(9999),malware,informational,'
        'client-to-server,777,0x0,10.0.0.0-10.255.255.255,US,0,text/html,0,,,0,"Mozilla/5.0 (X11,'
        ' Linux)",,,,,,,0,0,0,0,0,'
        "vsys1,PA-VM,,,,get",
        f"{PALO_HEAD},THREAT,vulnerability,{PALO_SESSION},reset-both,,SSH Brute Force(40015),any,high,client-to-server,"
        "778,0x0",
    ],
    "paloalto.system": [
        f"{PALO_HEAD},SYSTEM,general,0,2026/03/02 11:00:00,,auth-fail,,0,0,general,medium,"
        "\"failed authentication for user 'admin'. From: 203.0.113.9.\",99,0x0"
    ],
    "paloalto.config": [
        f"{PALO_HEAD},CONFIG,0,0,2026/03/02 11:00:00,10.0.0.9,,set,admin,Web,Succeeded, rulebase security,a,b,12,0x0"
    ],
    "paloalto.globalprotect": [
        f"{PALO_HEAD},GLOBALPROTECT,0,2561,2026/03/02 11:00:00,vsys1,gateway-auth,login,LDAP,,corp\\alice,DE,ws-17,"
        '203.0.113.9,0.0.0.0,,,id,,6.0,Windows,"Windows 11",1,,,"",success'
    ],
    "paloalto.authentication": [
        f"{PALO_HEAD},AUTHENTICATION,0,2561,2026/03/02"
        f" 11:00:00,vsys1,203.0.113.9,alice,corp\\alice,portal,,1,55,RSA,fwd,"
        "mfa,User denied,portal,auth-fail,1,56"
    ],
    "cisco.syslog": [
        "<166>Mar  2 11:00:00 asa %ASA-6-302013: Built inbound TCP connection 123 for outside:203.0.113.9/5678"
        " (203.0.113.9/5678) to inside:10.0.0.1/443 (10.0.0.1/443)",
        '<166>%ASA-4-106023: Deny tcp src outside:203.0.113.9/5678 dst inside:10.0.0.1/443 by access-group "out"',
        "<189>45: *Mar  2 11:00:00.123: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: eve] [Source: 203.0.113.9]",
        "<166>%ASA-5-111010: User 'admin', running 'CLI' from IP 203.0.113.9, executed 'no logging'",
    ],
    "web.iis": [
        "2026-03-02 11:00:00 10.0.0.1 GET /a.aspx id=1%20union 443 - 203.0.113.9 Mozilla/5.0+(X) - 200 0 0 15",
    ],
    "log.header": [
        "#Fields: date time cs-method",
        "#fields\tts\tuid",
        "#separator \\x09",
        "version account-id srcaddr",
    ],
}
ZEEK: Final = (
    "#separator \\x09",
    "#set_separator\t,",
    "#empty_field\t(empty)",
    "#unset_field\t-",
    "#path\tdns",
    "#open\t2026-03-02-11-00-00",
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\tanswers\tTTLs\tAA",
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\tvector[string]\tvector[interval]\tbool",
    "1772452681.25\tCabc\t10.0.0.5\t5353\t10.0.0.1\t53\tudp\tevil.example\tA\t192.0.2.1,192.0.2.2\t60.0,60.0\tF",
    "1772452682.5\tCdef\t10.0.0.5\t5353\t10.0.0.1\t53\tudp\t(empty)\t-\t(empty)\t-\tT",
    "#close\t2026-03-02-12-00-00",
)
BATCHES: Final[dict[str, Sequence[str]]] = {
    "zeek.dns": ZEEK,
    "web.iis": (
        "#Software: Microsoft Internet Information Services 10.0",
        "#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status sc-win32-status",
        "2026-03-02 11:00:00 POST /owa/auth.owa u=%27+or 203.0.113.9 curl/8 403 0",
    ),
    "web.proxy": (
        "#Software: SGOS 6.7",
        "#Fields: date time c-ip cs-username cs-method cs-host cs-uri-path cs-uri-query sc-status cs(User-Agent)"
        " s-hierarchy cs-uri-stem",
        '2026-03-02 11:00:00 10.0.0.5 alice GET evil.example /x ?a=1 200 "Mozilla 5 (X)" DIRECT /x',
    ),
    "aws.cloudfront": (
        "#Version: 1.0",
        "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
        " cs(User-Agent) cs-uri-query x-edge-request-id x-host-header cs-protocol",
        "2026-03-02\t11:00:00\tFRA2\t99\t203.0.113.9\tGET\td111.cloudfront.net\t/x\t403\t-\tcurl%2F8\ta=1\treq1\t"
        "www.nordwind.example\thttps",
    ),
    "aws.vpcflow": (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol start end action tcp-flags",
        "5 111122223333 eni-0abc 10.0.0.1 203.0.113.5 443 51000 6 1772439200 1772439267 REJECT 2",
    ),
    "linux.auditd": (
        "node=web1 type=SYSCALL msg=audit(1772449200.123:77): arch=c000003e syscall=59 success=yes exit=0 a0=55 a1=56"
        ' a2=57 a3=0 items=2 ppid=10 pid=11 auid=1000 uid=0 comm="cat" exe="/usr/bin/cat" key="exec" AUID="alice"'
        ' UID="root"',
        'node=web1 type=EXECVE msg=audit(1772449200.123:77): argc=2 a0="cat" a1="/etc/shadow"',
        'node=web1 type=CWD msg=audit(1772449200.123:77): cwd="/root"',
        'node=web1 type=PATH msg=audit(1772449200.123:77): item=0 name="/usr/bin/cat" nametype=NORMAL',
        "node=web1 type=PROCTITLE msg=audit(1772449200.123:77): proctitle=636174002F6574632F736861646F77",
    ),
}
OBJECTS: Final[dict[str, Sequence[Fields]]] = {
    "wazuh": [
        {
            "timestamp": "2026-03-02T08:14:27.123+0000",
            "id": "1772439267.1",
            "rule": {"id": "60122", "level": 10, "description": "Logon failure", "mitre": {"id": ["T1110"]}},
            "agent": {"id": "003", "name": "ws-17", "ip": "10.0.0.5"},
            "manager": {"name": "wazuh"},
            "decoder": {"name": "windows_eventchannel"},
            "data": {
                "win": {
                    "system": {"eventID": "4625", "channel": "Security", "computer": "ws-17", "eventRecordID": "5"},
                    "eventdata": {"targetUserName": "bob", "ipAddress": "203.0.113.9"},
                }
            },
        },
        {"@timestamp": "2026-03-02T08:14:27Z", "wazuh": {"agent": {"name": "w"}, "rule": {"level": "high"}}},
    ],
    "osquery.status": [
        {
            "hostIdentifier": "ws-17",
            "unixTime": "1772449200",
            "severity": "1",
            "filename": "tls.cpp",
            "line": "12",
            "message": "Cannot reach it",
        }
    ],
    "m365.defender": [
        {
            "Timestamp": "2026-03-02T08:14:27Z",
            "ActionType": "ProcessCreated",
            "DeviceId": "d1",
            "DeviceName": "ws-17.nordwind.example",
            "FileName": "cmd.exe",
            "FolderPath": "C:\\Windows\\System32\\cmd.exe",
            "ProcessCommandLine": "cmd /c whoami",
            "ProcessId": 4711,
            "AccountName": "bob",
            "InitiatingProcessFileName": "winword.exe",
        }
    ],
}
MARKS: Final[dict[str, Fields]] = {
    "entra.signin": {"createdDateTime": "2026-03-02T08:14:27Z", "appDisplayName": "x", "ipAddress": "203.0.113.7"},
    "entra.audit": {"activityDisplayName": "x", "activityDateTime": "2026-03-02T08:14:27Z"},
    "entra.risk": {"riskEventType": "x", "riskState": "atRisk"},
    "azure.activity": {"operationName": "X/Y/WRITE", "category": "Administrative", "resourceId": "/SUBSCRIPTIONS/"},
    "m365": {"Operation": "x", "Workload": "Exchange", "RecordType": 1},
    "m365.defender": {"ActionType": "ProcessCreated", "Timestamp": "2026-03-02T08:14:27Z", "DeviceId": "d"},
    "okta": {"eventType": "x", "published": "2026-03-02T08:14:27Z", "uuid": "u"},
    "github": {"action": "a.b", "_document_id": "d"},
    "gcp.audit": {"protoPayload": {"methodName": "x"}},
    "google_workspace": {"id": {"applicationName": "admin"}, "events": []},
    "kubernetes.audit": {"auditID": "a", "verb": "get", "requestURI": "/"},
    "aws.guardduty": {"schemaVersion": "2.0", "arn": "a", "service": {}},
    "aws.securityhub": {"ProductArn": "a", "AwsAccountId": "111122223333"},
    "aws.vpcflow": {"srcaddr": "203.0.113.7", "dstaddr": "10.0.0.1", "account_id": "111122223333"},
    "wazuh": {"agent": {}, "manager": {}, "rule": {}},
    "suricata": {"event_type": "x", "timestamp": "2026-03-02T08:14:27Z", "src_ip": "203.0.113.7"},
    "zeek.http": {"ts": 1772439267.5, "_path": "http"},
    "osquery.result": {"hostIdentifier": "h", "name": "n", "columns": {}},
    "modsecurity": {"transaction": {"client_ip": "203.0.113.7"}},
    "cloudflare.http_requests": {"RayID": "x", "ClientIP": "203.0.113.7"},
    "linux.sshd": {"SYSLOG_IDENTIFIER": "sshd", "MESSAGE": "Failed password for eve from 203.0.113.7 port 22 ssh2"},
    "windows.sysmon": {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational"},
}
