// Errors of bash 5, and of the commands that scripts call most.
#include "runner/agent/help/error_rules.h"

namespace rh::agent {
namespace {

using C = ErrorCategory;

constexpr ErrorRule kRules[] = {
    {"bash-bad-interpreter", "{}: bad interpreter: {}",
     "the first line of the script names a program that is not there", "correct the #! line",
     "convert Windows line ends: sed -i 's/\\r$//' script"},
    {"bash-carriage-return", "$'\\r': command not found", "the script has Windows line ends",
     "convert them: sed -i 's/\\r$//' script"},
    {"bash-command-not-found-line", "line {}: {}: command not found", "there is no command {2}",
     "install the package {package:2}: pass it in `packages`",
     "check the spelling and PATH; a blank around = in an assignment makes the name a command",
     "test with `command -v {2}` first", C::environment},
    {"bash-command-not-found", "{}: command not found", "there is no command {last:1}",
     "install the package {package:1}: pass it in `packages`", "check the spelling and PATH",
     "test with command -v first", C::environment},
    {"bash-unbound", "{}: unbound variable", "{last:1} has no value and `set -u` is on",
     "give it a value or a default: ${NAME:-default}", "pass it in `env_vars`"},
    {"bash-permission", "{}: Permission denied", "{last:1} may not be read, written or run",
     "chmod +x a script, or run it with bash",
     "write below the working folder: everything else is read-only in the sandbox", "", C::policy},
    {"bash-read-only", "{}: Read-only file system", "{last:1} lies outside of what may be written",
     "write below the working folder or /tmp", "", "", C::policy},
    {"bash-read-only-variable", "{}: readonly variable", "{last:1} cannot be assigned", "use another name"},
    {"bash-cd", "cd: {}: No such file or directory", "there is no folder {1}", "make it first: mkdir -p",
     "check the working folder with pwd"},
    {"bash-no-file", "{}: No such file or directory", "there is no {last:1}",
     "pass the file in `files`, or check the path and the working folder (pwd, ls)", "make its folder first: mkdir -p",
     "test with [ -e path ] first"},
    {"bash-is-directory", "{}: Is a directory", "{last:1} is a folder", "name the file in it, or use -r"},
    {"bash-not-directory", "{}: Not a directory", "a part of the path is a file: {last:1}", "check the path"},
    {"bash-unexpected-end", "syntax error: unexpected end of file",
     "something is opened and not closed: if, for, while, case, {, or a here-document", "add fi, done, esac or }",
     "put the end of a here-document at the beginning of its line"},
    {"bash-unexpected-token", "syntax error near unexpected token `{}'", "bash does not expect {1} here",
     "look at the line before: missing ;, then, do, or a quote", "quote brackets and &"},
    {"bash-eof-quote", "unexpected EOF while looking for matching `{}'", "the quote {1} is opened and not closed",
     "close it"},
    {"bash-division", "division by 0", "something is divided by zero", "test the divisor first"},
    {"bash-arithmetic", "syntax error: operand expected (error token is \"{}\")", "{1} is no number for $(( ))",
     "check that the variables have values"},
    {"bash-integer", "[: {}: integer expression expected", "{1} is no number", "use = for texts and -eq for numbers",
     "quote the variable and give it a default"},
    {"bash-unary", "[: {}: unary operator expected", "a variable is empty and not quoted",
     "write quotes around it: [ \"$x\" = ... ]", "use [[ ]]"},
    {"bash-too-many", "[: too many arguments", "a variable with blanks is not quoted", "write quotes around it",
     "use [[ ]]"},
    {"bash-bad-substitution", "{}: bad substitution", "this is no expansion that the shell knows",
     "run it with bash, not sh", "check the braces"},
    {"bash-not-identifier", "`{}': not a valid identifier", "{1} cannot be the name of a variable",
     "use letters, digits and _; no blanks around ="},
    {"bash-ambiguous", "{}: ambiguous redirect", "the name behind > is empty or several words",
     "quote the variable and check that it has a value"},
    {"bash-argument-list", "Argument list too long", "a glob gives more names than fit", "use find ... -exec or xargs"},
    {"bash-broken-pipe", "Broken pipe", "the reader of a pipe ended early",
     "that is harmless behind head; else look at why it ended"},
    {"bash-curl-resolve", "curl: (6) Could not resolve host: {}",
     "{1} cannot be looked up; in the sandbox the network is off by default", "ask for the network (network: host)",
     "pass the data in `files`", "try again later", C::policy},
    {"bash-curl-connect", "curl: (7) Failed to connect to {}", "nobody answers at {1}", "check host and port",
     "the sandbox has its own loopback", "try again later", C::environment},
    {"bash-jq", "jq: error{}", "jq cannot do this: {1}", "print the JSON first; check the filter's quotes"},
    {"bash-jq-parse", "parse error: {}", "the input is no JSON: {1}", "print the input first"},
    {"bash-grep", "grep: {}", "grep cannot do this: {1}", "check the expression and the files"},
    {"bash-option", "{}: invalid option -- '{}'", "{1} has no option {2}",
     "look at its --help: GNU and BSD tools differ"},
    {"bash-segfault", "Segmentation fault", "a program read or wrote memory that is not its own",
     "run that program by itself under a debugger"},
};

}  // namespace

std::span<const ErrorRule> bash_error_rules() { return kRules; }

}  // namespace rh::agent
