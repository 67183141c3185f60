// Sorting of table rows. What is not known stands at the end in both directions.

export interface Order<Column extends string> {
  column: Column;
  descending: boolean;
}

type Key = string | number | null;

function compare(a: Key, b: Key): number {
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  return Number(a) - Number(b);
}

export function sorted<Row, Column extends string>(rows: readonly Row[], order: Order<Column>, key_of: (row: Row, column: Column) => Key): Row[] {
  const sign = order.descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: key_of(row, order.column) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return sign * compare(a.key, b.key);
  });
  return keyed.map(({ row }) => row);
}

// What a click on a column's head means: the other direction, or this column in its usual direction.
export function next_order<Column extends string>(now: Order<Column>, column: Column, descending_first: boolean): Order<Column> {
  return now.column === column ? { column, descending: !now.descending } : { column, descending: descending_first };
}
