// The functions of what is looked at, with their shares and how sure those are.
import type { Groups, GroupWeights } from "./groups";
import type { NodeWeights } from "./pick";

export interface FunctionRow {
  frame: number;
  self: number;
  total: number;
}

// Each stack counts once for a function, however often the function is on it.
export function function_rows(groups: Groups, { self, total }: GroupWeights, frame_count: number): FunctionRow[] {
  const selfs = new Float64Array(frame_count);
  const totals = new Float64Array(frame_count);
  for (let i = 1; i < groups.count; i++) {
    if (total[i] === 0) continue;
    const frame = groups.frame[i] as number;
    selfs[frame]! += self[i] as number;
    if (groups.outermost[i] === 1) totals[frame]! += total[i] as number;
  }
  const rows: FunctionRow[] = [];
  for (let frame = 0; frame < frame_count; frame++)
    if ((totals[frame] as number) > 0) rows.push({ frame, self: selfs[frame] as number, total: totals[frame] as number });
  return rows;
}

export interface Interval {
  low: number;
  high: number;
}

const kZ = 1.959963984540054; // two-sided 95 % of the normal distribution

function wilson(share: number, draws: number): Interval {
  if (draws <= 0) return { low: 0, high: 1 };
  const square = kZ * kZ;
  const center = (share + square / (2 * draws)) / (1 + square / draws);
  const half = (kZ / (1 + square / draws)) * Math.sqrt((share * (1 - share)) / draws + square / (4 * draws * draws));
  return { low: Math.max(0, Math.min(share, center - half)), high: Math.min(1, Math.max(share, center + half)) };
}

// The 95 % interval of a share of a part of the profile. Samples of different length count by Kish's effective number;
// threads that ran at the same time were read at the same tick and may not tell more than one of them, so the number
// is divided by how many did on average. Rejected samples and unknown stacks may have been anything: they widen it.
export function interval_of(share: number, weights: NodeWeights, span_ns: number, rejected: number): Interval {
  if (weights.sum <= 0) return { low: 0, high: 1 };
  const at_once = Math.max(1, span_ns > 0 ? weights.sum / span_ns : 1);
  const { low, high } = wilson(share, weights.squares > 0 ? (weights.sum * weights.sum) / weights.squares / at_once : 0);
  const seen = 1 - Math.min(1, Math.max(0, rejected));
  return { low: Math.min(share, low * seen), high: Math.max(share, Math.min(1, high * seen + (1 - seen) + weights.unknown / weights.sum)) };
}
