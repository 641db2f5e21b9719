"""An HL7 receiver as python-hl7 offers it: it acknowledges what it can parse, and keeps nothing.

    hl7_server.py PORT              prints MSH-10 of each message that it has acknowledged
    hl7_server.py PORT quiet        reads the results of each message instead, and says nothing of them
"""

import asyncio
import sys

from hl7.mllp import start_hl7_server


async def talk(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            if len(sys.argv) > 2:
                sum(float(str(obx[5])) for obx in message.segments("OBX"))
            writer.writemessage(message.create_ack())
            await writer.drain()
            if len(sys.argv) == 2:
                print(message.extract_field("MSH", 1, 10), flush=True)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    async with await start_hl7_server(talk, "127.0.0.1", int(sys.argv[1]), encoding="utf-8") as server:
        await server.serve_forever()


asyncio.run(main())
