#!/usr/bin/python3
"""Echo over Python's websockets: a server, or a client that asks one and ends with 0 where all came back.

usage: peer.py serve HOST PORT [TLS-PORT CERTIFICATE KEY]
       peer.py ask URL
"""
import asyncio
import ssl
import sys

try:
    import websockets
except ImportError:
    sys.exit(77)

SIZES = (0, 1, 125, 126, 127, 65535, 65536, 1 << 20)
MOST = 1 << 24


async def echo(connection):
    """Send back what comes, of the kind that it came as."""
    try:
        async for message in connection:
            await connection.send(message)
    except websockets.ConnectionClosedError:
        pass  # another code than 1000 and 1001


async def serve(host, port, secure=None, certificate=None, key=None):
    """Serve until the process is ended."""
    options = {"subprotocols": ["chat"], "max_size": MOST}
    await websockets.serve(echo, host, int(port), **options)
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        await websockets.serve(echo, host, int(secure), ssl=context, **options)
    print("listening", flush=True)
    await asyncio.Future()


async def ask(url):
    """All sizes, text and binary, fragments, a Ping and a Close."""
    context = None
    if url.startswith("wss:"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    async with websockets.connect(url, ssl=context, subprotocols=["x", "chat"], max_size=MOST) as c:
        assert c.subprotocol == "chat", c.subprotocol
        for size in SIZES:
            for message in ("\u00e9" * (size // 2) + "x" * (size % 2), b"\xff" * size):
                await c.send(message)
                assert await c.recv() == message, size
        await c.send(["a", "\u20ac", "", "b"])  # a message in four fragments
        assert await c.recv() == "a\u20acb"
        await asyncio.wait_for(await c.ping(b"data"), 10)
        await c.close(4001, "enough")
        assert c.close_code == 4001, c.close_code
    print("good")


asyncio.run({"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:]))
