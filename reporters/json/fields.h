// The JSON members of every model struct, named once for the writer and the reader: fields(v, Type<T>)
// calls the visitor with the name and the pointer of each member, in the order of the document.
//   v(name, &T::member)           a value
//   v.instant(name, &T::member)   an instant of CLOCK_MONOTONIC, written relative to the document's zero
//   v.derived(name, function)     computed from the struct for readers of the document; never read back
#pragma once

#include "reporters/json/fields_coverage.h"
#include "reporters/json/fields_gate.h"
#include "reporters/json/type.h"
#include "reporters/percent.h"
#include "runner/model/report.h"

namespace rh::reporters {

template <class V, class Value>
void fields(V& v, Type<model::Figure<Value>>) {
  using T = model::Figure<Value>;
  v("value", &T::value);
  v("scope", &T::scope);
  v("source", &T::source);
  v("reason", &T::reason);
}

// --- suites and steps ---

template <class V>
void fields(V& v, Type<model::Limits>) {
  using T = model::Limits;
  v("wall_ns", &T::wall);
  v("cpu_ns", &T::cpu);
  v("cpus", &T::cpus);
  v("grace_ns", &T::grace);
  v("memory_bytes", &T::memory_bytes);
  v("pids", &T::pids);
  v("open_files", &T::open_files);
  v("file_bytes", &T::file_bytes);
  v("tmp_bytes", &T::tmp_bytes);
  v("output_bytes", &T::output_bytes);
  v("network", &T::network);
}

template <class V>
void fields(V& v, Type<model::Tool>) {
  using T = model::Tool;
  v("name", &T::name);
  v("path", &T::path);
  v("version", &T::version);
  v("problem", &T::problem);
}

template <class V>
void fields(V& v, Type<model::Suite>) {
  using T = model::Suite;
  v("id", &T::id);
  v("ecosystem", &T::ecosystem);
  v("runner", &T::runner);
  v("root", &T::root);
  v("reason", &T::reason);
  v("tool", &T::tool);
  v("runner_args", &T::runner_args);
  v("env", &T::env);
  v("details", &T::details);
  v("limits", &T::limits);
}

template <class V>
void fields(V& v, Type<model::ProcessUsage>) {
  using T = model::ProcessUsage;
  v("wall_ns", &T::wall);
  v.derived("cpu_ns", total_cpu);
  v("user_cpu_ns", &T::user_cpu);
  v("system_cpu_ns", &T::system_cpu);
  v("peak_memory_bytes", &T::peak_memory);
  v("max_processes", &T::max_processes);
  v("read_bytes", &T::read_bytes);
  v("written_bytes", &T::written_bytes);
}

template <class V>
void fields(V& v, Type<model::IsolationRow>) {
  using T = model::IsolationRow;
  v("mechanism", &T::mechanism);
  v("requested", &T::requested);
  v("state", &T::state);
  v("detail", &T::detail);
  v("reason", &T::reason);
}

template <class V>
void fields(V& v, Type<model::IsolationReport>) {
  using T = model::IsolationReport;
  v("requested", &T::requested);
  v("reached", &T::reached);
  v("rows", &T::rows);
}

template <class V>
void fields(V& v, Type<model::WaitStatus>) {
  using T = model::WaitStatus;
  v("exit_code", &T::exit_code);
  v("signal", &T::signal);
  v("core_dumped", &T::core_dumped);
}

template <class V>
void fields(V& v, Type<model::LeftoverProcess>) {
  using T = model::LeftoverProcess;
  v("pid", &T::pid);
  v("command", &T::command);
}

template <class V>
void fields(V& v, Type<model::StepReport>) {
  using T = model::StepReport;
  v("name", &T::name);
  v("kind", &T::kind);
  v("argv", &T::argv);
  v("cwd", &T::cwd);
  v("ending", &T::ending);
  v("status", &T::status);
  v("meaning", &T::meaning);
  v("ending_detail", &T::ending_detail);
  v.instant("started_ns", &T::started);
  v("usage", &T::usage);
  v("isolation", &T::isolation);
  v("signals_sent", &T::signals_sent);
  v("leftovers", &T::leftovers);
  v("oom_kills", &T::oom_kills);
  v("output_bytes", &T::output_bytes);
  v("output_truncated", &T::output_truncated);
  v("stdout_file", &T::stdout_file);
  v("stderr_file", &T::stderr_file);
  v("output_tail", &T::output_tail);
}

// --- profiles of tests ---

template <class V>
void fields(V& v, Type<model::PhaseTime>) {
  using T = model::PhaseTime;
  v("phase", &T::phase);
  v("cpu_ns", &T::cpu_ns);
  v("wall_ns", &T::wall_ns);
}

template <class V>
void fields(V& v, Type<model::HotFunction>) {
  using T = model::HotFunction;
  v("name", &T::name);
  v("file", &T::file);
  v("line", &T::line);
  v("self_cpu_ns", &T::self_cpu_ns);
  v("total_cpu_ns", &T::total_cpu_ns);
  v("self_wall_ns", &T::self_wall_ns);
  v("total_wall_ns", &T::total_wall_ns);
  v("samples", &T::samples);
  v("self_low", &T::self_low);
  v("self_high", &T::self_high);
}

template <class V>
void fields(V& v, Type<model::TestProfile>) {
  using T = model::TestProfile;
  v("joined_by", &T::joined_by);
  v("reason", &T::reason);
  v("cpu_ns", &T::cpu_ns);
  v("wall_ns", &T::wall_ns);
  v("samples", &T::samples);
  v("phases", &T::phases);
  v("functions", &T::functions);
  v("functions_left_out", &T::functions_left_out);
}

template <class V>
void fields(V& v, Type<model::StepProfile>) {
  using T = model::StepProfile;
  v("step", &T::step);
  v("file", &T::file);
  v("rate_hz", &T::rate_hz);
  v("samples", &T::samples);
  v("cpu_ns", &T::cpu_ns);
  v("own_cpu_ns", &T::own_cpu_ns);
  v("rejected", &T::rejected);
  v("late", &T::late);
  v("reason", &T::reason);
  v("phases", &T::phases);
  v("tests", &T::tests);
}

template <class V>
void fields(V& v, Type<model::SuiteProfile>) {
  v("steps", &model::SuiteProfile::steps);
  v("phases", &model::SuiteProfile::phases);
}

// --- tests ---

template <class V>
void fields(V& v, Type<model::TestCase>) {
  using T = model::TestCase;
  v("id", &T::id);
  v("suite", &T::suite);
  v("file", &T::file);
  v("line", &T::line);
  v("classname", &T::classname);
  v("name", &T::name);
  v("parent", &T::parent);
  v("kind", &T::kind);
}

template <class V>
void fields(V& v, Type<model::TestUsage>) {
  using T = model::TestUsage;
  v("cpu_ns", &T::cpu);
  v("peak_memory_bytes", &T::peak_memory);
}

template <class V>
void fields(V& v, Type<model::Attempt>) {
  using T = model::Attempt;
  v("number", &T::number);
  v("outcome", &T::outcome);
  v.instant("start_ns", &T::start);
  v("duration_ns", &T::duration);
  v("duration_reason", &T::duration_reason);
  v("usage", &T::usage);
  v("pid", &T::pid);
  v("message", &T::message);
  v("details", &T::details);
  v("standard_output", &T::standard_output);
  v("standard_error", &T::standard_error);
}

template <class V>
void fields(V& v, Type<model::TestRecord>) {
  using T = model::TestRecord;
  v("test", &T::test);
  v.derived("outcome", [](const T& record) { return record.outcome(); });
  v.derived("flaky", [](const T& record) { return record.flaky(); });
  v("attempts", &T::attempts);
  v("past", &T::past);
  v("flake_rate", &T::flake_rate);
  v("quarantine", &T::quarantine);
  v("profile", &T::profile);
}

template <class V>
void fields(V& v, Type<model::TestCounts>) {
  using T = model::TestCounts;
  v("total", &T::total);
  v("passed", &T::passed);
  v("failed", &T::failed);
  v("errored", &T::errored);
  v("skipped", &T::skipped);
  v("expected_failures", &T::expected_failures);
  v("unexpected_passes", &T::unexpected_passes);
  v("flaky", &T::flaky);
  v("subtests", &T::subtests);
  v("subtests_failed", &T::subtests_failed);
  v("quarantined", &T::quarantined);
}

template <class V>
void fields(V& v, Type<model::RunnerFinished>) {
  using T = model::RunnerFinished;
  v("tests", &T::tests);
  v("passed", &T::passed);
  v("failed", &T::failed);
  v("skipped", &T::skipped);
  v("errors", &T::errors);
  v("expected_failures", &T::expected_failures);
  v("unexpected_passes", &T::unexpected_passes);
  v("subtests", &T::subtests);
  v("text", &T::text);
}

// --- measurement ---

template <class V>
void fields(V& v, Type<model::SampleGap>) {
  using T = model::SampleGap;
  v.instant("from_ns", &T::from);
  v.instant("to_ns", &T::to);
  v("reason", &T::reason);
}

template <class V>
void fields(V& v, Type<model::SampleSeries>) {
  using T = model::SampleSeries;
  v("suite", &T::suite);
  v("cadence_ns", &T::cadence);
  v.instant("t_ns", &T::t_ns);
  v("cpu_ns", &T::cpu_ns);
  v("rss_bytes", &T::rss_bytes);
  v("processes", &T::processes);
  v("threads", &T::threads);
  v("memory_source", &T::memory_source);
  v("cpu_source", &T::cpu_source);
  v("gaps", &T::gaps);
}

// --- the run ---

template <class V>
void fields(V& v, Type<model::Diagnostic>) {
  using T = model::Diagnostic;
  v("severity", &T::severity);
  v("code", &T::code);
  v("message", &T::message);
  v("subject", &T::subject);
  v("suite", &T::suite);
}

template <class V>
void fields(V& v, Type<model::Machine>) {
  using T = model::Machine;
  v("hostname", &T::hostname);
  v("kernel", &T::kernel);
  v("os", &T::os);
  v("cpu_model", &T::cpu_model);
  v("cores", &T::cores);
  v("memory_bytes", &T::memory_bytes);
}

template <class V>
void fields(V& v, Type<model::RunInfo>) {
  using T = model::RunInfo;
  v("id", &T::id);
  v("runharness_version", &T::runharness_version);
  v("argv", &T::argv);
  v("preset", &T::preset);
  v("repository_root", &T::repository_root);
  v("directory", &T::directory);
  v("git_commit", &T::git_commit);
  v("git_dirty", &T::git_dirty);
  v("started_at", &T::started_at);
  v("started_ns", &T::started);  // the zero itself: not relative to anything
  v("jobs", &T::jobs);
  v("sample_interval_ns", &T::sample_interval);
  v("machine", &T::machine);
}

template <class V>
void fields(V& v, Type<model::SuiteReport>) {
  using T = model::SuiteReport;
  v("suite", &T::suite);
  v("status", &T::status);
  v("status_reason", &T::status_reason);
  v("counts", &T::counts);
  v("native", &T::native);
  v("wall_ns", &T::wall);
  v("usage", &T::usage);
  v("isolation", &T::isolation);
  v("rerun", &T::rerun);
  v("steps", &T::steps);
  v("tests", &T::tests);
  v("samples", &T::samples);
  v("coverage", &T::coverage);
  v("test_map", &T::test_map);
  v("selection", &T::selection);
  v("profile", &T::profile);
}

template <class V>
void fields(V& v, Type<model::RunReport>) {
  using T = model::RunReport;
  v("schema_version", &T::schema_version);
  v("run", &T::run);
  v("complete", &T::complete);
  v("exit_code", &T::exit_code);
  v("exit_reason", &T::exit_reason);
  v("wall_ns", &T::wall);
  v("counts", &T::counts);
  v("base", &T::base);
  v("gates", &T::gates);
  v("diagnostics", &T::diagnostics);
  v("rerun_commands", &T::rerun_commands);
  v("suites", &T::suites);
  v("coverage", &T::coverage);
  v("patch", &T::patch);
}

}  // namespace rh::reporters
