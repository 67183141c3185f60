// Earlier runs of a test, as the page carries them: a letter for the outcome and a character for the duration.
import { is_failure, kOutcomes } from "./tests";
import type { Outcome } from "./model";

export interface PastRun {
  outcome: Outcome;
  flaky: boolean;
  duration_ns: number | null; // within 6 %
}

const kScaleBegin = 0x100;
const kStepsPerOctave = 6;

export function past_of([outcomes, durations]: readonly [string, string]): PastRun[] {
  return [...outcomes].map((letter, i) => {
    const code = durations.charCodeAt(i);
    return {
      outcome: letter === "k" ? "passed" : kOutcomes[letter] ?? "not_run",
      flaky: letter === "k",
      duration_ns: code >= kScaleBegin ? 2 ** ((code - kScaleBegin) / kStepsPerOctave) : null,
    };
  });
}

export function failures_of(past: readonly PastRun[]): number {
  return past.filter((run) => is_failure(run.outcome)).length;
}

export function median_duration(past: readonly PastRun[]): number | null {
  const known = past.filter((run) => !is_failure(run.outcome)).map((run) => run.duration_ns).filter((ns) => ns !== null).sort((a, b) => a - b);
  return known.length === 0 ? null : (known[Math.floor(known.length / 2)] as number);
}
