"""Which fields an event of a log source can have, where that is known: Sysmon's categories on Windows and Linux.

The names are those of Sysmon's own event schema, and what the normaliser adds so that Security 4688 and PowerShell fit
the same rules. A log source that is not listed may have any field.
"""

from typing import Final

from watchfloor.normalise.event import LogSource

_HEADER: Final = (
    "EventID Channel Computer Provider_Name Provider_Guid EventRecordID Level Task Opcode Version Keywords SystemTime"
    " Execution_ProcessID Execution_ThreadID Security_UserID Correlation_ActivityID Message RuleName UtcTime EventType"
    " ProcessGuid ProcessId Image User"
)
_PROCESS: Final = (
    "CommandLine CurrentDirectory LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid"
    " ParentProcessId ParentImage ParentCommandLine ParentUser FileVersion Description Product Company OriginalFileName"
    " md5 sha1 sha256 Imphash NewProcessName NewProcessId ParentProcessName SubjectUserSid SubjectUserName"
    " SubjectDomainName SubjectLogonId TargetUserSid TargetUserName TargetDomainName TargetLogonId TokenElevationType"
    " MandatoryLabel"
)
_SIGNED: Final = "Hashes Signed Signature SignatureStatus md5 sha1 sha256 Imphash"
_CONNECTION: Final = (
    "Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName DestinationIsIpv6"
    " DestinationIp DestinationHostname DestinationPort DestinationPortName"
)
_REGISTRY: Final = (
    "TargetObject Details NewName ObjectName ObjectValueName OldValue OldValueType NewValue NewValueType HandleId"
    " OperationType SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ProcessName"
)
_FILE: Final = "TargetFilename CreationUtcTime PreviousCreationUtcTime Hashes IsExecutable Archived md5 sha1 sha256"
_FIELDS: Final[dict[str, str]] = {
    "process_creation": _PROCESS,
    "process_termination": "",
    "file_change": _FILE,
    "file_event": _FILE,
    "file_delete": _FILE,
    "file_delete_detected": _FILE,
    "file_executable_detected": _FILE,
    "file_block_executable": _FILE,
    "file_block_shredding": _FILE,
    "network_connection": _CONNECTION,
    "driver_load": f"ImageLoaded {_SIGNED}",
    "image_load": f"ImageLoaded FileVersion Description Product Company OriginalFileName {_SIGNED}",
    "create_remote_thread": (
        "SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage NewThreadId"
        " StartAddress StartModule StartFunction SourceUser TargetUser"
    ),
    "raw_access_thread": "Device",
    "process_access": (
        "SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId TargetImage"
        " GrantedAccess CallTrace SourceUser TargetUser"
    ),
    "registry_event": _REGISTRY,
    "registry_add": _REGISTRY,
    "registry_delete": _REGISTRY,
    "registry_set": _REGISTRY,
    "registry_rename": _REGISTRY,
    "create_stream_hash": "TargetFilename CreationUtcTime Hash Contents md5 sha1 sha256 Imphash",
    "pipe_created": "PipeName",
    "wmi_event": "Operation EventNamespace Name Query Type Destination Consumer Filter",
    "dns_query": "QueryName QueryStatus QueryResults",
    "clipboard_change": "Session ClientInfo Hashes Archived",
    "process_tampering": "Type",
}
_KNOWN: Final = {
    category: frozenset(name.lower() for name in f"{_HEADER} {names}".split()) for category, names in _FIELDS.items()
}


def is_unknown(field: str, logsource: LogSource) -> bool:
    """Whether no event of the log source has this field, as far as is known."""
    if logsource.product not in {"windows", "linux"} or logsource.category not in _KNOWN:
        return False
    return field.partition(".")[0].lower() not in _KNOWN[logsource.category]
