// What of the sandbox was asked for, what is in force, and why not the rest: for the run, and for one suite.
import { useMemo } from "preact/hooks";
import { link_to_suite } from "../data/route";
import { run_isolation } from "../data/summary";
import type { IsolationReport, IsolationRow, SuiteReport } from "../data/model";
import { plural } from "../text/format";
import { StateBadge } from "./badge";
import { usePage } from "./page";
import { Line } from "./text";

const kOrder = ["refused", "degraded", "enforced", "not_requested"];

function by_weakness(a: { state: string }, b: { state: string }): number {
  return kOrder.indexOf(a.state) - kOrder.indexOf(b.state);
}

export function IsolationTable({ isolation }: { isolation: IsolationReport }) {
  if (isolation.rows.length === 0) return <p class="empty">Nothing was recorded about isolation.</p>;
  return (
    <>
      <p class="muted">
        Level {isolation.reached}, {isolation.requested} was requested.
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label="Isolation, scrolls sideways">
        <table class="isolation">
          <thead>
            <tr>
              <th scope="col">Mechanism</th>
              <th scope="col">State</th>
              <th scope="col">Requested</th>
              <th scope="col">By what, and why not</th>
            </tr>
          </thead>
          <tbody>
            {[...isolation.rows].sort(by_weakness).map((row) => (
              <tr key={row.mechanism}>
                <th scope="row"><Line text={row.mechanism} /></th>
                <td><StateBadge state={row.state} /></td>
                <td><Line text={row.requested} /></td>
                <td>
                  <Line text={row.detail} />
                  {row.reason && <p class="reason"><Line text={row.reason} /></p>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface Variant {
  row: IsolationRow;
  suites: SuiteReport[];
}

interface Mechanism {
  name: string;
  state: string; // the weakest
  variants: Variant[];
}

// Mechanisms of all suites; suites for which one came out alike share a line.
function mechanisms_of(suites: readonly SuiteReport[]): Mechanism[] {
  const found = new Map<string, Map<string, Variant>>();
  for (const suite of suites)
    for (const row of suite.isolation.rows) {
      const of_mechanism = found.get(row.mechanism) ?? new Map<string, Variant>();
      const key = JSON.stringify([row.state, row.requested, row.detail, row.reason]);
      const variant = of_mechanism.get(key) ?? { row, suites: [] };
      variant.suites.push(suite);
      of_mechanism.set(key, variant);
      found.set(row.mechanism, of_mechanism);
    }
  return [...found]
    .map(([name, variants]) => {
      const sorted = [...variants.values()].sort((a, b) => by_weakness(a.row, b.row));
      return { name, state: sorted[0]?.row.state ?? "enforced", variants: sorted };
    })
    .sort(by_weakness);
}

function Levels({ suites }: { suites: readonly SuiteReport[] }) {
  const short = suites.filter((suite) => suite.isolation.reached !== suite.isolation.requested);
  if (short.length === 0 || short.length === suites.length) return null; // the head says it
  return (
    <ul class="notice levels">
      {short.map((suite) => (
        <li key={suite.suite.id}>
          <a href={link_to_suite(suite.suite.id)}><Line text={suite.suite.id} /></a>
          {` reached ${suite.isolation.reached}, ${suite.isolation.requested} was requested`}
        </li>
      ))}
    </ul>
  );
}

// What outlived its step and was killed, and processes that the kernel killed for memory.
function Leftovers({ suites }: { suites: readonly SuiteReport[] }) {
  const rows = suites.flatMap((suite) => suite.steps.flatMap((step) => step.leftovers.map((process) => ({ suite, step, process }))));
  if (rows.length === 0) return <p class="muted">No process outlived its step.</p>;
  return (
    <div class="table-box">
      <table>
        <thead><tr><th scope="col">Process</th><th scope="col" class="number">pid</th><th scope="col">Step</th><th scope="col">Suite</th></tr></thead>
        <tbody>
          {rows.map(({ suite, step, process }, i) => (
            <tr key={i}>
              <th scope="row"><Line mono text={process.command} /></th>
              <td class="number">{process.pid}</td>
              <td><Line text={step.name} /></td>
              <td><a href={link_to_suite(suite.suite.id)}><Line text={suite.suite.id} /></a></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function VariantRow({ name, variant, rows, first, all }: { name: string; variant: Variant; rows: number; first: boolean; all: number }) {
  const { row, suites } = variant;
  return (
    <tr class={first ? "" : "same-mechanism"}>
      {first && <th scope="rowgroup" rowSpan={rows}><Line text={name} /></th>}
      <td><StateBadge state={row.state} /></td>
      <td><Line text={row.requested} /></td>
      <td>
        <Line text={row.detail} />
        {row.reason && <p class="reason"><Line text={row.reason} /></p>}
      </td>
      <td class="suites-cell">
        {suites.length === all ? <span class="muted">{all === 1 ? "the suite" : `all ${all}`}</span>
          : suites.length > 4 ? plural(suites.length, "suite")
          : suites.map((suite, i) => <span key={suite.suite.id}>{i > 0 && ", "}<a href={link_to_suite(suite.suite.id)}><Line text={suite.suite.id} /></a></span>)}
      </td>
    </tr>
  );
}

export function Isolation() {
  const { report } = usePage();
  const suites = useMemo(() => report.suites.filter((suite) => suite.steps.length > 0), [report]);
  const mechanisms = useMemo(() => mechanisms_of(suites), [suites]);
  const summary = run_isolation(report);
  if (!summary || mechanisms.length === 0)
    return (
      <>
        <h1 class="view-title">Isolation</h1>
        <p class="empty-state">{suites.length === 0 ? "No suite ran, so nothing was isolated." : "Nothing was recorded about isolation: the run was not made in a sandbox of runharness."}</p>
      </>
    );
  return (
    <>
      <div class="view-head">
        <h1 class="view-title">Isolation<span class="view-figure">{summary.reached}</span></h1>
        <span class="muted">
          {`${summary.requested} was requested \u00b7 ${summary.enforced} applied`}
          {summary.degraded > 0 && ` \u00b7 ${summary.degraded} degraded`}
          {summary.refused > 0 && ` \u00b7 ${summary.refused} refused`}
        </span>
      </div>
      <Levels suites={suites} />
      <div class="table-box" tabIndex={0} role="region" aria-label="Mechanisms of isolation, scrolls sideways">
        <table class="isolation">
          <thead>
            <tr>
              <th scope="col">Mechanism</th>
              <th scope="col">State</th>
              <th scope="col">Requested</th>
              <th scope="col">By what, and why not</th>
              <th scope="col">Suites</th>
            </tr>
          </thead>
          {mechanisms.map(({ name, variants }) => (
            <tbody key={name}>
              {variants.map((variant, i) => <VariantRow key={i} name={name} variant={variant} rows={variants.length} first={i === 0} all={suites.length} />)}
            </tbody>
          ))}
        </table>
      </div>
      <section>
        <h2>Left behind</h2>
        <Leftovers suites={suites} />
      </section>
    </>
  );
}
