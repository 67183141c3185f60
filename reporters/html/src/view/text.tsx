// Text that came from tests, tools and file names. It only ever becomes text nodes, inside elements that keep its
// writing direction to itself.
import { useContext, useMemo } from "preact/hooks";
import { link_to_file } from "../data/route";
import { parse_ansi, strip_ansi, type Style } from "../text/ansi";
import { inert_line } from "../text/inert";
import { PageContext } from "./page";

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

// "path/to/file.py:12" and "File "path", line 12".
const kPlace = /([\w@.+-]+(?:\/[\w@.+-]+)*\.\w+)(?::(\d+)|", line (\d+))/g;
const kMaxLinks = 200;

type FindFile = (path: string) => string | undefined;

// The covered file that a path in a stack trace means: itself, or the only one that ends like it.
function useFiles(): FindFile {
  const page = useContext(PageContext);
  return useMemo(() => {
    const paths = page?.report.coverage.files.map((file) => file.path) ?? [];
    const known = new Map<string, string | undefined>();
    return (path) => {
      if (!known.has(path)) {
        const alike = paths.filter((candidate) => candidate === path || candidate.endsWith(`/${path}`) || path.endsWith(`/${candidate}`));
        known.set(path, alike.length === 1 ? alike[0] : undefined);
      }
      return known.get(path);
    };
  }, [page?.report]);
}

interface Link {
  from: number;
  to: number;
  href: string;
}

// Places in the whole text: colours change in the middle of them.
function links_in(text: string, find: FindFile): Link[] {
  const links: Link[] = [];
  for (const match of text.matchAll(kPlace)) {
    const file = find(match[1] as string);
    if (file !== undefined) links.push({ from: match.index, to: match.index + match[0].length, href: link_to_file(file, Number(match[2] ?? match[3])) });
    if (links.length === kMaxLinks) break;
  }
  return links;
}

// The part of the text from `begin` on, with what of the links lies in it.
function linked(part: string, begin: number, links: readonly Link[]): preact.ComponentChild {
  const end = begin + part.length;
  const inside = links.filter((link) => link.from < end && link.to > begin);
  if (inside.length === 0) return part;
  const pieces: preact.ComponentChild[] = [];
  let at = begin;
  for (const link of inside) {
    const from = Math.max(link.from, begin);
    const to = Math.min(link.to, end);
    pieces.push(part.slice(at - begin, from - begin), <a href={link.href}>{part.slice(from - begin, to - begin)}</a>);
    at = to;
  }
  pieces.push(part.slice(at - begin));
  return pieces;
}

// Output of a terminal program: several lines, colours kept.
export function Output({ text, label, links = false, class: name = "output" }: { text: string; label: string; links?: boolean; class?: string }) {
  const runs = useMemo(() => parse_ansi(text), [text]);
  const find = useFiles();
  const places = useMemo(() => (links ? links_in(runs.map((run) => run.text).join(""), find) : []), [runs, links, find]);
  let at = 0;
  return (
    <pre class={name} tabIndex={0} role="region" aria-label={label}>
      {runs.map(({ text: part, style }) => {
        const styled = class_of(style);
        const inline = inline_of(style);
        const content = linked(part, at, places);
        at += part.length;
        return styled || inline ? <span class={styled} style={inline}>{content}</span> : content;
      })}
    </pre>
  );
}
