// What the part after # means: a section, or one suite, test or covered file.

export type Route =
  | { kind: "section"; name: string }
  | { kind: "suite" | "test" | "coverage"; id: string };

export function parse_route(hash: string): Route {
  const text = hash.replace(/^#/, "");
  const match = /^(suite|test|coverage)\/(.+)$/s.exec(text);
  if (!match) return { kind: "section", name: text };
  try {
    return { kind: match[1] as "suite" | "test" | "coverage", id: decodeURIComponent(match[2] as string) };
  } catch {
    return { kind: "section", name: "" };
  }
}

export function link_to(kind: "suite" | "test" | "coverage", id: string): string {
  return `#${kind}/${encode(id)}`;
}

const kLoneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// encodeURIComponent throws on lone surrogates, and names of tests may have them.
function encode(id: string): string {
  return encodeURIComponent(id.replace(kLoneSurrogate, "\ufffd")).replaceAll("%2F", "/").replaceAll("%3A", ":");
}
