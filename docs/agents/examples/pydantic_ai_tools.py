"""PydanticAI with the tools of runharness. `agent_with` gives an agent whose tools run in the sandbox; the main part needs no
model: a function plays one that calls a tool and repeats what came back.

    pip install "pydantic-ai-slim[mcp]"
    python pydantic_ai_tools.py                       # starts `runharness mcp` itself
    python pydantic_ai_tools.py http://127.0.0.1:8808/mcp
"""

import asyncio
import os
import sys

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel

RUNHARNESS = os.environ.get("RUNHARNESS", "runharness")


def agent_with(model, server=None):
    """`server`: URL of a server that runs; else one is started in the current folder. --enable lets it run code."""
    source = server or StdioTransport(RUNHARNESS, ["mcp", "--enable"], env=dict(os.environ))
    return Agent(model, toolsets=[MCPToolset(source)])


def calls(tool, arguments):
    """A model that calls one tool and then says what it returned."""

    def answer(messages, _info):
        for part in messages[-1].parts:
            if isinstance(part, ToolReturnPart):
                return ModelResponse(parts=[TextPart(str(part.content))])
        return ModelResponse(parts=[ToolCallPart(tool, arguments)])

    return FunctionModel(answer)


async def main():
    server = sys.argv[1] if len(sys.argv) > 1 else None
    steps = [
        ("execute_python", {"code": "print(6 * 7)", "timeout": 60}),
        ("execute_bash", {"script": "echo from bash", "timeout": 60}),
        ("execute_javascript", {"code": "console.log(1 + 1)", "timeout": 60}),
    ]
    for tool, arguments in steps:
        async with agent_with(calls(tool, arguments), server) as agent:
            result = await agent.run("use the tool")
            print(f"{tool}: {result.output}")


if __name__ == "__main__":
    asyncio.run(main())
