// Colours of frames: a hue for each kind, a shade for each file or module. What the search does not find is grey.
import { kKinds, type Kind } from "../data/model";
import type { Frames } from "../data/profile";

const kHues: Record<Kind, number> = { python: 42, native: 208, javascript: 96, shell: 172, java: 18, kernel: 352, gc: 280, idle: 220, runtime: 230 };
const kPale: readonly Kind[] = ["idle", "runtime"];
const kFound = { light: "hsl(314 78% 80%)", dark: "hsl(314 48% 38%)" };
const kNotFound = { light: "hsl(216 14% 90%)", dark: "hsl(216 12% 19%)" };
const kRoot = { light: "hsl(216 16% 85%)", dark: "hsl(216 12% 26%)" };

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return (value >>> 0) / 2 ** 32;
}

export function kind_color(kind: Kind, shade: number, dark: boolean): string {
  const hue = kHues[kind] + (shade - 0.5) * 22;
  const pale = kPale.includes(kind);
  const light = dark ? 27 + shade * 8 : 74 + shade * 8;
  return `hsl(${hue.toFixed(0)} ${pale ? 12 : dark ? 42 : 82}% ${light.toFixed(0)}%)`;
}

export class FlameColors {
  private readonly shades: Float32Array;

  constructor(private readonly frames: Frames) {
    const of_file = frames.files.map(hash);
    const of_module = frames.modules.map(hash);
    this.shades = Float32Array.from({ length: frames.count }, (_, frame) => {
      const file = frames.file[frame] as number;
      return (frames.files[file] ? of_file[file] : of_module[frames.module[frame] as number]) ?? 0;
    });
  }

  of(frame: number, found: Uint8Array | null, dark: boolean): string {
    const theme = dark ? "dark" : "light";
    if (frame < 0) return kRoot[theme];
    if (found) return found[frame] === 1 ? kFound[theme] : kNotFound[theme];
    return kind_color(kKinds[this.frames.kind[frame] as number] as Kind, this.shades[frame] as number, dark);
  }
}
