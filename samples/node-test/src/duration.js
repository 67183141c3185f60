// "90s", "5m", "1h30m" to milliseconds.
const kUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export function parse_duration(text) {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new SyntaxError(`not a duration: ${text}`);
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * kUnits[unit], 0);
}

export function format_duration(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  if (milliseconds < 60_000) return `${milliseconds / 1000}s`;
  const minutes = Math.floor(milliseconds / 60_000);
  return `${minutes}m${(milliseconds % 60_000) / 1000}s`;
}
