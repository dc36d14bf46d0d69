"""One Binding transaction by aioice: client.py HOST PORT.

aioice sends Binding requests to a STUN server while it gathers candidates, and hides there what goes wrong.
So its socket protocol and its query for a server-reflexive candidate are driven from here, unchanged, and
what comes of them is the exit status.
"""

import asyncio
import sys

from aioice import ice, stun
from aioice.candidate import Candidate


class Receiver:
    """What an ice.Connection is to its protocols."""

    def data_received(self, data, component):
        pass

    def request_received(self, message, addr, protocol, raw_data):
        pass


async def main(host, port):
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(
        lambda: ice.StunProtocol(Receiver()), local_addr=(host, 0)
    )
    local_host, local_port = protocol.transport.get_extra_info("sockname")[:2]
    protocol.local_candidate = Candidate("1", 1, "udp", 1, local_host, local_port, "host")
    try:
        found = await ice.server_reflexive_candidate(protocol, (host, port))
    except (stun.TransactionError, KeyError) as e:
        print("failed:", e)
        return 1
    print(found.host, found.port)
    return 0


sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[2]))))
