// The cards under the verdict: one figure each, with what it rests on.
import type { ComponentChildren } from "preact";
import { total_of_basis } from "../data/coverage";
import { link_to } from "../data/route";
import { run_cpu, run_isolation, run_peak } from "../data/summary";
import type { Report, TestCounts } from "../data/model";
import { format_count, format_duration, format_percent, kDash, plural } from "../text/format";
import { OutcomeBar, PercentBar } from "./bar";
import { FigureText } from "./figure";
import { Line } from "./text";

function Card({ title, value, children }: { title: string; value: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="card">
      <h3>{title}</h3>
      <p class="value">{value}</p>
      <div class="under">{children}</div>
    </div>
  );
}

export function describe_counts(counts: TestCounts): string {
  const parts: [number, string][] = [
    [counts.failed + counts.errored, "failed"],
    [counts.flaky, "flaky"],
    [counts.passed - counts.flaky, "passed"],
    [counts.skipped, "skipped"],
    [counts.expected_failures, "expected failures"],
    [counts.unexpected_passes, "unexpected passes"],
  ];
  return parts.filter(([count]) => count > 0).map(([count, name]) => `${format_count(count)}\u00a0${name.replaceAll(" ", "\u00a0")}`).join(" \u00b7 ") || "no test ran";
}

function CoverageCard({ report }: { report: Report }) {
  const { coverage } = report;
  const total = total_of_basis(coverage);
  if (!total)
    return (
      <Card title="Coverage" value={<span class="unknown">{kDash}</span>}>
        <Line text={coverage.reason || "no coverage was collected"} />
      </Card>
    );
  return (
    <Card title="Coverage" value={format_percent(total.hit, total.found)}>
      <PercentBar ratio={total} />
      <Line text={`${format_count(total.hit)} of ${format_count(total.found)} ${coverage.basis.replace("+", " and ")}`} />
    </Card>
  );
}

function GateCard({ report }: { report: Report }) {
  const { gates } = report;
  if (gates.length === 0) return <Card title="Gates" value={<span class="unknown">{kDash}</span>}>no gate is configured</Card>;
  const count = (state: string): number => gates.filter((gate) => gate.state === state).length;
  const rest = [
    count("failed") && `${count("failed")} failed`,
    count("no_data") && `${count("no_data")} without data`,
  ].filter(Boolean);
  return (
    <Card title="Gates" value={`${count("passed")} of ${gates.length}`}>
      {rest.length > 0 ? rest.join(" \u00b7 ") : "all passed"}
    </Card>
  );
}

function IsolationCard({ report }: { report: Report }) {
  const isolation = run_isolation(report);
  if (!isolation) return <Card title="Isolation" value={<span class="unknown">{kDash}</span>}>no suite ran</Card>;
  const parts = [`${isolation.enforced}\u00a0applied`, isolation.degraded && `${isolation.degraded}\u00a0degraded`, isolation.refused && `${isolation.refused}\u00a0refused`];
  return (
    <Card title="Isolation" value={isolation.reached}>
      {isolation.reached !== isolation.requested && <p>{isolation.requested} was requested</p>}
      {parts.filter(Boolean).join(" \u00b7 ")}
    </Card>
  );
}

export function Summary({ report }: { report: Report }) {
  const peak = run_peak(report);
  return (
    <div class="cards" aria-label="Summary" role="group">
      <Card title="Tests" value={format_count(report.counts.total)}>
        <OutcomeBar counts={report.counts} />
        {describe_counts(report.counts)}
      </Card>
      <Card title="Wall time" value={format_duration(report.wall_ns)}>
        CPU <FigureText figure={run_cpu(report)} kind="duration" /> in {plural(report.suites.length, "suite")}
      </Card>
      <Card title="Peak memory" value={<FigureText figure={peak.figure} kind="bytes" />}>
        {peak.suite && <a href={link_to("suite", peak.suite.suite.id)}><Line text={peak.suite.suite.id} /></a>}
      </Card>
      <CoverageCard report={report} />
      <GateCard report={report} />
      <IsolationCard report={report} />
    </div>
  );
}
