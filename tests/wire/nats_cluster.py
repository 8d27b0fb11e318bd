"""A cluster of real NATS servers on loopback, each with a directory of its own, that can be killed one by one."""

import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import nats
import nats.errors

from infra.ports import free_port

PROGRAM: Final = Path(sys.executable).with_name("nats-server")
USER: Final = "watchfloor:wf-secret-1"
SYSTEM_USER: Final = "system:wf-secret-2"

_CONFIGURATION: Final = """
server_name: node{number}
listen: 127.0.0.1:{port}
max_payload: {max_payload}
jetstream {{
  store_dir: "{directory}"
  sync_interval: {sync}
  max_file_store: 2GB
  max_memory_store: 64MB
}}
accounts {{
  WATCHFLOOR {{ jetstream: enabled, users: [{{user: watchfloor, password: "wf-secret-1"}}] }}
  SYS {{ users: [{{user: system, password: "wf-secret-2"}}] }}
}}
system_account: SYS
"""
_CLUSTER: Final = """
cluster {{
  name: watchfloor
  listen: 127.0.0.1:{port}
  routes: [{routes}]
}}
"""


@dataclass
class Node:
    """One server."""

    number: int
    port: int
    configuration: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Starts it. It may take a moment until it answers."""
        with self.configuration.with_suffix(".log").open("ab") as output:
            self.process = subprocess.Popen([PROGRAM, "-c", self.configuration], stdout=output, stderr=output)

    def end(self, sig: int = signal.SIGKILL) -> None:
        """Ends it by a signal and waits until it is gone."""
        if self.process is not None:
            self.process.send_signal(sig)
            self.process.wait()
            self.process = None


@dataclass
class Cluster:
    """Servers that know each other."""

    directory: Path
    nodes: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        """All servers, for the intake."""
        return ",".join(f"nats://{USER}@127.0.0.1:{node.port}" for node in self.nodes)

    @property
    def system_url(self) -> str:
        """All servers, for the system account."""
        return ",".join(f"nats://{SYSTEM_USER}@127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> None:
        """Starts all."""
        for node in self.nodes:
            node.start()

    def stop(self) -> None:
        """Stops all and removes their directories."""
        for node in self.nodes:
            node.end()
        shutil.rmtree(self.directory, ignore_errors=True)

    async def is_ready(self) -> bool:
        """Whether JetStream has a leader."""
        try:
            client = await nats.connect(self.url.split(","), connect_timeout=1, allow_reconnect=False, error_cb=_ignore)  # pyright: ignore[reportUnknownMemberType]  untyped options
        except (OSError, nats.errors.Error, TimeoutError):
            return False
        try:
            await client.jetstream(timeout=1).account_info()  # pyright: ignore[reportUnknownMemberType]  untyped options
        except (nats.errors.Error, TimeoutError):
            return False
        else:
            return True
        finally:
            await client.close()


def prepare(directory: Path, *, nodes: int, sync: str = "always", max_payload: str = "16MB") -> Cluster:
    """A cluster that is not started yet."""
    ports = [free_port() for _ in range(nodes)]
    routes = [free_port() for _ in range(nodes)]
    cluster = Cluster(directory)
    for number in range(nodes):
        home = directory / f"node{number}"
        home.mkdir(parents=True)
        text = _CONFIGURATION.format(
            number=number, port=ports[number], directory=home / "data", sync=sync, max_payload=max_payload
        )
        if nodes > 1:
            others = ", ".join(f"nats://127.0.0.1:{port}" for port in routes)
            text += _CLUSTER.format(port=routes[number], routes=others)
        configuration = home / "nats.conf"
        configuration.write_text(text)
        cluster.nodes.append(Node(number, ports[number], configuration))
    return cluster


async def _ignore(_error: Exception) -> None:
    """Nobody is interested in how often it did not answer yet."""
