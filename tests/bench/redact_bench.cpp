// What taking secrets out costs, in bytes a second: on ordinary text, and on text that is full of begins
// of secrets.
#include <benchmark/benchmark.h>

#include <string>

#include "runner/base/redact.h"

namespace rh {
namespace {

constexpr std::size_t kTextBytes = 8 << 20;
constexpr std::size_t kChunk = 64 << 10;  // what one read of a pipe gives

std::vector<NamedSecret> values() {
  std::vector<NamedSecret> all;
  for (int i = 0; i < 10; ++i)
    all.push_back({"SECRET_" + std::to_string(i), "value-number-" + std::to_string(7919 * (i + 1))});
  return all;
}

void run(benchmark::State& state, const std::string& line) {
  const Secrets secrets(values());
  std::string text;
  while (text.size() < kTextBytes) text += line;
  std::string out;
  for (auto _ : state) {
    Redactor redactor(secrets);
    for (std::size_t at = 0; at < text.size(); at += kChunk) {
      out.clear();
      redactor.feed(std::string_view(text).substr(at, kChunk), out);
      benchmark::DoNotOptimize(out.data());
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
}

void ordinary_text(benchmark::State& state) {
  run(state,
      "2024-05-01T12:00:00Z INFO  server: request GET https://example.com/items/42?key=small took 12 ms\n"
      "    at handle (src/server.ts:118:7) [as authorized] while the keyboard of the bear was npm_config_cache\n");
}
BENCHMARK(ordinary_text);

void begins_of_secrets(benchmark::State& state) {
  run(state, "ghp_ AKIA eyJ npm_ value-number value-numbe ://user: Bearer Authorization -----BEGIN sk-ant- glpat-\n");
}
BENCHMARK(begins_of_secrets);

void secrets_everywhere(benchmark::State& state) {
  run(state, "token=value-number-7919 url=https://user:password@host/ ghp_a1B2c3D4e5a1B2c3D4e5a1B2c3D4e5a1B2c3D4e5\n");
}
BENCHMARK(secrets_everywhere);

}  // namespace
}  // namespace rh

BENCHMARK_MAIN();
