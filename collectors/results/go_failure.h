// What the output of a Go test says about its failure: Go's event stream has no field for it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::collectors {

struct GoFailure {
  std::string message;  // one line, without the location
  std::string file;     // as the output names it: a base name (t.Errorf) or an absolute path (panic)
  std::optional<std::uint32_t> line;
  bool died = false;  // a panic or a fatal error of the Go runtime
};

// Does this line of a source file (a base name, as the output has it) hold a mere t.Log? Its output looks
// like that of t.Error.
using IsLogCall = std::function<bool(std::string_view file, std::uint32_t line)>;

// The first line that t.Error, t.Fatal or t.Skip wrote, or the panic or data race with the first frame
// that lies below `suite_root`.
[[nodiscard]] GoFailure find_go_failure(std::string_view output, std::string_view suite_root,
                                        const IsLogCall& is_log_call = {});

// Where in the suite the goroutine of a test stands in a dump of all goroutines.
void locate_hanging_test(GoFailure& failure, std::string_view dump, std::string_view test, std::string_view suite_root);

// The output without the marks of the test runner ("=== RUN", "=== CONT"...) and of the coverage runtime.
[[nodiscard]] std::string go_details(std::string_view output);

// "exit status 3" or "signal: killed", as go writes it at the end of a test process that died.
[[nodiscard]] std::string_view go_exit_status(std::string_view output);

// "test timed out after 3s", when the output says so.
[[nodiscard]] std::string_view go_timeout(std::string_view output);
// The names below "running tests:" of a timeout's panic.
[[nodiscard]] std::vector<std::string> go_running_tests(std::string_view output);

// Folder of a package relative to its module: "sub/x" of "example.com/m/sub/x" in "example.com/m".
// nullopt when the package does not belong to the module.
[[nodiscard]] std::optional<std::string> go_package_folder(std::string_view package, std::string_view module);

}  // namespace rh::collectors
