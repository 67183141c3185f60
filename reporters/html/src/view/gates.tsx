// The rules that decide about a merge, those that stop it first, each with the places it rests on.
import { hash_of, link_to_file, link_to_suite } from "../data/route";
import { format_ranges } from "../data/ranges";
import type { GateEvidence, GateVerdict } from "../data/model";
import { plural } from "../text/format";
import { StateBadge } from "./badge";
import { Fold } from "./fold";
import { usePage } from "./page";
import { Line } from "./text";

const kOrder = ["failed", "no_data", "passed"];
const kMaxCulprits = 8;

function rank(gate: GateVerdict): number {
  return kOrder.indexOf(gate.state) - (gate.blocks ? kOrder.length : 0);
}

function Culprit({ culprit }: { culprit: GateEvidence }) {
  const { report, table } = usePage();
  const { subject, lines, note } = culprit;
  const ranges = lines.map(([from, to]) => ({ from, to }));
  const link = report.coverage.files.some((file) => file.path === subject) ? link_to_file(subject, lines[0]?.[0])
    : report.suites.some((suite) => suite.suite.id === subject) ? link_to_suite(subject)
    : table.find(subject) ? hash_of({ view: "tests", test: subject })
    : null;
  return (
    <li>
      {link ? <a href={link}><Line mono text={subject} /></a> : <Line mono text={subject} />}
      {ranges.length > 0 && <span class="figure muted">{`${ranges.length === 1 && ranges[0]?.from === ranges[0]?.to ? "line" : "lines"} ${format_ranges(ranges)}`}</span>}
      {note && <span class="muted"><Line text={note} /></span>}
    </li>
  );
}

// Those that passed are folded away when others did not.
export function Gates({ gates }: { gates: readonly GateVerdict[] }) {
  const rows = [...gates].sort((a, b) => rank(a) - rank(b));
  const passed = rows.filter((gate) => gate.state === "passed");
  const others = rows.filter((gate) => gate.state !== "passed");
  if (others.length === 0 || passed.length < 2) return <GateTable rows={rows} />;
  return (
    <>
      <GateTable rows={others} />
      <Fold title={`${plural(passed.length, "gate")} passed`} printed>{() => <GateTable rows={passed} />}</Fold>
    </>
  );
}

function GateTable({ rows }: { rows: readonly GateVerdict[] }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Gates, scrolls sideways">
      <table class="gates">
        <thead>
          <tr>
            <th scope="col">Verdict</th>
            <th scope="col">Rule</th>
            <th scope="col" class="number">Wanted</th>
            <th scope="col" class="number">Actual</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((gate, i) => (
            <tr key={i}>
              <td>
                <StateBadge state={gate.state} />
                <span class="gate-level">{gate.blocks ? "stops the merge" : gate.level === "block" ? "" : gate.level}</span>
              </td>
              <th scope="row">
                <Line mono text={gate.rule} />
                <span class="gate-scope"><Line text={gate.scope} /></span>
              </th>
              <td class="number"><Line text={gate.threshold || "\u2013"} /></td>
              <td class="number"><Line text={gate.actual || "\u2013"} /></td>
              <td>
                {gate.message && <p><Line text={gate.message} /></p>}
                {gate.evidence && <p class="reason"><Line text={gate.evidence} /></p>}
                {gate.culprits.length > 0 && (
                  <ul class="culprits">
                    {gate.culprits.slice(0, kMaxCulprits).map((culprit, n) => <Culprit key={n} culprit={culprit} />)}
                    {gate.culprits.length > kMaxCulprits && <li class="muted">{`${gate.culprits.length - kMaxCulprits} more`}</li>}
                  </ul>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
