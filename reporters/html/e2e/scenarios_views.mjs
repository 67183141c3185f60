// What a person does with the other views of a report, on any screen and on paper.
import { at_text, drawer, filter, no_sideways, shown, test_rows } from "./scenarios.mjs";

const narrow = { width: 390, height: 844 };
const kViews = ["summary", "tests", "timeline", "coverage", "isolation", "environment"];

// Contrast of every text of the page against what is behind it, as WCAG counts it. Returns those below AA.
export function poor_contrast() {
  const luminance = ([r, g, b]) => [r, g, b].map((value) => value / 255).map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)).reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const rgba = (text) => text.match(/[\d.]+/g).map(Number);
  const over = (top, below) => top.slice(0, 3).map((value, i) => value * (top[3] ?? 1) + below[i] * (1 - (top[3] ?? 1)));
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer.length === 3 ? [...layer, 1] : layer, below), [255, 255, 255]);
  };
  const found = new Map();
  const walker = document.createTreeWalker(document.querySelector("#app"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility?.() || element.closest(":disabled, .sr-only, svg")) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const text = over([...rgba(style.color).slice(0, 3), (rgba(style.color)[3] ?? 1) * Number(style.opacity)], below);
    const [light, dark] = [luminance(text), luminance(below)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.set(`${element.className || element.tagName}: ${ratio.toFixed(2)}`, node.textContent.trim().slice(0, 30));
  }
  return [...found].map(([what, text]) => `${what} (${text})`);
}

export const view_scenarios = [
  {
    name: "summary",
    page: "usual",
    steps: async (page, check) => {
      check("verdict", (await page.locator("h1").first().textContent()) === "Broken");
      check("title", (await page.title()).startsWith("Broken"));
      check("cards", (await page.locator(".card").count()) === 6);
      check("failures: two suites and five kinds of failed tests", (await page.locator("article.failure").count()) === 7);
      check("those alike are together", (await page.locator(".alike summary").first().textContent()) === "3 more tests failed alike");
      check("suites", (await page.locator("tr.suite-row").count()) === 5);
      check("gates that did not pass stand open", (await page.locator("#gates tbody tr").count()) === 4);
      check("those that stop the merge stand first", (await page.locator("#gates tbody tr").first().textContent()).includes("stops the merge"));
      check("what a verdict rests on leads there", (await page.locator('#gates .culprits a[href*="file=api/shop/orders.py"]').count()) === 1);
      check("diagnostics", (await page.locator("#diagnostics li").count()) === 3);
      check("what cost most", (await page.locator(".top-tests li").count()) === 12);
      check("against the base", (await page.locator(".cards .delta").count()) >= 2);
      await page.locator("#gates .culprits a").first().click();
      await drawer(page).waitFor();
      await page.keyboard.press("Escape");
      await page.locator("h1").filter({ hasText: "Broken" }).waitFor();
    },
  },
  {
    name: "suite by link",
    page: "usual",
    hash: "#suite=api:pytest",
    steps: async (page, check) => {
      await page.locator(".panel canvas").waitFor();
      check("panel is in sight", await page.locator("tr[data-suite='api:pytest']").evaluate((row) => row.getBoundingClientRect().top < 200));
      check("steps", (await page.locator(".step").count()) === 2);
      check("isolation with reasons", (await page.locator(".panel .isolation .reason").count()) === 2);
      check("gap is told", (await page.locator(".chart .gap").count()) === 1);
      await page.locator("tr[data-suite='crates/codec:cargo'] button").click();
      await at_text(page.locator(".panel"), "oom_kill 1");
    },
  },
  {
    name: "timeline filters the table",
    page: "usual",
    hash: "#timeline",
    steps: async (page, check) => {
      await page.locator(".curves canvas").waitFor();
      check("a label for each suite that ran", (await page.locator(".band-label").count()) === 4);
      const box = await page.locator(".lanes canvas").boundingBox();
      const x = (share) => box.x + box.width * share;
      await page.mouse.move(x(0.3), box.y + 40);
      await page.mouse.down();
      await page.mouse.move(x(0.4), box.y + 44, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction(() => /^at:/.test(document.querySelector("main input[type=search]").value));
      const total = Number((await shown(page).textContent()).split(" of ")[0].replace(/\D/g, ""));
      check("the table has the chosen span", total > 20 && total < 600);
      check("the span is drawn", (await page.locator(".brush").count()) === 1);
      await page.getByRole("button", { name: "Zoom to the chosen span" }).click();
      await at_text(page.locator(".timeline-tools"), /^\d+\.\d+ s – \d+\.\d+ s of/);
      await page.locator(".timeline-box").focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("0");
      await at_text(page.locator(".timeline-tools"), /^0 s/);
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => document.querySelector("main input[type=search]").value === "");
      await filter(page).fill("status:timed_out");
      await at_text(shown(page), /^1 of/);
      await filter(page).fill("");
      await page.mouse.move(x(0.9), box.y + 58);
      await at_text(page.locator(".tip"), "timed out");
      await page.mouse.click(x(0.9), box.y + 58);
      await at_text(drawer(page), "no end after 12 s");
    },
  },
  {
    name: "coverage and patch",
    page: "usual",
    hash: "#coverage",
    steps: async (page, check) => {
      check("ratios", (await page.locator(".totals").first().locator("dt").count()) === 4);
      check("files of the patch", (await page.locator(".patch-table tbody tr").count()) === 4);
      check("a changed file in no report stands first", (await page.locator(".patch-table tbody tr").first().textContent()).includes("in no coverage report"));
      check("categories", (await page.locator(".categories tbody tr").first().textContent()).includes("UNC"));
      check("unresolved paths", (await page.locator(".unresolved summary").count()) === 1);
      check("tree", (await page.locator(".files-table .disclose").count()) > 3);
      const rows = await page.locator(".files-table tbody tr:not(.spacer)").count();
      await page.locator(".files-table .disclose").first().click();
      check("a folder closes", (await page.locator(".files-table tbody tr:not(.spacer)").count()) < rows);
      await page.getByRole("button", { name: "List" }).click();
      await filter(page).fill("tax");
      await page.locator(".files-table a").first().click();
      await at_text(page.locator("h1"), "tax.py");
      await page.goBack();
      await page.locator(".patch-table").waitFor();
    },
  },
  {
    name: "file by link",
    page: "usual",
    hash: "#file=api/shop/orders.py&line=44",
    dark: true,
    steps: async (page, check) => {
      await page.locator(".listing tr.chosen").waitFor();
      check("the line is in sight", await page.locator(".listing tr.chosen").evaluate((row) => row.getBoundingClientRect().bottom < innerHeight));
      check("source as text", (await page.locator(".listing").textContent()).includes("</td><script>document.title = 'pwned'</script>"));
      check("missed lines have a sign", (await page.locator(".listing tr.missed .hits").first().textContent()).includes("\u2715"));
      check("changed lines have a sign", (await page.locator(".listing tr.changed .patch-sign").first().textContent()) === "+");
      await at_text(page.locator(".line-panel"), "never taken");
      check("who tests it", (await page.locator(".line-panel .reachers a").count()) > 0);
      await page.keyboard.press("n");
      await page.waitForFunction(() => !location.hash.includes("line=44"));
      check("n goes to a missed line", (await page.locator(".listing tr.chosen.missed").count()) === 1);
      await page.getByRole("button", { name: /Changed/ }).click();
      await page.locator(".listing .hole").first().waitFor();
      await page.goto(page.url().replace(/#.*/, "#file=api/shop/currency.py"));
      await at_text(page.locator(".notice"), "not in the repository any more");
      check("lines without a text", (await page.locator(".listing tr.hit").count()) > 5);
      await page.goto(page.url().replace(/#.*/, "#file=nothing.py"));
      await at_text(page.locator(".view"), "No coverage of this file");
    },
  },
  {
    name: "isolation",
    page: "usual",
    hash: "#isolation",
    steps: async (page, check) => {
      check("weakest first", (await page.locator(".isolation tbody").first().textContent()).includes("refused"));
      check("suites that differ are named", (await page.locator(".suites-cell a").count()) === 4);
      check("what was left behind", (await page.locator(".view").textContent()).includes("redis-server --port 0"));
    },
  },
  ...["light", "dark"].map((theme) => ({
    name: `contrast ${theme}`,
    page: "usual",
    dark: theme === "dark",
    steps: async (page, check) => {
      for (const view of kViews) {
        await page.goto(page.url().replace(/#.*|$/, `#${view}`));
        await page.locator(`.view-${view}`).waitFor();
        for (const poor of await page.evaluate(poor_contrast)) check(`${view}: ${poor}`, false);
      }
      await page.goto(page.url().replace(/#.*/, "#file=api/shop/orders.py&line=44"));
      await page.locator(".listing tr.chosen").waitFor();
      for (const poor of await page.evaluate(poor_contrast)) check(`file: ${poor}`, false);
      await page.goto(page.url().replace(/#.*/, "#test=api:pytest::tests/unit/test_orders.py::test_rounds_to_cents%5BEUR%5D"));
      await drawer(page).locator("pre").first().waitFor();
      for (const poor of await page.evaluate(poor_contrast)) check(`test: ${poor}`, false);
    },
  })),
  {
    name: "dark by choice",
    page: "usual",
    steps: async (page, check) => {
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number).reduce((a, b) => a + b));
      check("light as the system", (await background()) > 600);
      const button = page.getByRole("button", { name: /^Colours/ });
      await button.click();
      await button.click();
      check("dark as chosen", (await background()) < 150);
      await page.reload();
      await page.locator(".view").waitFor();
      check("kept, where the browser keeps things", (await background()) < 150);
      await page.emulateMedia({ media: "print" });
      check("paper is white", (await background()) > 700);
    },
  },
  ...kViews.map((view) => ({
    name: `phone ${view}`,
    page: "usual",
    viewport: narrow,
    dark: view === "tests",
    hash: `#${view}`,
    steps: async (page, check) => check("nothing scrolls sideways", await no_sideways(page)),
  })),
  {
    name: "tablet",
    page: "usual",
    viewport: { width: 1024, height: 768 },
    steps: async (page, check) => {
      for (const view of kViews) {
        await page.goto(page.url().replace(/#.*|$/, `#${view}`));
        check(`${view}: nothing scrolls sideways`, await no_sideways(page));
      }
    },
  },
  {
    name: "printed",
    page: "usual",
    hash: "#coverage",
    steps: async (page, check) => {
      const paper = await page.pdf({ format: "A4" });
      const pages = paper.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
      check(`it takes a reasonable number of pages (${pages})`, pages >= 5 && pages <= 30);
      await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
      await page.emulateMedia({ media: "print" });
      check("every view is printed", (await page.locator(".view").count()) === 6);
      check("failed tests and many more", (await test_rows(page).count()) >= 200);
      check("what is not printed is told", (await page.locator(".view-tests").textContent()).includes("more rows are not printed"));
      check("no controls", !(await page.locator(".filters").first().isVisible()) && !(await page.locator(".top").isVisible()));
      await page.evaluate(() => dispatchEvent(new Event("afterprint")));
      check("and the screen is as before", (await page.locator(".view").count()) === 1);
    },
  },
  {
    name: "a run that passed",
    page: "passing",
    steps: async (page, check) => {
      check("verdict", (await page.locator("h1").first().textContent()) === "Passed");
      check("no failures", (await page.locator("#failures").count()) === 0);
      for (const view of kViews) {
        await page.goto(page.url().replace(/#.*|$/, `#${view}`));
        await page.locator(`.view-${view}`).waitFor();
      }
      await page.goto(page.url().replace(/#.*/, "#tests&group=failure"));
      await at_text(page.locator(".empty"), "nothing to group");
      await page.goto(page.url().replace(/#.*/, "#coverage"));
      await at_text(page.locator(".empty-state"), "no coverage");
    },
  },
  {
    name: "results that were only read",
    page: "read",
    steps: async (page, check) => {
      const text = await page.locator("main").innerText();
      check("nothing is made up", !/1970|unnamed|0 cores|\b0 B\b/.test(text));
      check("and it says so", text.includes("results were read"));
      await page.goto(page.url().replace(/#.*|$/, "#timeline"));
      await at_text(page.locator(".empty"), "there is no timeline");
      await page.goto(page.url().replace(/#.*/, "#isolation"));
      await at_text(page.locator(".empty-state"), "nothing was isolated");
      await page.goto(page.url().replace(/#.*/, "#environment"));
      await page.locator(".view-environment").waitFor();
      check("environment has what is known", !/1970|0 cores|\b0 B\b/.test(await page.locator("main").innerText()));
      await page.goto(page.url().replace(/#.*/, "#file=src/a.py"));
      await page.locator(".listing tr.hit").first().waitFor();
      await page.goto(page.url().replace(/#.*/, "#tests&sort=-duration"));
      await test_rows(page).first().locator("a").click();
      await at_text(drawer(page), "not in JUnit");
    },
  },
  {
    name: "documented example",
    page: "example",
    steps: async (page, check) => {
      check("its lone suite is open", (await page.locator(".panel").count()) === 1);
      for (const view of kViews) {
        await page.goto(page.url().replace(/#.*|$/, `#${view}`));
        await page.locator(`.view-${view}`).waitFor();
        check(`${view}: no part failed to draw`, (await page.locator(".problem").count()) === 0);
      }
    },
  },
  {
    name: "empty template",
    page: "empty",
    steps: async (page) => at_text(page.locator(".problem"), "holds no report"),
  },
  {
    name: "damaged data",
    page: "damaged",
    steps: async (page) => at_text(page.locator(".problem"), "cannot be shown"),
  },
];
