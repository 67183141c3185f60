// Small horizontal bars: a share of a whole, and the mix of outcomes.
import type { Ratio, TestCounts } from "../data/model";
import { format_count, format_percent, kDash } from "../text/format";
import type { Tone } from "./badge";

export function PercentBar({ ratio }: { ratio: Ratio | null }) {
  if (!ratio || ratio.found === 0) return <span class="figure unknown" title="the coverage format does not say">{kDash}</span>;
  return (
    <span class="percent">
      <span class="track" aria-hidden="true">
        <span class="fill-bar" style={{ width: `${(100 * ratio.hit) / ratio.found}%` }} />
      </span>
      <span class="figure">{format_percent(ratio.hit, ratio.found)}</span>
    </span>
  );
}

export function RatioText({ ratio }: { ratio: Ratio | null }) {
  if (!ratio || ratio.found === 0) return <span class="figure unknown" title="not in the coverage data">{kDash}</span>;
  return <span class="figure">{`${format_count(ratio.hit)}/${format_count(ratio.found)}`}</span>;
}

export function OutcomeBar({ counts }: { counts: TestCounts }) {
  const parts: [Tone, number, string][] = [
    ["bad", counts.failed + counts.errored, "failed"],
    ["warn", counts.flaky, "flaky"],
    ["good", counts.passed - counts.flaky, "passed"],
    ["info", counts.expected_failures + counts.unexpected_passes, "expected to fail"],
    ["quiet", counts.skipped, "skipped"],
  ];
  const shown = parts.filter(([, count]) => count > 0);
  return (
    <span class="mix" role="img" aria-label={shown.map(([, count, name]) => `${count} ${name}`).join(", ") || "no tests"}>
      {shown.map(([tone, count, name]) => (
        <span class={tone} style={{ flexGrow: count }} title={`${format_count(count)} ${name}`} />
      ))}
    </span>
  );
}
