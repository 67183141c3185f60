#include "runner/engine/patch/git_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"

namespace rh::engine {
namespace {

constexpr std::size_t kPieceBytes = 256U << 10;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("start git", "pipe");
  Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);  // fewer changes between the two processes; a refusal does no harm
  return made;
}

// A file in memory: the child reads at its own pace, and nobody waits for anybody.
Result<UniqueFd> input_of(std::string_view bytes) {
  UniqueFd file(bytes.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : ::memfd_create("input", MFD_CLOEXEC));
  if (!file) return fail_errno("start git", "standard input");
  if (bytes.empty()) return file;
  RH_CHECK(write_all(file, bytes, "standard input of git"));
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("start git", "standard input");
  return file;
}

// A child that was not waited for yet: its number cannot mean another process, so it may be signalled.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

// What posix_spawn needs, freed in every case.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);  // ignored here, maybe; git ends by it when nobody reads on
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  void give(BorrowedFd source, int target) { ::posix_spawn_file_actions_adddup2(&actions_, source.fd, target); }
  void start_in(const std::filesystem::path& folder) {
    ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
  }
  Result<pid_t> start(const model::Command& command) {
    std::vector<std::string> variables;
    for (const auto& [name, value] : command.env) variables.push_back(name + "=" + value);
    std::vector<char*> argv, envp;
    for (const std::string& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
    for (const std::string& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), envp.data());
    if (error != 0) return fail_errno("start git", command.argv.front(), error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

class Reader {
 public:
  Reader(Pipe output, Pipe problem, const ProcessBounds& bounds,
         const std::function<Result<void>(std::string_view)>& take)
      : output_(std::move(output.read)), problem_(std::move(problem.read)), bounds_(bounds), take_(take) {}

  Result<std::string> read_all(std::string_view subject) {
    const auto deadline = std::chrono::steady_clock::now() + bounds_.patience;
    while (output_ || problem_) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0)
        return fail(ErrorKind::process, fmt::format("ask git: no answer within {}", format_duration(bounds_.patience)),
                    std::string(subject));
      std::array<pollfd, 2> waiting{pollfd{output_.get(), POLLIN, 0}, pollfd{problem_.get(), POLLIN, 0}};
      if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
        return fail_errno("ask git", std::string(subject));
      if (waiting[0].revents != 0) RH_CHECK(read_output(subject));
      if (waiting[1].revents != 0) RH_CHECK(read_problem(subject));
    }
    return std::move(text_of_problem_);
  }

 private:
  // 0 at the end, after which the descriptor is closed (poll ignores a negative one).
  Result<std::size_t> read_piece(UniqueFd& from, std::string_view subject) {
    const ssize_t got = ::read(from.get(), piece_.data(), piece_.size());
    if (got < 0 && errno == EINTR) return std::size_t{0};
    if (got < 0) return fail_errno("read the answer of git", std::string(subject));
    if (got == 0) from.reset();
    return static_cast<std::size_t>(got);
  }

  Result<void> read_output(std::string_view subject) {
    RH_TRY(const std::size_t got, read_piece(output_, subject));
    if ((taken_ += got) > bounds_.output_bytes)
      return fail(ErrorKind::limit,
                  fmt::format("read the answer of git: it has more than {}", format_size(bounds_.output_bytes)),
                  std::string(subject));
    return got == 0 ? Result<void>() : take_(std::string_view(piece_.data(), got));
  }

  Result<void> read_problem(std::string_view subject) {
    RH_TRY(const std::size_t got, read_piece(problem_, subject));
    const std::size_t room = bounds_.problem_bytes - std::min(bounds_.problem_bytes, text_of_problem_.size());
    text_of_problem_.append(piece_.data(), std::min(got, room));
    return {};
  }

  UniqueFd output_, problem_;
  const ProcessBounds& bounds_;
  const std::function<Result<void>(std::string_view)>& take_;
  std::string text_of_problem_;
  std::uint64_t taken_ = 0;
  std::vector<char> piece_ = std::vector<char>(kPieceBytes);
};

}  // namespace

Result<ProcessEnd> stream_process(const model::Command& command, std::string_view input, const ProcessBounds& bounds,
                                  const std::function<Result<void>(std::string_view)>& take) {
  RH_TRY(UniqueFd in, input_of(input));
  RH_TRY(Pipe out, make_pipe());
  RH_TRY(Pipe err, make_pipe());
  SpawnPlan plan;
  plan.give(in, STDIN_FILENO);
  plan.give(out.write, STDOUT_FILENO);
  plan.give(err.write, STDERR_FILENO);
  plan.start_in(command.cwd);
  RH_TRY(const pid_t pid, plan.start(command));
  Child child(pid);
  out.write.reset();
  err.write.reset();
  Reader reader(std::move(out), std::move(err), bounds, take);
  ProcessEnd end;
  RH_TRY(end.problem, reader.read_all(shell_join(command.argv)));
  end.exit_code = child.wait();
  return end;
}

}  // namespace rh::engine
