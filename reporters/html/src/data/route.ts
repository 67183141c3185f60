// The part after # is a view and its parameters: "#tests&q=status:failed&test=ID", or only what to open:
// "#test=ID", "#file=PATH&line=12".

export const kViews = ["summary", "tests", "timeline", "coverage", "isolation", "environment"] as const;
export type View = (typeof kViews)[number];

const kParameters = ["q", "sort", "group", "test", "suite", "file", "line", "of"] as const;
type Parameter = (typeof kParameters)[number];
export type Route = { view: View } & { [name in Parameter]?: string | undefined };

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return "";
  }
}

// What is opened says where, when the address does not.
function view_of(parameters: Omit<Route, "view">): View {
  if (parameters.test !== undefined || parameters.q !== undefined) return "tests";
  return parameters.file !== undefined ? "coverage" : "summary";
}

export function parse_route(hash: string): Route {
  const [head = "", ...rest] = hash.replace(/^#/, "").split("&");
  const view = kViews.find((name) => name === head);
  const parameters: Omit<Route, "view"> = {};
  for (const part of view ? rest : [head, ...rest]) {
    const equals = part.indexOf("=");
    const name = kParameters.find((candidate) => candidate === part.slice(0, equals));
    if (name && equals > 0) {
      const value = decode(part.slice(equals + 1));
      if (value !== "") parameters[name] = value;
    }
  }
  return { view: view ?? view_of(parameters), ...parameters };
}

const kLoneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// Readable where it may be; encodeURIComponent throws on lone surrogates, and names of tests may have them.
function encode(text: string): string {
  return encodeURIComponent(text.replace(kLoneSurrogate, "\ufffd")).replace(/%(2F|3A|2C|3E|3C|40|5B|5D)/g, (code) => decodeURIComponent(code)).replaceAll("%20", "+");
}

export function hash_of(route: Route): string {
  const parts = kParameters.filter((name) => route[name]).map((name) => `${name}=${encode(route[name] as string)}`);
  return `#${[route.view, ...parts].join("&")}`;
}

export function link_to_suite(id: string): string {
  return hash_of({ view: "summary", suite: id });
}
export function link_to_file(path: string, line?: number): string {
  return hash_of({ view: "coverage", file: path, ...(line === undefined ? {} : { line: String(line) }) });
}
export function link_to_tests(q: string): string {
  return hash_of({ view: "tests", q });
}
