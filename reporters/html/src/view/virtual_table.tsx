// A real table of which only the rows in sight are in the document, between two spacer rows. Rows
// are of one height, so that the scroll position alone says which ones they are.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { visible_rows } from "../data/window";

interface Props<Row> {
  rows: readonly Row[];
  label: string;
  columns: ComponentChildren; // <col> elements
  head: ComponentChildren;    // <th> elements
  cells: (row: Row) => ComponentChildren;
  key_of: (row: Row) => string;
  empty: string;
}

const kRowHeight = 32; // .virtual tbody tr in table.css
const kOverscan = 8;
const kMaxPrinted = 3000;

function usePrinting(): boolean {
  const [printing, set_printing] = useState(false);
  useEffect(() => {
    const begin = (): void => set_printing(true);
    const end = (): void => set_printing(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return printing;
}

function Spacer({ rows }: { rows: number }) {
  if (rows === 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td style={{ height: `${rows * kRowHeight}px` }} />
    </tr>
  );
}

// Where the scroller stands, at most once a frame.
function useScroll(count: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const [place, set_place] = useState({ top: 0, height: 700 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let frame = 0;
    const read = (): void => {
      frame = 0;
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

// Arrow keys move from row link to row link, also to rows that are not drawn yet.
function useArrowKeys(scroller: { current: HTMLDivElement | null }, count: number) {
  const wanted = useRef<number | null>(null);
  const focus = (): boolean => {
    const link = scroller.current?.querySelector<HTMLElement>(`tr[data-index="${wanted.current}"] a`);
    if (!link) return false;
    link.focus({ preventScroll: true });
    wanted.current = null;
    return true;
  };
  useLayoutEffect(() => {
    if (wanted.current !== null) focus();
  });
  return (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>("tr[data-index]");
    const element = scroller.current;
    if (step === undefined || !row || !element) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(count - 1, Number(row.dataset["index"]) + step));
    wanted.current = index;
    const top = index * kRowHeight;
    const room = element.clientHeight - 2 * kRowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
    focus();
  };
}

export function VirtualTable<Row>({ rows, label, columns, head, cells, key_of, empty }: Props<Row>) {
  const printing = usePrinting();
  const { scroller, place } = useScroll(rows.length);
  const on_key = useArrowKeys(scroller, rows.length);
  const { first, last } = printing
    ? { first: 0, last: Math.min(rows.length, kMaxPrinted) }
    : visible_rows(place.top, place.height, rows.length, kRowHeight, kOverscan);
  return (
    <div class="scroller" ref={scroller} tabIndex={0} role="region" aria-label={label}>
      <table class="virtual" aria-rowcount={rows.length + 1}>
        <colgroup>{columns}</colgroup>
        <thead>
          <tr aria-rowindex={1}>{head}</tr>
        </thead>
        <tbody onKeyDown={on_key}>
          <Spacer rows={first} />
          {rows.slice(first, last).map((row, i) => (
            <tr key={key_of(row)} data-index={first + i} aria-rowindex={first + i + 2}>
              {cells(row)}
            </tr>
          ))}
          {!printing && <Spacer rows={rows.length - last} />}
        </tbody>
      </table>
      {rows.length === 0 && <p class="empty">{empty}</p>}
      {printing && rows.length > last && <p class="empty">{`${rows.length - last} more rows are not printed`}</p>}
    </div>
  );
}
