// Durations, sizes and numbers as a person types them into the filter, and comparisons with them.

const kDurations: Record<string, number> = {
  ns: 1, us: 1e3, "\u00b5s": 1e3, "\u03bcs": 1e3, ms: 1e6, s: 1e9, sec: 1e9, m: 60e9, min: 60e9, h: 3600e9,
};
// Powers of 1024, as everywhere in runharness.
const kSizes: Record<string, number> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

export type Quantity = "duration" | "size" | "number" | "percent";

const kWanted: Record<Quantity, string> = {
  duration: "a duration, such as 200ms, 1.5s or 2m",
  size: "a size, such as 512K, 200MB or 1G",
  number: "a number",
  percent: "a share, such as 5%",
};

export class QuantityError extends Error {}

function factor_of(unit: string, quantity: Quantity): number | undefined {
  if (quantity === "duration") return kDurations[unit];
  if (quantity === "size") return kSizes[unit.replace(/i?b$/, "") || "b"];
  if (quantity === "percent") return unit === "%" || unit === "" ? 0.01 : undefined;
  return unit === "" ? 1 : undefined;
}

export function parse_quantity(text: string, quantity: Quantity): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-z%\u00b5\u03bc]*)$/i.exec(text);
  const factor = match ? factor_of((match[2] ?? "").toLowerCase(), quantity) : undefined;
  if (!match || factor === undefined) {
    const hint = match && match[2] === "" && quantity === "duration" ? " (it has no unit)" : "";
    throw new QuantityError(`"${text}" is not ${kWanted[quantity]}${hint}`);
  }
  return Number(match[1]) * factor;
}

export type Comparison = (value: number | null) => boolean;

// ">1s", ">=1s", "<1s", "<=1s", "=3", "1s..2s", "unknown"; a number alone is "=", any other quantity ">=".
export function parse_comparison(text: string, quantity: Quantity): Comparison {
  if (text === "unknown") return (value) => value === null;
  const range = /^(.*?)\.\.(.*)$/.exec(text);
  if (range) {
    const from = range[1] === "" ? -Infinity : parse_quantity(range[1] as string, quantity);
    const to = range[2] === "" ? Infinity : parse_quantity(range[2] as string, quantity);
    if (from > to) throw new QuantityError(`the range "${text}" ends before it begins`);
    return (value) => value !== null && value >= from && value <= to;
  }
  const match = /^(>=|<=|>|<|=)?(.*)$/s.exec(text);
  const limit = parse_quantity(match?.[2] ?? "", quantity);
  switch (match?.[1] ?? (quantity === "number" ? "=" : ">=")) {
    case ">":
      return (value) => value !== null && value > limit;
    case ">=":
      return (value) => value !== null && value >= limit;
    case "<":
      return (value) => value !== null && value < limit;
    case "<=":
      return (value) => value !== null && value <= limit;
    default:
      return (value) => value === limit;
  }
}
