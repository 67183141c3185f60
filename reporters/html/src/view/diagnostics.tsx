// What a person should know that is no test result.
import { link_to_suite } from "../data/route";
import type { Diagnostic } from "../data/model";
import { StateBadge } from "./badge";
import { Line } from "./text";

const kOrder = ["error", "warning", "info"];

export function Diagnostics({ diagnostics }: { diagnostics: readonly Diagnostic[] }) {
  const rows = [...diagnostics].sort((a, b) => kOrder.indexOf(a.severity) - kOrder.indexOf(b.severity));
  return (
    <ul class="diagnostics">
      {rows.map((row) => (
        <li>
          <StateBadge state={row.severity} />
          <div>
            <p><Line text={row.message} /></p>
            <p class="muted">
              <Line mono text={row.code} />
              {row.subject && <Line mono text={row.subject} />}
              {row.suite && <a href={link_to_suite(row.suite)}><Line text={row.suite} /></a>}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
