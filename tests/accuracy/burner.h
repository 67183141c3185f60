// Programs whose use of CPU and memory is known: every process writes what its own clock says into a
// file that the test reads afterwards, whatever became of the process.
#pragma once

#include <chrono>
#include <filesystem>

namespace rh::accuracy {

// "act NAME FILE COUNT MICROSECONDS": see burner.cpp for the names.
int run_act(int argc, char** argv);

// What all processes together said.
std::chrono::nanoseconds read_ledger(const std::filesystem::path& file);

}  // namespace rh::accuracy
