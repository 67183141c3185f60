// Builds the template of a page: bundles src/ with esbuild and inlines script and style into template.html (the
// report of a run) or profile.html (a profile), so that the finished file needs nothing but the data.
// Usage: node build.mjs <outfile> [report | profile] [folder with node_modules; default: this one]
import { readFile, mkdir, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const kDataMarker = "<!--RUNHARNESS_DATA-->";
const kPages = {
  report: { entry: "src/main.tsx", template: "template.html", libraries: ["preact", "uplot"], max_bytes: 260_000 },
  profile: { entry: "src/profile/main.tsx", template: "profile.html", libraries: ["preact"], max_bytes: 160_000 },
};

const [outfile, kind = "report", packages_folder = here] = process.argv.slice(2);
const made = kPages[kind];
if (!outfile || !made) {
  console.error("usage: node build.mjs <outfile> [report | profile] [folder with node_modules]");
  process.exit(2);
}
// Packages outside of the source tree: builds in several folders do not disturb one another.
const packages = join(resolve(packages_folder), "node_modules");
const { build } = createRequire(join(packages, "x.js"))("esbuild");

async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [made.entry],
    bundle: true,
    nodePaths: [packages],
    minify: true,
    format: "iife",
    target: ["chrome100", "firefox113", "safari16.4"],
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "ascii",
    legalComments: "none",
    outdir: "out",
    write: false,
    logLevel: "warning",
  });
  const text = (suffix) => result.outputFiles.find((file) => file.path.endsWith(suffix))?.text.trim() ?? "";
  return { script: text(".js"), style: text(".css") };
}

// The libraries are MIT licensed, which asks for their notice in every copy.
async function notices() {
  const texts = await Promise.all(
    made.libraries.map(async (name) => `${name}\n\n${(await readFile(join(packages, name, "LICENSE"), "utf8")).trim()}`),
  );
  return texts.join("\n\n").replaceAll("--", "- -");
}

// Replaces one marker that must be there exactly once. A function as replacement keeps `$&` in the
// inserted text from being read as a pattern.
function insert(page, marker, content) {
  if (page.split(marker).length !== 2) throw new Error(`${made.template} must hold ${marker} exactly once`);
  return page.replace(marker, () => content);
}

// Text that would end its own element must not be in there; esbuild escapes it in scripts.
function inert(content, element) {
  if (content.toLowerCase().includes(`</${element}`)) throw new Error(`bundle contains </${element}`);
  return content;
}

// The page may run this script and use this style, and nothing else: no other script, no request to anywhere. Data
// elements are no scripts to a browser, and a style set by the script is none of the page's text.
function policy(script, style) {
  const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

const [{ script, style }, template, licenses] = await Promise.all([
  bundle(),
  readFile(join(here, made.template), "utf8"),
  notices(),
]);
let page = insert(template, "/*STYLE*/", inert(style, "style"));
page = insert(page, "/*SCRIPT*/", inert(script, "script"));
page = insert(page, "/*POLICY*/", policy(script, style));
page = insert(page, "<!--NOTICES-->", `<!--\n${licenses}\n-->`);
if (page.split(kDataMarker).length !== 2) throw new Error(`the finished page must hold ${kDataMarker} exactly once`);
if (Buffer.byteLength(page) > made.max_bytes) throw new Error(`template is ${Buffer.byteLength(page)} bytes, more than ${made.max_bytes}`);

await mkdir(dirname(outfile), { recursive: true });
await writeFile(outfile, page);
console.log(`${outfile}: ${Buffer.byteLength(page)} bytes (script ${script.length}, style ${style.length})`);
