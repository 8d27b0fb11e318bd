"""Ports for the servers that tests and benchmarks start."""

import random
import socket
from typing import Final

# Below what Linux gives to outgoing connections, so that none takes a port between the look and the use.
_PORTS: Final = (10_000, 32_000)


def free_port() -> int:
    """A loopback port that nothing listens on at the moment."""
    while True:
        port = random.SystemRandom().randrange(*_PORTS)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
