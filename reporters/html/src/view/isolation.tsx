// What of the sandbox was asked for, what is in force, and why not the rest.
import type { IsolationReport } from "../data/model";
import { StateBadge } from "./badge";
import { Line } from "./text";

const kOrder = ["refused", "degraded", "enforced", "not_requested"];

export function IsolationTable({ isolation }: { isolation: IsolationReport }) {
  if (isolation.rows.length === 0) return <p class="empty">Nothing was recorded about isolation.</p>;
  const rows = [...isolation.rows].sort((a, b) => kOrder.indexOf(a.state) - kOrder.indexOf(b.state));
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
            {rows.map((row) => (
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
