// Where and how the run was made.
import type { Report } from "../data/model";
import { format_argv, format_bytes, format_duration, format_time, plural } from "../text/format";
import { Command } from "./copy";
import { Line } from "./text";

export function Environment({ report }: { report: Report }) {
  const { run } = report;
  const pairs: [string, string, boolean?][] = [
    ["Run", run.id, true],
    ["Started", format_time(run.started_at)],
    ["Repository", run.repository_root, true],
    ["Run directory", run.directory, true],
    ["Commit", run.git_commit ? `${run.git_commit}${run.git_dirty ? ", with uncommitted changes" : ""}` : "not a git repository", run.git_commit !== ""],
    ["Preset", run.preset || "none"],
    ["Jobs", String(run.jobs)],
    ["Sampling interval", run.sample_interval_ns > 0 ? format_duration(run.sample_interval_ns) : "off"],
    ["Host", run.machine.hostname],
    ["System", [run.machine.os, run.machine.kernel].filter(Boolean).join(", ")],
    ["Processor", [run.machine.cpu_model, plural(run.machine.cores, "core")].filter(Boolean).join(", ")],
    ["Memory", format_bytes(run.machine.memory_bytes)],
    ["runharness", run.runharness_version],
    ["Report format", `schema version ${report.schema_version}`],
  ];
  return (
    <>
      <Command command={format_argv(run.argv)} label="Command" />
      <dl class="pairs two">
        {pairs.map(([name, text, mono = false]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd><Line mono={mono} text={text} /></dd>
          </div>
        ))}
      </dl>
    </>
  );
}
