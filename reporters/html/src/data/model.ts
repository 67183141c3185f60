// The report as this application reads it. Members have the names of report.json, which
// docs/formats/report.md describes; what is bulky lies in sections of its own (sections.ts). Times
// ending in _ns are integers of nanoseconds, and instants are offsets from the start of the run.

export type Scope = "unknown" | "exact_process" | "exact_window" | "shared_window" | "sampled" | "lower_bound";

export interface Figure {
  value: number | null;
  scope: Scope;
  source: string;
  reason: string;
}

export type Outcome =
  | "passed"
  | "failed"
  | "errored"
  | "skipped"
  | "expected_failure"
  | "unexpected_pass"
  | "crashed"
  | "timed_out"
  | "not_run";

export type SuiteStatus =
  | "passed"
  | "failed"
  | "no_tests"
  | "broken"
  | "crashed"
  | "limit"
  | "unavailable"
  | "cancelled"
  | "not_started";

export interface Machine {
  hostname: string;
  kernel: string;
  os: string;
  cpu_model: string;
  cores: number;
  memory_bytes: number;
}

export interface RunInfo {
  id: string;
  runharness_version: string;
  argv: string[];
  preset: string;
  repository_root: string;
  directory: string;
  git_commit: string;
  git_dirty: boolean;
  started_at: string;
  jobs: number;
  sample_interval_ns: number;
  machine: Machine;
}

export interface Limits {
  wall_ns: number | null;
  cpu_ns: number | null;
  cpus?: number | null; // absent in older reports
  grace_ns: number;
  memory_bytes: number | null;
  pids: number | null;
  open_files: number | null;
  file_bytes: number | null;
  tmp_bytes: number | null;
  output_bytes: number | null;
  network: string;
}

export interface Tool {
  name: string;
  path: string;
  version: string;
  problem: string;
}

export interface SuitePlan {
  id: string;
  ecosystem: string;
  runner: string;
  root: string;
  reason: string;
  tool: Tool;
  runner_args: string[];
  env: Record<string, string>;
  details: Record<string, string>;
  limits: Limits;
}

export interface ProcessUsage {
  wall_ns: number;
  cpu_ns: Figure;
  user_cpu_ns: Figure;
  system_cpu_ns: Figure;
  peak_memory_bytes: Figure;
  max_processes: Figure;
  read_bytes: Figure;
  written_bytes: Figure;
}

export interface IsolationRow {
  mechanism: string;
  requested: string;
  state: "enforced" | "degraded" | "refused" | "not_requested";
  detail: string;
  reason: string;
}

export interface IsolationReport {
  requested: string;
  reached: string;
  rows: IsolationRow[];
}

export interface StepReport {
  name: string;
  kind: string;
  argv: string[];
  cwd: string;
  ending: string;
  status: { exit_code: number | null; signal: number | null; core_dumped: boolean };
  meaning: string;
  ending_detail: string;
  started_ns: number;
  usage: ProcessUsage;
  isolation: IsolationReport;
  signals_sent: number[];
  leftovers: { pid: number; command: string }[];
  oom_kills: number | null;
  output_bytes: number;
  output_truncated: boolean;
  stdout_file: string;
  stderr_file: string;
  output_tail: string;
}

export interface Attempt {
  number: number;
  outcome: Outcome;
  start_ns: number | null;
  duration_ns: number | null;
  duration_reason?: string;
  usage: { cpu_ns: Figure; peak_memory_bytes: Figure };
  pid: number;
  message: string;
  details: string;
  standard_output: string;
  standard_error: string;
}

export interface Quarantine {
  owner: string;
  reason: string;
  expires: string;
  expired: boolean;
}

export interface FlakeRate {
  flips: number;
  chances: number;
  low: number;
  high: number;
}

export interface TestCounts {
  total: number;
  passed: number;
  failed: number;
  errored: number;
  skipped: number;
  expected_failures: number;
  unexpected_passes: number;
  flaky: number;
  subtests: number;
  subtests_failed: number;
  quarantined: number;
}

export interface SampleSeries {
  cadence_ns: number;
  t_ns: number[];
  cpu_ns: number[];
  rss_bytes: number[];
  processes: number[];
  threads: number[];
  memory_source: string;
  cpu_source: string;
  gaps: { from_ns: number; to_ns: number; reason: string }[];
  samples_taken: number; // the columns may be a reduction of so many
}

export interface Ratio {
  found: number;
  hit: number;
}

export interface CoverageTotals {
  lines: Ratio | null;
  branches: Ratio | null;
  functions: Ratio | null;
  statements: Ratio | null;
  regions: Ratio | null;
}

export type LineHits = [line: number, hits: number];
export type BranchHits = [line: number, block: number, branch: string, taken: number | null];
export type FunctionHits = [name: string, line: number, hits: number];
export type BlockHits = [start_line: number, start_column: number, end_line: number, end_column: number, statements: number, hits: number];

// The row of a covered file; its lines are in the section "rh-coverage".
export interface CoverageFile {
  path: string;
  totals: CoverageTotals;
}

export interface CoverageReport {
  files: CoverageFile[];
  totals: CoverageTotals;
  basis: string;
  tool: string;
  reason: string;
  unresolved: string[];
  divergent: string[];
}

export interface RunnerFinished {
  tests: number | null;
  passed: number | null;
  failed: number | null;
  skipped: number | null;
  errors: number | null;
  expected_failures: number | null;
  unexpected_passes: number | null;
  subtests: number | null;
  text: string;
}

export interface SuiteReport {
  suite: SuitePlan;
  status: SuiteStatus;
  status_reason: string;
  steps: StepReport[];
  counts: TestCounts;
  native: RunnerFinished | null;
  wall_ns: number;
  usage: ProcessUsage;
  isolation: IsolationReport;
  samples: SampleSeries;
  coverage: CoverageReport;
  test_map: { granularity: string; reason: string };
  profile?: SuiteProfile; // absent in older reports
}

export interface PhaseTime {
  phase: string;
  cpu_ns: number;
  wall_ns: number;
}

export interface HotFunction {
  name: string;
  file: string;
  line: number;
  self_cpu_ns: number;
  total_cpu_ns: number;
  self_wall_ns: number;
  total_wall_ns: number;
  samples: number;
  self_low: number;
  self_high: number;
}

export interface TestProfile {
  joined_by: string;
  reason: string;
  cpu_ns: number;
  wall_ns: number;
  samples: number;
  phases: PhaseTime[];
  functions: HotFunction[];
  functions_left_out: number;
}

export interface StepProfile {
  step: string;
  file: string;
  rate_hz: number;
  samples: number;
  cpu_ns: number;
  own_cpu_ns: number;
  rejected: number;
  late: number;
  reason: string;
  phases: PhaseTime[];
  tests: number;
}

export interface SuiteProfile {
  steps: StepProfile[];
  phases: PhaseTime[];
}

export type LineRange = [first: number, last: number];

export interface GateEvidence {
  subject: string;
  lines: LineRange[];
  note: string;
}

export interface GateVerdict {
  rule: string;
  scope: string;
  level: "block" | "warn" | "info";
  state: "passed" | "failed" | "no_data";
  threshold: string;
  actual: string;
  evidence: string;
  message: string;
  blocks: boolean;
  culprits: GateEvidence[];
}

export type Category = "UNC" | "LBC" | "UIC" | "UBC" | "GBC" | "GIC" | "GNC" | "CBC" | "EUB" | "ECB" | "DUB" | "DCB";
export type Differential = Record<Category, number>;

export interface PatchFile {
  path: string;
  old_path: string;
  kind: string;
  source: boolean;
  measured: boolean;
  line_ratio: Ratio | null;
  branch_ratio: Ratio | null;
}

export interface PatchReport {
  base: string;
  merge_base: string;
  head: string;
  dirty: boolean;
  lines: Ratio | null;
  branches: Ratio | null;
  line_categories: Differential | null;
  branch_categories: Differential | null;
  categories_reason: string;
  files: PatchFile[];
}

export interface BaseRun {
  label: string;
  commit: string;
  coverage: CoverageTotals;
  tests: number;
  failed: number;
  skipped: number;
  wall_ns: number | null;
}

export interface Diagnostic {
  severity: "info" | "warning" | "error";
  code: string;
  message: string;
  subject: string;
  suite: string;
}

export interface Report {
  schema_version: number;
  run: RunInfo;
  suites: SuiteReport[];
  counts: TestCounts;
  coverage: CoverageReport;
  gates: GateVerdict[];
  diagnostics: Diagnostic[];
  wall_ns: number;
  complete: boolean;
  exit_code: number;
  exit_reason: string;
  patch: PatchReport | null;
  base: BaseRun | null;
}
