// Coloured words for outcomes and states; the colour repeats what the word says.
import type { Outcome, SuiteStatus } from "../data/model";
import type { Group } from "../data/tests";
import { words } from "../text/format";

export type Tone = "good" | "bad" | "warn" | "quiet" | "info";

const kOutcomes: Record<Outcome, Tone> = {
  passed: "good",
  failed: "bad",
  errored: "bad",
  crashed: "bad",
  timed_out: "bad",
  not_run: "bad",
  skipped: "quiet",
  expected_failure: "info",
  unexpected_pass: "warn",
};

const kSuites: Record<SuiteStatus, Tone> = {
  passed: "good",
  failed: "bad",
  no_tests: "warn",
  broken: "bad",
  crashed: "bad",
  limit: "bad",
  unavailable: "warn",
  cancelled: "warn",
  not_started: "quiet",
};

export const kGroupTones: Record<Group, Tone> = { failed: "bad", flaky: "warn", passed: "good", skipped: "quiet", expected: "info" };

const kStates: Record<string, Tone> = {
  enforced: "good",
  degraded: "warn",
  refused: "bad",
  not_requested: "quiet",
  passed: "good",
  failed: "bad",
  no_data: "warn",
  error: "bad",
  warning: "warn",
  info: "quiet",
  exited: "quiet",
};

export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function OutcomeBadge({ outcome, flaky = false }: { outcome: Outcome; flaky?: boolean }) {
  if (flaky) return <Badge tone="warn">flaky</Badge>;
  return <Badge tone={kOutcomes[outcome] ?? "quiet"}>{words(outcome)}</Badge>;
}

export function StatusBadge({ status }: { status: SuiteStatus }) {
  return <Badge tone={kSuites[status] ?? "quiet"}>{words(status)}</Badge>;
}

export function StateBadge({ state }: { state: string }) {
  return <Badge tone={kStates[state] ?? "bad"}>{words(state)}</Badge>;
}
