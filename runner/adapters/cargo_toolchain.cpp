#include "runner/adapters/cargo_toolchain.h"

#include <fmt/format.h>

#include "runner/adapters/cargo_discovery.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kProbeTimeout{20'000};

fs::path folder_from(const Host& host, const char* variable, const char* below_home) {
  const auto found = host.environment().find(variable);
  return found == host.environment().end() || found->second.empty() ? host.home() / below_home
                                                                    : fs::path(found->second);
}

std::string detail(const model::Suite& suite, const char* key) {
  const auto found = suite.details.find(key);
  return found == suite.details.end() ? std::string() : found->second;
}

// The caller's RUSTUP_TOOLCHAIN wins over the repository's file, as in rustup.
model::Environment probe_environment(const model::Suite& suite, const Host& host) {
  model::Environment environment = {{"RUSTUP_AUTO_INSTALL", "0"}};
  const std::string channel = detail(suite, cargo_detail::kToolchain);
  if (!channel.empty() && !host.environment().contains("RUSTUP_TOOLCHAIN")) environment["RUSTUP_TOOLCHAIN"] = channel;
  return environment;
}

// The value of a "key: value" line of `rustc -vV`.
std::string line_value(std::string_view text, std::string_view key) {
  for (const std::string_view line : split_lines(text))
    if (line.starts_with(key) && line.substr(key.size()).starts_with(": "))
      return std::string(trim(line.substr(key.size() + 2)));
  return {};
}

}  // namespace

CargoFolders cargo_folders(const Host& host) {
  return {folder_from(host, "CARGO_HOME", ".cargo"), folder_from(host, "RUSTUP_HOME", ".rustup")};
}

void probe_rust(model::Suite& suite, const Host& host) {
  const model::Environment environment = probe_environment(suite, host);
  const auto cargo = host.run_helper({{suite.tool.path.string(), "--version"}, "/", environment}, kProbeTimeout);
  if (!cargo || cargo->exit_code != 0) {
    suite.tool.problem = fmt::format("{} does not run: {}", suite.tool.path.string(),
                                     cargo ? std::string(trim(cargo->standard_error)) : cargo.error().message());
    return;
  }
  const std::vector<std::string_view> words = split(trim(cargo->standard_output), ' ');
  suite.tool.version = std::string(words.size() > 1 ? words[1] : words[0]);
  const auto rustc = host.find_tool("rustc");
  if (!rustc) return;
  if (const auto answer = host.run_helper({{rustc->string(), "-vV"}, "/", environment}, kProbeTimeout);
      answer && answer->exit_code == 0) {
    suite.details[cargo_detail::kHost] = line_value(answer->standard_output, "host");
    suite.details[cargo_detail::kLlvm] = line_value(answer->standard_output, "LLVM version");
  }
  if (const auto answer = host.run_helper({{rustc->string(), "--print", "sysroot"}, "/", environment}, kProbeTimeout);
      answer && answer->exit_code == 0)
    suite.details[cargo_detail::kSysroot] = std::string(trim(answer->standard_output));
}

LlvmTools find_llvm_tools(const model::Suite& suite, const Host& host) {
  LlvmTools tools;
  const std::string sysroot = detail(suite, cargo_detail::kSysroot);
  const std::string triple = detail(suite, cargo_detail::kHost);
  const std::string llvm = detail(suite, cargo_detail::kLlvm);
  const std::string major = llvm.substr(0, llvm.find('.'));
  if (!sysroot.empty() && !triple.empty()) {
    const fs::path folder = fs::path(sysroot) / "lib/rustlib" / triple / "bin";
    if (is_file(folder / "llvm-profdata") && is_file(folder / "llvm-cov"))
      return {folder / "llvm-profdata", folder / "llvm-cov", {}};
  }
  if (!major.empty()) {
    const auto profdata = host.find_tool("llvm-profdata-" + major);
    const auto cov = host.find_tool("llvm-cov-" + major);
    if (profdata && cov) return {*profdata, *cov, {}};
  }
  const std::string channel = detail(suite, cargo_detail::kToolchain);
  tools.problem = fmt::format(
      "llvm-profdata and llvm-cov that fit rustc's LLVM {} were not found: run `rustup component add llvm-tools{}`{}",
      llvm.empty() ? "(version unknown)" : llvm, channel.empty() ? "" : " --toolchain " + channel,
      major.empty() ? "" : fmt::format(" or install your distribution's package llvm-{}", major));
  return tools;
}

}  // namespace rh::adapters
