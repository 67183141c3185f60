// Stands in for libFuzzer where the compiler has none: runs the target on every file of the corpus
// folders and on seeded mutations of them. The work is bounded by bytes, not by time, so that every
// machine runs the same inputs. An input that crashes or hangs the target is left as ./crash-TARGET.
//
//   fuzz_junit FOLDER... [--seed N] [--bytes N]     N bytes of mutated input in all; default 6,000,000
//   fuzz_junit FILE...                              only these, to look at one crash again
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr unsigned kHangSeconds = 20;
constexpr std::size_t kMaxMutatedBytes = 16U << 10;  // of one input: small inputs find more

// What a signal handler can still reach.
std::string g_input;
std::string g_crash_file;

void keep_input(int signal_number) {
  const int fd = open(g_crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd >= 0) {
    [[maybe_unused]] const auto written = write(fd, g_input.data(), g_input.size());
    close(fd);
  }
  constexpr std::string_view kSaid = "the target crashed or hung; its input is in ./crash-*\n";
  [[maybe_unused]] const auto said = write(STDERR_FILENO, kSaid.data(), kSaid.size());
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void run(std::string input) {
  g_input = std::move(input);
  alarm(kHangSeconds);
  // A copy of exactly this size, so that a sanitizer sees a read behind its end.
  const std::vector<std::uint8_t> bytes(g_input.begin(), g_input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  alarm(0);
}

class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, std::uint64_t seed) : seeds_(std::move(seeds)), random_(seed) {}

  std::string next() {
    std::string input = any_seed();
    if (input.size() > kMaxMutatedBytes) input = input.substr(below(input.size() - kMaxMutatedBytes), kMaxMutatedBytes);
    for (std::size_t edits = 1 + below(6); edits > 0; --edits) edit(input);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const std::string& any_seed() { return seeds_[below(seeds_.size())]; }

  void edit(std::string& input) {
    using namespace std::string_view_literals;
    static constexpr std::string_view kBytes = "\0\n\r\t<>&\"'{}[]()#,:;\\/\x1b\xff\xfe\xc3\xed 0-9+.!?=|_@"sv;
    static constexpr std::string_view kWords[] = {"-1",
                                                  "0",
                                                  "18446744073709551616",
                                                  "9223372036854775807",
                                                  "1e999",
                                                  "nan",
                                                  "null",
                                                  "&#xD83D;",
                                                  "&#0;",
                                                  "]]>",
                                                  "<!--",
                                                  "<![CDATA[",
                                                  "<?xml ",
                                                  "\"\"",
                                                  "{}",
                                                  "[]",
                                                  "\\ud800",
                                                  "\xEF\xBB\xBF",
                                                  "\r\n",
                                                  "..",
                                                  "1..0"};
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = std::min(below(64), input.size() - at);
    switch (below(8)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
        break;
      case 1:
        if (at < input.size()) input[at] = kBytes[below(kBytes.size())];
        break;
      case 2:
        input.erase(at, length);
        break;
      case 3:
        input.insert(below(input.size() + 1), input.substr(at, length));
        break;
      case 4:
        input.resize(at);
        break;
      case 5:
        input.insert(at, kWords[below(std::size(kWords))]);
        break;
      case 6: {  // a part of another one
        const std::string& other = any_seed();
        const std::size_t from = below(other.size());
        input.insert(at, other.substr(from, below(256)));
        break;
      }
      default:  // much of the same
        for (std::size_t times = below(40); times > 0 && input.size() < kMaxMutatedBytes; --times)
          input.insert(at, input.substr(at, length));
        break;
    }
  }

  std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void watch_for_crashes(const char* program) {
  g_crash_file = "crash-" + std::filesystem::path(program).filename().string();
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM}) signal(number, keep_input);
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::uint64_t seed = 20240229;
  std::size_t budget = 6'000'000;
  std::vector<fs::path> files;
  bool mutate = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--bytes") == 0 && i + 1 < argc) {
      budget = std::strtoull(argv[++i], nullptr, 10);
    } else if (fs::is_directory(argv[i])) {
      mutate = true;
      for (const auto& entry : fs::recursive_directory_iterator(argv[i]))
        if (entry.is_regular_file()) files.push_back(entry.path());
    } else {
      files.emplace_back(argv[i]);
    }
  }
  std::sort(files.begin(), files.end());
  watch_for_crashes(argv[0]);
  run("");
  std::vector<std::string> seeds;
  for (const fs::path& file : files) {
    seeds.push_back(read(file));
    run(seeds.back());
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: there is no corpus: name a folder or files\n", argv[0]);
    return 2;
  }
  std::size_t mutations = 0;
  Mutator mutator(seeds, seed);
  for (std::size_t used = 0; mutate && used < budget; ++mutations) {
    std::string input = mutator.next();
    used += input.size() + 64;  // the call itself costs something as well
    run(std::move(input));
  }
  std::printf("%zu files, %zu mutations, seed %llu\n", seeds.size(), mutations, static_cast<unsigned long long>(seed));
  return 0;
}
