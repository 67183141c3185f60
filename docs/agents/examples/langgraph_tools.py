"""LangGraph with the tools of runharness: a graph of one step that calls a tool of the MCP server.

    pip install langchain-mcp-adapters langgraph
    python langgraph_tools.py                       # starts `runharness mcp` itself
    python langgraph_tools.py http://127.0.0.1:8808/mcp
"""

import asyncio
import os
import sys
from typing import TypedDict

from langchain_mcp_adapters.client import MultiServerMCPClient
from langgraph.graph import END, START, StateGraph

RUNHARNESS = os.environ.get("RUNHARNESS", "runharness")


class State(TypedDict):
    code: str
    output: str


def connection(server):
    if server:
        return {"transport": "streamable_http", "url": server}
    return {"transport": "stdio", "command": RUNHARNESS, "args": ["mcp", "--enable"], "env": dict(os.environ)}


async def main():
    client = MultiServerMCPClient({"runharness": connection(sys.argv[1] if len(sys.argv) > 1 else None)})
    tools = {tool.name: tool for tool in await client.get_tools()}

    async def execute(state):
        answer = await tools["execute_python"].ainvoke({"code": state["code"], "timeout": 60})
        return {"output": answer if isinstance(answer, str) else "".join(part.get("text", "") for part in answer)}

    graph = StateGraph(State)
    graph.add_node("execute", execute)
    graph.add_edge(START, "execute")
    graph.add_edge("execute", END)
    done = await graph.compile().ainvoke({"code": "print(sum(range(1, 101)))", "output": ""})
    print(done["output"])


if __name__ == "__main__":
    asyncio.run(main())
