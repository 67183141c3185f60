// Text that came from tests, tools and file names. It only ever becomes text nodes, inside elements
// that keep its writing direction to itself.
import { useMemo } from "preact/hooks";
import { parse_ansi, strip_ansi, type Style } from "../text/ansi";
import { inert_line } from "../text/inert";

export function Line({ text, mono = false, title }: { text: string; mono?: boolean; title?: string }) {
  return (
    <bdi class={mono ? "mono" : undefined} title={title === undefined ? undefined : inert_line(title)}>
      {inert_line(strip_ansi(text))}
    </bdi>
  );
}

function color_class(prefix: string, color: string | undefined): string {
  return color !== undefined && !color.startsWith("#") ? `${prefix}${color}` : "";
}

function class_of(style: Style): string {
  return [
    color_class("fg", style.foreground),
    color_class("bg", style.background),
    style.bold && "bold",
    style.dim && "dim",
    style.italic && "italic",
    style.underline && "underline",
  ]
    .filter(Boolean)
    .join(" ");
}

function inline_of(style: Style): Record<string, string> | undefined {
  const inline: Record<string, string> = {};
  if (style.foreground?.startsWith("#")) inline["color"] = style.foreground;
  if (style.background?.startsWith("#")) inline["backgroundColor"] = style.background;
  return Object.keys(inline).length > 0 ? inline : undefined;
}

// Output of a terminal program: several lines, colours kept.
export function Output({ text, label }: { text: string; label: string }) {
  const runs = useMemo(() => parse_ansi(text), [text]);
  return (
    <pre class="output" tabIndex={0} role="region" aria-label={label}>
      {runs.map(({ text: part, style }) => {
        const name = class_of(style);
        const inline = inline_of(style);
        return name || inline ? <span class={name} style={inline}>{part}</span> : part;
      })}
    </pre>
  );
}
