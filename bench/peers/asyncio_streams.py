"""asyncio's streams: a coroutine for each peer. `asyncio_streams.py PORT`."""

import asyncio

from launcelot import (
    BACKLOG,
    PIECE_BYTES_MAX,
    Conversation,
    allow_many_connections,
    port_argument,
)


async def converse(reader, writer):
    conversation = Conversation()
    try:
        while not conversation.is_over and (piece := await reader.read(PIECE_BYTES_MAX)):
            answers = conversation.take(piece)
            if answers:
                writer.write(answers)
                # A peer that does not read its answers is not read from.
                await writer.drain()
    except OSError:
        pass  # The peer is gone, and with it whom we could tell.
    finally:
        writer.close()


async def main():
    allow_many_connections()
    port = port_argument()
    server = await asyncio.start_server(converse, "127.0.0.1", port, backlog=BACKLOG)
    await server.serve_forever()


asyncio.run(main())
