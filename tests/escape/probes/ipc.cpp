// Group F: ways out over sockets of the host, memory of other processes, and what two runs share.
#include <dirent.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// What a run leaves on the host bears the number of the tests that started it: other tests may run at
// the same time.
std::string marked(const char* name) {
  const char* run = getenv("RH_ESCAPE_RUN");
  return std::string(name) + "-" + (run != nullptr ? run : "0");
}

// Of System V objects, for the same reason.
key_t marked_key() {
  const char* run = getenv("RH_ESCAPE_RUN");
  return static_cast<key_t>(0x52480000 + (run != nullptr ? number(run) & 0xffff : 0));
}

struct SocketName {
  sockaddr_un address{};
  socklen_t size = 0;
};

// A name that begins with '@' is an abstract one.
SocketName socket_name(const char* name) {
  SocketName result;
  result.address.sun_family = AF_UNIX;
  const std::size_t length = std::min(std::strlen(name), sizeof result.address.sun_path - 1);
  std::memcpy(result.address.sun_path, name, length);
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + 1);
  if (name[0] == '@') {
    result.address.sun_path[0] = '\0';
    --result.size;
  }
  return result;
}

int connect_to(const char* name, int type) {
  const SocketName to = socket_name(name);
  const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to.address), to.size) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// connect NAME…: stream sockets.
int connect_each(Arguments names) {
  Acts acts;
  for (const char* name : names) {
    const int fd = connect_to(name, SOCK_STREAM);
    acts.note("connect", name, fd);
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// send NAME…: datagrams to sockets that nobody has to connect to.
int send_each(Arguments names) {
  Acts acts;
  for (const char* name : names) {
    const SocketName to = socket_name(name);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    acts.note("send", name,
              fd >= 0 && sendto(fd, "hello", 5, 0, reinterpret_cast<const sockaddr*>(&to.address), to.size) == 5);
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// connect_late NAME READY_FILE: says that it is there, waits for the socket to come into being, and
// connects.
int connect_late(Arguments arguments) {
  const int file = open(arguments[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) broken("open");
  close(file);
  Acts acts;
  int fd = -1, error = 0;
  for (int round = 0; round < 100; ++round) {
    fd = connect_to(arguments[0], SOCK_STREAM);
    error = errno;
    if (fd >= 0 || error != ENOENT) break;
    poll(nullptr, 0, 5);
  }
  acts.note_error("connect", arguments[0], fd >= 0 ? 0 : error);
  return acts.exit_code();
}

// hand_over NAME: gives a descriptor of the sandbox to whoever listens.
int hand_over(Arguments names) {
  Acts acts;
  const int fd = connect_to(names[0], SOCK_STREAM);
  if (!acts.note("connect", names[0], fd)) return acts.exit_code();
  const int given = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof given)]{};
  iovec part{const_cast<char*>("x"), 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof given);
  std::memcpy(CMSG_DATA(header), &given, sizeof given);
  acts.note("hand_over", "", given >= 0 && sendmsg(fd, &message, MSG_NOSIGNAL) == 1);
  return acts.exit_code();
}

// own_sockets FOLDER: a pair, and a server with its client, by path and by abstract name.
int own_sockets(Arguments folders) {
  Acts acts;
  int pair[2];
  acts.note("socketpair", "", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  for (const std::string& name : {std::string(folders[0]) + "/own.sock", marked("@rh-escape-own")}) {
    const SocketName here = socket_name(name.c_str());
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char byte = 0;
    int client = -1;
    acts.note(name[0] == '@' ? "abstract" : "path", "",
              server >= 0 && bind(server, reinterpret_cast<const sockaddr*>(&here.address), here.size) == 0 &&
                  listen(server, 1) == 0 && (client = connect_to(name.c_str(), SOCK_STREAM)) >= 0 &&
                  write(accept(server, nullptr, nullptr), "x", 1) == 1 && read(client, &byte, 1) == 1);
  }
  return acts.exit_code();
}

std::vector<std::string> all_processes() {
  std::vector<std::string> pids;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = proc != nullptr ? readdir(proc) : nullptr)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') pids.emplace_back(entry->d_name);
  if (proc != nullptr) closedir(proc);
  return pids;
}

// search_environments NEEDLE PID…: that of each process named, of itself, and of all that can be seen.
int search_environments(Arguments arguments) {
  Acts acts;
  const auto holds = [&](const std::string& pid) {
    return text_of(("/proc/" + pid + "/environ").c_str()).find(arguments[0]) != std::string::npos;
  };
  for (const char* pid : arguments.subspan(1)) {
    (void)text_of(("/proc/" + std::string(pid) + "/environ").c_str());
    Acts looks;
    looks.note_error("environ", pid, errno);
  }
  std::vector<std::string> pids = all_processes();
  pids.emplace_back("self");
  int found = 0;
  for (const std::string& pid : pids) found += holds(pid) ? 1 : 0;
  say("found", found);
  acts.note_error("search", "", found > 0 ? 0 : ENOENT);
  return acts.exit_code();
}

// variables NAME…: what the own environment says.
int variables(Arguments names) {
  Acts acts;
  for (const char* name : names) {
    const char* value = getenv(name);
    if (acts.note_error("variable", name, value != nullptr ? 0 : ENOENT)) say("value", value);
  }
  return acts.exit_code();
}

// open_process PID|parent FD: everything by which one process looks into another, or writes to its program.
int open_process(Arguments arguments) {
  Acts acts;
  const auto pid = std::strcmp(arguments[0], "parent") == 0 ? getppid() : static_cast<pid_t>(number(arguments[0]));
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  for (const char* file : {"mem", "maps", "environ", "exe"})
    acts.note("open", file, open((folder + file).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  acts.note("open", "fd", open((folder + "fd/" + arguments[1]).c_str(), O_RDONLY | O_CLOEXEC));
  for (const char* file : {"cwd", "root"})
    acts.note("list", file, open((folder + file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  acts.note("replace", "exe", open((folder + "exe").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  char byte = 0;
  iovec here{&byte, 1}, there{reinterpret_cast<void*>(0x400000), 1};
  const ssize_t count = process_vm_readv(pid, &here, 1, &there, 1, 0);
  // An address that is not there is as good as read: the process could be looked into.
  acts.note_error("process_vm_readv", "", count == 1 || errno == EFAULT ? 0 : errno);
  if (acts.note("ptrace", "", static_cast<long>(ptrace(PTRACE_SEIZE, pid, 0, 0)))) ptrace(PTRACE_DETACH, pid, 0, 0);
  return acts.exit_code();
}

// hold READY_FILE STOP_FILE SHARED_FILE: one of each thing that another run could find.
int hold(Arguments arguments) {
  Acts acts;
  acts.note("make", "/dev/shm", open(marked("/dev/shm/rh-escape-shared").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  acts.note("make", "/tmp", open(marked("/tmp/rh-escape-shared").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  const SocketName name = socket_name(marked("@rh-escape-shared").c_str());
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  acts.note("make", "abstract",
            server >= 0 && bind(server, reinterpret_cast<const sockaddr*>(&name.address), name.size) == 0 &&
                listen(server, 8) == 0);
  const int memory = shmget(marked_key(), 4096, IPC_CREAT | 0666),
            semaphore = semget(marked_key(), 1, IPC_CREAT | 0666), messages = msgget(marked_key(), IPC_CREAT | 0666);
  acts.note("make", "sysv", memory >= 0 && semaphore >= 0 && messages >= 0);
  acts.note("make", "queue", mq_open(marked("/rh-escape-queue").c_str(), O_RDWR | O_CREAT, 0666, nullptr));
  const int shared = open(arguments[2], O_RDONLY | O_CLOEXEC);
  acts.note("make", "lock", shared >= 0 && flock(shared, LOCK_EX | LOCK_NB) == 0);
  const int ready = open(arguments[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (ready < 0) broken("open");
  for (int round = 0; round < 600 && access(arguments[1], F_OK) != 0; ++round) poll(nullptr, 0, 5);
  unlink(marked("/dev/shm/rh-escape-shared").c_str());
  unlink(marked("/tmp/rh-escape-shared").c_str());
  shmctl(memory, IPC_RMID, nullptr);
  semctl(semaphore, 0, IPC_RMID);
  msgctl(messages, IPC_RMID, nullptr);
  mq_unlink(marked("/rh-escape-queue").c_str());
  return acts.exit_code();
}

// look SHARED_FILE: what of it can be found.
int look(Arguments arguments) {
  Acts acts;
  acts.note("find", "/dev/shm", open(marked("/dev/shm/rh-escape-shared").c_str(), O_RDONLY | O_CLOEXEC));
  acts.note("find", "/tmp", open(marked("/tmp/rh-escape-shared").c_str(), O_RDONLY | O_CLOEXEC));
  acts.note("find", "abstract", connect_to(marked("@rh-escape-shared").c_str(), SOCK_STREAM));
  acts.note("find", "shm", shmget(marked_key(), 4096, 0));
  acts.note("find", "sem", semget(marked_key(), 1, 0));
  acts.note("find", "msg", msgget(marked_key(), 0));
  acts.note("find", "queue", mq_open(marked("/rh-escape-queue").c_str(), O_RDONLY));
  // One that the other does not hold could be taken.
  Acts locks;
  const int shared = open(arguments[0], O_RDONLY | O_CLOEXEC);
  locks.note("lock", "", shared >= 0 && flock(shared, LOCK_EX | LOCK_NB) == 0);
  return acts.exit_code();
}

// identity: by what a run could tell on which machine it is.
int identity(Arguments) {
  utsname names{};
  uname(&names);
  say("hostname", names.nodename);
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  say("processors", CPU_COUNT(&set));
  Acts acts;
  acts.note("sethostname", "", sethostname("rh-owned", 8));
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"connect", "NAME...", 1, connect_each},
    {"send", "NAME...", 1, send_each},
    {"connect_late", "NAME READY_FILE", 2, connect_late},
    {"hand_over", "NAME", 1, hand_over},
    {"own_sockets", "FOLDER", 1, own_sockets},
    {"search_environments", "NEEDLE PID...", 1, search_environments},
    {"variables", "NAME...", 1, variables},
    {"open_process", "PID|parent FD", 2, open_process},
    {"hold", "READY_FILE STOP_FILE SHARED_FILE", 3, hold},
    {"look", "SHARED_FILE", 1, look},
    {"identity", "", 0, identity},
};

}  // namespace

std::span<const Probe> ipc_probes() { return kProbes; }

}  // namespace rh::probe
