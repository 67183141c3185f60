// Figures over all suites for the cards at the top.
import type { Figure, Report, Scope, SuiteReport } from "./model";

const kWeakest: readonly Scope[] = ["exact_process", "exact_window", "shared_window", "sampled", "lower_bound"];

function unknown(reason: string): Figure {
  return { value: null, scope: "unknown", source: "", reason };
}

function weaker(a: Scope, b: Scope): Scope {
  return kWeakest.indexOf(a) >= kWeakest.indexOf(b) ? a : b;
}

function ran(suite: SuiteReport): boolean {
  return suite.steps.length > 0;
}

// The sum over the suites that ran; when some are not known it is only a lower bound.
export function run_cpu(report: Report): Figure {
  const figures = report.suites.filter(ran).map((suite) => suite.usage.cpu_ns);
  const known = figures.filter((figure) => figure.value !== null);
  if (known.length === 0) return unknown(figures[0]?.reason || "no suite ran");
  const sum: Figure = {
    value: known.reduce((total, figure) => total + (figure.value ?? 0), 0),
    scope: known.map((figure) => figure.scope).reduce(weaker),
    source: known[0]?.source ?? "",
    reason: "",
  };
  if (known.length < figures.length) return { ...sum, scope: "lower_bound", reason: "not known for every suite" };
  return sum;
}

export interface Peak {
  figure: Figure;
  suite: SuiteReport | null;
}

export function run_peak(report: Report): Peak {
  let best: Peak = { figure: unknown("no suite ran"), suite: null };
  for (const suite of report.suites.filter(ran)) {
    const figure = suite.usage.peak_memory_bytes;
    if (best.suite === null || (figure.value ?? -1) > (best.figure.value ?? -1)) best = { figure, suite };
  }
  return best;
}

type State = "enforced" | "degraded" | "refused";
export type IsolationSummary = Record<State, number> & { reached: string; requested: string };

const kLevels: readonly string[] = ["none", "contained", "strict"];
const kStates: readonly State[] = ["enforced", "degraded", "refused"];

function extreme_level(levels: readonly string[], choose: (...indexes: number[]) => number): string {
  return kLevels[choose(...levels.map((level) => kLevels.indexOf(level)))] ?? "none";
}

// Each mechanism counts once, as the suite saw it where it was weakest.
export function run_isolation(report: Report): IsolationSummary | null {
  const reports = report.suites.filter(ran).map((suite) => suite.isolation);
  if (reports.length === 0) return null;
  const weakest = new Map<string, number>();
  for (const { mechanism, state } of reports.flatMap(({ rows }) => rows)) {
    if (state !== "not_requested") weakest.set(mechanism, Math.max(weakest.get(mechanism) ?? 0, kStates.indexOf(state)));
  }
  const count = (state: State): number => [...weakest.values()].filter((index) => kStates[index] === state).length;
  return {
    enforced: count("enforced"),
    degraded: count("degraded"),
    refused: count("refused"),
    reached: extreme_level(reports.map((isolation) => isolation.reached), Math.min),
    requested: extreme_level(reports.map((isolation) => isolation.requested), Math.max),
  };
}
