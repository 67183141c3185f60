// A real table of which only the rows in sight are in the document, between two spacer rows. Rows are of one height,
// so that the scroll position alone says which ones they are.
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { visible_rows } from "../data/window";
import { format_count } from "../text/format";
import { is_typing, PrintingContext } from "./screen";

interface Props<Row> {
  rows: readonly Row[];
  label: string;
  columns?: ComponentChildren; // <col> elements
  head: ComponentChildren;     // <th> elements
  cells: (row: Row, index: number) => ComponentChildren;
  key_of: (row: Row) => string | number;
  class_of?: (row: Row) => string;
  empty: ComponentChildren;
  class?: string;
  row_height?: number;
  follow?: number; // this row is brought into sight when it changes
  place?: string;  // under this name the table remembers where it was scrolled to
  max_printed?: number;
}

const kRowHeight = 32; // .virtual tbody tr in table.css
const kOverscan = 8;
const kMaxPrinted = 200;
const kPage = 15;

const places = new Map<string, number>();

function Spacer({ rows, height }: { rows: number; height: number }) {
  if (rows === 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td style={{ height: `${rows * height}px` }} />
    </tr>
  );
}

// Where the scroller stands, at most once a frame.
function useScroll(count: number, name: string | undefined) {
  const scroller = useRef<HTMLDivElement>(null);
  const [place, set_place] = useState({ top: 0, height: 900 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (name !== undefined) element.scrollTop = places.get(name) ?? 0;
    let frame = 0;
    const read = (): void => {
      frame = 0;
      if (name !== undefined) places.set(name, element.scrollTop);
      set_place((now) => (now.top === element.scrollTop && now.height === element.clientHeight ? now : { top: element.scrollTop, height: element.clientHeight }));
    };
    const ask = (): void => {
      frame ||= requestAnimationFrame(read);
    };
    element.addEventListener("scroll", ask, { passive: true });
    const observer = new ResizeObserver(ask);
    observer.observe(element);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      element.removeEventListener("scroll", ask);
    };
  }, []);
  // Fewer rows than before: the browser moves the scroll position by itself, without an event in time.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element) set_place({ top: element.scrollTop, height: element.clientHeight });
  }, [count]);
  return { scroller, place };
}

// Moves the focus to the link or button of a row, also of one that is not drawn yet.
function useRowFocus(scroller: { current: HTMLDivElement | null }, count: number, height: number) {
  const wanted = useRef<number | null>(null);
  const current = useRef(-1);
  const focus = (): boolean => {
    const link = scroller.current?.querySelector<HTMLElement>(`tr[data-index="${wanted.current}"] :is(a, button)`);
    if (!link) return false;
    link.focus({ preventScroll: true });
    wanted.current = null;
    return true;
  };
  useLayoutEffect(() => {
    if (wanted.current !== null) focus();
  });
  const move_to = (to: number): void => {
    const element = scroller.current;
    if (!element || count === 0) return;
    const index = Math.max(0, Math.min(count - 1, to));
    wanted.current = index;
    current.current = index;
    const top = index * height;
    const room = element.clientHeight - 2 * height - 4;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
    if (!focus()) element.dispatchEvent(new Event("scroll"));
  };
  return { current, move_to };
}

function target_of(key: string, now: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
    case "j":
      return now + 1;
    case "ArrowUp":
    case "k":
      return Math.max(0, now - 1);
    case "PageDown":
      return now + kPage;
    case "PageUp":
      return now - kPage;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

export function VirtualTable<Row>(props: Props<Row>) {
  const { rows, label, columns, head, cells, key_of, class_of, empty, class: name = "", row_height = kRowHeight, follow, place: place_name, max_printed = kMaxPrinted } = props;
  const printing = useContext(PrintingContext);
  const { scroller, place } = useScroll(rows.length, place_name);
  const { current, move_to } = useRowFocus(scroller, rows.length, row_height);
  const on_key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = (event.target as HTMLElement).closest<HTMLElement>("tr[data-index]");
    const to = target_of(event.key, row ? Number(row.dataset["index"]) : current.current, rows.length);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    move_to(to);
  };
  // j and k work without a click into the table first.
  useEffect(() => {
    const from_page = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || (event.key !== "j" && event.key !== "k")) return;
      if (is_typing(event.target) || document.querySelector("dialog[open]")) return;
      move_to(target_of(event.key, current.current, rows.length) ?? 0);
    };
    addEventListener("keydown", from_page);
    return () => removeEventListener("keydown", from_page);
  }, [rows]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && follow !== undefined && follow >= 0) {
      element.scrollTop = Math.max(0, follow * row_height - element.clientHeight / 3);
      element.dispatchEvent(new Event("scroll"));
    }
  }, [follow]);
  const { first, last } = printing
    ? { first: 0, last: Math.min(rows.length, max_printed) }
    : visible_rows(place.top, place.height, rows.length, row_height, kOverscan);
  return (
    <div class="scroller" ref={scroller} tabIndex={0} role="region" aria-label={label} onKeyDown={on_key}>
      <table class={`virtual ${name}`} aria-rowcount={rows.length + 1}>
        {columns && <colgroup>{columns}</colgroup>}
        <thead>
          <tr aria-rowindex={1}>{head}</tr>
        </thead>
        <tbody>
          <Spacer rows={first} height={row_height} />
          {rows.slice(first, last).map((row, i) => (
            <tr key={key_of(row)} class={class_of?.(row)} data-index={first + i} aria-rowindex={first + i + 2}>
              {cells(row, first + i)}
            </tr>
          ))}
          {!printing && <Spacer rows={rows.length - last} height={row_height} />}
        </tbody>
      </table>
      {rows.length === 0 && <div class="empty">{empty}</div>}
      {printing && rows.length > last && <p class="empty">{`${format_count(rows.length - last)} more rows are not printed.`}</p>}
    </div>
  );
}
