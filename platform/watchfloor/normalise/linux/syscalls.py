"""The names of system calls in audit records, for the calls that rules ask about."""

from typing import Final

_X86_64: Final = {
    "2": "open", "41": "socket", "42": "connect", "43": "accept", "49": "bind", "50": "listen", "57": "fork",
    "58": "vfork", "59": "execve", "62": "kill", "82": "rename", "83": "mkdir", "84": "rmdir", "85": "creat",
    "86": "link", "87": "unlink", "88": "symlink", "90": "chmod", "91": "fchmod", "92": "chown", "93": "fchown",
    "94": "lchown", "99": "sysinfo", "101": "ptrace", "103": "syslog", "105": "setuid", "106": "setgid",
    "113": "setreuid", "117": "setresuid", "133": "mknod", "155": "pivot_root", "157": "prctl", "159": "adjtimex",
    "161": "chroot", "164": "settimeofday", "165": "mount", "166": "umount2", "169": "reboot",
    "170": "sethostname", "171": "setdomainname", "175": "init_module", "176": "delete_module", "188": "setxattr",
    "227": "clock_settime", "246": "kexec_load", "250": "keyctl", "257": "openat", "259": "mknodat",
    "260": "fchownat", "263": "unlinkat", "264": "renameat", "268": "fchmodat", "272": "unshare",
    "288": "accept4", "304": "open_by_handle_at", "308": "setns", "310": "process_vm_readv",
    "311": "process_vm_writev", "313": "finit_module", "316": "renameat2", "317": "seccomp",
    "319": "memfd_create", "320": "kexec_file_load", "321": "bpf", "322": "execveat", "323": "userfaultfd",
    "425": "io_uring_setup", "435": "clone3", "437": "openat2",
}  # fmt: skip
_AARCH64: Final = {
    "33": "mknodat", "34": "mkdirat", "35": "unlinkat", "39": "umount2", "40": "mount", "41": "pivot_root",
    "51": "chroot", "53": "fchmodat", "54": "fchownat", "56": "openat", "97": "unshare", "104": "kexec_load",
    "105": "init_module", "106": "delete_module", "116": "syslog", "117": "ptrace", "129": "kill", "142": "reboot",
    "161": "sethostname", "167": "prctl", "179": "sysinfo", "198": "socket", "200": "bind", "201": "listen",
    "202": "accept", "203": "connect", "221": "execve", "268": "setns", "270": "process_vm_readv",
    "271": "process_vm_writev", "273": "finit_module", "276": "renameat2", "277": "seccomp",
    "279": "memfd_create", "280": "bpf", "281": "execveat", "294": "kexec_file_load", "437": "openat2",
}  # fmt: skip
_BY_ARCHITECTURE: Final = {"c000003e": _X86_64, "x86_64": _X86_64, "c00000b7": _AARCH64, "aarch64": _AARCH64}


def syscall_name(architecture: str, number: str) -> str | None:
    """The call's name. `number` may be the name already, as enriched records have it."""
    if number and not number.isdigit():
        return number
    return _BY_ARCHITECTURE.get(architecture, {}).get(number)
