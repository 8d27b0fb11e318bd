"""Linux accounts and paths as entities.

A system account belongs to its machine, a person's to the tenant; files that every machine has join strangers.
"""

from typing import Final

from watchfloor.normalise.entities import EntityList

UNSET: Final = frozenset({"", "unset", "4294967295", "-1", "?", "(unknown)", "(null)", "unknown(4294967295)"})

_SYSTEM: Final = frozenset(
    {
        "root", "bin", "daemon", "adm", "lp", "sync", "shutdown", "halt", "mail", "news", "uucp", "operator",
        "games", "nobody", "nogroup", "man", "proxy", "www-data", "apache", "httpd", "nginx", "tomcat",
        "jenkins", "mysql", "postgres", "redis", "mongodb", "backup", "list", "irc", "gnats", "sshd", "syslog",
        "messagebus", "systemd-network", "systemd-resolve", "systemd-timesync", "ntp", "chrony", "dbus",
        "polkitd", "rpc", "rpcuser", "named", "bind", "postfix", "dovecot", "ftp", "vsftpd", "_apt", "docker",
        "git", "gitlab-runner", "elasticsearch", "zabbix", "nagios", "prometheus", "tcpdump",
    }
)  # fmt: skip
_EVERYWHERE: Final = ("/lib", "/usr/", "/bin/", "/sbin/", "/proc/", "/sys/", "/dev/null", "/dev/tty", "/dev/pts/")


def add_account(found: EntityList, name: object, *, host: str | None) -> None:
    """Adds an account. `root` and its like exist on each machine and mean another account on each."""
    text = name.strip() if isinstance(name, str) else ""
    if text.lower() in UNSET or text.isdigit() or len(text.split()) != 1:
        return
    if text.lower() in _SYSTEM:
        if host:
            found.user(text, realm=host.split(".", 1)[0])
        return
    found.user(text)


def add_path(found: EntityList, path: object) -> None:
    """Adds a file by its full path, unless it is part of every system."""
    text = path.strip() if isinstance(path, str) else ""
    if text.startswith("/") and not text.startswith(_EVERYWHERE):
        found.file(text)
