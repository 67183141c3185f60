// The table of suites, each with a panel of details that opens under it.
import { total_of_basis } from "../data/coverage";
import type { Report, SuiteReport } from "../data/model";
import { format_count, format_duration, kDash } from "../text/format";
import { PercentBar } from "./bar";
import { StatusBadge } from "./badge";
import { FigureText } from "./figure";
import { Icon } from "./icon";
import { SuitePanel } from "./suite_panel";
import { Line } from "./text";
import { Guard } from "./problem";

function Isolation({ suite }: { suite: SuiteReport }) {
  if (suite.steps.length === 0) return <span class="unknown" title="the suite did not run">{kDash}</span>;
  const { requested, reached } = suite.isolation;
  if (requested === reached) return <>{reached}</>;
  return <span class="warn-text" title={`${requested} was requested`}>{reached}</span>;
}

function Coverage({ suite }: { suite: SuiteReport }) {
  const total = total_of_basis(suite.coverage);
  if (!total) return <span class="figure unknown" title={suite.coverage.reason || "no coverage was collected"}>{kDash}</span>;
  return (
    <span title={`of ${suite.coverage.basis}, by ${suite.coverage.tool}`}>
      <PercentBar ratio={total} />
      <span class="basis">{suite.coverage.basis}</span>
    </span>
  );
}

function Count({ value, bad = false }: { value: number; bad?: boolean }) {
  return <span class={value === 0 ? "figure zero" : bad ? "figure bad-text" : "figure"}>{format_count(value)}</span>;
}

function SuiteRow({ suite, open, toggle }: { suite: SuiteReport; open: boolean; toggle: () => void }) {
  const id = suite.suite.id;
  return (
    <tr class={open ? "suite-row open" : "suite-row"} data-suite={id}>
      <th scope="row">
        <button type="button" class="disclose" aria-expanded={open} onClick={toggle}>
          <Icon name="right" />
          <Line text={id} />
        </button>
      </th>
      <td><StatusBadge status={suite.status} /></td>
      <td class="number"><Count value={suite.counts.total} /></td>
      <td class="number"><Count value={suite.counts.failed + suite.counts.errored} bad /></td>
      <td class="number"><Count value={suite.counts.skipped} /></td>
      <td class="number">{suite.steps.length > 0 ? format_duration(suite.wall_ns) : <span class="unknown">{kDash}</span>}</td>
      <td class="number"><FigureText figure={suite.usage.cpu_ns} kind="duration" /></td>
      <td class="number"><FigureText figure={suite.usage.peak_memory_bytes} kind="bytes" /></td>
      <td class="coverage-cell"><Coverage suite={suite} /></td>
      <td><Isolation suite={suite} /></td>
    </tr>
  );
}

interface Props {
  report: Report;
  open: ReadonlySet<string>;
  toggle: (id: string) => void;
}

export function Suites({ report, open, toggle }: Props) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Suites, scrolls sideways">
      <table class="suites">
        <thead>
          <tr>
            <th scope="col">Suite</th>
            <th scope="col">Status</th>
            <th scope="col" class="number">Tests</th>
            <th scope="col" class="number">Failed</th>
            <th scope="col" class="number">Skipped</th>
            <th scope="col" class="number">Wall</th>
            <th scope="col" class="number">CPU</th>
            <th scope="col" class="number">Peak memory</th>
            <th scope="col">Coverage</th>
            <th scope="col">Isolation</th>
          </tr>
        </thead>
        {report.suites.map((suite) => (
          <tbody key={suite.suite.id}>
            <SuiteRow suite={suite} open={open.has(suite.suite.id)} toggle={() => toggle(suite.suite.id)} />
            {open.has(suite.suite.id) && (
              <tr class="panel-row">
                <td colSpan={10}>
                  <Guard name="This suite">
                    <SuitePanel suite={suite} />
                  </Guard>
                </td>
              </tr>
            )}
          </tbody>
        ))}
      </table>
    </div>
  );
}
