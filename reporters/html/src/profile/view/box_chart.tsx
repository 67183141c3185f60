// Rows of boxes on a canvas: flame graphs, sandwiches and stacks in the order of time. Only rows in sight are drawn.
// Every box can be reached with the arrow keys, and what is under the pointer or the keys is told in words.
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { PrintingContext, useColors } from "../../view/screen";
import { draw_boxes, kBoxHeight, type Box } from "./box_draw";

interface Props {
  rows: (width: number) => Box[][]; // roots first; boxes of a row from left to right
  changes: readonly unknown[];      // what `rows` depends on
  up?: boolean;                     // roots at the bottom
  label: string;
  color_of: (box: Box, dark: boolean) => string;
  text_of: (box: Box) => string;
  tip_of: (box: Box) => ComponentChildren;
  open: (box: Box) => void;         // a click, or Enter
  leave?: () => void;               // Escape
  on_other_key?: (key: string, box: Box | null) => boolean; // other keys; true: it was one for the box
  pointed?: (box: Box | null) => void;
  on_wheel?: (event: WheelEvent, share: number) => boolean;
  class?: string;
}

const kPaperWidth = 696; // of A4 between its margins
const kPaperRows = 40;

interface Place {
  row: number;
  box: Box;
}

function useSize() {
  const scroller = useRef<HTMLDivElement>(null);
  const printing = useContext(PrintingContext);
  const [size, set_size] = useState({ width: 0, height: 0, top: 0 });
  const read = (): void => {
    const element = scroller.current;
    if (element) set_size((now) => (now.width === element.clientWidth && now.height === element.clientHeight && now.top === element.scrollTop ? now : { width: element.clientWidth, height: element.clientHeight, top: element.scrollTop }));
  };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener("scroll", read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", read);
    };
  }, []);
  return { scroller, printing, ...size, width: printing ? kPaperWidth : size.width, read };
}

function box_at(rows: readonly Box[][], row: number, x: number): Place | null {
  const box = rows[row]?.find((candidate) => candidate.x <= x && x < candidate.x + candidate.width);
  return box ? { row, box } : null;
}

// The box that an arrow key goes to.
function neighbour(rows: readonly Box[][], at: Place, key: string, up: boolean): Place | null {
  const step = (key === "ArrowDown") === up ? -1 : 1;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const row = rows[at.row] ?? [];
    const box = row[row.findIndex(({ item, x }) => item === at.box.item && x === at.box.x) + (key === "ArrowLeft" ? -1 : 1)];
    return box ? { row: at.row, box } : null;
  }
  const next = rows[at.row + step] ?? [];
  const inside = next.filter((box) => box.x + box.width > at.box.x && box.x < at.box.x + at.box.width);
  const widest = inside.reduce<Box | null>((best, box) => (best === null || box.width > best.width ? box : best), null);
  return widest ? { row: at.row + step, box: widest } : null;
}

export function BoxChart(props: Props) {
  const { changes, up = false, label, color_of, text_of, tip_of, open, leave, class: name = "" } = props;
  const { scroller, printing, width, height, top, read } = useSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useColors();
  const rows = useMemo(() => (width > 0 ? props.rows(width) : []), [...changes, width]);
  const [pointer, set_pointer] = useState<{ place: Place; x: number; y: number } | null>(null);
  const [cursor, set_cursor] = useState<Place | null>(null);
  const content = rows.length * kBoxHeight;
  const shown_height = printing ? Math.min(content, kPaperRows * kBoxHeight) : Math.min(height, content);
  const scrolled = printing ? 0 : top;

  useEffect(() => {
    set_pointer(null);
    set_cursor(null);
  }, [rows]);
  useLayoutEffect(read, [content]);
  // Roots at the bottom are what a person wants to see first.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (up && element) element.scrollTop = element.scrollHeight;
    read();
  }, [up, content]);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element && width > 0) draw_boxes(element, { rows, width, height: shown_height, top: scrolled, up, color_of, text_of, marked: [cursor?.box, pointer?.place.box] });
  }, [rows, width, shown_height, scrolled, colors, cursor, pointer?.place.box, color_of, up]);

  const y_of = (row: number): number => (up ? rows.length - 1 - row : row) * kBoxHeight;
  const place_of = (event: MouseEvent): { place: Place; x: number; y: number } | null => {
    const area = (scroller.current as HTMLDivElement).getBoundingClientRect();
    const x = event.clientX - area.left;
    const y = event.clientY - area.top + top;
    const line = Math.floor(y / kBoxHeight);
    const place = box_at(rows, up ? rows.length - 1 - line : line, x);
    return place && { place, x, y: y - top };
  };
  const point = (at: { place: Place; x: number; y: number } | null): void => {
    set_pointer(at);
    if (at?.place.box !== pointer?.place.box) props.pointed?.(at?.place.box ?? cursor?.box ?? null);
  };
  const move_to = (place: Place | null): void => {
    if (!place) return;
    set_cursor(place);
    props.pointed?.(place.box);
    const element = scroller.current as HTMLDivElement;
    const y = y_of(place.row);
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + kBoxHeight > element.scrollTop + element.clientHeight) element.scrollTop = y + kBoxHeight - element.clientHeight;
  };
  const on_key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow")) {
      const first = rows[0]?.[0];
      move_to(cursor ? neighbour(rows, cursor, event.key, up) : first ? { row: 0, box: first } : null);
    } else if ((event.key === "Enter" || event.key === " ") && cursor) open(cursor.box);
    else if (event.key === "Escape" && leave) leave();
    else if (!props.on_other_key?.(event.key, cursor?.box ?? pointer?.place.box ?? null)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const wheel = useRef<(event: WheelEvent) => void>(() => {});
  wheel.current = (event) => {
    const area = (scroller.current as HTMLDivElement).getBoundingClientRect();
    if (props.on_wheel?.(event, (event.clientX - area.left) / width)) event.preventDefault();
  };
  useEffect(() => {
    const element = scroller.current;
    const on_wheel = (event: WheelEvent): void => wheel.current(event);
    element?.addEventListener("wheel", on_wheel, { passive: false });
    return () => element?.removeEventListener("wheel", on_wheel);
  }, []);
  const right = pointer !== null && pointer.x > width * 0.55;
  return (
    <div class={`box-chart ${name}`}>
      <div
        ref={scroller}
        class="box-scroller"
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={`${label}: arrow keys go from box to box, Enter opens one, Escape goes back`}
        onKeyDown={on_key}
        onMouseMove={(event) => point(place_of(event))}
        onMouseLeave={() => point(null)}
        onClick={(event) => {
          const at = place_of(event);
          if (at) open(at.place.box);
        }}
      >
        <div class="box-content" style={{ height: `${printing ? shown_height : content}px` }}>
          <canvas ref={canvas} style={{ width: `${width}px`, height: `${shown_height}px` }} />
        </div>
      </div>
      {printing && content > shown_height && <p class="muted">{`${rows.length - kPaperRows} deeper levels are not printed.`}</p>}
      {pointer && (
        <div class="tip" aria-hidden="true" style={{ left: right ? "auto" : `${pointer.x + 14}px`, right: right ? `${width - pointer.x + 14}px` : "auto", top: `${pointer.y + 18}px` }}>
          {tip_of(pointer.place.box)}
        </div>
      )}
      <p class="sr-only" aria-live="polite">{cursor ? text_of(cursor.box) : ""}</p>
    </div>
  );
}
