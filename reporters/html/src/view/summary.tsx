// The first view: the verdict and why, the figures it rests on, what went wrong, the suites, and what cost most.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { total_of_basis } from "../data/coverage";
import { hash_of, link_to_suite, link_to_tests } from "../data/route";
import { run_cpu, run_isolation, run_peak } from "../data/summary";
import { verdict_of } from "../data/verdict";
import type { TestRow } from "../data/tests";
import type { BaseRun, GateVerdict, Ratio, Report, TestCounts } from "../data/model";
import { format_bytes, format_count, format_duration, format_percent, format_time, is_instant, kDash, plural } from "../text/format";
import { OutcomeBar, PercentBar } from "./bar";
import { Diagnostics } from "./diagnostics";
import { Failures, is_broken } from "./failures";
import { Duration, FigureText } from "./figure";
import { Gates } from "./gates";
import { usePage } from "./page";
import { Section } from "./section";
import { Suites } from "./suites";
import { Line } from "./text";

function Card({ title, value, href, children }: { title: string; value: ComponentChildren; href?: string; children: ComponentChildren }) {
  return (
    <div class="card">
      <h3>{href ? <a href={href}>{title}</a> : title}</h3>
      <p class="value">{value}</p>
      <div class="under">{children}</div>
    </div>
  );
}

export function describe_counts(counts: TestCounts): string {
  const parts: [number, string][] = [
    [counts.failed + counts.errored - counts.quarantined, "failed"],
    [counts.quarantined, "quarantined"],
    [counts.flaky, "flaky"],
    [counts.passed - counts.flaky, "passed"],
    [counts.skipped, "skipped"],
    [counts.expected_failures, "failed as expected"],
    [counts.unexpected_passes, "passed unexpectedly"],
  ];
  return parts.filter(([count]) => count > 0).map(([count, name]) => `${format_count(count)}\u00a0${name.replaceAll(" ", "\u00a0")}`).join(" \u00b7 ") || "no test ran";
}

function Delta({ now, before, format, more_is }: { now: number; before: number | null; format: (value: number) => string; more_is?: "good" | "bad" }) {
  if (before === null) return null;
  const change = now - before;
  if (change === 0) return <span class="delta">as in the base</span>;
  const tone = more_is === undefined ? "" : (change > 0) === (more_is === "good") ? "good" : "bad";
  return <span class={`delta ${tone}`}>{`${change > 0 ? "+" : "\u2212"}${format(Math.abs(change))} against the base`}</span>;
}

function hundredths(ratio: Ratio | null | undefined): number | null {
  return ratio && ratio.found > 0 ? Math.floor((ratio.hit * 10000) / ratio.found) : null;
}

function CoverageCard({ report }: { report: Report }) {
  const { coverage, base, patch } = report;
  const total = total_of_basis(coverage);
  const href = hash_of({ view: "coverage" });
  if (!total)
    return (
      <Card title="Coverage" value={<span class="unknown">{kDash}</span>} href={href}>
        <Line text={coverage.reason || "no coverage was collected"} />
      </Card>
    );
  const before = hundredths(base?.coverage.lines);
  const now = hundredths(coverage.totals.lines);
  return (
    <Card title="Coverage" value={format_percent(total.hit, total.found)} href={href}>
      <PercentBar ratio={total} />
      <p><Line text={`${format_count(total.hit)} of ${format_count(total.found)} ${coverage.basis.replace("+", " and ")}`} /></p>
      {patch?.lines && patch.lines.found > 0 && <p>{`patch ${format_percent(patch.lines.hit, patch.lines.found)} of ${plural(patch.lines.found, "line")}`}</p>}
      {now !== null && before !== null && <Delta now={now} before={before} format={(value) => `${(value / 100).toFixed(2)} points`} more_is="good" />}
    </Card>
  );
}

function GateCard({ report }: { report: Report }) {
  const { gates } = report;
  if (gates.length === 0) return <Card title="Gates" value={<span class="unknown">{kDash}</span>}>no gate is configured</Card>;
  const count = (state: string): number => gates.filter((gate) => gate.state === state).length;
  const blocking = gates.filter((gate) => gate.blocks).length;
  const rest = [blocking && `${blocking} stop the merge`, count("failed") && `${count("failed")} failed`, count("no_data") && `${count("no_data")} without data`].filter(Boolean);
  return (
    <Card title="Gates" value={`${count("passed")} of ${gates.length}`}>
      {rest.length > 0 ? rest.join(" \u00b7 ") : "all passed"}
    </Card>
  );
}

function IsolationCard({ report }: { report: Report }) {
  const isolation = run_isolation(report);
  const href = hash_of({ view: "isolation" });
  if (!isolation) return <Card title="Isolation" value={<span class="unknown">{kDash}</span>} href={href}>no suite ran</Card>;
  const parts = [`${isolation.enforced}\u00a0applied`, isolation.degraded && `${isolation.degraded}\u00a0degraded`, isolation.refused && `${isolation.refused}\u00a0refused`];
  return (
    <Card title="Isolation" value={isolation.reached} href={href}>
      {isolation.reached !== isolation.requested && <p>{isolation.requested} was requested</p>}
      {parts.filter(Boolean).join(" \u00b7 ")}
    </Card>
  );
}

function Cards() {
  const { report } = usePage();
  const { base } = report;
  const peak = run_peak(report);
  const measured = report.suites.some((suite) => suite.steps.length > 0);
  return (
    <div class="cards" aria-label="Figures" role="group">
      <Card title="Tests" value={format_count(report.counts.total)} href={hash_of({ view: "tests" })}>
        <OutcomeBar counts={report.counts} />
        <p>{describe_counts(report.counts)}</p>
        {base && <Delta now={report.counts.total} before={base.tests} format={format_count} />}
      </Card>
      <Card title="Wall time" value={report.wall_ns > 0 ? format_duration(report.wall_ns) : <span class="unknown">{kDash}</span>} href={hash_of({ view: "timeline" })}>
        {measured ? <p>CPU <FigureText figure={run_cpu(report)} kind="duration" /> in {plural(report.suites.length, "suite")}</p> : <p>nothing was run here: results were read</p>}
        {base && <Delta now={report.wall_ns} before={base.wall_ns} format={format_duration} />}
      </Card>
      <Card title="Peak memory" value={<FigureText figure={peak.figure} kind="bytes" />}>
        {!peak.suite && "not measured"}
        {peak.suite && <>of <a href={link_to_suite(peak.suite.suite.id)}><Line text={peak.suite.suite.id} /></a></>}
      </Card>
      <CoverageCard report={report} />
      <GateCard report={report} />
      <IsolationCard report={report} />
    </div>
  );
}

function Fact({ name, children, title }: { name: string; children: ComponentChildren; title?: string }) {
  return (
    <div class="fact" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function base_text(base: BaseRun): string {
  const commit = base.commit.slice(0, 12);
  return commit && !base.label.includes(base.commit.slice(0, 7)) ? `${base.label} (${commit})` : base.label;
}

function Verdict() {
  const { report } = usePage();
  const { run } = report;
  const verdict = verdict_of(report);
  const { machine } = run;
  return (
    <header class="page-head">
      <div class={`verdict ${verdict.tone}`}>
        <h1>{verdict.word}</h1>
        <p><Line text={report.exit_reason} /></p>
        <span class="exit-code">exit code {report.exit_code}</span>
      </div>
      {!report.complete && (
        <p class="notice">This report was rebuilt from the event log of a run that did not finish; what is missing was not run.</p>
      )}
      <dl class="facts">
        <Fact name="Commit">
          {run.git_commit ? <Line mono text={run.git_commit.slice(0, 12)} title={run.git_commit} /> : "not known"}
          {run.git_dirty && <span class="dirty" title="the work tree had uncommitted changes">+ changes</span>}
        </Fact>
        {report.base && <Fact name="Base"><Line text={base_text(report.base)} /></Fact>}
        {run.preset && <Fact name="Preset"><Line text={run.preset} /></Fact>}
        {is_instant(run.started_at) && <Fact name="Started">{format_time(run.started_at)}</Fact>}
        {machine.cores > 0 && (
          <Fact name="Machine" title={machine.cpu_model}>
            <Line text={machine.hostname || "unnamed"} />
            {`, ${plural(machine.cores, "core")}, ${format_bytes(machine.memory_bytes)}`}
          </Fact>
        )}
        {machine.cores > 0 && <Fact name="Jobs">{format_count(run.jobs)}</Fact>}
      </dl>
    </header>
  );
}

const kMostExpensive = 6;

function largest(rows: readonly TestRow[], value: (row: TestRow) => number | null): TestRow[] {
  const best: TestRow[] = [];
  for (const row of rows) {
    const own = value(row) ?? 0;
    if (own === 0 || (best.length === kMostExpensive && own <= (value(best.at(-1) as TestRow) ?? 0))) continue;
    best.push(row);
    best.sort((a, b) => (value(b) ?? 0) - (value(a) ?? 0));
    best.length = Math.min(best.length, kMostExpensive);
  }
  return best;
}

function TopTests({ title, rows, sort, children }: { title: string; rows: readonly TestRow[]; sort: string; children: (row: TestRow) => ComponentChildren }) {
  if (rows.length === 0) return null;
  return (
    <div class="top-tests">
      <h3><a href={hash_of({ view: "tests", sort })}>{title}</a></h3>
      <ol>
        {rows.map((row) => (
          <li key={row.index}>
            <a href={hash_of({ view: "tests", sort, test: row.id })}><Line text={row.title} /></a>
            <span class="muted top-suite"><Line text={row.suite.suite.id} /></span>
            <span class="number">{children(row)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Expensive() {
  const { table } = usePage();
  return (
    <div class="expensive">
      <TopTests title="Longest tests" rows={largest(table.rows, (row) => row.duration_ns)} sort="-duration">
        {(row) => <Duration ns={row.duration_ns} />}
      </TopTests>
      <TopTests title="Most memory" rows={largest(table.rows, (row) => row.memory_bytes)} sort="-memory">
        {(row) => <FigureText figure={row.peak_memory} kind="bytes" />}
      </TopTests>
    </div>
  );
}

function is_bad(gate: GateVerdict): boolean {
  return gate.state === "failed" || gate.blocks;
}

// A lone suite has nothing to be found among.
function useOpenSuites(report: Report, wanted: string | undefined) {
  const [open, set_open] = useState<ReadonlySet<string>>(() => new Set(report.suites.length === 1 ? report.suites.map(({ suite }) => suite.id) : []));
  useEffect(() => {
    if (wanted !== undefined) set_open((now) => new Set(now).add(wanted));
  }, [wanted]);
  useLayoutEffect(() => {
    if (wanted === undefined || !open.has(wanted)) return;
    const row = [...document.querySelectorAll<HTMLElement>("tr[data-suite]")].find((candidate) => candidate.dataset["suite"] === wanted);
    row?.scrollIntoView({ block: "start" });
  }, [wanted, open.has(wanted ?? "")]);
  const toggle = (id: string): void =>
    set_open((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return { open, toggle };
}

export function Summary() {
  const { report, table, route } = usePage();
  const { open, toggle } = useOpenSuites(report, route.suite);
  const failed = table.groups.reduce((count, group) => count + Number(group === "failed"), 0);
  const broken = report.suites.filter(is_broken).length;
  const gates = report.gates.length > 0 && <Section id="gates" title="Gates"><Gates gates={report.gates} /></Section>;
  const bad_gates = report.gates.some(is_bad);
  return (
    <>
      <Verdict />
      <Cards />
      {bad_gates && gates}
      {failed + broken > 0 && (
        <Section id="failures" title="Failures" note={failed > 0 ? <a href={link_to_tests("status:failed")}>{plural(failed, "failed test")} in the table</a> : null}>
          <Failures />
        </Section>
      )}
      {report.diagnostics.length > 0 && report.diagnostics.some((row) => row.severity !== "info") && <Section id="diagnostics" title="Diagnostics"><Diagnostics diagnostics={report.diagnostics} /></Section>}
      {report.suites.length > 0 && <Section id="suites" title="Suites"><Suites report={report} open={open} toggle={toggle} /></Section>}
      {!bad_gates && gates}
      {table.rows.length > 0 && <Section id="expensive" title="What cost most"><Expensive /></Section>}
      {report.diagnostics.length > 0 && report.diagnostics.every((row) => row.severity === "info") && <Section id="diagnostics" title="Diagnostics"><Diagnostics diagnostics={report.diagnostics} /></Section>}
    </>
  );
}
