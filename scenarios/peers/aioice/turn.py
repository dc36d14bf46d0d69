#!/usr/bin/python3
"""The TURN client of aioice: asked over a control socket (docs/json.md), or with audio for an echo beyond the relay.

usage: turn.py serve CONTROL                one that is asked: allocate, send, receive, release
       turn.py alive CONTROL                0 where it can be asked
       turn.py audio TRANSPORT HOST PORT    RTP through the relay and back: 0 where every octet is as it was

aioice binds a channel by itself where something is to be sent; it knows neither CreatePermission nor indications.
"""
import asyncio
import json
import math
import os
import shutil
import signal
import socket
import struct
import sys

try:
    from aioice import stun, turn
except ImportError:
    sys.exit(77)

ANSWER_S = 10  # for what comes back
PACKETS = 100  # two seconds of audio
UNSUPPORTED = {"kind": "unsupported"}


class Inbox(asyncio.DatagramProtocol):
    """What comes, in order, with the sender's address; sent back where it is an echo."""

    def __init__(self, echo=False):
        self.echo, self.came, self.transport = echo, asyncio.Queue(), None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.came.put_nowait((data, addr))
        if self.echo:
            self.transport.sendto(data, addr)

    def connection_lost(self, exc):
        """Nobody waits for that."""


def split(address):
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


async def allocate(transport, server, username, password):
    return await asyncio.wait_for(turn.create_turn_endpoint(
        Inbox, server, username=username, password=password, transport=transport), 60)


# ---- asked ----

class Client:
    """One allocation at a time: the last one that was asked for."""

    def __init__(self):
        self.relay, self.inbox = None, None

    async def allocate(self, a):
        if any(a.get(key) for key in ("family", "even_port", "pair", "dont_fragment", "token", "uri")):
            return UNSUPPORTED
        self.relay, self.inbox = await allocate(a["transport"], split(a["server"]), a.get("username"),
                                                a.get("password"))
        return {"kind": "success"}

    async def send(self, a):
        if a.get("indication"):
            return UNSUPPORTED
        self.relay.sendto(a["data"].encode(), split(a["peer"]))
        return {"kind": "success"}

    async def receive(self, a):
        data, peer = await asyncio.wait_for(self.inbox.came.get(), a["timeout_us"] / 1e6)
        return {"kind": "success", "data": data.decode(), "peer": "%s:%d" % peer}

    async def release(self, _):
        await self.relay._TurnTransport__inner_protocol.delete()  # close() without a word of when it is done
        return {"kind": "success"}

    async def asked(self, reader, writer):
        line = await reader.readline()
        try:
            a = json.loads(line)
            what = {"allocate": self.allocate, "send": self.send, "receive": self.receive, "release": self.release}
            answer = await what[a["verb"]](a) if a["verb"] in what else UNSUPPORTED
        except stun.TransactionTimeout:
            answer = {"kind": "timeout"}
        except stun.TransactionFailed as e:
            answer = {"kind": "error", "code": e.response.attributes["ERROR-CODE"][0]}
        except asyncio.TimeoutError:
            answer = {"kind": "timeout"}
        except ConnectionError:
            answer = {"kind": "closed"}
        except (ValueError, KeyError, AttributeError, OSError) as e:
            answer = {"kind": "failed", "why": repr(e)}
        if line:
            writer.write((json.dumps(answer) + "\n").encode())
        writer.close()


async def serve(path):
    if os.path.exists(path):
        os.unlink(path)
    client = Client()
    server = await asyncio.start_unix_server(client.asked, path)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()
    server.close()
    os.unlink(path)
    return 0


def alive(path):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
    except OSError:
        return 1
    return 0


# ---- audio ----

def own_audio():
    """A tone of 400 Hz as RTP, 20 ms of PCMU a packet: where there is no ffmpeg."""
    for i in range(PACKETS):
        tone = bytes(128 + int(60 * math.sin(2 * math.pi * 400 * (160 * i + n) / 8000)) for n in range(160))
        yield struct.pack("!BBHII", 0x80, 0, i, 160 * i, 0x72746370) + tone


async def audio_of_ffmpeg():
    """As many packets as ffmpeg sends in two seconds."""
    loop = asyncio.get_running_loop()
    transport, source = await loop.create_datagram_endpoint(Inbox, local_addr=("127.0.0.1", 0))
    sender = await asyncio.create_subprocess_exec(
        "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i",
        "sine=frequency=400:sample_rate=8000:samples_per_frame=160", "-c:a", "pcm_mulaw", "-f", "rtp",
        "rtp://127.0.0.1:%d?rtcpport=9&pkt_size=172" % transport.get_extra_info("sockname")[1],
        stdout=asyncio.subprocess.DEVNULL)
    try:
        for _ in range(PACKETS):
            yield (await asyncio.wait_for(source.came.get(), ANSWER_S))[0]
    finally:
        sender.kill()
        await sender.wait()
        transport.close()


async def all_of(inbox, n):
    return [(await asyncio.wait_for(inbox.came.get(), ANSWER_S))[0] for _ in range(n)]


async def audio(transport, host, port):
    loop = asyncio.get_running_loop()
    beyond, echo = await loop.create_datagram_endpoint(lambda: Inbox(echo=True), local_addr=("127.0.0.1", 0))
    peer = beyond.get_extra_info("sockname")
    relay, inbox = await allocate(transport, (host, port), "alice", "alice-secret")
    sent = []
    if shutil.which("ffmpeg"):
        async for packet in audio_of_ffmpeg():
            sent.append(packet)
            relay.sendto(packet, peer)
    else:
        for packet in own_audio():
            sent.append(packet)
            relay.sendto(packet, peer)
            await asyncio.sleep(0.02)
    for n in (1, 2, 3, 1200):  # what audio never has: lengths that a stream has to pad, and a large one
        sent.append(bytes(i % 251 for i in range(n)))
        relay.sendto(sent[-1], peer)
    there, back = await all_of(echo, len(sent)), await all_of(inbox, len(sent))
    relay.close()
    await asyncio.sleep(0.2)
    beyond.close()
    same = there == sent and back == sent
    print("%d datagrams, %d octets of them RTP%s" % (
        len(sent), sum(map(len, sent[:PACKETS])), "" if same else ": what arrives is not what was sent"))
    return 0 if same else 1


def main():
    verb = sys.argv[1]
    if verb == "serve":
        return asyncio.run(serve(sys.argv[2]))
    if verb == "alive":
        return alive(sys.argv[2])
    try:
        return asyncio.run(audio(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    except (stun.TransactionError, asyncio.TimeoutError, OSError) as e:
        print(repr(e))
        return 1


sys.exit(main())
