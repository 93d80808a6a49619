# SPDX-License-Identifier: Apache-2.0
"""Bridges events to a line protocol over TCP, with asyncio: who connects is sent each booking of a
tenant as one line of JSON, and answers "ok" for it, or anything else to have it again.

    aio_bridge.py TENANT [PORT]        PORT 0: any; the address is printed. NEXUS_URL: the server.
"""

import asyncio
import json
import os
import sys

from nexus_sdk import ACK, RETRY, aio
from nexus_sdk.events import BookingCreated


async def serve(client: aio.Client, tenant: str, reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter) -> None:
    """One connection. When it is lost, the event in hand goes to the next one."""
    try:
        async with client.events(BookingCreated, tenant, durable="bridge", buffer=1) as events:
            async for delivery in events:
                writer.write(json.dumps(delivery.event.to_payload()).encode() + b"\n")
                await writer.drain()
                answer = await reader.readline()
                delivery.settle(ACK if answer == b"ok\n" else RETRY)
                if not answer:
                    break
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main(tenant: str, port: int) -> None:
    async with aio.Client(url=os.environ.get("NEXUS_URL"), service="bridge") as client:
        await client.provision()
        server = await asyncio.start_server(
            lambda reader, writer: serve(client, tenant, reader, writer), "127.0.0.1", port)
        async with server:
            print("listening on %s:%d" % server.sockets[0].getsockname(), flush=True)
            await server.serve_forever()


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 0))
    except KeyboardInterrupt:
        pass
