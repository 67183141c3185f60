// The part of the address after #: a view and what is looked at, "#flame&q=json&clock=wall&range=1.2s..3.4s".
import { hidden_bits, hidden_kinds, kMeasures, type Measure, type Pick, type Range } from "./pick";
import type { Profile } from "./profile";

export const kViews = ["overview", "timeline", "flame", "sandwich", "source", "functions"] as const;
export type View = (typeof kViews)[number];

const kParameters = ["q", "clock", "range", "of", "hide", "order", "fn", "file", "line", "sort"] as const;
type Parameter = (typeof kParameters)[number];
export type Route = { view: View } & { [name in Parameter]?: string | undefined };

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return "";
  }
}

export function parse_route(hash: string): Route {
  const [head = "", ...parts] = hash.replace(/^#/, "").split("&");
  const route: Route = { view: kViews.find((view) => view === head) ?? "overview" };
  for (const part of parts) {
    const equals = part.indexOf("=");
    const name = kParameters.find((candidate) => candidate === part.slice(0, equals));
    const value = equals > 0 ? decode(part.slice(equals + 1)) : "";
    if (name && value !== "") route[name] = value;
  }
  return route;
}

const kLoneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function encode(text: string): string {
  return encodeURIComponent(text.replace(kLoneSurrogate, "\ufffd")).replace(/%(2F|3A|2C|40)/g, (code) => decodeURIComponent(code)).replaceAll("%20", "+");
}

export function hash_of(route: Route): string {
  const parts = kParameters.filter((name) => route[name]).map((name) => `${name}=${encode(route[name] as string)}`);
  return `#${[route.view, ...parts].join("&")}`;
}

// What stays when another view is opened.
export function kept_parameters({ q, clock, range, of, hide, order }: Route): Partial<Route> {
  return { q, clock, range, of, hide, order };
}

export function format_range({ from_ns, to_ns }: Range): string {
  const digits = Math.max(0, Math.min(6, 4 - Math.floor(Math.log10(Math.max(1, to_ns - from_ns) / 1e9))));
  const text = (ns: number): string => `${Number((ns / 1e9).toFixed(digits))}s`;
  return `${text(from_ns)}..${text(to_ns)}`;
}

export function parse_range(text: string | undefined, end_ns: number): Range | null {
  const match = /^(\d+(?:\.\d+)?)s\.\.(\d+(?:\.\d+)?)s$/.exec(text ?? "");
  if (!match) return null;
  const from_ns = Number(match[1]) * 1e9;
  const to_ns = Math.min(end_ns, Number(match[2]) * 1e9);
  return to_ns > from_ns ? { from_ns, to_ns } : null;
}

function index_of(text: string | undefined, letter: string, count: number): number | null {
  const index = text?.startsWith(letter) ? Number(text.slice(1)) : NaN;
  return Number.isInteger(index) && index >= 0 && index < count ? index : null;
}

export function pick_of(route: Route, profile: Profile): Pick {
  const measure: Measure = kMeasures.find((name) => name === route.clock) ?? profile.overview.clock;
  return {
    measure,
    range: measure === "cpu" || measure === "wall" ? parse_range(route.range, profile.end_ns) : null,
    process: index_of(route.of, "p", profile.overview.processes.length),
    thread: index_of(route.of, "t", profile.threads.length),
    hidden: hidden_bits((route.hide ?? "").split(",")),
  };
}

export function hide_text(bits: number): string | undefined {
  return hidden_kinds(bits).join(",") || undefined;
}
