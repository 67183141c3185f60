// Where and how the run was made, by which tools, and within which limits.
import { link_to_suite } from "../data/route";
import { usePage } from "./page";
import { format_argv, format_bytes, format_duration, format_time, is_instant, plural } from "../text/format";
import { Command } from "./copy";
import { Line } from "./text";

function Tools() {
  const { report } = usePage();
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Tools, scrolls sideways">
      <table>
        <thead>
          <tr><th scope="col">Suite</th><th scope="col">Runner</th><th scope="col">Tool</th><th scope="col">Path</th><th scope="col">Found because</th></tr>
        </thead>
        <tbody>
          {report.suites.map(({ suite }) => (
            <tr key={suite.id}>
              <th scope="row"><a href={link_to_suite(suite.id)}><Line text={suite.id} /></a></th>
              <td><Line text={suite.runner} /></td>
              <td>
                <Line text={[suite.tool.name, suite.tool.version].filter(Boolean).join(" ")} />
                {suite.tool.problem && <p class="bad-text"><Line text={suite.tool.problem} /></p>}
              </td>
              <td><Line mono text={suite.tool.path || "\u2013"} /></td>
              <td><Line text={suite.reason} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Environment() {
  const { report } = usePage();
  const { run } = report;
  const { machine } = run;
  const all: [string, string, boolean?][] = [
    ["Run", run.id, true],
    ["Started", is_instant(run.started_at) ? format_time(run.started_at) : ""],
    ["Repository", run.repository_root, true],
    ["Run directory", run.directory, true],
    ["Commit", run.git_commit ? `${run.git_commit}${run.git_dirty ? ", with uncommitted changes" : ""}` : "not known", run.git_commit !== ""],
    ["Preset", run.preset],
    ["Jobs", machine.cores > 0 ? String(run.jobs) : ""],
    ["Sampling interval", run.sample_interval_ns > 0 ? format_duration(run.sample_interval_ns) : machine.cores > 0 ? "off" : ""],
    ["Host", machine.hostname],
    ["System", [machine.os, machine.kernel].filter(Boolean).join(", ")],
    ["Processor", machine.cores > 0 ? [machine.cpu_model, plural(machine.cores, "core")].filter(Boolean).join(", ") : ""],
    ["Memory", machine.memory_bytes > 0 ? format_bytes(machine.memory_bytes) : ""],
    ["runharness", run.runharness_version],
    ["Report format", `schema version ${report.schema_version}`],
  ];
  const pairs = all.filter(([, text]) => text !== ""); // what nobody knows (results that were only read) has no row
  return (
    <>
      <h1 class="view-title">Environment</h1>
      {run.argv.length > 0 && <Command command={format_argv(run.argv)} label="Command" />}
      <dl class="pairs two">
        {pairs.map(([name, text, mono = false]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd><Line mono={mono} text={text} /></dd>
          </div>
        ))}
      </dl>
      {report.suites.some((suite) => suite.steps.length > 0 || suite.suite.tool.name !== "") && (
        <section>
          <h2>Tools</h2>
          <Tools />
        </section>
      )}
    </>
  );
}
