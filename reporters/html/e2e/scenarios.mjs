// What a person does with a report, and what must be seen then.
import { kHostileName } from "../fixtures/report.mjs";

const test_rows = (page) => page.locator("#tests tbody tr:not(.spacer)");
const shown = (page) => page.locator("#tests output");
const drawer = (page) => page.locator("dialog.drawer");
const narrow = { width: 390, height: 844 };
const no_sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

async function at_text(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor({ timeout: 3000 });
}

export const scenarios = [
  {
    name: "overview",
    page: "usual",
    steps: async (page, check) => {
      check("verdict", (await page.locator("h1").textContent()) === "Broken");
      check("title", (await page.title()).startsWith("Broken"));
      check("cards", (await page.locator(".card").count()) === 6);
      check("failures: four tests and two suites", (await page.locator("article.failure").count()) === 6);
      check("suites", (await page.locator("tr.suite-row").count()) === 5);
      check("gates", (await page.locator("#gates tbody tr").count()) === 5);
      check("failed gates stand first", (await page.locator("#gates tbody tr").first().textContent()).includes("failed"));
      check("diagnostics", (await page.locator("#diagnostics li").count()) === 3);
      check("nothing scrolls sideways", await no_sideways(page));
    },
  },
  {
    name: "hostile names stay text",
    page: "usual",
    steps: async (page, check) => {
      check("name is shown as it is", (await page.getByText(kHostileName, { exact: true }).count()) > 0);
      check("no script ran", !(await page.title()).includes("pwned"));
      check("no element came out of data", (await page.locator("#app img, #app script, #app iframe").count()) === 0);
      const text = await page.locator("#app").innerText();
      check("no raw control characters", !/[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/.test(text.replaceAll("\r", "")));
      check("command with control characters is not copied", (await page.locator(".command button:disabled").count()) === 1);
    },
  },
  {
    name: "filter and sort tests",
    page: "usual",
    steps: async (page, check) => {
      await page.locator("#tests input").fill("refund restart");
      await at_text(shown(page), /^\d+ shown$/);
      const names = await test_rows(page).locator("th").allTextContents();
      check("filtered by words", names.length > 0 && names.every((name) => name.includes("refund") && name.includes("restart")));
      await page.locator("#tests input").fill("(");
      await page.getByRole("button", { name: /regular expression/ }).click();
      await at_text(shown(page), /Invalid regular expression/);
      await page.locator("#tests input").fill("rounds_to_cents\\[EUR\\]$");
      await at_text(shown(page), /^0 shown$/);
      await page.locator("#tests input").fill("");
      await page.locator("#tests .chip.bad").click();
      await at_text(shown(page), /^4 shown$/);
      check("chip is pressed", (await page.locator("#tests .chip.bad").getAttribute("aria-pressed")) === "true");
      await page.locator("#tests .chip.bad").click();
      await page.locator("#tests select").selectOption("services/ledger:go");
      await at_text(shown(page), /^46 shown$/);
      await page.locator("#tests select").selectOption("");
      await page.getByRole("button", { name: "Duration" }).click();
      check("longest first", (await test_rows(page).first().textContent()).includes("30.0 s"));
      check("direction is told", (await page.locator("#tests th[aria-sort=descending]").count()) === 1);
    },
  },
  {
    name: "open a test and come back",
    page: "usual",
    steps: async (page, check) => {
      const link = test_rows(page).first().locator("a");
      await link.focus();
      await page.keyboard.press("Enter");
      await drawer(page).waitFor();
      check("address names the test", page.url().includes("#test/"));
      await at_text(drawer(page), "AssertionError");
      check("colours are kept", (await drawer(page).locator("pre .fg1").count()) > 0);
      check("rerun command", (await drawer(page).locator(".command code").textContent()).startsWith("runharness test"));
      await page.keyboard.press("Escape");
      await drawer(page).waitFor({ state: "detached" });
      check("address is clean again", !page.url().includes("#test/"));
      check("focus is back", await link.evaluate((element) => element === document.activeElement));
      await page.keyboard.press("ArrowDown");
      check("arrow goes to the next row", (await page.evaluate(() => document.activeElement?.closest("tr")?.dataset.index)) === "1");
    },
  },
  {
    name: "covered file by link",
    page: "usual",
    hash: "#coverage/api/shop/orders.py",
    dark: true,
    steps: async (page, check) => {
      await drawer(page).waitFor();
      check("source lines", (await drawer(page).locator(".listing tr").count()) === 60);
      check("missed lines are told", (await drawer(page).getByText("Missed", { exact: true }).count()) === 1);
      await page.getByRole("button", { name: "Close" }).click();
      await page.locator("#coverage input").fill("tax");
      await page.locator("#coverage tbody a").click();
      await at_text(drawer(page), "api/shop/tax.py");
      check("ranges", /\d+\u2013\d+/.test(await drawer(page).locator(".ranges").textContent()));
    },
  },
  {
    name: "suite by link",
    page: "usual",
    hash: "#suite/api:pytest",
    steps: async (page, check) => {
      await page.locator(".panel canvas").waitFor();
      check("panel is in sight", await page.locator("tr[data-suite='api:pytest']").evaluate((row) => row.getBoundingClientRect().top < 200));
      check("steps", (await page.locator(".step").count()) === 2);
      check("isolation with reasons", (await page.locator(".panel .isolation .reason").count()) === 2);
      check("gap is told", (await page.locator(".chart .gap").count()) === 1);
      await page.locator("tr[data-suite='crates/codec:cargo'] button").click();
      await at_text(page.locator(".panel"), "oom_kill 1");
      check("nothing scrolls sideways", await no_sideways(page));
    },
  },
  {
    name: "dark",
    page: "usual",
    dark: true,
    hash: "#suite/packages/web:vitest",
    steps: async (page, check) => {
      const [red, green, blue] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
      check("background is dark", red + green + blue < 150);
      await page.locator(".panel canvas").waitFor();
    },
  },
  {
    name: "phone",
    page: "usual",
    viewport: narrow,
    hash: "#suite/api:pytest",
    steps: async (page, check) => {
      await page.locator(".panel canvas").waitFor();
      check("nothing scrolls sideways", await no_sideways(page));
      check("panel fits", await page.locator(".panel").first().evaluate((panel) => panel.getBoundingClientRect().width <= innerWidth));
    },
  },
  {
    name: "twenty thousand tests",
    page: "large",
    hash: "#tests",
    steps: async (page, check) => {
      check("few rows in the document", (await test_rows(page).count()) < 80);
      const worst = await page.locator("#tests .scroller").evaluate(async (scroller) => {
        let longest = 0;
        let before = performance.now();
        for (let i = 1; i <= 60; i++) {
          scroller.scrollTop = (i * scroller.scrollHeight) / 60;
          await new Promise(requestAnimationFrame);
          const now = performance.now();
          longest = Math.max(longest, now - before);
          before = now;
        }
        return longest;
      });
      console.log(`       longest frame while scrolling: ${worst.toFixed(0)} ms`);
      const last = await test_rows(page).last().getAttribute("aria-rowindex");
      check("the last row is reached", Number(last) > 20_000);
      await page.locator("#tests input").fill("voucher");
      await at_text(shown(page), /shown/);
      check("the scroller went back", (await test_rows(page).count()) > 10);
    },
  },
  {
    name: "printed",
    page: "usual",
    steps: async (page, check) => {
      await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
      await page.emulateMedia({ media: "print" });
      check("all rows are printed", (await test_rows(page).count()) > 1200);
      check("no controls", !(await page.locator(".filters").first().isVisible()));
      await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    },
  },
  {
    name: "documented example",
    page: "example",
    steps: async (page, check) => {
      check("its lone suite is open", (await page.locator(".panel").count()) === 1);
      check("no part failed to draw", (await page.locator(".problem").count()) === 0);
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
