import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decode_json, DecodeError } from "../src/data/embedded";
import { problem_of, Sections } from "../src/data/sections";
// @ts-expect-error The fixture is plain JavaScript, as the browser script uses it too.
import { make_report } from "../fixtures/report.mjs";

const encode = (value: unknown): string => gzipSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

describe("decode_json", () => {
  it("reads what the writer made, also beyond ASCII", async () => {
    const report = make_report({ tests: 10 });
    report.exit_reason = "prüfe \u{1F600} \u202e";
    expect(await decode_json(`\n${encode(report)}\n`)).toEqual(report);
  });

  it.each([
    ["no base64", "%%%", "not base64"],
    ["no gzip", Buffer.from("plain").toString("base64"), "cannot be decompressed"],
    ["cut short", encode(make_report({ tests: 50 })).slice(0, 400), "cannot be decompressed"],
    ["no JSON", encode("{"), "not JSON"],
  ])("says what is wrong: %s", async (_name, text, message) => {
    await expect(decode_json(text)).rejects.toThrow(DecodeError);
    await expect(decode_json(text)).rejects.toThrow(message);
  });
});

describe("problem_of", () => {
  it("refuses a newer schema and takes unknown members", () => {
    const report = { ...make_report({ tests: 1 }), something_new: true };
    expect(problem_of(report)).toBe("");
    expect(problem_of({ ...report, schema_version: 2 })).toContain("schema version 2");
    expect(problem_of([1])).toContain("not a report");
  });
});

describe("Sections", () => {
  it("decodes each section once", async () => {
    const asked: string[] = [];
    const sections = new Sections((name) => {
      asked.push(name);
      return encode({ items: {}, left_out: 3 });
    });
    const [first, second] = await Promise.all([sections.load("rh-past"), sections.load("rh-past")]);
    expect(first).toBe(second);
    expect(first.left_out).toBe(3);
    expect(asked).toEqual(["rh-past"]);
  });
  it("says that one is missing", async () => {
    await expect(new Sections(() => null).load("rh-map")).rejects.toThrow("rh-map is missing");
  });
});
