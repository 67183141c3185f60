#include "runner/adapters/cargo_arguments.h"

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

bool is_package_flag(std::string_view name) {
  return is_one_of(name, {"-p", "--package", "--exclude", "--workspace", "--all"});
}

bool is_target_flag(std::string_view name) {
  return is_one_of(name, {"--lib", "--bins", "--bin", "--examples", "--example", "--tests", "--test", "--benches",
                          "--bench", "--all-targets"});
}

// Flags whose value may be the next argument (cargo 1.95).
bool takes_value(std::string_view name) {
  return is_one_of(name, {"-p",
                          "--package",
                          "--exclude",
                          "--bin",
                          "--example",
                          "--test",
                          "--bench",
                          "-F",
                          "--features",
                          "-j",
                          "--jobs",
                          "--profile",
                          "--target",
                          "--target-dir",
                          "--manifest-path",
                          "--lockfile-path",
                          "--color",
                          "--config",
                          "-Z",
                          "-C"});
}

// They would take the place of what the results are read from.
bool is_dropped(std::string_view name) {
  return is_one_of(name, {"--no-run", "--message-format", "--no-fail-fast", "-q", "--quiet"});
}

}  // namespace

CargoTestArguments split_cargo_test_arguments(const std::vector<std::string>& arguments) {
  CargoTestArguments split;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      split.program.insert(split.program.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                           arguments.end());
      break;
    }
    if (!argument.starts_with('-')) {
      split.program.push_back(argument);
      continue;
    }
    const std::string name = argument.substr(0, argument.find('='));
    if (name == "--doc") split.only_doctests = true;
    if (name == "--doc" || is_dropped(name)) continue;
    std::vector<std::string>& list = is_package_flag(name)  ? split.packages
                                     : is_target_flag(name) ? split.targets
                                                            : split.build;
    list.push_back(argument);
    if (name == argument && takes_value(name) && i + 1 < arguments.size()) list.push_back(arguments[++i]);
  }
  return split;
}

}  // namespace rh::adapters
