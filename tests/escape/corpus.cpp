// See corpus.h.
#include "tests/escape/corpus.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "runner/base/text.h"
#include "runner/model/names.h"
#include "tests/escape/invariants.h"
#include "tests/escape/uncaged.h"

namespace rh::escape {

namespace fs = std::filesystem;
using model::Ending;

namespace {

TempDir make_folder() {
  auto made = TempDir::make("rh-escape");
  if (!made) std::abort();
  return *std::move(made);
}

// Open to every uid: what keeps a command out has to be the sandbox.
fs::path make_outside() {
  static int count = 0;
  const fs::path folder = fs::path(std::getenv("RH_ESCAPE_OUTSIDE")) / std::to_string(++count);
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::all);
  return folder;
}

}  // namespace

Column column() {
  const std::string_view who = std::getenv("RH_ESCAPE_AS");
  return who == "root" ? Column::root : who == "user" ? Column::user : Column::no_userns;
}

fs::path program(std::string_view name) { return fs::path(std::getenv("RH_ESCAPE_PROGRAMS")) / name; }

std::string Ran::said(std::string_view act) const {
  const std::string start = std::string(act) + ": ";
  for (const std::string_view line : split_lines(out))
    if (line.starts_with(start)) return std::string(line.substr(start.size()));
  return "(nothing)";
}

std::string Ran::everything() const {
  return std::string(model::name_of(record.ending)) + " " + record.ending_detail + ", exit code " +
         std::to_string(code()) + ", signal " + std::to_string(record.status.signal.value_or(0)) + "\nout: " + out +
         "\nerr: " + err;
}

Corpus::Corpus()
    : folder_(make_folder()),
      workspace_(folder_.path() / "repo"),
      home_(folder_.path() / "home"),
      outside_(make_outside()) {
  for (const fs::path& path : {workspace_, home_}) fs::create_directory(path);
}

fs::path Corpus::outside(const std::string& name, std::string_view text) const {
  const fs::path path = outside_ / name;
  EXPECT_TRUE(write_file(path, text));
  fs::permissions(path, fs::perms::all);
  return path;
}

bool Corpus::outside_is_private() {
  const std::string_view folder = std::getenv("RH_ESCAPE_OUTSIDE");
  return folder.starts_with("/tmp/") || folder.starts_with("/var/tmp/");
}

const char* Corpus::refused_write() {
  if (column() == Column::no_userns) return "EACCES";
  return outside_is_private() ? "ENOENT" : "EROFS";
}

sandbox::LaunchSpec Corpus::spec(const Words& argv) const {
  sandbox::LaunchSpec spec;
  spec.name = "escape";
  spec.command.argv = argv;
  spec.command.cwd = workspace_;
  spec.command.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                      {"HOME", home_.string()},
                      {"LC_ALL", "C.UTF-8"},
                      {"RH_ESCAPE_RUN", std::to_string(getpid())}};
  spec.files.writable = {workspace_};
  spec.files.readable = {program("")};
  spec.files.home = home_;
  spec.limits.wall = kPatience;
  spec.limits.grace = std::chrono::milliseconds(200);
  spec.limits.memory_bytes = 512U << 20;
  spec.limits.pids = 256;
  spec.limits.output_bytes = 1U << 20;
  spec.limits.tmp_bytes = 64U << 20;
  return spec;
}

sandbox::LaunchSpec Corpus::probe_spec(const std::string& probe, const Words& arguments) const {
  Words argv{program("escape_probe").string(), probe};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return spec(argv);
}

Ran Corpus::run(const sandbox::LaunchSpec& spec, sandbox::SuperviseHooks hooks) {
  return run_with(launcher(), spec, std::move(hooks));
}

Ran Corpus::run_with(sandbox::Launcher& launcher, const sandbox::LaunchSpec& spec, sandbox::SuperviseHooks hooks) {
  Ran ran;
  const auto also = hooks.on_output;
  hooks.on_output = [&](model::Stream stream, std::string_view bytes) {
    (stream == model::Stream::standard_output ? ran.out : ran.err) += bytes;
    if (also) also(stream, bytes);
  };
  const Invariants before(folder_.path());
  auto record = launcher.run(spec, hooks);
  if (!record) {
    ADD_FAILURE() << record.error().message();
    before.expect_kept();
    return ran;
  }
  ran.record = *std::move(record);
  before.expect_kept(ran.record);
  return ran;
}

Ran Corpus::caged(const std::string& probe, const Words& arguments, const Shape& shape) {
  sandbox::LaunchSpec asked = probe_spec(probe, arguments);
  if (shape) shape(asked);
  return run(asked);
}

Ran Corpus::uncaged_command(const Words& argv) {
  sandbox::LaunchSpec asked = spec(argv);
  const Invariants before(folder_.path());
  Ran ran = run_uncaged(asked.command, kPatience);
  before.expect_kept();
  return ran;
}

Ran Corpus::uncaged(const std::string& probe, const Words& arguments) {
  return uncaged_command(probe_spec(probe, arguments).command.argv);
}

Attack Corpus::attack(const std::string& probe, const Words& arguments, const Shape& shape) {
  Attack attack;
  attack.free = uncaged(probe, arguments);
  EXPECT_EQ(attack.free.code(), 0) << "control: the act has to succeed without a sandbox\n" << attack.free.everything();
  attack.caged = caged(probe, arguments, shape);
  EXPECT_NE(attack.caged.code(), 0) << "the act went through in the sandbox\n" << attack.caged.everything();
  return attack;
}

void Corpus::weaker_control(const std::string& why) {
  RecordProperty("weaker_control", why);
  std::printf("[ CONTROL  ] weaker: %s\n", why.c_str());
}

sandbox::Launcher& Corpus::launcher() {
  static const std::unique_ptr<sandbox::Launcher> one = sandbox::make_launcher();
  return *one;
}

std::string error_of(const Ran& ran) {
  const char* name = ran.code() > 0 ? strerrorname_np(ran.code()) : nullptr;
  return name != nullptr ? name : "";
}

std::string text_of(const fs::path& path) { return read_file(path).value_or("(missing)"); }

std::vector<std::string> snapshot(const fs::path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    lines.push_back(entry.path().string() + (entry.is_regular_file() ? " " + text_of(entry.path()) : ""));
  std::sort(lines.begin(), lines.end());
  return lines;
}

model::IsolationRow row(const Ran& ran, std::string_view mechanism) {
  for (const model::IsolationRow& one : ran.record.isolation.rows)
    if (one.mechanism == mechanism) return one;
  ADD_FAILURE() << "no row " << mechanism;
  return {};
}

void expect_enforced(const Ran& ran, std::string_view mechanism) {
  EXPECT_EQ(row(ran, mechanism).state, model::MechanismState::enforced)
      << mechanism << ": " << row(ran, mechanism).reason;
}

void expect_admitted(const Ran& ran, std::string_view mechanism) {
  const model::IsolationRow found = row(ran, mechanism);
  EXPECT_TRUE(found.state == model::MechanismState::degraded || found.state == model::MechanismState::refused)
      << mechanism << " is called " << model::name_of(found.state) << ": " << found.detail;
  EXPECT_FALSE(found.reason.empty()) << mechanism;
}

}  // namespace rh::escape

int main(int argc, char** argv) {
  for (const char* name : {"RH_ESCAPE_AS", "RH_ESCAPE_PROGRAMS", "RH_ESCAPE_OUTSIDE"})
    if (std::getenv(name) == nullptr) {
      std::fprintf(stderr, "start this by escape_as, which says how\n");
      return 2;
    }
  // A hostile program must not find the tests' own terminal in its hands.
  if (const char* terminal = std::getenv("RH_ESCAPE_TERMINAL")) fcntl(std::atoi(terminal), F_SETFD, FD_CLOEXEC);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
