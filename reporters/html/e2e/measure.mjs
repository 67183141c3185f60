// What the benchmarks of the pages share.
import { chromium } from "playwright-core";
import { kBrowser, missing_tool } from "./pages.mjs";

export function require_tools() {
  const missing = missing_tool();
  if (!missing) return;
  console.error(`the page cannot be measured: ${missing}`);
  process.exit(77);
}

export const launch = () => chromium.launch({ executablePath: kBrowser, args: ["--no-sandbox"] });

export function row(name, times, target) {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  console.log(`${name.padEnd(52)} ${median.toFixed(0).padStart(6)} ms ${sorted[0].toFixed(0).padStart(6)} ms   ${target}`);
}

// From the navigation to the report in the document, and to the end of the last task of more than 50 ms.
export async function open(browser, url, hash, mark_name) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(() => {
    window.long_tasks = [];
    new PerformanceObserver((list) => window.long_tasks.push(...list.getEntries().map((entry) => entry.startTime + entry.duration))).observe({ type: "longtask", buffered: true });
  });
  await page.goto(url + hash);
  await page.locator("main .view").first().waitFor();
  await page.waitForTimeout(1000); // long tasks are told late
  const times = await page.evaluate((name) => {
    const [mark] = performance.getEntriesByName(name);
    return { shown: mark.startTime, interactive: Math.max(mark.startTime, ...window.long_tasks.filter((end) => end < mark.startTime + 1000)) };
  }, mark_name);
  return { page, times };
}
