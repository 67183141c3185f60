// How much processor time it takes until a large JUnit report is totals, and how much memory, beside tinyxml2, pugixml
// and expat where they were found at build time. Every reader does the same: tests, failed, skipped and the sum of the
// times. Each round of each runs in a process of its own, in turns, so that its peak memory is its own and a slow
// moment of the machine meets all of them.
//
//   junit_bench [--cases 500000] [--rounds 7] [--file FILE] [--keep FILE] [--check]
//   --file FILE   read this one; default: a report that is made first, of 110 MB with 500,000 cases
//   --keep FILE   where the made report stays
//   --check       exit code 1 when a target is missed: 1 GiB/s and 32 MiB
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "collectors/results/byte_source.h"
#include "collectors/results/reader.h"
#include "tests/bench/junit_peers.h"

namespace {

namespace fs = std::filesystem;
using rh::bench::Totals;

constexpr double kTargetBytesPerSecond = 1024.0 * 1024 * 1024;
constexpr long kTargetKib = 32 * 1024;

// --- the report ------------------------------------------------------------------------------------

// What pytest, surefire and their like write: mostly passed cases with a few attributes, here and there a
// failure with a trace, a skip, some output.
void append_case(std::string& out, std::size_t number, std::mt19937& random) {
  const std::size_t module = number / 200;
  out += fmt::format(
      "    <testcase classname=\"services.billing.tests.test_invoices_{:04}.TestInvoiceLifecycle\" "
      "name=\"test_amount_is_rounded_once_per_line[EUR-{}-{:06}]\" "
      "file=\"services/billing/tests/test_invoices_{:04}.py\" line=\"{}\" time=\"{}.{:06}\"",
      module, random() % 2 == 0 ? "gross" : "net", number, module, 10 + number % 900, random() % 20 == 0 ? 1 : 0,
      random() % 1'000'000);
  const auto kind = random() % 1000;
  if (kind < 10)
    out +=
        ">\n      <failure message=\"AssertionError: assert Decimal(&apos;10.01&apos;) == Decimal(&apos;10.00&apos;)\" "
        "type=\"AssertionError\"><![CDATA[self = <test_invoices.TestInvoiceLifecycle object>\n"
        "    def test_amount_is_rounded_once_per_line(self, currency):\n"
        ">       assert invoice.total == expected\nE       AssertionError\n]]></failure>\n    </testcase>\n";
  else if (kind < 30)
    out += ">\n      <skipped message=\"needs a database\" type=\"pytest.skip\"/>\n    </testcase>\n";
  else if (kind < 40)
    out += ">\n      <system-out>connected to &quot;billing&quot;\nrolled back\n</system-out>\n    </testcase>\n";
  else
    out += "/>\n";
}

void write_report(const fs::path& path, std::size_t cases) {
  constexpr std::size_t kSuiteCases = 2000;
  std::ofstream file(path, std::ios::binary);
  std::mt19937 random(20240229);
  file << "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites>\n";
  for (std::size_t number = 0; number < cases;) {
    std::string suite = fmt::format("  <testsuite name=\"billing-{}\" timestamp=\"2026-03-01T12:34:56\">\n", number);
    for (const std::size_t end = std::min(cases, number + kSuiteCases); number < end; ++number)
      append_case(suite, number, random);
    file << suite << "  </testsuite>\n";
  }
  file << "</testsuites>\n";
}

// --- the readers -----------------------------------------------------------------------------------

Totals read_bytes_only(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  std::vector<char> window(256U << 10);
  Totals totals;
  for (ssize_t count = 0; (count = read(fd, window.data(), window.size())) > 0;)
    totals.total += static_cast<std::uint64_t>(std::count(window.begin(), window.begin() + count, '<'));
  close(fd);
  return totals;
}

Totals read_by_runharness(const char* path) {
  auto source = rh::collectors::FileSource::open(path);
  if (!source) return {};
  const auto read = rh::collectors::summarise_junit(*source, path, {});
  if (!read) return {};
  const rh::collectors::ResultTotals& found = read->totals;
  return {found.total, found.failed, found.skipped, found.time ? found.time->seconds() : 0};
}

// By events with all text of every case, as `runharness test` reads a report.
Totals read_by_events(const char* path) {
  Totals totals;
  const auto reader = rh::collectors::make_junit_reader({path, {}, {}}, [&](const rh::model::ResultEvent& event) {
    const auto* ended = std::get_if<rh::model::TestEnded>(&event);
    if (ended == nullptr) return;
    ++totals.total;
    totals.failed += rh::model::is_failure(ended->attempt.outcome) ? 1 : 0;
    totals.skipped += ended->attempt.outcome == rh::model::Outcome::skipped ? 1 : 0;
    if (ended->attempt.duration) totals.seconds += std::chrono::duration<double>(*ended->attempt.duration).count();
  });
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  std::vector<char> window(256U << 10);
  for (ssize_t count = 0; (count = read(fd, window.data(), window.size())) > 0;)
    reader->feed({window.data(), static_cast<std::size_t>(count)});
  close(fd);
  reader->finish();
  return totals;
}

struct Reader {
  const char* name;
  Totals (*read)(const char* path);
};

const Reader kReaders[] = {
    {"runharness", read_by_runharness},
    {"runharness, events", read_by_events},
#ifdef RH_HAVE_PUGIXML
    {"pugixml", rh::bench::read_by_pugixml},
#endif
#ifdef RH_HAVE_EXPAT
    {"expat", rh::bench::read_by_expat},
#endif
#ifdef RH_HAVE_TINYXML2
    {"tinyxml2", rh::bench::read_by_tinyxml2},
#endif
    {"count of '<' (no parsing)", read_bytes_only},
};

// --- rounds ----------------------------------------------------------------------------------------

struct Round {
  double seconds = 0;
  long peak_kib = 0;
  Totals totals;
};

// In a process of its own: what it says comes through a pipe, what it used from the kernel.
Round run_once(const char* self, std::size_t reader, const std::string& file) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(2);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    const std::string index = std::to_string(reader);
    execl(self, self, "--child", index.c_str(), file.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  std::string said;
  char piece[256];
  for (ssize_t count = 0; (count = read(ends[0], piece, sizeof piece)) > 0;)
    said.append(piece, static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  Round round;
  round.peak_kib = usage.ru_maxrss;
  unsigned long long total = 0, failed = 0, skipped = 0;
  if (status != 0 || std::sscanf(said.c_str(), "%lf %llu %llu %llu %lf", &round.seconds, &total, &failed, &skipped,
                                 &round.totals.seconds) != 5) {
    fmt::print(stderr, "{} did not finish\n", kReaders[reader].name);
    std::exit(2);
  }
  round.totals.total = total, round.totals.failed = failed, round.totals.skipped = skipped;
  return round;
}

// Of this process, in the kernel too: all readers run in one thread.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

int child(const char* index, const char* file) {
  const Reader& reader = kReaders[std::strtoul(index, nullptr, 10)];
  const double begin = cpu_seconds();
  const Totals totals = reader.read(file);
  const double seconds = cpu_seconds() - begin;
  fmt::print("{:.9f} {} {} {} {:.6f}\n", seconds, totals.total, totals.failed, totals.skipped, totals.seconds);
  return 0;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool same(const Totals& a, const Totals& b) {
  return a.total == b.total && a.failed == b.failed && a.skipped == b.skipped && std::abs(a.seconds - b.seconds) < 0.01;
}

int compare(const char* self, const std::string& file, int rounds, bool check) {
  std::vector<std::vector<Round>> found(std::size(kReaders));
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < std::size(kReaders); ++i) found[i].push_back(run_once(self, i, file));
  const auto bytes = static_cast<double>(fs::file_size(file));
  const Totals& ours = found[0][0].totals;
  fmt::print("{} MB, {} cases, {} failed, {} skipped, {:.3f} s; {} rounds in turns, medians of CPU time\n\n",
             std::llround(bytes / 1e6), ours.total, ours.failed, ours.skipped, ours.seconds, rounds);
  fmt::print("{:<28}{:>10}{:>10}{:>14}{:>11}\n", "reader", "CPU ms", "GiB/s", "times slower", "peak MiB");
  bool good = true;
  double first = 0;
  for (std::size_t i = 0; i < std::size(kReaders); ++i) {
    std::vector<double> seconds, peaks;
    for (const Round& round : found[i]) {
      seconds.push_back(round.seconds);
      peaks.push_back(static_cast<double>(round.peak_kib));
    }
    const double time = median(seconds), peak = median(peaks);
    if (i == 0) {
      first = time;
      good = bytes / time >= kTargetBytesPerSecond && peak <= kTargetKib;
    }
    const bool differs = i + 1 < std::size(kReaders) && !same(found[i][0].totals, ours);
    fmt::print("{:<28}{:>10.1f}{:>10.2f}{:>14.2f}{:>11.1f}{}\n", kReaders[i].name, time * 1e3,
               bytes / time / kTargetBytesPerSecond, time / first, peak / 1024, differs ? "  other totals!" : "");
  }
  fmt::print("\ntarget: at least 1 GiB/s and at most 32 MiB: {}\n", good ? "met" : "missed");
  return check && !good ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--child") == 0) return child(argv[2], argv[3]);
  std::size_t cases = 500'000;
  int rounds = 7;
  bool check = false;
  std::string file, keep;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (option == "--check") {
      check = true;
      continue;
    }
    ++i;
    if (option == "--cases") cases = std::strtoul(value, nullptr, 10);
    if (option == "--rounds") rounds = std::atoi(value);
    if (option == "--file") file = value;
    if (option == "--keep") keep = value;
  }
  const fs::path made =
      keep.empty() ? fs::temp_directory_path() / fmt::format("junit-bench-{}.xml", getpid()) : fs::path(keep);
  if (file.empty()) write_report(made, cases);
  const int code = compare("/proc/self/exe", file.empty() ? made.string() : file, std::max(rounds, 1), check);
  if (file.empty() && keep.empty()) fs::remove(made);
  return code;
}
