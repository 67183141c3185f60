#include "profiles/analysis/stack_kinds.h"

#include <algorithm>
#include <string>

namespace rh::profiles {
namespace {

using model::FrameKind;

enum Kind : std::uint32_t { python, native, javascript, shell, java, kernel, gc, idle, runtime, import, unknown };
static_assert(static_cast<std::uint32_t>(FrameKind::runtime) == runtime, "the first kinds are those of frames");

struct KnownFunction {
  FrameKind kind;
  std::string_view name;
  std::string_view file_end;  // the file is this or ends with '/' and this
  Activity activity;
};

// CPython 3.8 to 3.14 (Lib/), node 18 to 24 (lib/), glibc.
constexpr KnownFunction kKnown[] = {
    {FrameKind::python, "_find_and_load", "<frozen importlib._bootstrap>", Activity::import},
    {FrameKind::python, "_find_and_load", "importlib/_bootstrap.py", Activity::import},
    {FrameKind::javascript, "require", "node:internal/modules/helpers", Activity::import},
    {FrameKind::javascript, "require", "node:internal/modules/cjs/helpers", Activity::import},
    {FrameKind::runtime, "<import>", "", Activity::import},
    {FrameKind::python, "compile", "re/_compiler.py", Activity::regex_compile},
    {FrameKind::python, "compile", "sre_compile.py", Activity::regex_compile},
    {FrameKind::python, "Popen.wait", "subprocess.py", Activity::child_wait},
    {FrameKind::python, "Popen._wait", "subprocess.py", Activity::child_wait},
    {FrameKind::python, "Popen._try_wait", "subprocess.py", Activity::child_wait},
    {FrameKind::python, "Popen.communicate", "subprocess.py", Activity::child_wait},
    {FrameKind::python, "Popen._communicate", "subprocess.py", Activity::child_wait},
    {FrameKind::python, "Popen.wait", "multiprocessing/popen_fork.py", Activity::child_wait},
    {FrameKind::python, "Popen.poll", "multiprocessing/popen_fork.py", Activity::child_wait},
    {FrameKind::python, "BaseProcess.join", "multiprocessing/process.py", Activity::child_wait},
    {FrameKind::python, "SocketIO.readinto", "socket.py", Activity::network_wait},
    {FrameKind::python, "SocketIO.write", "socket.py", Activity::network_wait},
    {FrameKind::python, "socket.accept", "socket.py", Activity::network_wait},
    {FrameKind::python, "create_connection", "socket.py", Activity::network_wait},
    {FrameKind::python, "getaddrinfo", "socket.py", Activity::network_wait},
    {FrameKind::python, "SSLSocket.read", "ssl.py", Activity::network_wait},
    {FrameKind::python, "SSLSocket.recv", "ssl.py", Activity::network_wait},
    {FrameKind::python, "SSLSocket.recv_into", "ssl.py", Activity::network_wait},
    {FrameKind::python, "SSLSocket.send", "ssl.py", Activity::network_wait},
    {FrameKind::python, "SSLSocket.do_handshake", "ssl.py", Activity::network_wait},
    {FrameKind::python, "EpollSelector.select", "selectors.py", Activity::event_wait},
    {FrameKind::python, "PollSelector.select", "selectors.py", Activity::event_wait},
    {FrameKind::python, "_PollLikeSelector.select", "selectors.py", Activity::event_wait},
    {FrameKind::python, "SelectSelector.select", "selectors.py", Activity::event_wait},
    {FrameKind::native, "recv", "", Activity::network_wait},
    {FrameKind::native, "recvfrom", "", Activity::network_wait},
    {FrameKind::native, "recvmsg", "", Activity::network_wait},
    {FrameKind::native, "accept", "", Activity::network_wait},
    {FrameKind::native, "accept4", "", Activity::network_wait},
    {FrameKind::native, "connect", "", Activity::network_wait},
    {FrameKind::native, "epoll_wait", "", Activity::event_wait},
    {FrameKind::native, "wait4", "", Activity::child_wait},
    {FrameKind::native, "waitpid", "", Activity::child_wait},
    {FrameKind::native, "waitid", "", Activity::child_wait},
    {FrameKind::native, "fsync", "", Activity::file_sync},
    {FrameKind::native, "fdatasync", "", Activity::file_sync},
};

// CPython before 3.11 has no qualified names: "wait" stands for "Popen.wait".
bool same_name(std::string_view name, std::string_view known) {
  if (name == known) return true;
  const std::size_t dot = known.rfind('.');
  return dot != std::string_view::npos && name == known.substr(dot + 1);
}

bool is_file(const model::ProfileFrame& frame, const KnownFunction& known) {
  if (known.kind == FrameKind::native) return frame.module.find("libc.so") != std::string::npos;
  if (known.file_end.empty()) return true;
  const std::string_view file = frame.file;
  if (!file.ends_with(known.file_end)) return false;
  return file.size() == known.file_end.size() || file[file.size() - known.file_end.size() - 1] == '/';
}

}  // namespace

Activity activity_of(const model::ProfileFrame& frame) {
  for (const KnownFunction& known : kKnown)
    if (known.kind == frame.kind && same_name(frame.name, known.name) && is_file(frame, known)) return known.activity;
  return Activity::none;
}

const std::vector<std::string_view>& kind_names() {
  static const std::vector<std::string_view> names{"python", "native", "javascript", "shell",  "java",   "kernel",
                                                   "gc",     "idle",   "runtime",    "import", "unknown"};
  return names;
}

std::vector<std::uint32_t> kinds_of_nodes(const model::Profile& profile) {
  std::vector<bool> imports(profile.frames.size());
  for (std::size_t i = 0; i < profile.frames.size(); ++i)
    imports[i] = activity_of(profile.frames[i]) == Activity::import;
  std::vector<std::uint32_t> kinds;
  kinds.reserve(profile.stacks.size());
  for (const model::StackNode& node : profile.stacks) {
    const auto own = static_cast<std::uint32_t>(profile.frames[node.frame].kind);
    const std::uint32_t above = node.parent == model::kNoIndex ? own : kinds[node.parent];
    const bool in_gc = own == gc || above == gc;
    const bool in_import = imports[node.frame] || above == import;
    kinds.push_back(in_gc ? std::uint32_t{gc} : in_import ? std::uint32_t{import} : own);
  }
  return kinds;
}

std::uint32_t unknown_kind() { return unknown; }
std::uint32_t import_kind() { return import; }
std::uint32_t gc_kind() { return gc; }

}  // namespace rh::profiles
