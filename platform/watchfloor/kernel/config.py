"""Settings: read once from the environment and `watchfloor.toml`, checked whole, then frozen.

The only module that reads the environment. A variable is `WATCHFLOOR_<FIELD>`, but for `DATABASE_URL` and
`VALKEY_URL`; a secret may come from a file named by the same variable with `_FILE` behind it. The
environment wins over the file. S5: what is missing, weak or unknown stops the start, with all faults at once.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.secret import Secret

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
OptionalPort = Annotated[int, msgspec.Meta(ge=0, le=65535)]
"""0: not open."""
Environment = Literal["production", "demo", "test"]
LogLevel = Literal["debug", "info", "warning", "error"]
IntakeKind = Literal["postgres", "nats"]
SignatureLevel = Literal["b-b", "b-t", "b-lta"]
"""PAdES baseline levels (ETSI EN 319 142-1): signed; with a time stamp; with all that a check needs in years."""

_BARE: Final = {"database_url": "DATABASE_URL", "valkey_url": "VALKEY_URL"}
_SECRETS: Final = frozenset(
    {
        "database_url",
        "valkey_url",
        "nats_url",
        "nats_system_url",
        "smtp_url",
        "page_webhook_url",
        "page_webhook_secret",
        "discord_token",
        "report_signing_password",
    }
)
_PREFIX: Final = "WATCHFLOOR_"

METRICS_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the Prometheus client shares metrics among processes. It is read when it is imported."""


def _default_home() -> Path:
    # Root's servers run as another account, which cannot enter root's own home.
    return Path("/var/lib/watchfloor") if os.geteuid() == 0 else Path.home() / ".watchfloor"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that differs between two installations."""

    home: Path = msgspec.field(default_factory=_default_home)
    environment: Environment = "production"
    database_url: Secret | None = None
    valkey_url: Secret | None = None
    postgres_port: Port = 5433
    valkey_port: Port = 6380
    api_host: str = "127.0.0.1"
    api_port: Port = 8080
    door_host: str = "127.0.0.1"
    door_port: Port = 8088
    door_url: str | None = None
    syslog_host: str = "127.0.0.1"
    syslog_port: OptionalPort = 6514
    relp_port: OptionalPort = 2514
    syslog_plain_port: OptionalPort = 0
    syslog_feed_ports: str = ""
    syslog_certificate_file: Path | None = None
    syslog_key_file: Path | None = None
    syslog_client_ca_file: Path | None = None
    syslog_names: str = ""
    public_url: str = "http://127.0.0.1:8080"
    operator_name: str = "Watchfloor MSSP"
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    database_connections: Annotated[int, msgspec.Meta(ge=1, le=200)] = 10
    door_processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    syslog_processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    pipeline_processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    intake: IntakeKind = "postgres"
    intake_backlog_bytes: Annotated[int, msgspec.Meta(ge=1_000_000)] = 256_000_000
    intake_bytes_per_second: Annotated[int, msgspec.Meta(ge=10_000)] = 100_000_000
    intake_burst_bytes: Annotated[int, msgspec.Meta(ge=10_000)] = 1_000_000_000
    nats_url: Secret | None = None
    nats_system_url: Secret | None = None
    nats_replicas: Annotated[int, msgspec.Meta(ge=1, le=5)] = 3
    connector_stand_ins: str = ""
    connector_processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    discord_token: Secret | None = None
    discord_guild_ids: str = ""
    discord_api_url: str | None = None
    discord_gateway_url: str | None = None
    smtp_url: Secret | None = None
    smtp_from: str | None = None
    page_webhook_url: Secret | None = None
    page_webhook_secret: Secret | None = None
    page_in_chat: bool = False
    report_signing_file: Path | None = None
    report_signing_password: Secret | None = None
    report_signature: SignatureLevel = "b-b"
    report_timestamp_url: str | None = None
    report_trust_file: Path | None = None
    report_crl_dir: Path | None = None
    assurance_file: Path | None = None

    @property
    def secrets_dir(self) -> Path:
        """Where keys and passwords stand, one file each, readable by their owner only."""
        return self.home / "secrets"

    @property
    def lake_dir(self) -> Path:
        """Where events are kept, one directory a tenant."""
        return self.home / "lake"

    @property
    def reports_dir(self) -> Path:
        """Where finished reports are kept, one directory a tenant."""
        return self.home / "reports"

    @property
    def audit_dir(self) -> Path:
        """Where signed audit heads are copied out to."""
        return self.home / "audit-heads"

    @property
    def listens_for_syslog(self) -> bool:
        """Whether any port for syslog or RELP is open."""
        return bool(self.syslog_port or self.relp_port or self.syslog_plain_port or self.syslog_feed_ports)

    @property
    def log_dir(self) -> Path:
        """Where processes log when they run under `watchfloor up`."""
        return self.home / "log"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises Invalid with every fault in one message: unknown names, values out of range, unreadable files.
    """
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    values = _from_file(_home_of(environ), faults)
    values.update(_from_environment(environ, faults))
    settings = _convert(values, faults)
    if faults or settings is None:
        raise Invalid(
            "The settings are wrong:\n  - " + "\n  - ".join(faults),
            remedy="\nThe settings and their meaning stand in docs/settings.md.",
        )
    return settings


def use_home(home: Path) -> None:
    """Makes `home` the home of this process and of the processes that it starts."""
    os.environ[f"{_PREFIX}HOME"] = str(home)


def environment_with(**changes: str) -> dict[str, str]:
    """Our environment with `changes`, for a process that we start."""
    return {**os.environ, **changes}


def metrics_directory() -> Path | None:
    """Where the processes of this machine put their metrics, for one of them to show all; None if each is alone."""
    directory = os.environ.get(METRICS_DIRECTORY)
    return None if directory is None else Path(directory)


def _home_of(environ: Mapping[str, str]) -> Path:
    return Path(environ.get(f"{_PREFIX}HOME") or _default_home()).expanduser().absolute()


def _from_file(home: Path, faults: list[str]) -> dict[str, object]:
    path = home / "watchfloor.toml"
    try:
        found: dict[str, object] = dict(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{path}: cannot be read: {error}.")
        return {}
    for name in sorted(found.keys() & (_SECRETS | {"home"})):
        faults.append(f"{path}: {name} does not belong here; set {_variable(name)} or {_variable(name)}_FILE.")
        del found[name]
    return found


def _from_environment(environ: Mapping[str, str], faults: list[str]) -> dict[str, object]:
    found: dict[str, object] = {"home": str(_home_of(environ))}
    known = {_variable(name): name for name in Settings.__struct_fields__ if name != "home"}
    for variable, text in environ.items():
        plain = variable.removesuffix("_FILE")
        if variable in known and text:
            found[known[variable]] = text
        elif plain in known and known[plain] in _SECRETS and plain != variable and text:
            secret = _secret_file(variable, Path(text), faults)
            found.update({known[plain]: secret} if secret else {})
        elif variable.startswith(_PREFIX) and variable != f"{_PREFIX}HOME" and variable not in known:
            faults.append(f"{variable}: there is no such setting.")
    return found


def _secret_file(variable: str, path: Path, faults: list[str]) -> str:
    try:
        if path.stat().st_mode & 0o077:
            faults.append(f"{variable}: {path} can be read by others; run chmod 600 on it.")
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{variable}: {path} cannot be read: {error}.")
        return ""
    if not secret:
        faults.append(f"{variable}: {path} is empty.")
    return secret


def _variable(name: str) -> str:
    return _BARE.get(name, f"{_PREFIX}{name.upper()}")


def _convert(values: dict[str, object], faults: list[str]) -> Settings | None:
    """Converts field by field, so that one start shows all faults and not just the first."""
    converted: dict[str, object] = {}
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    for name, value in values.items():
        if name not in types:
            faults.append(f"watchfloor.toml: {name}: there is no such setting.")
            continue
        try:
            converted[name] = _value(name, value, types[name])
        except msgspec.ValidationError as error:
            faults.append(f"{_variable(name)}: {error}.")
    return None if faults else msgspec.convert(converted, Settings, dec_hook=_keep)


def _value(name: str, value: object, kind: object) -> object:
    if name in _SECRETS:
        return Secret(str(value))
    if kind in (Path, Path | None):
        return Path(str(value))
    converted: object = msgspec.convert(value, kind, strict=False)
    return converted


def _keep(kind: type[object], value: object) -> object:
    if isinstance(value, kind):
        return value
    raise msgspec.ValidationError(f"expected {kind.__name__}")
