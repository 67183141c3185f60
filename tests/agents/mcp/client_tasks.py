"""A client of the legacy era that makes a call a task, and comes back for it: by the Python SDK 1.30, whose `experimental` part
speaks tasks. `client_tasks.py COMMAND ARGS...` prints what it saw as JSON."""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult


async def main():
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        started = await session.initialize()
        assert started.capabilities.tasks is not None, started
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert tools["execute_python"].execution.taskSupport == "optional", tools["execute_python"]
        tasks = session.experimental
        made = await tasks.call_tool_as_task("execute_python", {"code": "import time\ntime.sleep(1)\nprint(6 * 7)"}, ttl=60_000)
        seen = [made.task.status]
        async for status in tasks.poll_task(made.task.taskId):
            seen.append(status.status)
        result = await tasks.get_task_result(made.task.taskId, CallToolResult)
        slow = await tasks.call_tool_as_task("execute_python", {"code": "import time\ntime.sleep(600)"})
        await tasks.cancel_task(slow.task.taskId)
        cancelled = await tasks.get_task(slow.task.taskId)
        listed = [task.taskId for task in (await tasks.list_tasks()).tasks]
        print(json.dumps({"seen": seen, "stdout": result.structuredContent["stdout"], "cancelled": cancelled.status,
                          "listed": sorted(listed) == sorted([made.task.taskId, slow.task.taskId])}))


asyncio.run(main())
