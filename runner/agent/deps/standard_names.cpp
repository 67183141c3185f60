// What comes with a language. Python: sys.stdlib_module_names of 3.11 and what 3.12 dropped; Node:
// module.builtinModules of 20; bash: its built-in commands and keywords, and Debian's essential packages.
#include <algorithm>
#include <array>

#include "runner/agent/deps/package_names.h"

namespace rh::agent {
namespace {

constexpr std::array<std::string_view, 220> kPython{"__future__",   "__main__",    "_thread",      "abc",
                                                    "aifc",         "antigravity", "argparse",     "array",
                                                    "ast",          "asynchat",    "asyncio",      "asyncore",
                                                    "atexit",       "audioop",     "base64",       "bdb",
                                                    "binascii",     "bisect",      "builtins",     "bz2",
                                                    "cProfile",     "calendar",    "cgi",          "cgitb",
                                                    "chunk",        "cmath",       "cmd",          "code",
                                                    "codecs",       "codeop",      "collections",  "colorsys",
                                                    "compileall",   "concurrent",  "configparser", "contextlib",
                                                    "contextvars",  "copy",        "copyreg",      "crypt",
                                                    "csv",          "ctypes",      "curses",       "dataclasses",
                                                    "datetime",     "dbm",         "decimal",      "difflib",
                                                    "dis",          "distutils",   "doctest",      "email",
                                                    "encodings",    "ensurepip",   "enum",         "errno",
                                                    "faulthandler", "fcntl",       "filecmp",      "fileinput",
                                                    "fnmatch",      "fractions",   "ftplib",       "functools",
                                                    "gc",           "genericpath", "getopt",       "getpass",
                                                    "gettext",      "glob",        "graphlib",     "grp",
                                                    "gzip",         "hashlib",     "heapq",        "hmac",
                                                    "html",         "http",        "idlelib",      "imaplib",
                                                    "imghdr",       "imp",         "importlib",    "inspect",
                                                    "io",           "ipaddress",   "itertools",    "json",
                                                    "keyword",      "lib2to3",     "linecache",    "locale",
                                                    "logging",      "lzma",        "mailbox",      "mailcap",
                                                    "marshal",      "math",        "mimetypes",    "mmap",
                                                    "modulefinder", "msilib",      "msvcrt",       "multiprocessing",
                                                    "netrc",        "nis",         "nntplib",      "nt",
                                                    "ntpath",       "nturl2path",  "numbers",      "opcode",
                                                    "operator",     "optparse",    "os",           "ossaudiodev",
                                                    "pathlib",      "pdb",         "pickle",       "pickletools",
                                                    "pipes",        "pkgutil",     "platform",     "plistlib",
                                                    "poplib",       "posix",       "posixpath",    "pprint",
                                                    "profile",      "pstats",      "pty",          "pwd",
                                                    "py_compile",   "pyclbr",      "pydoc",        "pydoc_data",
                                                    "pyexpat",      "queue",       "quopri",       "random",
                                                    "re",           "readline",    "reprlib",      "resource",
                                                    "rlcompleter",  "runpy",       "sched",        "secrets",
                                                    "select",       "selectors",   "shelve",       "shlex",
                                                    "shutil",       "signal",      "site",         "smtpd",
                                                    "smtplib",      "sndhdr",      "socket",       "socketserver",
                                                    "spwd",         "sqlite3",     "sre_compile",  "sre_constants",
                                                    "sre_parse",    "ssl",         "stat",         "statistics",
                                                    "string",       "stringprep",  "struct",       "subprocess",
                                                    "sunau",        "symtable",    "sys",          "sysconfig",
                                                    "syslog",       "tabnanny",    "tarfile",      "telnetlib",
                                                    "tempfile",     "termios",     "textwrap",     "this",
                                                    "threading",    "time",        "timeit",       "tkinter",
                                                    "token",        "tokenize",    "tomllib",      "trace",
                                                    "traceback",    "tracemalloc", "tty",          "turtle",
                                                    "turtledemo",   "types",       "typing",       "unicodedata",
                                                    "unittest",     "urllib",      "uu",           "uuid",
                                                    "venv",         "warnings",    "wave",         "weakref",
                                                    "webbrowser",   "winreg",      "winsound",     "wsgiref",
                                                    "xdrlib",       "xml",         "xmlrpc",       "zipapp",
                                                    "zipfile",      "zipimport",   "zlib",         "zoneinfo"};

constexpr std::array<std::string_view, 58> kNode{"assert",
                                                 "assert/strict",
                                                 "async_hooks",
                                                 "buffer",
                                                 "child_process",
                                                 "cluster",
                                                 "console",
                                                 "constants",
                                                 "crypto",
                                                 "dgram",
                                                 "diagnostics_channel",
                                                 "dns",
                                                 "dns/promises",
                                                 "domain",
                                                 "events",
                                                 "fs",
                                                 "fs/promises",
                                                 "http",
                                                 "http2",
                                                 "https",
                                                 "inspector",
                                                 "inspector/promises",
                                                 "module",
                                                 "net",
                                                 "os",
                                                 "path",
                                                 "path/posix",
                                                 "path/win32",
                                                 "perf_hooks",
                                                 "process",
                                                 "punycode",
                                                 "querystring",
                                                 "readline",
                                                 "readline/promises",
                                                 "repl",
                                                 "sea",
                                                 "sqlite",
                                                 "stream",
                                                 "stream/consumers",
                                                 "stream/promises",
                                                 "stream/web",
                                                 "string_decoder",
                                                 "sys",
                                                 "test",
                                                 "test/reporters",
                                                 "timers",
                                                 "timers/promises",
                                                 "tls",
                                                 "trace_events",
                                                 "tty",
                                                 "url",
                                                 "util",
                                                 "util/types",
                                                 "v8",
                                                 "vm",
                                                 "wasi",
                                                 "worker_threads",
                                                 "zlib"};

constexpr std::array<std::string_view, 193> kShell{
    "!",         "((",        ".",         ":",         "[",         "[[",        "alias",    "arch",     "awk",
    "base32",    "base64",    "basename",  "bash",      "bg",        "bind",      "break",    "builtin",  "caller",
    "case",      "cat",       "cd",        "chgrp",     "chmod",     "chown",     "chroot",   "cksum",    "comm",
    "command",   "compgen",   "complete",  "continue",  "coproc",    "cp",        "csplit",   "cut",      "date",
    "dd",        "declare",   "df",        "diff",      "dir",       "dircolors", "dirname",  "dirs",     "disown",
    "do",        "done",      "du",        "echo",      "egrep",     "elif",      "else",     "enable",   "env",
    "esac",      "eval",      "exec",      "exit",      "expand",    "export",    "expr",     "factor",   "false",
    "fc",        "fg",        "fgrep",     "fi",        "find",      "fmt",       "fold",     "for",      "function",
    "getopts",   "grep",      "groups",    "gunzip",    "gzip",      "hash",      "head",     "help",     "history",
    "hostid",    "hostname",  "id",        "if",        "in",        "install",   "jobs",     "join",     "kill",
    "let",       "link",      "ln",        "local",     "logname",   "logout",    "ls",       "mapfile",  "md5sum",
    "mkdir",     "mkfifo",    "mknod",     "mktemp",    "mv",        "nice",      "nl",       "nohup",    "nproc",
    "numfmt",    "od",        "paste",     "pathchk",   "pinky",     "popd",      "pr",       "printenv", "printf",
    "ptx",       "pushd",     "pwd",       "read",      "readarray", "readlink",  "readonly", "realpath", "return",
    "rm",        "rmdir",     "runcon",    "sed",       "select",    "seq",       "set",      "sh",       "sha1sum",
    "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shift",     "shopt",     "shred",    "shuf",     "sleep",
    "sort",      "source",    "split",     "stat",      "stdbuf",    "stty",      "sum",      "suspend",  "sync",
    "tac",       "tail",      "tar",       "tee",       "test",      "then",      "time",     "timeout",  "times",
    "touch",     "tr",        "trap",      "true",      "truncate",  "tsort",     "tty",      "type",     "typeset",
    "ulimit",    "umask",     "unalias",   "uname",     "unexpand",  "uniq",      "unlink",   "unset",    "until",
    "uptime",    "users",     "vdir",      "wait",      "wc",        "while",     "who",      "whoami",   "xargs",
    "yes",       "zcat",      "{",         "}"};

constexpr std::array<std::string_view, 6> kRust{"alloc", "core", "crate", "proc_macro", "std", "test"};
constexpr std::array<std::string_view, 12> kJava{
    "com.sun.net.", "java.",         "javax.accessibility.", "javax.crypto.", "javax.management.", "javax.naming.",
    "javax.net.",   "javax.script.", "javax.security.",      "javax.sql.",    "javax.swing.",      "jdk."};
constexpr std::array<std::string_view, 7> kJavaMore{"javax.annotation.processing.",
                                                    "javax.imageio.",
                                                    "javax.lang.model.",
                                                    "javax.print.",
                                                    "javax.sound.",
                                                    "javax.tools.",
                                                    "javax.xml."};
constexpr std::array<std::string_view, 3> kJavaOrg{"org.ietf.jgss.", "org.w3c.dom.", "org.xml.sax."};

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Names>
bool begins_with_one(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return name.starts_with(one); });
}

std::string_view first_part(std::string_view name, std::string_view separator) {
  return name.substr(0, name.find(separator));
}

}  // namespace

bool is_standard(Language language, std::string_view import) {
  switch (language) {
    case Language::python:
      return has(kPython, first_part(import, "."));
    case Language::javascript:
      return import.starts_with("node:") || has(kNode, import) || has(kNode, first_part(import, "/"));
    case Language::bash:
      return has(kShell, import);
    case Language::go:
      return first_part(import, "/").find('.') == std::string_view::npos;
    case Language::rust:
      return has(kRust, first_part(import, "::"));
    case Language::java:
      return begins_with_one(kJava, import) || begins_with_one(kJavaMore, import) || begins_with_one(kJavaOrg, import);
  }
  return false;
}

}  // namespace rh::agent
