import { describe, expect, it } from "vitest";
import { apply_sgr, parse_ansi, strip_ansi } from "../src/text/ansi";
import { inert, inert_line, is_safe_to_paste } from "../src/text/inert";

describe("inert", () => {
  it("shows control characters and direction overrides", () => {
    expect(inert("a\u0000b\u001bc\u007f")).toBe("a\u2039U+0000\u203ab\u2039U+001B\u203ac\u2039U+007F\u203a");
    expect(inert("\u202egnp\u2066")).toBe("\u2039U+202E\u203agnp\u2039U+2066\u203a");
    expect(inert("a\ud800b")).toBe("a\u2039U+D800\u203ab");
  });

  it("leaves ordinary text, emoji and line breaks", () => {
    expect(inert("x\ty\r\nz \u{1F600} é")).toBe("x\ty\nz \u{1F600} é");
    expect(inert_line("x\ny\tz")).toBe("x\u2039U+000A\u203ay\u2039U+0009\u203az");
  });

  it("keeps emoji that are joined of several", () => expect(inert("\u{1F468}\u200d\u{1F469}")).toBe("\u{1F468}\u200d\u{1F469}"));

  it("knows which commands are safe to paste", () => {
    expect(is_safe_to_paste("runharness test -k 'a b'")).toBe(true);
    expect(is_safe_to_paste("runharness test -k '\u001b[201~rm'")).toBe(false);
    expect(is_safe_to_paste("a\nb")).toBe(false);
  });
});

describe("parse_ansi", () => {
  it("splits into runs of equal style", () => {
    expect(parse_ansi("a\u001b[1;31mb\u001b[0mc")).toEqual([
      { text: "a", style: {} },
      { text: "b", style: { bold: true, foreground: "1" } },
      { text: "c", style: {} },
    ]);
  });

  it("reads extended colours, and treats nonsense as nothing", () => {
    expect(apply_sgr({}, "38;5;196").foreground).toBe("#ff0000");
    expect(apply_sgr({}, "38;5;3").foreground).toBe("3");
    expect(apply_sgr({}, "48;2;1;2;300").background).toBe("#0102ff");
    expect(apply_sgr({}, "38;5;999")).toEqual({});
    expect(apply_sgr({ bold: true }, "38")).toEqual({ bold: true });
    expect(apply_sgr({ bold: true, foreground: "1" }, "22;39")).toEqual({});
  });

  it("drops every other sequence", () => {
    expect(strip_ansi("a\u001b[2J\u001b[10;5Hb\u001b]0;title\u0007c\u001b]8;;http://x\u001b\\d\u001b(Be\u001bMf")).toBe("abcdef");
  });

  it("loses nothing of a text with an unfinished sequence", () => {
    expect(parse_ansi("a\u001b[31").map((run) => run.text).join("")).toBe("a\u2039U+001B\u203a[31");
  });

  it("is linear on hostile text", () => {
    const text = "\u001b[".repeat(100_000) + "\u001b]".repeat(1000);
    expect(parse_ansi(text).length).toBeGreaterThan(0);
  });
});
