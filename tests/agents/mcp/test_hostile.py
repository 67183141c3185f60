"""Callers that mean harm, or are broken: each is refused with words, and the server goes on serving others."""

import json
import socket
import unittest

from mcp_harness import LEGACY, META, MODERN, HttpServer, Stdio, last_message, messages

CALL = {"name": "test_simple_text", "arguments": {}}
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
              "params": {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}}


def raw(port, data, timeout=20, half_close=False):
    """Sends bytes, reads until the server closes or says nothing for a while."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while part := connection.recv(65536):
                got += part
        except (TimeoutError, ConnectionResetError):
            pass
        return got


def head(length, port, extra=""):
    return (f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\n{extra}\r\n").encode()


class HostileHttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = HttpServer(fixture=True)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def tearDown(self):
        answer = self.server.ask("tools/call", CALL)
        self.assertEqual(answer["result"]["content"][0]["type"], "text", "the server must go on serving")

    def refused(self, body, code, status=400, headers=None):
        got, names, text = self.server.post(body, headers)
        self.assertEqual(got, status, text)
        answer = json.loads(text)
        self.assertEqual(answer["error"]["code"], code, answer)
        return answer

    def test_frames_that_are_no_messages(self):
        for body, code in [(b"", -32700), (b"{", -32700), (b"null", -32600), (b"[]", -32600), (b'"x"', -32600),
                           (b"{}", -32600), (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
                           (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600),
                           (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
                           (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
                           (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', -32600),
                           (b'{"jsonrpc":"2.0","id":1}', -32600),
                           (b'{"jsonrpc":"2.0","id":"%s","method":"ping"}' % (b"x" * 5000), -32600)]:
            with self.subTest(body=body[:60]):
                self.refused(body, code)

    def test_invalid_utf8(self):
        self.refused(b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}', -32700)
        self.refused(b'{"jsonrpc":"2.0","id":1,"method":"\xed\xa0\x80"}', -32700)

    def test_deep_json(self):
        self.refused(b"[" * 1_000_000, -32600)
        self.refused(b'{"a":' * 100_000, -32600)
        self.refused(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b'{"a":' * 100 + b"1" + b"}" * 101, -32600)

    def test_huge_numbers(self):
        self.refused(b'{"jsonrpc":"2.0","id":1e99999,"method":"ping"}', -32700)
        self.refused(b'{"jsonrpc":"2.0","id":' + b"9" * 400 + b',"method":"ping"}', -32700)
        self.refused(b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600)

    def test_a_gigabyte_is_refused_before_it_is_read(self):
        got = raw(self.server.port, head(1 << 30, self.server.port) + b"x" * 1000)
        self.assertIn(b" 413 ", got.splitlines()[0])

    def test_a_chunked_gigabyte_is_cut(self):
        start = (f"POST /mcp HTTP/1.1\r\nHost: localhost:{self.server.port}\r\nContent-Type: application/json\r\n"
                 "Accept: */*\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
        block = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        sent = 0
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            connection.sendall(start)
            try:
                for _ in range(1024):
                    connection.sendall(block)
                    sent += len(block)
            except (BrokenPipeError, ConnectionResetError):
                pass
        self.assertLess(sent, 200 << 20, "the server must stop reading")

    def test_long_head(self):
        got = raw(self.server.port, b"GET /mcp HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000)
        self.assertIn(b" 431 ", got.splitlines()[0])

    def test_no_http(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"z" * 300, b"hello\r\n\r\n", b"\0" * 5000):
            self.assertIn(b" 400 ", raw(self.server.port, data).splitlines()[0])

    def test_two_lengths(self):
        got = raw(self.server.port, head(5, self.server.port, "Content-Length: 6\r\n") + b"hello!")
        self.assertIn(b" 400 ", got.splitlines()[0])
        got = raw(self.server.port, head(5, self.server.port, "Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n")
        self.assertIn(b" 400 ", got.splitlines()[0])

    def test_slow_head_is_ended_and_does_not_hold_up_others(self):
        slow = [socket.create_connection(("127.0.0.1", self.server.port), timeout=30) for _ in range(50)]
        for one in slow:
            one.sendall(b"POST /mcp HTTP/1.1\r\nHost: loc")
        for number in range(20):
            self.assertIn("result", self.server.ask("tools/call", CALL, number=number + 1))
        for one in slow:
            self.assertEqual(one.recv(100), b"", "the connection must be closed")
            one.close()

    def test_many_idle_connections_give_way(self):
        idle = []
        for _ in range(700):
            idle.append(socket.create_connection(("127.0.0.1", self.server.port), timeout=30))
        self.assertIn("result", self.server.ask("tools/call", CALL))
        for one in idle:
            one.close()

    def test_dns_rebinding(self):
        for headers in ({"Host": "attacker.example"}, {"Host": f"attacker.example:{self.server.port}"},
                        {"Host": "127.0.0.1.attacker.example"}, {"Host": "localhost@attacker.example"},
                        {"Origin": "https://attacker.example"}, {"Origin": "http://localhost.attacker.example"},
                        {"Origin": "null"}, {"Origin": "file://"}, {"Origin": "http://127.0.0.1@attacker.example"}):
            with self.subTest(headers=headers):
                status, _, _ = self.server.post(INITIALIZE, headers)
                self.assertEqual(status, 403)
        for headers in ({"Host": f"localhost:{self.server.port}"}, {"Host": "[::1]:1"}, {"Origin": "http://localhost:3000"}):
            self.assertEqual(self.server.post(INITIALIZE, headers)[0], 200, headers)

    def test_a_request_without_host(self):
        got = raw(self.server.port, b"GET /mcp HTTP/1.1\r\n\r\n")
        self.assertIn(b" 403 ", got.splitlines()[0])

    def test_wrong_type_and_path_and_method(self):
        self.assertEqual(self.server.post(INITIALIZE, {"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(self.server.post(INITIALIZE, {"Accept": "image/png"})[0], 406)
        port = self.server.port
        self.assertIn(b" 404 ", raw(port, f"GET /etc/passwd HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()))
        self.assertIn(b" 405 ", raw(port, f"TRACE /mcp HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()))

    def test_headers_that_disagree_with_the_body(self):
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {**CALL, "_meta": META}}
        good = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "test_simple_text"}
        for wrong in ({"Mcp-Name": "other"}, {"Mcp-Method": "tools/list"}, {"MCP-Protocol-Version": LEGACY},
                      {"Mcp-Name": "=?base64?b3RoZXI=?="}, {"Mcp-Name": "=?base64?%%%?="}):
            self.refused(body, -32020, headers={**good, **wrong})
        for missing in good:
            self.refused(body, -32020, headers={name: value for name, value in good.items() if name != missing})

    def test_unknown_session(self):
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        self.assertEqual(self.server.post(listing, {"Mcp-Session-Id": "0" * 32})[0], 404)
        self.assertEqual(self.server.post(listing)[0], 400)

    def test_a_session_that_ended(self):
        _, headers, _ = self.server.post(INITIALIZE)
        session = {"Mcp-Session-Id": headers["mcp-session-id"]}
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        self.assertEqual(self.server.post(listing, session)[0], 200)
        port = self.server.port
        got = raw(port, f"DELETE /mcp HTTP/1.1\r\nHost: localhost:{port}\r\nMcp-Session-Id: {session['Mcp-Session-Id']}\r\n"
                        "Connection: close\r\n\r\n".encode())
        self.assertIn(b" 200 ", got.splitlines()[0])
        self.assertEqual(self.server.post(listing, session)[0], 404)

    def asked(self, number=1):
        answer = self.server.ask("tools/call", {"name": "test_input_required_result_tampered_state", "arguments": {}}, number,
                                 meta={"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}})
        self.assertEqual(answer["result"]["resultType"], "input_required", answer)
        return answer["result"]["requestState"]

    def answered(self, state, arguments=None, name="test_input_required_result_tampered_state"):
        return self.server.ask("tools/call", {"name": name, "arguments": arguments or {}, "requestState": state,
                                              "inputResponses": {"confirm": {"action": "accept", "content": {"ok": True}}}},
                               2, meta={"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}})

    def test_request_state_holds_once(self):
        state = self.asked()
        self.assertIn("integrity-ok", self.answered(state)["result"]["content"][0]["text"])
        self.assertIn("used before", self.answered(state)["error"]["message"])

    def test_request_state_that_was_changed(self):
        state = self.asked()
        for changed in (state[:-1] + ("0" if state[-1] != "0" else "1"), "A" + state[1:], state.split(".")[0], "", "x.y",
                        state + "A", "é" * 10, "A" * 100_000):
            with self.subTest(state=changed[:20]):
                self.assertEqual(self.answered(changed)["error"]["code"], -32602)

    def test_request_state_of_another_request(self):
        self.assertIn("another request", self.answered(self.asked(), {"other": 1})["error"]["message"])
        self.assertIn("another request",
                      self.answered(self.asked(), name="test_input_required_result_request_state")["error"]["message"])

    def test_event_ids_of_others(self):
        _, headers, _ = self.server.post(INITIALIZE)
        port, session = self.server.port, headers["mcp-session-id"]
        for event in ("999-1", "x", "-1", "1", "18446744073709551616-0"):
            got = raw(port, f"GET /mcp HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: text/event-stream\r\n"
                            f"Mcp-Session-Id: {session}\r\nLast-Event-ID: {event}\r\n\r\n".encode())
            self.assertIn(b" 400 ", got.splitlines()[0], event)

    def test_a_client_that_leaves_early(self):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {"name": "test_tool_with_progress", "arguments": {}, "_meta": {**META, "progressToken": 1}}})
        extra = f"MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/call\r\nMcp-Name: test_tool_with_progress\r\n"
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall(head(len(body), self.server.port, extra) + body.encode())

    def test_requests_on_one_connection(self):
        body = json.dumps({"jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": {"_meta": META}}).encode()
        extra = f"MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/list\r\n"
        one = head(len(body), self.server.port, extra) + body
        last = head(len(body), self.server.port, extra + "Connection: close\r\n") + body
        self.assertEqual(raw(self.server.port, one * 9 + last).count(b"HTTP/1.1 200 OK"), 10)


class TokenTest(unittest.TestCase):
    def test_bearer_token(self):
        from mcp_harness import Project, environment
        with Project() as folder, HttpServer("--token-env", "MCP_TEST_TOKEN", folder=folder,
                                             env=environment(folder, MCP_TEST_TOKEN="correct horse battery")) as server:
            for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "correct horse battery"},
                           {"Authorization": "Bearer correct horse batter"}, {"Authorization": "Basic Y29ycmVjdA=="},
                           {"Authorization": "Bearer "}):
                status, headers, _ = server.post(INITIALIZE, header)
                self.assertEqual((status, headers.get("www-authenticate")), (401, "Bearer"), header)
            self.assertEqual(server.post(INITIALIZE, {"Authorization": "Bearer correct horse battery"})[0], 200)


class HostileStdioTest(unittest.TestCase):
    def setUp(self):
        self.client = Stdio(fixture=True)

    def tearDown(self):
        try:
            self.assertIn("result", self.client.ask("tools/call", CALL, 999), "the server must go on serving")
        finally:
            self.client.__exit__()

    def refused(self, line, code):
        self.client.write(line + b"\n")
        self.assertEqual(self.client.read()["error"]["code"], code)

    def test_lines_that_are_no_messages(self):
        for line, code in [(b"{", -32700), (b"\xff\xfe", -32700), (b"[]", -32600), (b"[" * 100_000, -32600),
                           (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
                           (b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}', -32700), (b"\0" * 100, -32700)]:
            with self.subTest(line=line[:40]):
                self.refused(line, code)

    def test_a_line_without_end(self):
        for _ in range(80):
            self.client.write(b"x" * (1 << 20))
        self.client.write(b"\n")
        self.assertEqual(self.client.read()["error"]["code"], -32600)

    def test_empty_lines_are_nothing(self):
        self.client.write(b"\n\r\n  \n")
        self.assertEqual(self.client.ask("server/discover", number=3)["id"], 3)

    def test_an_id_that_is_in_use(self):
        call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call",
                "params": {"name": "test_tool_with_logging", "arguments": {}, "_meta": META}}
        self.client.write(call)
        self.client.write(call)
        answers = [self.client.read(), self.client.read()]
        self.assertEqual(sorted("error" in one for one in answers), [False, True], answers)

    def test_cancelled_and_then_late(self):
        self.client.write({"jsonrpc": "2.0", "id": 8, "method": "tools/call",
                           "params": {"name": "test_tool_with_logging", "arguments": {}, "_meta": META}})
        for _ in range(3):
            self.client.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 8}})
        for odd in ({"requestId": {}}, {}, {"requestId": "no such"}, {"requestId": 1e9}):
            self.client.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": odd})
        self.assertEqual(self.client.ask("tools/call", CALL, 9)["id"], 9, "nothing is said about a call that was cancelled")

    def test_answers_that_nobody_asked_for(self):
        for answer in ({"result": {}}, {"error": {"code": 1, "message": "x"}}, {"error": 7}):
            self.client.write({"jsonrpc": "2.0", "id": "ask-1", **answer})

    def test_unknown_methods_and_versions(self):
        self.assertEqual(self.client.ask("no/such")["error"]["code"], -32601)
        self.assertEqual(self.client.ask("initialize")["error"]["code"], -32601)
        other = self.client.ask("tools/list", meta={"io.modelcontextprotocol/protocolVersion": "2031-01-01"})
        self.assertEqual((other["error"]["code"], other["error"]["data"]),
                         (-32022, {"supported": [MODERN], "requested": "2031-01-01"}))
        self.client.write({"jsonrpc": "2.0", "id": 4, "method": "tools/list"})
        self.assertIn("initialize", self.client.read()["error"]["message"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
