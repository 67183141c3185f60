// Words for outcomes and states with a sign before them; the colour repeats what sign and word say.
import type { Outcome, SuiteStatus } from "../data/model";
import type { Group } from "../data/tests";
import { words } from "../text/format";
import { Icon, type IconName } from "./icon";

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

export const kGroupTones: Record<Group, Tone> = { failed: "bad", quarantined: "warn", flaky: "warn", passed: "good", skipped: "quiet", expected: "info" };

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

const kSigns: Record<Tone, IconName> = { good: "check", bad: "cross", warn: "warning", quiet: "skip", info: "check" };

export function Badge({ tone, sign, children }: { tone: Tone; sign?: IconName; children: string }) {
  return <span class={`badge ${tone}`}><Icon name={sign ?? kSigns[tone]} />{children}</span>;
}

export function OutcomeBadge({ outcome, group }: { outcome: Outcome; group?: Group }) {
  if (group === "flaky") return <Badge tone="warn" sign="flaky">flaky</Badge>;
  if (group === "quarantined") return <Badge tone="warn" sign="shield">quarantined</Badge>;
  return <Badge tone={kOutcomes[outcome] ?? "quiet"} {...(outcome === "timed_out" ? { sign: "clock" as const } : {})}>{words(outcome)}</Badge>;
}

export function StatusBadge({ status }: { status: SuiteStatus }) {
  return <Badge tone={kSuites[status] ?? "quiet"}>{words(status)}</Badge>;
}

export function StateBadge({ state }: { state: string }) {
  return <Badge tone={kStates[state] ?? "bad"}>{words(state)}</Badge>;
}
