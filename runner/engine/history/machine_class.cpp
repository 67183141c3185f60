#include "runner/engine/history/machine_class.h"

#include <cmath>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

// "Linux 6.1.0-18-amd64 x86_64" -> "Linux 6.1 x86_64"
std::string kernel_class(const std::string& kernel) {
  const auto words = split(kernel, ' ');
  if (words.size() != 3) return kernel;
  const auto numbers = split(words[1], '.');
  const std::string release = numbers.size() < 2 ? std::string(words[1]) : fmt::format("{}.{}", numbers[0], numbers[1]);
  return fmt::format("{} {} {}", words[0], release, words[2]);
}

// Firmware, kernel and balloon take some of what a machine is sold with: 15.5 and 16 GiB are one class.
std::string memory_class(std::uint64_t bytes) {
  if (bytes == 0) return "memory unknown";
  const double power = std::round(std::log2(static_cast<double>(bytes) / (1U << 30)));
  return power >= 0 ? fmt::format("{:.0f} GiB", std::exp2(power)) : fmt::format("{:.0f} MiB", std::exp2(power + 10));
}

}  // namespace

std::string machine_class(const model::Machine& machine) {
  return fmt::format("{}, {} core{}, {}, {}", machine.cpu_model.empty() ? "CPU unknown" : machine.cpu_model,
                     machine.cores, machine.cores == 1 ? "" : "s", memory_class(machine.memory_bytes),
                     kernel_class(machine.kernel));
}

}  // namespace rh::engine
