// Where the time of a test went, function by function, and what the time of a suite was for: what --profile recorded.
import type { HotFunction, PhaseTime, SuiteProfile, TestProfile } from "../data/model";
import { link_to_file } from "../data/route";
import type { TestRow } from "../data/tests";
import { format_duration, plural } from "../text/format";
import { usePage, useSection } from "./page";
import { Line } from "./text";

function percent(part: number, all: number): string {
  return all > 0 ? `${((100 * part) / all).toFixed(1)} %` : "\u2013";
}

// Phases with too little time to matter are left out.
const kWorthSaying = 0.005;

export function phases_text(phases: PhaseTime[], cpu_ns: number): string {
  return phases
    .filter((phase) => phase.cpu_ns >= kWorthSaying * cpu_ns && phase.cpu_ns > 0)
    .map((phase) => `${phase.phase} ${percent(phase.cpu_ns, cpu_ns)}`)
    .join(", ");
}

// Files that the report has lines of can be opened.
function Place({ hot }: { hot: HotFunction }) {
  const { report } = usePage();
  if (!hot.file) return null;
  const place = <Line mono text={hot.line > 0 ? `${hot.file}:${hot.line}` : hot.file} />;
  const known = report.coverage.files.some((file) => file.path === hot.file);
  return <span class="story">{known ? <a href={link_to_file(hot.file, hot.line || undefined)}>{place}</a> : place}</span>;
}

function Row({ hot, of }: { hot: HotFunction; of: TestProfile }) {
  const on_cpu = of.cpu_ns > 0;
  const all = on_cpu ? of.cpu_ns : of.wall_ns;
  const self = on_cpu ? hot.self_cpu_ns : hot.self_wall_ns;
  const total = on_cpu ? hot.total_cpu_ns : hot.total_wall_ns;
  return (
    <tr>
      <th scope="row"><Line mono text={hot.name} /> <Place hot={hot} /></th>
      <td class="number" title={`95 % interval ${percent(hot.self_low, 1)} to ${percent(hot.self_high, 1)}, ${plural(hot.samples, "sample")}`}>{percent(self, all)}</td>
      <td class="number">{percent(total, all)}</td>
      <td class="number">{format_duration(self)}</td>
    </tr>
  );
}

function Functions({ profile }: { profile: TestProfile }) {
  const clock = profile.cpu_ns > 0 ? "CPU time" : "waiting";
  return (
    <>
      <p class="muted">
        {`${format_duration(profile.cpu_ns)} CPU in ${plural(profile.samples, "sample")}, joined by ${profile.joined_by}`}
        {profile.phases.length > 1 && `: ${phases_text(profile.phases, profile.cpu_ns)}`}
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label="Hot functions, scrolls sideways">
        <table>
          <thead>
            <tr>
              <th scope="col">Function</th>
              <th scope="col" class="number">{`Self, of the ${clock}`}</th>
              <th scope="col" class="number">Total</th>
              <th scope="col" class="number">Self</th>
            </tr>
          </thead>
          <tbody>{profile.functions.map((hot) => <Row hot={hot} of={profile} />)}</tbody>
        </table>
      </div>
      {profile.functions_left_out > 0 && <p class="muted">{`${profile.functions_left_out} more functions with less time`}</p>}
    </>
  );
}

export function TestProfileView({ row }: { row: TestRow }) {
  const section = useSection("rh-profiles");
  if (section.state !== "ready") return null;
  const profile = section.data.items[row.index];
  if (!profile) return null;
  return (
    <>
      <h3>Hot functions</h3>
      {profile.reason && <p class="notice"><Line text={profile.reason} /></p>}
      {profile.functions.length > 0 && <Functions profile={profile} />}
    </>
  );
}

export function SuiteProfileView({ profile }: { profile: SuiteProfile }) {
  const cpu_ns = profile.phases.reduce((sum, phase) => sum + phase.cpu_ns, 0);
  return (
    <>
      <h3>Where the CPU time went</h3>
      <p>{cpu_ns > 0 ? `${phases_text(profile.phases, cpu_ns)} of ${format_duration(cpu_ns)}` : "No CPU time was sampled."}</p>
      {profile.steps.map((step) => (
        <p class="muted">
          <Line text={`${step.step}: ${plural(step.samples, "sample")} at ${step.rate_hz} Hz, ${plural(step.tests, "test")} with functions; the sampling took ${format_duration(step.own_cpu_ns)}, ${percent(step.late, 1)} of the ticks came late, ${percent(step.rejected, 1)} were rejected. `} />
          {step.file && <Line mono text={step.file} />}
          {step.reason && <span class="warn-text"><Line text={` ${step.reason}`} /></span>}
        </p>
      ))}
    </>
  );
}
