// Real programs, compiled here in every form that matters, recorded by the kernel: two functions that share the
// time 70 to 30 by construction, with their names, lines and callers.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fmt/format.h>

#include <functional>

#include "profiles/native/perf_counters.h"
#include "profiles/recording.h"
#include "profiles/target.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "tests/unit/profiles/native/native_programs.h"

namespace rh::profiles {
namespace {

using model::kNoIndex;

bool has(const std::string& tool) { return system(("command -v " + tool + " >/dev/null 2>&1").c_str()) == 0; }

std::string why_not_permitted() {
  const auto counters = native::PerfCounters::open(getpid(), {1000, 4096, true, false});
  return counters ? "" : counters.error().message();
}

class NativeProfile : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_not_permitted(); !why.empty()) GTEST_SKIP() << why;
  }

  // Compiles with `command`, in which SRC and OUT are replaced; the program.
  std::filesystem::path build(const char* source, const std::string& name, std::string command) {
    const std::filesystem::path file = folder_.path() / name;
    EXPECT_TRUE(write_file(file, source));
    const std::filesystem::path program = folder_.path() / "prog";
    for (const auto& [from, to] : {std::pair{std::string("SRC"), file.string()}, {"OUT", program.string()}})
      for (std::size_t at = 0; (at = command.find(from, at)) != std::string::npos; at += to.size())
        command.replace(at, from.size(), to);
    const std::string quiet = fmt::format("cd {} && ({}) > build.log 2>&1", folder_.path().string(), command);
    EXPECT_EQ(system(quiet.c_str()), 0) << read_file(folder_.path() / "build.log").value_or("");
    return program;
  }

  model::Profile record(std::vector<std::string> argv, bool native = false) {
    Launch launch;
    launch.executable = argv[0];
    launch.argv = std::move(argv);
    launch.env = {"PATH=" + std::string(getenv("PATH")), "HOME=" + folder_.path().string()};
    if (!home_of_python_.empty()) launch.env.push_back("PYTHONHOME=" + home_of_python_);
    launch.cwd = folder_.path();
    RecordingOptions options;
    options.scratch = folder_.path();
    options.native = native;
    Recording recording(options);
    Target target = Target::start(launch).value();
    recording.start(target.pid());
    EXPECT_TRUE(target.release());
    const TargetEnd end = target.wait();
    EXPECT_EQ(end.status.exit_code, 0);
    cpu_seconds_ = static_cast<double>(end.usage.ru_utime.tv_sec + end.usage.ru_stime.tv_sec) +
                   static_cast<double>(end.usage.ru_utime.tv_usec + end.usage.ru_stime.tv_usec) / 1e6;
    return recording.finish({});
  }

  double cpu_seconds_ = 0;      // of the last recording, by rusage
  std::string home_of_python_;  // for a program that is none
  TempDir folder_ = TempDir::make("native-profile-").value();
};

// CPU time of the samples whose stack satisfies the condition, as a share of all.
double share(const model::Profile& profile, const std::function<bool(const std::vector<std::string>&)>& wanted) {
  double found = 0;
  double all = 0;
  for (std::size_t i = 0; i < profile.samples.stack.size(); ++i) {
    std::vector<std::string> names;  // leaf first, "name:line"
    for (std::uint32_t at = profile.samples.stack[i]; at != kNoIndex; at = profile.stacks[at].parent)
      names.push_back(fmt::format("{}:{}", profile.frames[profile.stacks[at].frame].name, profile.stacks[at].line));
    all += profile.samples.cpu_ns[i];
    if (wanted(names)) found += profile.samples.cpu_ns[i];
  }
  return all > 0 ? found / all : 0;
}

double share_below(const model::Profile& profile, std::string_view function) {
  return share(profile, [&](const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.starts_with(std::string(function) + ":"); });
  });
}

// Stacks in which `callee` is called by another function than the callers named.
double impossible(const model::Profile& profile, const std::string& callee, std::vector<std::string> callers) {
  return share(profile, [&](const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!names[i].starts_with(callee + ":")) continue;
      if (i + 1 == names.size()) return true;
      return std::none_of(callers.begin(), callers.end(),
                          [&](const std::string& caller) { return names[i + 1].starts_with(caller + ":"); });
    }
    return false;
  });
}

const model::ProfileFrame* frame(const model::Profile& profile, std::string_view name) {
  for (const model::ProfileFrame& frame : profile.frames)
    if (frame.name == name) return &frame;
  return nullptr;
}

// The process that was sampled; one that was noticed in the middle of its exec may stand before it.
const model::ProfileProcess& sampled_process(const model::Profile& profile) {
  for (const model::ProfileProcess& process : profile.processes)
    if (process.quality.taken > 0) return process;
  ADD_FAILURE() << "no process has samples";
  return profile.processes.at(0);
}

void expect_seventy_to_thirty(const model::Profile& profile, const std::string& prefix) {
  ASSERT_GT(profile.samples.stack.size(), 50U);
  // The standard error of such a share is below 4 points for 150 samples and more.
  EXPECT_NEAR(share_below(profile, prefix + "seventy"), 0.70, 0.15);
  EXPECT_NEAR(share_below(profile, prefix + "thirty"), 0.30, 0.15);
  EXPECT_EQ(impossible(profile, prefix + "burn", {prefix + "seventy", prefix + "thirty"}), 0.0);
}

struct Form {
  const char* name;
  const char* command;
  bool lines;
};

class CForms : public NativeProfile, public testing::WithParamInterface<Form> {};

TEST_P(CForms, TwoFunctionsShareTheTime) {
  if (!has("gcc")) GTEST_SKIP() << "gcc is missing";
  const model::Profile profile = record({build(kC, "prog.c", GetParam().command)});
  expect_seventy_to_thirty(profile, "");
  const model::ProfileFrame* burn = frame(profile, "burn");
  ASSERT_NE(burn, nullptr);
  EXPECT_EQ(burn->kind, model::FrameKind::native);
  EXPECT_TRUE(burn->module.ends_with("/prog"));
  if (GetParam().lines) {
    EXPECT_TRUE(burn->file.ends_with("/prog.c")) << burn->file;
    EXPECT_EQ(burn->line, 3U);
    EXPECT_GT(share(profile, [](const auto& names) { return !names.empty() && names[0] == "burn:5"; }), 0.8);
    EXPECT_EQ(share(profile, [](const auto& names) { return names.size() > 1 && names[1] == "seventy:9"; }), 0);
    EXPECT_GT(share(profile, [](const auto& names) { return names.size() > 1 && names[1] == "seventy:8"; }), 0.4);
  }
  const model::ProfileProcess& process = sampled_process(profile);
  EXPECT_EQ(process.profiler, "native");
  EXPECT_EQ(process.quality.expected, process.quality.taken + process.quality.rejected + process.quality.late);
  double cpu = 0;
  for (const std::uint32_t ns : profile.samples.cpu_ns) cpu += ns;
  EXPECT_NEAR(cpu / 1e9 / cpu_seconds_, 1.0, 0.2) << "the samples stand for the CPU time";
}

INSTANTIATE_TEST_SUITE_P(
    All, CForms,
    testing::Values(Form{"debug_info", "gcc -O2 -g -o OUT SRC", true},
                    Form{"frame_pointers", "gcc -O2 -g -fno-omit-frame-pointer -o OUT SRC", true},
                    Form{"no_frame_pointers", "gcc -O2 -g -fomit-frame-pointer -o OUT SRC", true},
                    Form{"static_no_pie", "gcc -O2 -g -static -no-pie -o OUT SRC", true},
                    Form{"symbols_only", "gcc -O2 -o OUT SRC", false},
                    Form{"compressed_dwarf4", "gcc -O2 -gdwarf-4 -gz -o OUT SRC", true},
                    Form{"only_debug_frame", "gcc -O2 -g -fno-asynchronous-unwind-tables -o OUT SRC", true},
                    Form{"debuglink",
                         "gcc -O2 -g -o OUT SRC && objcopy --only-keep-debug OUT prog.debug && strip OUT && objcopy "
                         "--add-gnu-debuglink=prog.debug OUT",
                         true}),
    [](const auto& form) { return form.param.name; });

TEST_F(NativeProfile, AStrippedProgramHasFunctionsButNoInventedNames) {
  if (!has("gcc")) GTEST_SKIP() << "gcc is missing";
  const model::Profile profile = record({build(kC, "prog.c", "gcc -O2 -s -o OUT SRC")});
  for (const model::ProfileFrame& frame : profile.frames) {
    if (!frame.module.ends_with("/prog")) continue;
    EXPECT_TRUE(frame.name.starts_with("[prog+0x")) << frame.name;
  }
  const bool told = std::any_of(profile.diagnostics.begin(), profile.diagnostics.end(),
                                [](const auto& it) { return it.code == "code-without-names"; });
  EXPECT_TRUE(told);
}

TEST_F(NativeProfile, InlinedFunctionsAndTemplatesAreFramesOfTheirOwn) {
  if (!has("g++")) GTEST_SKIP() << "g++ is missing";
  const model::Profile profile = record({build(kCpp, "prog.cpp", "g++ -O2 -g -o OUT SRC")});
  const std::string add = "shop::Cart<unsigned long>::add(unsigned long)";
  EXPECT_GT(share_below(profile, add), 0.8);
  EXPECT_EQ(impossible(profile, add, {"fill(int)"}), 0.0);
  EXPECT_GT(share(profile,
                  [&](const auto& names) {
                    return names.size() > 2 && names[0] == add + ":5" && names[1] == "fill(int):11";
                  }),
            0.7);
  const model::ProfileFrame* inlined = frame(profile, add);
  ASSERT_NE(inlined, nullptr);
  EXPECT_EQ(inlined->line, 5U);
  EXPECT_TRUE(inlined->file.ends_with("/prog.cpp"));
}

// Each thread that ends is told by the kernel into the rings of all CPUs; two at once must not end a ring's samples.
TEST_F(NativeProfile, WhatRunsAfterAStormOfEndingThreadsIsSampled) {
  if (!has("gcc")) GTEST_SKIP() << "gcc is missing";
  const model::Profile profile = record({build(kThreadStorm, "storm.c", "gcc -O1 -g -pthread -o OUT SRC")});
  double sampled_ns = 0;
  for (const std::uint32_t ns : profile.samples.cpu_ns) sampled_ns += ns;
  EXPECT_GT(sampled_ns / 1e9, cpu_seconds_ * 0.5) << "no ring has ended before the program";
  EXPECT_GT(share_below(profile, "after_the_storm") * sampled_ns, 1e8) << "of some 500 ms";
}

TEST_F(NativeProfile, APythonThatIsLoadedLaterIsSaidToBeMachineCode) {
  if (!has("gcc") || !has("python3")) GTEST_SKIP() << "gcc or python3 is missing";
  const std::string ask = fmt::format(
      "cd {} && python3 -c \"import sys, sysconfig as s; print(s.get_config_var('LIBDIR') + '/' + "
      "s.get_config_var('INSTSONAME')); print(sys.base_prefix)\" > python",
      folder_.path().string());
  ASSERT_EQ(system(ask.c_str()), 0);
  const std::string told = read_file(folder_.path() / "python").value_or("");
  const auto lines = split_lines(told);
  ASSERT_GE(lines.size(), 2U);
  const std::string library(lines[0]);
  if (library.find(".so") == std::string::npos || !is_file(library)) GTEST_SKIP() << "python3 has no libpython.so";
  home_of_python_ = lines[1];
  const model::Profile profile = record(
      {build(kEmbedding, "embed.c", "gcc -O1 -g -o OUT SRC -ldl"), library, "sum(i * i for i in range(5000000))"});
  EXPECT_TRUE(std::any_of(profile.diagnostics.begin(), profile.diagnostics.end(),
                          [](const auto& it) { return it.code == "python-loaded-while-running"; }));
}

TEST_F(NativeProfile, GoProgramsStrippedOrNot) {
  if (!has("go")) GTEST_SKIP() << "go is missing";
  const std::string cache = "GOCACHE=${TMPDIR:-/tmp}/rh-test-go-cache GOFLAGS=-mod=mod GO111MODULE=off go build ";
  for (const std::string flags : {"", "-ldflags=-s ", "-ldflags='-s -w' "}) {
    const model::Profile profile = record({build(kGo, "prog.go", cache + flags + "-o OUT SRC")});
    expect_seventy_to_thirty(profile, "main.");
    const model::ProfileFrame* burn = frame(profile, "main.burn");
    ASSERT_NE(burn, nullptr) << flags;
    EXPECT_TRUE(burn->file.ends_with("/prog.go")) << burn->file;
    EXPECT_EQ(burn->line, 6U);
    EXPECT_GT(share(profile, [](const auto& names) { return names.size() > 1 && names[1] == "main.seventy:15"; }), 0.4);
    EXPECT_TRUE(sampled_process(profile).runtime.starts_with("Go 1.")) << sampled_process(profile).runtime;
  }
}

constexpr const char* kCgo = R"(package main

/*
#include <stdint.h>
static volatile uint64_t s;
__attribute__((noinline)) void cburn(int n) { for (int i = 0; i < n; i++) s = s * 3 + i; }
*/
import "C"

//go:noinline
func work() { C.cburn(20000000) }

func main() {
	for i := 0; i < 10; i++ {
		work()
	}
}
)";

TEST_F(NativeProfile, CallsFromGoIntoCKeepTheirCallers) {
  if (!has("go") || !has("gcc")) GTEST_SKIP() << "go or gcc is missing";
  const std::string cache = "CGO_ENABLED=1 GOCACHE=${TMPDIR:-/tmp}/rh-test-go-cache GO111MODULE=off go build ";
  for (const std::string flags : {"", "-ldflags='-s -w' "}) {
    const model::Profile profile = record({build(kCgo, "prog.go", cache + flags + "-o OUT SRC")});
    EXPECT_GT(share_below(profile, "main.work"), 0.7) << flags;
    EXPECT_GT(share_below(profile, "runtime.main"), 0.7) << flags;
    EXPECT_EQ(impossible(profile, "main.work", {"main.main"}), 0.0) << flags;
    if (flags.empty()) {
      EXPECT_EQ(impossible(profile, "cburn", {"runtime.asmcgocall"}), 0.0);
    }
  }
}

TEST_F(NativeProfile, ATreeThatRunsAlreadyIsLearntFromProc) {
  if (!has("gcc")) GTEST_SKIP() << "gcc is missing";
  const std::filesystem::path program = build(kC, "prog.c", "gcc -O2 -g -o OUT SRC");
  Launch launch;
  launch.argv = {program.string()};
  launch.executable = program;
  launch.cwd = folder_.path();
  RecordingOptions options;
  options.scratch = folder_.path();
  Recording recording(options);
  Target target = Target::start(launch).value();
  ASSERT_TRUE(target.release());  // it has called exec when this returns
  recording.start(target.pid());
  EXPECT_EQ(target.wait().status.exit_code, 0);
  expect_seventy_to_thirty(recording.finish({}), "");
}

TEST_F(NativeProfile, RustWithBothFormsOfNames) {
  if (!has("rustc")) GTEST_SKIP() << "rustc is missing";
  for (const std::string flag : {"", "-C symbol-mangling-version=v0 "}) {
    const model::Profile profile = record({build(kRust, "prog.rs", fmt::format("rustc -O -g {}-o OUT SRC", flag))});
    ASSERT_GT(profile.samples.stack.size(), 50U);
    EXPECT_NEAR(share_below(profile, "prog::seventy"), 0.70, 0.15);
    EXPECT_NEAR(share_below(profile, "prog::thirty"), 0.30, 0.15);
    EXPECT_EQ(impossible(profile, "prog::burn", {"prog::seventy", "prog::thirty"}), 0.0);
    EXPECT_TRUE(sampled_process(profile).runtime.starts_with("Rust ")) << sampled_process(profile).runtime;
  }
}

TEST_F(NativeProfile, ChildrenAndDeletedProgramsAreCovered) {
  if (!has("gcc")) GTEST_SKIP() << "gcc is missing";
  const std::filesystem::path program = build(kC, "prog.c", "gcc -O2 -g -o OUT SRC");
  const model::Profile profile =
      record({"/bin/sh", "-c", fmt::format("cp {0} child; ./child delete & wait; exit 0", program.string())});
  expect_seventy_to_thirty(profile, "");
  EXPECT_GT(share_below(profile, "seventy"), 0.5) << "the file was deleted while it ran";
}

constexpr const char* kPython = "/usr/bin/python3";

TEST_F(NativeProfile, EveryProgramThatPythonStartsIsCovered) {
  if (!has("gcc") || !is_file(kPython)) GTEST_SKIP() << "gcc or " << kPython << " is missing";
  const std::string program = build(kC, "prog.c", "gcc -O2 -g -o OUT SRC").string();
  const std::string script = fmt::format("import subprocess\nfor _ in range(4): subprocess.run(['{}'])", program);
  const model::Profile profile = record({kPython, "-c", script});
  int sampled = 0;
  for (const model::ProfileProcess& process : profile.processes) {
    if (process.command.find("import subprocess") != std::string::npos) {
      EXPECT_EQ(process.profiler, "py-sample");
    }
    if (process.profiler == "native" && process.quality.taken > 50) ++sampled;
  }
  EXPECT_EQ(sampled, 4);
  EXPECT_EQ(impossible(profile, "burn", {"seventy", "thirty"}), 0.0);
}

TEST_F(NativeProfile, MachineCodeStandsBelowThePythonFunctionThatCalledIt) {
  if (!is_file(kPython)) GTEST_SKIP() << kPython << " is missing";
  const std::string script =
      "import hashlib, zlib\n"
      "block = bytes(1 << 24)\n"
      "def hashing(): hashlib.sha256(block)\n"
      "def packing(): zlib.crc32(block)\n"
      "for _ in range(8):\n  hashing()\n  for _ in range(6): packing()\n";
  const model::Profile profile = record({kPython, "-c", script}, true);
  const auto called_by = [&](std::string_view python, bool crc) {
    return share(profile, [&](const std::vector<std::string>& names) {
      bool found = false;
      for (const std::string& name : names) {
        const bool is_crc = name.find("crc32") != std::string::npos;
        const bool is_hash = name.find("hashlib") != std::string::npos || name.find("EVP_") != std::string::npos ||
                             name.find("SHA256") != std::string::npos;
        found = found || (crc ? is_crc : is_hash);
        if (name.starts_with(std::string(python) + ":")) return found;
      }
      return false;
    });
  };
  EXPECT_GT(called_by("hashing", false), 0.02);  // beside other programs fewer can be joined
  EXPECT_EQ(called_by("hashing", true), 0.0);
  EXPECT_EQ(called_by("packing", false), 0.0);
  double native = 0;
  double all = 0;
  for (std::size_t i = 0; i < profile.samples.stack.size(); ++i) {
    all += profile.samples.cpu_ns[i];
    const std::uint32_t stack = profile.samples.stack[i];
    if (stack != kNoIndex && profile.frames[profile.stacks[stack].frame].kind == model::FrameKind::native)
      native += profile.samples.cpu_ns[i];
  }
  EXPECT_GT(native / all, 0.3);
}

}  // namespace
}  // namespace rh::profiles
