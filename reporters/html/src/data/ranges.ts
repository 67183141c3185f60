// Line numbers as people read them: "12–15, 20".

export interface Range {
  from: number;
  to: number;
}

// `lines` ascending. With `bridges`, two runs are joined when only lines that are no code lie
// between them, so that a missed function reads as one range.
export function ranges_of(lines: readonly number[], bridges: (line: number) => boolean = () => false): Range[] {
  const ranges: Range[] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last && joins(last.to, line, bridges)) last.to = line;
    else ranges.push({ from: line, to: line });
  }
  return ranges;
}

const kWidestBridge = 8;

function joins(before: number, line: number, bridges: (line: number) => boolean): boolean {
  if (line - before > kWidestBridge) return false;
  for (let between = before + 1; between < line; between++) if (!bridges(between)) return false;
  return true;
}

export function format_ranges(ranges: readonly Range[]): string {
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}\u2013${to}`)).join(", ");
}
