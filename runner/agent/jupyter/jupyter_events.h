// What runharness and runharness-jupyter say to each other, as lines of JSON. On the helper's standard input one line:
//   {"host", "port", "base", "tls", "token", "kernel" (name; empty: one of the language), "kernel_must_exist",
//   "language",
//    "begin": [code that runs before, its output untold], "cells": [{"index", "source", "may_fail"}], "allow_errors",
//    "stdin", "after": expression that gives pieces ({"application/vnd.runharness+json": {..., "done": bool}}) when all
//    has run, "timeout_ms", "start_ms", "output_bytes"}
// and nothing after it: when that input ends, the code is interrupted. On its standard output, in this order:
//   {"event": "started", "kernel", "kernel_id", "version", "instead_of" (the kernel that was asked for and is not
//   there)}
//   {"event": "cell", "index"}, {"event": "output", "output": as nbformat has it},
//   {"event": "end", "index", "execution_count", "failed"}, for each cell
//   {"event": "piece", "piece": what `after` gave}
//   {"event": "done", "ending": "ok", "error", "timeout", "cancelled", "died", "output_limit" or "lost", "detail",
//   "ename", "evalue"}
//   {"event": "left", "message": why the kernel could not be removed}
// or {"event": "problem", "kind": "service", "runtime" or "cancelled", "message"}: no code was started.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace rh::agent {

constexpr std::size_t kMaxJupyterRequest = 256U << 20;
constexpr std::size_t kMaxJupyterEvent = 80U << 20;  // a message of the kernel and what is around it
constexpr std::chrono::seconds kJupyterAsk{10};      // for one answer of the server
constexpr std::chrono::seconds kJupyterStart{60};    // until a kernel is ready
constexpr std::chrono::seconds kJupyterGrace{3};     // between the interrupt and the end of the kernel
constexpr std::chrono::seconds kJupyterAfter{30};    // for files and results
constexpr std::string_view kJupyterPiece = "application/vnd.runharness+json";

}  // namespace rh::agent
