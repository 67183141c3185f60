// Which rows of a long table are in sight.

export function visible_rows(top: number, height: number, count: number, row_height: number, overscan: number): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(top / row_height) - overscan));
  const last = Math.max(first, Math.min(count, Math.ceil((top + height) / row_height) + overscan));
  return { first, last };
}
