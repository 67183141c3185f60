import { describe, expect, it } from "vitest";
import { format_argv, format_bytes, format_count, format_duration, format_percent, format_time, signal_name } from "../src/text/format";

describe("format", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [1048575, "1.00 MiB"],
    [62914560, "60.0 MiB"],
    [536870912, "512 MiB"],
    [2 ** 50 * 5000, "5000 PiB"],
  ])("bytes %d", (bytes, text) => expect(format_bytes(bytes)).toBe(text));

  it.each([
    [0, "0 s"],
    [999, "999 ns"],
    [1_200_000, "1.20 ms"],
    [999_600_000, "1.00 s"],
    [59_990_000_000, "60.0 s"],
    [60_000_000_000, "1 min 00 s"],
    [3_599_900_000_000, "1 h 00 min"],
    [-5_000_000, "\u22125.00 ms"],
  ])("duration %d", (ns, text) => expect(format_duration(ns)).toBe(text));

  it("never rounds a percentage up to all or down to nothing", () => {
    expect(format_percent(99_999, 100_000)).toBe("99.9 %");
    expect(format_percent(1, 100_000)).toBe("<0.1 %");
    expect(format_percent(0, 100)).toBe("0.0 %");
    expect(format_percent(100, 100)).toBe("100.0 %");
    expect(format_percent(0, 0)).toBe("\u2013");
  });

  it("groups digits", () => expect(format_count(1234567)).toBe("1\u202f234\u202f567"));

  it("quotes what a shell would take apart", () => {
    expect(format_argv(["python3", "-k", "not slow", "it's", "", "a=b"])).toBe("python3 -k 'not slow' 'it'\\''s' '' a=b");
  });

  it("names signals and times", () => {
    expect(signal_name(9)).toBe("SIGKILL");
    expect(signal_name(60)).toBe("signal 60");
    expect(format_time("2026-03-01T12:00:00.123Z")).toBe("2026-03-01 12:00:00 UTC");
    expect(format_time("nonsense")).toBe("nonsense");
  });
});
