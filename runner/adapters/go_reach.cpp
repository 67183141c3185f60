#include "runner/adapters/go_reach.h"

#include <algorithm>

#include <fmt/format.h>

#include "runner/adapters/reach_files.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxTestFileBytes = 16ULL << 20;
constexpr std::size_t kMaxFolders = 100'000;
constexpr std::size_t kMaxSkipBytes = 100'000;  // one argument of a command has at most 128 KiB

// $1 go, $2 the file of lines, $3 a folder for programs, $4 the ids that are left out, then packages. Blocks of a
// profile with a count of zero say nothing. The packages of the module that a test program loads are measured, and
// no other one is linked into it.
constexpr const char* kScript = R"(go=$1 out=$2 work=$3 left=$4; shift 4
mkdir -p "$work" || exit 1
root=$PWD begin=$(date +%s%N) tests=0
printf 'rh-test-lines 1\n' > "$out"
for package in $("$go" list -e -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@"); do
  folder=$("$go" list -f '{{.Dir}}' "$package") || continue
  measured=$("$go" list -deps -test -f '{{if .Module}}{{if .Module.Main}}{{.ImportPath}}{{end}}{{end}}' "$package" |
    sed 's/ .*//' | grep -v -e '\.test$' -e '_test$' | sort -u | paste -sd, -)
  rm -f "$work/program"
  cd "$root" || exit 1
  "$go" test -c -cover -covermode=set -coverpkg="${measured:-$package}" -o "$work/program" "$package" || continue
  [ -x "$work/program" ] || continue
  cd "$folder" || continue
  "$work/program" -test.list '.*' | grep -E '^(Test|Example|Fuzz)' > "$work/tests"
  while read -r test; do
    grep -Fxq "$package::$test" "$left" && continue
    rm -f "$work/profile"
    "$work/program" -test.run "^$test\$" -test.coverprofile="$work/profile" > /dev/null 2>&1 < /dev/null
    tests=$((tests + 1))
    [ -s "$work/profile" ] || continue
    awk -v test="$package::$test" '
      $NF > 0 && NR > 1 {
        colon = match($1, /:[0-9.,]+$/); path = substr($1, 1, colon - 1)
        split(substr($1, colon + 1), ends, /[.,]/)
        lines[path] = lines[path] (lines[path] == "" ? "" : ",") ends[1] "-" ends[3]
      }
      END { printf "r\t%s\n", test; for (path in lines) printf "f\t%s\nt\t%s\t%s\n", path, lines[path], test }' "$work/profile" >> "$out"
  done < "$work/tests"
done
took=$((($(date +%s%N) - begin) / 100000000))
[ $tests -gt 0 ] && printf 'n\tto learn who tests what, %d Go tests ran a second time, one by one, in %d.%d s\n' "$tests" \
  $((took / 10)) $((took % 10)) >> "$out"
rm -rf "$work")";

bool is_skipped_folder(const std::string& name) {
  return name.starts_with('.') || name.starts_with('_') || is_one_of(name, {"vendor", "testdata", "node_modules"});
}

// "func TestAbc(" at the begin of a line; methods of test suites are called by one of those.
void find_tests(std::string_view text, std::set<std::string>& names) {
  for (const std::string_view line : split_lines(text)) {
    if (!line.starts_with("func ")) continue;
    const std::string_view name = line.substr(5, line.find('(') == std::string_view::npos ? 0 : line.find('(') - 5);
    for (const std::string_view prefix : {"Test", "Example", "Fuzz"})
      if (name.starts_with(prefix) && name != "TestMain") names.insert(std::string(trim(name)));
  }
}

// A custom build tag decides whether the file is compiled: without -tags it is not, and a package of such files alone
// cannot be named.
bool has_custom_tag(std::string_view text) {
  for (const std::string_view line : split_lines(text)) {
    if (line.starts_with("package ")) return false;
    if (!line.starts_with("//go:build ")) continue;
    std::string word;
    for (const char c : std::string(line.substr(11)) + " ") {
      const bool part =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
      if (part) {
        word += c;
        continue;
      }
      const bool usual =
          word.empty() || word.starts_with("go1.") ||
          is_one_of(word, {"linux",   "unix",  "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris",
                           "plan9",   "js",    "wasm",    "amd64",  "arm64",   "arm",    "386",     "riscv64",
                           "ppc64le", "s390x", "cgo",     "gc",     "gccgo",   "race",   "purego"});
      if (!usual) return true;
      word.clear();
    }
  }
  return false;
}

// Folder relative to the module -> names of its test functions.
std::map<std::string, std::set<std::string>> find_packages(const fs::path& suite_dir, bool tags) {
  std::map<std::string, std::set<std::string>> packages;
  std::vector<fs::path> open{suite_dir};
  for (std::size_t seen = 0; !open.empty() && seen < kMaxFolders; ++seen) {
    const fs::path folder = std::move(open.back());
    open.pop_back();
    std::error_code error;
    for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
      const std::string name = each->path().filename().string();
      if (each->is_symlink(error)) continue;
      if (each->is_directory(error)) {
        if (!is_skipped_folder(name) && !is_file(each->path() / "go.mod")) open.push_back(each->path());
      } else if (name.ends_with("_test.go")) {
        const auto text = read_file(each->path(), kMaxTestFileBytes);
        if (text && !tags && has_custom_tag(*text)) continue;
        find_tests(text ? std::string_view(*text) : std::string_view(), packages[relative_to(folder, suite_dir)]);
      }
    }
  }
  return packages;
}

std::string package_argument(const std::string& folder) { return folder == "." ? "." : "./" + folder; }

std::string skip_pattern(const std::set<std::string>& names) {
  return "^(" + join({names.begin(), names.end()}, "|") + ")$";
}

}  // namespace

bool go_has_skip(std::string_view version) {
  const auto parts = split(version, '.');
  const std::uint64_t major = parts.empty() ? 0 : parse_u64(parts[0]).value_or(0);
  const std::uint64_t minor = parts.size() < 2 ? 0 : parse_u64(parts[1]).value_or(0);
  return major > 1 || (major == 1 && minor >= 20);
}

std::vector<GoPackages> go_selection(const StepContext& context, const std::string& module) {
  std::map<std::string, std::set<std::string>> left_out;  // by import path
  for (const std::string& id : *context.left_out)
    if (const std::size_t end = id.find("::"); end != std::string::npos)
      left_out[id.substr(0, end)].insert(id.substr(end + 2));
  const auto is_tags = [](std::string_view word) { return word.find("-tags") != std::string_view::npos; };
  const auto flags = context.host->environment().find("GOFLAGS");
  const bool tags = std::any_of(context.extra_args.begin(), context.extra_args.end(), is_tags) ||
                    (flags != context.host->environment().end() && is_tags(flags->second));
  std::vector<GoPackages> calls;
  GoPackages whole;
  for (const auto& [folder, tests] : find_packages(context.suite_dir, tags)) {
    const auto left = left_out.find(folder == "." ? module : module + "/" + folder);
    if (left == left_out.end()) {
      whole.packages.push_back(package_argument(folder));
      continue;
    }
    if (std::includes(left->second.begin(), left->second.end(), tests.begin(), tests.end())) continue;
    std::string pattern = skip_pattern(left->second);
    if (pattern.size() > kMaxSkipBytes)
      whole.packages.push_back(package_argument(folder));
    else
      calls.push_back({{package_argument(folder)}, std::move(pattern)});
  }
  if (!whole.packages.empty()) calls.insert(calls.begin(), std::move(whole));
  return calls;
}

Result<model::Step> go_lines_step(const model::Step& base, const StepContext& context, const GoToolchain& go,
                                  const std::string& module) {
  model::Step step = base;
  step.name = "who tests what, test by test";
  step.kind = model::StepKind::coverage;
  step.stop_on_failure = false;
  step.results.clear();
  step.coverage.clear();
  fs::path left = "/dev/null";
  std::vector<std::string> packages{"./..."};
  if (context.left_out != nullptr) {
    RH_TRY(left, write_left_out(context));
    packages.clear();
    for (const GoPackages& call : go_selection(context, module))
      packages.insert(packages.end(), call.packages.begin(), call.packages.end());
  }
  step.command.argv = {"/bin/sh",
                       "-c",
                       kScript,
                       "sh",
                       go.go.string(),
                       reach_file(context).string(),
                       (context.out_dir / "reach").string(),
                       left.string()};
  step.command.argv.insert(step.command.argv.end(), packages.begin(), packages.end());
  model::TestMapSource source = reach_source(context, "test");
  if (!module.empty()) source.path_map.emplace_back(module, context.suite_dir);
  step.test_maps.push_back(std::move(source));
  return step;
}

}  // namespace rh::adapters
