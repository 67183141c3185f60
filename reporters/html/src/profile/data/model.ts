// The data of a profile's page as reporters/profile/ writes it.
import type { Diagnostic, Figure } from "../../data/model";
import type { Dictionary, Numbers } from "../../data/tests";

export const kPageVersion = 1;

export const kKinds = ["python", "native", "javascript", "shell", "java", "kernel", "gc", "idle", "runtime"] as const;
export type Kind = (typeof kKinds)[number];
export const kKindLetters = "pnjsvkgir";

// Bits of a run's state.
export const kOnCpu = 1;
export const kHoldsGil = 2;
export const kWaitsForGil = 4;
export const kUnknownCpu = 8;

export interface SampleQuality {
  expected: number;
  taken: number;
  rejected: number;
  idle: number;
  late: number;
  retries: number;
  lost: number;
}

export interface Process {
  pid: number;
  parent: number | null;
  command: string;
  runtime: string;
  profiler: string;
  unprofiled_reason: string;
  start_ns: number;
  end_ns: number;
  quality: SampleQuality;
  cpu: Figure;
  peak_rss: Figure;
}

export interface Hint {
  code: string;
  message: string;
  frame: number | null;
  file: string;
  line: number;
}

// Shares of the whole recording with their 95 % interval, in millionths: [low, high] after [low, high].
export interface Intervals {
  frame: number[];
  cpu_self: number[];
  cpu_total: number[];
  wall_self: number[];
  wall_total: number[];
}

export interface Overview {
  version: number;
  command: string[];
  cwd: string;
  started_at: string;
  duration_ns: number;
  rate_hz: number;
  clock: "cpu" | "wall";
  preset: string;
  status: { exit_code: number | null; signal: number | null; core_dumped: boolean };
  machine: { hostname: string; kernel: string; os: string; cpu_model: string; cores: number; memory_bytes: number };
  cpu: Figure;
  memory: { bytes: Figure; time_ns: number; stacks: [thread: number, node: number | null][] };
  processes: Process[];
  threads: { process: Numbers; tid: Numbers; name: Dictionary };
  timeline: { time_ns: Numbers; cpu_ns: Numbers; rss_bytes: Numbers; pss_bytes: Numbers; processes: Numbers; threads: Numbers };
  spans: { names: string[]; kinds: Dictionary; process: Numbers; tid: Numbers; start_ns: Numbers; wall_ns: Numbers; left_out: number };
  allocations: {
    source: string;
    overhead: string;
    left_out: number;
    process: Numbers;
    node: Numbers;
    live_bytes: Numbers;
    live_count: Numbers;
    total_bytes: Numbers;
  };
  quality: {
    sum: SampleQuality;
    adds_up: boolean;
    late_share: number | null;
    rejected_share: number | null;
    unprofiled_processes: number;
    sampled_cpu_ns: number;
    unknown_stack_cpu_ns: number;
    measured_cpu_ns: number | null;
    measured_cpu_reason: string;
  };
  noise: {
    steal_share: number | null;
    load_at_start: number | null;
    frequency_spread: number | null;
    frequency_reason: string;
    hardware_counters_reason: string;
    wake_up_ns_median: number;
    wake_up_ns_p99: number;
    own_cpu_ns: number;
  };
  intervals: Intervals;
  diagnostics: Diagnostic[];
  diagnostics_left_out: number;
  hints: Hint[];
  kept: { samples: number; runs: number[]; nodes: number; nodes_left_out: number; unit_ns: number; slice_ns: number; rare_share: number };
}

export interface FrameColumns {
  names: string[];
  files: Dictionary;
  modules: Dictionary;
  lines: Numbers;
  kinds: string;
}

export interface Sources {
  files: Record<string, string>;
  reasons: Record<string, string>;
  left_out: number;
}
