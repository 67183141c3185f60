import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DecodeError, decode_report, problem_of } from "../src/data/decode";
// @ts-expect-error The fixture is plain JavaScript, as the browser script uses it too.
import { make_report } from "../fixtures/report.mjs";

const encode = (value: unknown): string => gzipSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

describe("decode_report", () => {
  it("reads what the writer made", async () => {
    const report = make_report({ tests: 10 });
    expect(await decode_report(encode(report))).toEqual(report);
  });

  it("reads the documented example", async () => {
    const example = JSON.parse(readFileSync(new URL("../../../docs/formats/report.example.json", import.meta.url), "utf8"));
    const report = await decode_report(`\n${encode(example)}\n`);
    expect(report.suites.length).toBeGreaterThan(0);
    expect(report.suites[0]?.usage.peak_memory_bytes.scope).toBeTypeOf("string");
  });

  it("keeps text beyond ASCII", async () => {
    const report = make_report({ tests: 1 });
    report.exit_reason = "prüfe \u{1F600} \u202e";
    expect((await decode_report(encode(report))).exit_reason).toBe(report.exit_reason);
  });

  it.each([
    ["no base64", "%%%", "not base64"],
    ["no gzip", Buffer.from("plain").toString("base64"), "cannot be decompressed"],
    ["cut short", encode(make_report({ tests: 50 })).slice(0, 400), "cannot be decompressed"],
    ["no JSON", encode("{"), "not JSON"],
    ["another document", encode([1]), "not a report"],
  ])("says what is wrong: %s", async (_name, text, message) => {
    await expect(decode_report(text)).rejects.toThrow(DecodeError);
    await expect(decode_report(text)).rejects.toThrow(message);
  });

  it("refuses a newer schema and takes unknown members", () => {
    const report = { ...make_report({ tests: 1 }), something_new: true };
    expect(problem_of(report)).toBe("");
    expect(problem_of({ ...report, schema_version: 2 })).toContain("schema version 2");
  });
});
