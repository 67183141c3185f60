// The rules that decide about a merge, failed ones first.
import type { GateVerdict } from "../data/model";
import { StateBadge } from "./badge";
import { Line } from "./text";

const kOrder = ["failed", "no_data", "passed"];

export function Gates({ gates }: { gates: readonly GateVerdict[] }) {
  const rows = [...gates].sort((a, b) => kOrder.indexOf(a.state) - kOrder.indexOf(b.state));
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Gates, scrolls sideways">
      <table>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Verdict</th>
            <th scope="col">Level</th>
            <th scope="col">Scope</th>
            <th scope="col" class="number">Threshold</th>
            <th scope="col" class="number">Actual</th>
            <th scope="col">Evidence</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((gate) => (
            <tr key={`${gate.rule} ${gate.scope}`}>
              <th scope="row"><Line mono text={gate.rule} /></th>
              <td><StateBadge state={gate.state} /></td>
              <td>{gate.level}</td>
              <td><Line text={gate.scope} /></td>
              <td class="number"><Line text={gate.threshold} /></td>
              <td class="number"><Line text={gate.actual || "\u2013"} /></td>
              <td>
                <Line text={gate.evidence} />
                {gate.message && <p class="reason"><Line text={gate.message} /></p>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
