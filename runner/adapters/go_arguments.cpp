#include "runner/adapters/go_arguments.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

std::string_view flag_name(std::string_view argument) {
  argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
  argument = argument.substr(0, argument.find('='));
  if (argument.starts_with("test.")) argument.remove_prefix(5);
  return argument;
}

// Flags of `go test` and `go build` whose value may be the next argument (go 1.26).
bool takes_value(std::string_view name) {
  return is_one_of(name, {"C",
                          "asmflags",
                          "bench",
                          "benchtime",
                          "blockprofile",
                          "blockprofilerate",
                          "buildmode",
                          "compiler",
                          "count",
                          "covermode",
                          "coverpkg",
                          "coverprofile",
                          "cpu",
                          "cpuprofile",
                          "exec",
                          "fuzz",
                          "fuzzcachedir",
                          "fuzzminimizetime",
                          "fuzztime",
                          "gccgoflags",
                          "gcflags",
                          "installsuffix",
                          "ldflags",
                          "list",
                          "memprofile",
                          "memprofilerate",
                          "mod",
                          "modfile",
                          "mutexprofile",
                          "mutexprofilefraction",
                          "o",
                          "outputdir",
                          "overlay",
                          "p",
                          "parallel",
                          "pgo",
                          "pkgdir",
                          "run",
                          "shuffle",
                          "skip",
                          "tags",
                          "timeout",
                          "toolexec",
                          "trace",
                          "vet"});
}

bool is_flag(std::string_view argument) { return argument.size() > 1 && argument.front() == '-' && argument != "--"; }

}  // namespace

bool GoTestArguments::has(std::string_view flag) const {
  return std::any_of(flags.begin(), flags.end(),
                     [&](const std::string& argument) { return is_flag(argument) && flag_name(argument) == flag; });
}

GoTestArguments split_go_test_arguments(const std::vector<std::string>& arguments) {
  GoTestArguments split;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-args" || argument == "--args") {
      split.binary.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (!is_flag(argument)) {
      split.packages.push_back(argument);
      continue;
    }
    split.flags.push_back(argument);
    const bool has_value = argument.find('=') != std::string::npos;
    if (!has_value && takes_value(flag_name(argument)) && i + 1 < arguments.size())
      split.flags.push_back(arguments[++i]);
  }
  return split;
}

}  // namespace rh::adapters
