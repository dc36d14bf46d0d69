#!/usr/bin/python3
"""One Binding by the STUN client of aioice. Ends with 0 and the mapped address, or with 1 and why not; 77 where
aioice is not installed.

usage: client.py HOST PORT
"""
import asyncio
import sys
import types

try:
    from aioice import ice, stun
except ImportError:
    sys.exit(77)


class Receiver:
    """What is no response goes here: nothing is made of it."""

    def data_received(self, *_):
        """Data of another protocol."""

    def request_received(self, *_):
        """A request of the peer."""


async def binding(host, port):
    """Send one request; the mapped address."""
    local = ("::1" if ":" in host else "127.0.0.1", 0)
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: ice.StunProtocol(Receiver()), local_addr=local)
    protocol.local_candidate = types.SimpleNamespace(component=1)  # what data goes to the receiver with
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    response, _ = await protocol.request(request, (host, port))
    return response.attributes["XOR-MAPPED-ADDRESS"]


try:
    print(asyncio.run(binding(sys.argv[1], int(sys.argv[2]))))
except (stun.TransactionError, KeyError, OSError) as error:
    print(repr(error))
    sys.exit(1)
