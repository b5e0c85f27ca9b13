"""asyncio's callbacks: a Protocol for each peer. `asyncio_protocol.py PORT`."""

import asyncio

from launcelot import BACKLOG, Conversation, allow_many_connections, port_argument


class Peer(asyncio.Protocol):
    """At the end of the peer's stream asyncio itself flushes what is unsent, and closes."""

    def connection_made(self, transport):
        self.transport = transport
        self.conversation = Conversation()

    def data_received(self, data):
        answers = self.conversation.take(data)
        if answers:
            self.transport.write(answers)
        if self.conversation.is_over:
            self.transport.close()

    # A peer that does not read its answers is not read from.
    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def main():
    allow_many_connections()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Peer, "127.0.0.1", port_argument(), backlog=BACKLOG)
    await server.serve_forever()


asyncio.run(main())
