// The hostile program of the escape tests: `escape_probe NAME ARGUMENTS…` carries out one kind of act
// and prints one line for each:
//
//   ACT SUBJECT: ok        it was done: the attack went through
//   ACT SUBJECT: EROFS     the kernel's refusal, by its symbolic name
//   NAME: VALUE            what a look around found (`euid: 0`), no act
//
// Exit code: 0 when at least one act was done, else the errno of the last refusal (1 to 133), kNothing
// when there was no act, kBroken when the probe itself failed, kUsage for wrong arguments.
//
// To add a probe: one function in the file of its group, and one row in the table at the end of it. To
// add a file: its table's name in groups.inc.
// The program is linked statically and needs nothing but itself: it runs anywhere.
#pragma once

#include <cerrno>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rh::probe {

constexpr int kNothing = 253, kBroken = 254, kUsage = 255;

using Arguments = std::span<char* const>;  // after the probe's name

struct Probe {
  const char* name;
  const char* arguments;  // for the usage line
  std::size_t least;      // as many arguments it needs
  int (*run)(Arguments);
};

// Prints what came of each act, and remembers what the exit code says.
class Acts {
 public:
  // `done` is looked at before errno: a call that failed has left its error there.
  bool note(std::string_view act, std::string_view subject, bool done);
  bool note(std::string_view act, std::string_view subject, long result) { return note(act, subject, result >= 0); }
  bool note(std::string_view act, std::string_view subject, int result) { return note(act, subject, result >= 0); }
  bool note_error(std::string_view act, std::string_view subject, int error);  // 0: done
  [[nodiscard]] int exit_code() const { return done_ ? 0 : last_error_; }

 private:
  bool done_ = false;
  int last_error_ = kNothing;
};

// `NAME: VALUE`, written at once.
void say(std::string_view name, std::string_view value);
void say(std::string_view name, std::int64_t value);
// Whole text of a file, up to 64 KiB; empty when it cannot be read, with errno set.
[[nodiscard]] std::string text_of(const char* path);
[[nodiscard]] std::int64_t number(const char* text);
[[nodiscard]] std::string error_name(int error);
// For what the probe needs but does not test: says what failed, and ends the program with kBroken.
[[noreturn]] void broken(const char* what);

// Another probe of the table, as part of this one.
int run_probe(std::string_view name, Arguments arguments);

#define RH_GROUP(name) [[nodiscard]] std::span<const Probe> name();
#include "tests/escape/probes/groups.inc"
#undef RH_GROUP

}  // namespace rh::probe
