// A chart over the time of the recording on which a span is chosen by dragging, or with the keys. The span restricts
// every view.
import type { ComponentChildren } from "preact";
import { useContext, useLayoutEffect, useRef, useState } from "preact/hooks";
import { PrintingContext } from "../../view/screen";
import type { Range } from "../data/pick";
import { format_range } from "../data/route";
import { useProfile } from "./page";

const kDragPixels = 4;
const kPaperWidth = 696;
const kStep = 0.02; // of the recording, for the arrow keys

export interface Gutter {
  left: number;
  right: number;
}

export function useChartWidth({ left, right }: Gutter): [{ current: HTMLDivElement | null }, number] {
  const printing = useContext(PrintingContext);
  const box = useRef<HTMLDivElement>(null);
  const [width, set_width] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const read = (): void => set_width(element.clientWidth);
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const whole = printing ? kPaperWidth : width;
  return [box, whole === 0 ? 0 : Math.max(80, whole - left - right)];
}

// The span after a key; null: all. Undefined: no key of the brush.
function moved(range: Range | null, key: string, shift: boolean, end: number): Range | null | undefined {
  const step = end * kStep;
  const now = range ?? { from_ns: end * 0.45, to_ns: end * 0.55 };
  const width = now.to_ns - now.from_ns;
  const at = (from: number, wide: number): Range => {
    const kept = Math.min(end, Math.max(end / 1e4, wide));
    const from_ns = Math.max(0, Math.min(end - kept, from));
    return { from_ns, to_ns: from_ns + kept };
  };
  if (key === "Escape") return null;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const by = key === "ArrowLeft" ? -step : step;
    if (range === null) return now;
    return shift ? at(now.from_ns, width + by) : at(now.from_ns + by, width);
  }
  if (key === "+" || key === "=") return at(now.from_ns + width / 4, width / 2);
  if (key === "-") return at(now.from_ns - width / 2, width * 2);
  return undefined;
}

interface Props {
  box: { current: HTMLDivElement | null };
  gutter: Gutter;
  width: number;
  label: string;
  tip: (time_ns: number, y: number) => ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

export function Brush({ box, gutter, width, label, tip, class: name = "", children }: Props) {
  const { profile, picked, go } = useProfile();
  const end = profile.end_ns;
  const [drag, set_drag] = useState<Range | null>(null);
  const [pointer, set_pointer] = useState<{ x: number; y: number } | null>(null);
  const from = useRef<number | null>(null);
  const range = drag ?? picked.pick.range;
  const choose = (chosen: Range | null): void => go({ range: chosen ? format_range(chosen) : undefined }, "replace");
  const point = (event: PointerEvent): { x: number; y: number } => {
    const area = (box.current as HTMLDivElement).getBoundingClientRect();
    return { x: Math.max(0, Math.min(width, event.clientX - area.left - gutter.left)), y: event.clientY - area.top };
  };
  const x_of = (ns: number): number => (ns / end) * width;
  const on_move = (event: PointerEvent): void => {
    const at = point(event);
    set_pointer(at);
    if (from.current !== null && Math.abs(at.x - from.current) >= kDragPixels)
      set_drag({ from_ns: (Math.min(at.x, from.current) / width) * end, to_ns: (Math.max(at.x, from.current) / width) * end });
  };
  const on_up = (): void => {
    if (from.current === null) return;
    from.current = null;
    set_drag(null);
    if (drag) choose(drag);
    else if (picked.pick.range) choose(null);
  };
  const right = pointer !== null && pointer.x > width * 0.6;
  return (
    <div
      ref={box}
      class={`timeline-box ${name}`}
      tabIndex={0}
      role="application"
      aria-roledescription="timeline"
      aria-label={`${label}: drag, or arrow keys, choose a span; Shift and arrows change its end, plus and minus its width, Escape takes it back`}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const next = moved(picked.pick.range, event.key, event.shiftKey, end);
        if (next === undefined || (next === null && picked.pick.range === null)) return;
        choose(next);
        event.preventDefault();
        event.stopPropagation();
      }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = point(event).x;
      }}
      onPointerMove={on_move}
      onPointerUp={on_up}
      onPointerCancel={() => {
        from.current = null;
        set_drag(null);
      }}
      onPointerLeave={() => set_pointer(null)}
    >
      {children}
      {range && width > 0 && (
        <>
          <div class="shade" style={{ left: `${gutter.left}px`, width: `${x_of(range.from_ns)}px` }} />
          <div class="shade" style={{ left: `${gutter.left + x_of(range.to_ns)}px`, width: `${Math.max(0, width - x_of(range.to_ns))}px` }} />
          <div class="brush" style={{ left: `${gutter.left + x_of(range.from_ns)}px`, width: `${Math.max(2, x_of(range.to_ns) - x_of(range.from_ns))}px` }} />
        </>
      )}
      {pointer && width > 0 && <div class="hair" style={{ left: `${gutter.left + pointer.x}px` }} />}
      {pointer && !drag && width > 0 && (
        <div class="tip" aria-hidden="true" style={{ left: right ? "auto" : `${gutter.left + pointer.x + 14}px`, right: right ? `${gutter.right + width - pointer.x + 14}px` : "auto", top: `${pointer.y + 14}px` }}>
          {tip((pointer.x / width) * end, pointer.y)}
        </div>
      )}
    </div>
  );
}
