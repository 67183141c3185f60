"""The Python SDK of both eras (mcp 2.x) against a server; prints one JSON document of what it saw.
client_sdk2.py MODE stdio COMMAND ARGS... | client_sdk2.py MODE http URL       MODE: auto, legacy or 2026-07-28"""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters


async def main():
    mode = sys.argv[1]
    server = sys.argv[3] if sys.argv[2] == "http" else StdioServerParameters(command=sys.argv[3], args=sys.argv[4:],
                                                                             env=dict(os.environ))
    progress = []

    async def on_progress(value, total, message):
        progress.append([value, message])

    async with Client(server, mode=mode) as client:
        tools = await client.list_tools()
        run = await client.call_tool("execute_python", {"code": "print(6 * 7)"}, progress_callback=on_progress)
        wrong = await client.call_tool("execute_python", {"cod": "x"})
        resources = await client.list_resources()
        listed = await client.read_resource("runharness://executions")
        many = await asyncio.gather(*[client.call_tool("execute_python", {"code": f"print({n})"}) for n in range(10)])
        seen = {"version": client.protocol_version, "server": client.server_info.name if client.server_info else None,
                "tools": [tool.name for tool in tools.tools], "stdout": run.structured_content["stdout"],
                "is_error": bool(run.is_error), "wrong": bool(wrong.is_error), "wrong_text": wrong.content[0].text,
                "progress": progress, "resources": [str(one.uri) for one in resources.resources],
                "executions": json.loads(listed.contents[0].text)["executions"],
                "many": [one.structured_content["stdout"].strip() for one in many]}
    print(json.dumps(seen))


asyncio.run(main())
