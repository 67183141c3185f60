// Draws rows of boxes with their names.

export interface Box {
  x: number;
  width: number;
  item: number;
  faded?: boolean; // it only says where one is
  rest?: number;   // it stands for so many boxes of `item` that are too narrow to draw
}

export const kBoxHeight = 20;

const kFont = "12px ui-monospace, 'SF Mono', 'Cascadia Mono', 'Noto Sans Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const kPadding = 4;
const kNarrowestText = 24;

export interface BoxDrawing {
  rows: readonly Box[][];
  width: number;
  height: number; // of what is in sight
  top: number;    // how far it is scrolled
  up: boolean;
  color_of: (box: Box, dark: boolean) => string;
  text_of: (box: Box) => string;
  marked: readonly (Box | null | undefined)[];
}

export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

export function is_dark(): boolean {
  return document.documentElement.dataset["theme"] === "dark";
}

export function draw_boxes(canvas: HTMLCanvasElement, drawing: BoxDrawing): void {
  const { rows, width, height, top, up, color_of, text_of, marked } = drawing;
  const context = prepare(canvas, width, height);
  if (!context) return;
  const dark = is_dark();
  const style = getComputedStyle(canvas);
  const text_color = style.getPropertyValue("--text").trim();
  const faded_color = style.getPropertyValue("--muted").trim();
  const gap_color = style.getPropertyValue("--surface").trim();
  const rest_color = style.getPropertyValue("--bar-quiet").trim();
  const mark_color = style.getPropertyValue("--accent").trim();
  context.font = kFont;
  context.textBaseline = "middle";
  const letter = context.measureText("m").width;
  const first = Math.floor(top / kBoxHeight);
  const last = Math.min(rows.length, Math.ceil((top + height) / kBoxHeight));
  for (let line = first; line < last; line++) {
    const y = line * kBoxHeight - top;
    for (const box of rows[up ? rows.length - 1 - line : line] ?? []) {
      const drawn = Math.max(box.width - (box.width > 3 ? 1 : 0), 0.5);
      if (box.width > 3) {
        context.fillStyle = gap_color; // what a long name before it left here
        context.fillRect(box.x, y, box.width, kBoxHeight);
      }
      context.globalAlpha = box.faded || box.rest ? 0.55 : 1;
      context.fillStyle = box.rest ? rest_color : color_of(box, dark);
      context.fillRect(box.x, y, drawn, kBoxHeight - 1);
      context.globalAlpha = 1;
      if (box.width < kNarrowestText) continue;
      const room = Math.floor((drawn - 2 * kPadding) / letter);
      const text = text_of(box);
      context.fillStyle = box.faded ? faded_color : text_color;
      context.fillText(text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}\u2026`, box.x + kPadding, y + kBoxHeight / 2);
    }
  }
  context.strokeStyle = mark_color;
  context.lineWidth = 2;
  rows.forEach((row, index) => {
    for (const box of row)
      if (marked.includes(box)) context.strokeRect(box.x + 1, (up ? rows.length - 1 - index : index) * kBoxHeight - top + 1, Math.max(1, box.width - 3), kBoxHeight - 3);
  });
}
