// Earlier runs of a test as a row of bars: height is duration, and what failed has a sign under it as well as a colour.
import { failures_of, median_duration, past_of, type PastRun } from "../data/past";
import { is_failure, type TestRow } from "../data/tests";
import { format_duration, plural, words } from "../text/format";
import { inert_line } from "../text/inert";
import { useSection } from "./page";

const kBar = 9;
const kGap = 2;
const kHeight = 44;
const kFloor = 3;
const kFoot = 10;

function tone_of(run: PastRun): string {
  if (is_failure(run.outcome)) return "bad";
  if (run.flaky) return "warn";
  return run.outcome === "passed" ? "good" : "quiet";
}

function Bars({ runs }: { runs: readonly PastRun[] }) {
  const longest = Math.max(1, ...runs.map((run) => run.duration_ns ?? 0));
  const width = runs.length * (kBar + kGap);
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${kHeight + kFoot}`} width={width} height={kHeight + kFoot} role="img" aria-label={`${plural(runs.length, "run")}, oldest first: ${runs.map((run) => words(run.flaky ? "flaky" : run.outcome)).join(", ")}`}>
      {runs.map((run, i) => {
        const height = run.duration_ns === null ? kFloor : Math.max(kFloor, (run.duration_ns / longest) * kHeight);
        const x = i * (kBar + kGap);
        const now = i === runs.length - 1;
        return (
          <g class={`spark-${tone_of(run)}${now ? " now" : ""}`}>
            <title>{`${now ? "this run" : `${plural(runs.length - 1 - i, "run")} ago`}: ${words(run.flaky ? "passed after a failed attempt" : run.outcome)}${run.duration_ns === null ? "" : `, ${now ? "" : "about "}${format_duration(run.duration_ns)}`}`}</title>
            <rect x={x} y={kHeight - height} width={kBar} height={height} />
            {is_failure(run.outcome) && <path d={`M${x + 2} ${kHeight + 3}l5 5m0-5l-5 5`} />}
            {run.flaky && <path d={`M${x + 1} ${kHeight + 6}q2-4 3.5 0t3.5 0`} />}
          </g>
        );
      })}
    </svg>
  );
}

export function History({ row }: { row: TestRow }) {
  const section = useSection("rh-past");
  if (section.state === "reading") return null;
  const packed = section.state === "ready" ? section.data.items[row.index] : undefined;
  if (!packed) {
    const cut = section.state === "ready" && section.data.left_out > 0;
    return <p class="muted">{cut ? "Earlier runs of this test were left out to keep this file small: runharness history show has them." : "No earlier run of this test is stored on this machine."}</p>;
  }
  const past = past_of(packed);
  const runs: PastRun[] = [...past, { outcome: row.outcome, flaky: row.group === "flaky", duration_ns: row.duration_ns }];
  const usual = median_duration(past);
  const rate = row.flake_rate;
  const failed = failures_of(past);
  return (
    <div class="history">
      <Bars runs={runs} />
      <p class="muted">
        {failed === 0 ? `Never failed in ${plural(past.length, "earlier run")}.` : `Failed in ${failed} of ${plural(past.length, "earlier run")}.`}
        {usual !== null && ` Usually about ${format_duration(usual)}${row.duration_ns === null ? "" : `, ${format_duration(row.duration_ns)} now`}.`}
        {rate && ` Changed between passing and failing ${rate.flips} of ${plural(rate.chances, "time")} without a change of the commit (${Math.round(rate.low * 100)}\u2013${Math.round(rate.high * 100)} % likely).`}
        {row.quarantine && inert_line(` Quarantined until ${row.quarantine.expires}.`)}
      </p>
    </div>
  );
}
