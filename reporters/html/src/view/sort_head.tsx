// Head of a sortable column.
import { next_order, type Order } from "../data/order";

interface Props<Column extends string> {
  column: Column;
  order: Order<Column>;
  set_order: (order: Order<Column>) => void;
  label: string;
  class?: string;
  descending_first?: boolean;
}

export function SortHead<Column extends string>({ column, order, set_order, label, class: name = "", descending_first = false }: Props<Column>) {
  const active = order.column === column;
  const direction = order.descending ? "descending" : "ascending";
  return (
    <th scope="col" class={name} aria-sort={active ? direction : "none"}>
      <button type="button" class="sort" onClick={() => set_order(next_order(order, column, descending_first))}>
        {label}
        <svg class={active ? `arrow ${direction}` : "arrow"} viewBox="0 0 8 8" aria-hidden="true">
          <path d="M4 1.5 7 6.5H1z" />
        </svg>
      </button>
    </th>
  );
}
