// Times on an axis.

export function clock_text(ns: number): string {
  const seconds = ns / 1e9;
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 1 ? 4 : 3))} s`;
  const whole = Math.floor(seconds);
  const rest = Math.round((seconds - whole) * 10);
  const minutes = Math.floor(whole / 60);
  return `${minutes >= 60 ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}` : minutes}:${String(whole % 60).padStart(2, "0")}${rest > 0 && rest < 10 ? `.${rest}` : ""}`;
}

const kSteps = [1, 2, 5];

// Round times within a range, at most so many.
export function ticks_of(from_ns: number, to_ns: number, most: number): number[] {
  const least = (to_ns - from_ns) / Math.max(1, most);
  let step = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  step *= kSteps.find((factor) => factor * step >= least) ?? 10;
  if (step >= 6e10) step = Math.ceil(least / 6e10) * 6e10; // whole minutes
  const ticks: number[] = [];
  for (let at = Math.ceil(from_ns / step) * step; at <= to_ns; at += step) ticks.push(at);
  return ticks;
}
