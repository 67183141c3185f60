// What a person does with the tests of a report, and what must be seen then.
import { kHostileName } from "../fixtures/report.mjs";

export const test_rows = (page) => page.locator(".tests-table tbody tr:not(.spacer)");
export const shown = (page) => page.locator("form.filters output").first();
export const filter = (page) => page.locator("main input[type=search]").first();
export const drawer = (page) => page.locator("dialog.drawer");
export const no_sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

export async function at_text(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor({ timeout: 5000 });
}

const focused_row = (page) => page.evaluate(() => document.activeElement?.closest("tr")?.dataset.index);
const kThin = "\u202f";

export const scenarios = [
  {
    name: "hostile names and output stay text",
    page: "usual",
    hash: "#tests&q=inert",
    steps: async (page, check) => {
      check("name is shown as it is", (await page.getByText(kHostileName, { exact: true }).count()) > 0);
      await test_rows(page).first().locator("a").click();
      await at_text(drawer(page), "alert(1)");
      await page.locator("details summary").evaluateAll((all) => all.forEach((summary) => !summary.parentElement.open && summary.click()));
      await page.waitForFunction(() => document.querySelectorAll("dialog pre").length >= 4);
      check("no script ran", !(await page.title()).includes("pwned"));
      check("no element came out of data", (await page.locator("#app :is(img, script, iframe, base, meta, style, object, embed)").count()) === 0);
      check("no link leads out", (await page.locator('a[href^="http"], a[href^="javascript"]').count()) === 0);
      check("no attribute is a handler", (await page.evaluate(() => [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")).length)) === 0);
      const text = await page.locator("dialog").evaluate((element) => element.textContent);
      check("no raw control characters", !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069]/.test(text));
      check("a line of a megabyte is cut and told", text.includes("bytes are left out here"));
      check("nothing scrolls sideways", await no_sideways(page));
      await page.goto(page.url().replace(/#.*/, "#tests&q=gnp.exe"));
      await test_rows(page).first().locator("a").click();
      await drawer(page).waitFor();
      check("command with control characters is not copied", (await page.locator("dialog .command button:disabled").count()) === 1);
    },
  },
  {
    name: "nothing but its own script may run",
    page: "usual",
    steps: async (page, check) => {
      const policy = await page.locator("meta[http-equiv]").getAttribute("content");
      check("policy has no unsafe source", policy.includes("default-src 'none'") && !policy.includes("unsafe"));
      const refused = await page.evaluate(async () => {
        const violations = [];
        document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
        const script = document.createElement("script");
        try {
          script.textContent = "window.ran = true";
        } catch {
          violations.push("trusted types");
        }
        document.body.append(script);
        await new Promise((done) => setTimeout(done, 50));
        return { ran: "ran" in window, violations };
      }).catch((error) => ({ ran: false, violations: [error.message] }));
      check("a script that is put in does not run", !refused.ran && refused.violations.length > 0);
    },
    expects_refusal: true,
  },
  {
    name: "filter and sort tests",
    page: "usual",
    hash: "#tests",
    steps: async (page, check) => {
      await page.keyboard.press("/");
      await page.keyboard.type("refund restart");
      await page.waitForFunction(() => !document.querySelector("output").textContent.startsWith("1\u202f341"));
      const names = await test_rows(page).locator("th").allTextContents();
      check("filtered by words", names.length > 0 && names.every((name) => name.includes("refund") && name.includes("restart")));
      await filter(page).fill("status:failed suite:api mem:>1MB");
      await page.waitForFunction(() => [...document.querySelectorAll(".tests-table tbody .badge")].every((badge) => !badge.textContent.includes("passed")));
      check("filtered by terms", (await test_rows(page).count()) > 3);
      const before = await shown(page).textContent();
      await filter(page).fill("stats:failed");
      await at_text(page.locator(".filter-problem"), 'did you mean "status:"?');
      check("input is marked", (await filter(page).getAttribute("aria-invalid")) === "true");
      check("the table keeps what it had", (await shown(page).textContent()) === before);
      await filter(page).fill("");
      await page.locator(".filter-problem").waitFor({ state: "detached" });
      await page.locator(".chip.bad").click();
      await at_text(shown(page), new RegExp(`^11 of 1${kThin}341$`));
      check("chip is pressed and writes the filter", (await page.locator(".chip.bad").getAttribute("aria-pressed")) === "true" && (await filter(page).inputValue()) === "status:failed");
      await page.locator(".chip.bad").click();
      await page.locator("main select").first().selectOption("services/ledger:go");
      await at_text(shown(page), /^46 of/);
      await page.locator("main select").first().selectOption("");
      await page.getByRole("button", { name: "Duration" }).click();
      check("longest first", (await test_rows(page).first().textContent()).includes("12.0 s"));
      check("direction is told", (await page.locator("th[aria-sort=descending]").count()) === 1);
      await page.waitForFunction(() => location.hash.includes("sort=-duration"));
    },
  },
  {
    name: "group by failure",
    page: "usual",
    hash: "#tests",
    steps: async (page, check) => {
      await page.locator("main select").nth(1).selectOption("failure");
      const heads = page.locator(".group-head");
      await heads.first().waitFor();
      check("six kinds of failure", (await heads.count()) === 6);
      check("largest first, with its count", (await heads.first().textContent()).startsWith("4AssertionError"));
      check("refused connections are one kind", (await heads.nth(1).locator(".count").textContent()) === "3");
      const rows = await test_rows(page).count();
      await heads.first().getByRole("button").click();
      check("a group closes", (await test_rows(page).count()) === rows - 4 && (await heads.first().getByRole("button").getAttribute("aria-expanded")) === "false");
    },
  },
  {
    name: "open a failing test and come back",
    page: "usual",
    hash: "#tests&q=status:failed",
    steps: async (page, check) => {
      await page.keyboard.press("j");
      check("j goes to the first row", (await focused_row(page)) === "0");
      await page.keyboard.press("Enter");
      await drawer(page).waitFor();
      check("address names the test", page.url().includes("&test="));
      await at_text(drawer(page), "AssertionError");
      check("colours are kept", (await drawer(page).locator("pre .fg1").count()) > 0);
      check("rerun command", (await drawer(page).locator(".command code").textContent()).startsWith("runharness test"));
      check("history with this run", (await drawer(page).locator(".spark rect").count()) === 19);
      check("a place in the stack leads to the file", (await drawer(page).locator('pre a[href*="file=api/shop/orders.py&line=41"]').count()) > 0);
      await page.keyboard.press("j");
      await at_text(drawer(page).locator("h2"), "[USD]");
      await page.keyboard.press("Escape");
      await drawer(page).waitFor({ state: "detached" });
      check("address is clean again", !page.url().includes("test="));
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await drawer(page).waitFor();
      await page.goBack();
      await drawer(page).waitFor({ state: "detached" });
      check("back closes it, the filter stays", (await filter(page).inputValue()) === "status:failed");
      await page.goForward();
      await drawer(page).waitFor();
    },
  },
  {
    name: "test by link",
    page: "usual",
    hash: "#test=api:pytest::tests/unit/test_orders.py::test_clock_skew_is_tolerated",
    steps: async (page, check) => {
      await drawer(page).waitFor();
      await at_text(drawer(page), "ticket SHOP-1182");
      await at_text(drawer(page), "quarantined");
      check("flake rate", (await drawer(page).textContent()).includes("9 of 41 times"));
      await page.goto(page.url().replace(/#.*/, "#test=nothing"));
      await at_text(drawer(page), "no test of this run has that id");
    },
  },
  {
    name: "help by key",
    page: "usual",
    steps: async (page, check) => {
      await page.keyboard.press("?");
      await at_text(page.locator("dialog.sheet"), "mem:>200MB");
      await page.keyboard.press("Escape");
      await page.locator("dialog.sheet").waitFor({ state: "detached" });
      await page.keyboard.press("2");
      await filter(page).waitFor();
      check("a number opens a view", page.url().endsWith("#tests"));
      await page.keyboard.press("1");
      await page.keyboard.press("/");
      await page.waitForFunction(() => document.activeElement?.matches("input[type=search]"));
      check("focus is seen", await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none"));
    },
  },
  {
    name: "fifty thousand tests",
    page: "large",
    hash: "#tests",
    steps: async (page, check, { bytes }) => {
      check(`the page is at most 3 MB (it has ${bytes} bytes)`, bytes <= 3_000_000);
      check("few rows in the document", (await test_rows(page).count()) < 80);
      await page.locator(".scroller").evaluate(async (scroller) => {
        for (let i = 1; i <= 60; i++) {
          scroller.scrollTop = (i * scroller.scrollHeight) / 60;
          await new Promise(requestAnimationFrame);
        }
      });
      await page.waitForFunction(() => Number([...document.querySelectorAll(".tests-table tbody tr:not(.spacer)")].at(-1)?.ariaRowIndex ?? document.querySelector(".tests-table tbody tr:nth-last-child(1)")?.getAttribute("aria-rowindex")) > 50_000);
      await filter(page).fill("voucher slow:>10ms");
      await page.waitForFunction(() => !document.querySelector("output").textContent.startsWith("50\u202f141"));
      check("the scroller went back", (await test_rows(page).count()) > 10);
      await page.keyboard.press("End");
      await filter(page).fill("");
      await page.locator("main select").nth(1).selectOption("file");
      await page.locator(".group-head").first().waitFor();
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press("3");
      await page.locator(".timeline canvas").first().waitFor();
      await page.keyboard.press("4");
      await page.locator(".files-table").waitFor();
      await filter(page).fill("module_399");
      await page.locator(".files-table a").first().click();
      await page.locator(".listing tbody tr.hit").first().waitFor();
    },
  },
];
