// Splits terminal output into runs of equal style. Colours and weights of SGR sequences are kept,
// every other escape sequence is dropped: it would move a cursor that is not there.
import { inert } from "./inert";

export interface Style {
  foreground?: string; // class name suffix: "1", "9"..., or "#rrggbb"
  background?: string;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
}

export interface Run {
  text: string;
  style: Style;
}

// CSI; OSC, DCS, SOS, PM and APC up to their end (or the end of the text); charset choices; the
// two-character escapes.
const kEscape =
  /\u001b\[([0-9:;<=>?]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|\u001b[ -/]+[0-~]|\u001b[0-Z\\^-~]/g;

function hex(value: number): string {
  return Math.max(0, Math.min(255, value)).toString(16).padStart(2, "0");
}

function color_of_256(index: number): string {
  if (index < 16) return String(index);
  if (index >= 232) return `#${hex(8 + (index - 232) * 10).repeat(3)}`;
  const cube = index - 16;
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  return `#${hex(level(Math.floor(cube / 36)))}${hex(level(Math.floor(cube / 6) % 6))}${hex(level(cube % 6))}`;
}

// Reads the colour after 38 or 48; returns how many parameters it took.
function extended_color(codes: readonly number[], at: number): { color?: string; taken: number } {
  if (codes[at] === 5) {
    const index = codes[at + 1] ?? 0;
    return index <= 255 ? { color: color_of_256(index), taken: 2 } : { taken: 2 };
  }
  if (codes[at] === 2) return { color: `#${hex(codes[at + 1] ?? 0)}${hex(codes[at + 2] ?? 0)}${hex(codes[at + 3] ?? 0)}`, taken: 4 };
  return { taken: 1 };
}

const kSwitches: Record<number, (style: Style) => void> = {
  1: (style) => (style.bold = true),
  2: (style) => (style.dim = true),
  3: (style) => (style.italic = true),
  4: (style) => (style.underline = true),
  22: (style) => {
    delete style.bold;
    delete style.dim;
  },
  23: (style) => delete style.italic,
  24: (style) => delete style.underline,
  39: (style) => delete style.foreground,
  49: (style) => delete style.background,
};

export function apply_sgr(style: Style, parameters: string): Style {
  const codes = parameters === "" ? [0] : parameters.split(/[;:]/).map((code) => Number.parseInt(code, 10) || 0);
  let next: Style = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) next = {};
    else if (code >= 30 && code <= 37) next.foreground = String(code - 30);
    else if (code >= 90 && code <= 97) next.foreground = String(code - 82);
    else if (code >= 40 && code <= 47) next.background = String(code - 40);
    else if (code >= 100 && code <= 107) next.background = String(code - 92);
    else if (code === 38 || code === 48) {
      const { color, taken } = extended_color(codes, i + 1);
      if (color !== undefined) next[code === 38 ? "foreground" : "background"] = color;
      i += taken;
    } else kSwitches[code]?.(next);
  }
  return next;
}

export function parse_ansi(text: string): Run[] {
  const runs: Run[] = [];
  let style: Style = {};
  let from = 0;
  const push = (to: number): void => {
    if (to > from) runs.push({ text: inert(text.slice(from, to)), style });
  };
  for (const match of text.matchAll(kEscape)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m" && !/[<=>?]/.test(match[1] ?? "")) style = apply_sgr(style, match[1] ?? "");
  }
  push(text.length);
  return runs;
}

export function strip_ansi(text: string): string {
  return text.replace(kEscape, "");
}
