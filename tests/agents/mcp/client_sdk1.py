"""The Python SDK of the legacy era (mcp 1.x) against a server; prints one JSON document of what it saw.
client_sdk1.py stdio COMMAND ARGS... | client_sdk1.py http URL"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client


async def use(read, write):
    progress = []

    async def on_progress(value, total, message):
        progress.append([value, message])

    async with ClientSession(read, write) as session:
        hello = await session.initialize()
        tools = await session.list_tools()
        run = await session.call_tool("execute_python", {"code": "print(6 * 7)"}, progress_callback=on_progress)
        wrong = await session.call_tool("execute_python", {"cod": "x"})
        resources = await session.list_resources()
        listed = await session.read_resource("runharness://executions")
        many = await asyncio.gather(*[session.call_tool("execute_python", {"code": f"print({n})"}) for n in range(10)])
        await session.send_ping()
        return {"version": hello.protocolVersion, "server": hello.serverInfo.name, "tools": [tool.name for tool in tools.tools],
                "stdout": run.structuredContent["stdout"], "is_error": run.isError, "wrong": wrong.isError,
                "wrong_text": wrong.content[0].text, "progress": progress,
                "resources": [str(one.uri) for one in resources.resources],
                "executions": json.loads(listed.contents[0].text)["executions"],
                "many": [one.structuredContent["stdout"].strip() for one in many]}


async def main():
    if sys.argv[1] == "http":
        async with streamablehttp_client(sys.argv[2]) as (read, write, _):
            seen = await use(read, write)
    else:
        server = StdioServerParameters(command=sys.argv[2], args=sys.argv[3:], env=dict(os.environ))
        async with stdio_client(server) as (read, write):
            seen = await use(read, write)
    print(json.dumps(seen))


asyncio.run(main())
