// Opens profiles in speedscope, as published on npm, in a headless Chromium and prints what its table of functions
// says: {"file": [{"name", "self", "total"}, ...], ...} as JSON.
// Usage: node open_in_speedscope.mjs FOLDER_OF_PACKAGES BROWSER FILE...
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, browser_path, ...files] = process.argv.slice(2);
const { chromium } = createRequire(join(packages, "package.json"))("playwright-core");
const page_file = join(packages, "node_modules/speedscope/dist/release/index.html");

const folder = mkdtempSync(join(tmpdir(), "speedscope-"));
const browser = await chromium.launch({ executablePath: browser_path, args: ["--no-sandbox"] });
const tables = {};
try {
  for (const file of files) {
    const page = await browser.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("dialog", (dialog) => {
      problems.push(dialog.message());
      void dialog.dismiss();
    });
    // What speedscope's own command does with a local file.
    const script = join(folder, "load.js");
    const bytes = readFileSync(file).toString("base64");
    writeFileSync(script, `speedscope.loadFileFromBase64(${JSON.stringify(basename(file))}, "${bytes}")`);
    await page.goto(`${pathToFileURL(page_file).href}#localProfilePath=${encodeURIComponent(script)}`);
    await page.getByText("Sandwich").waitFor({ timeout: 30_000 }).catch(() => problems.push("it was not opened"));
    if (problems.length > 0) throw new Error(`${file}: ${problems.join("; ")}`);
    await page.keyboard.press("3");
    const is_shown = () => [...document.querySelectorAll("table tr")].some((row) => row.offsetParent && row.innerText.includes("%"));
    await page.waitForFunction(is_shown, null, { timeout: 30_000 });
    const rows = (await page.locator("table tr").allInnerTexts()).filter((text) => text.includes("%"));
    tables[basename(file)] = rows.map((text) => {
      const [total, self, name] = text.split("\t").map((cell) => cell.trim());
      return { name, self, total };
    });
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
console.log(JSON.stringify(tables));
