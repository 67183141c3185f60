import { describe, expect, it } from "vitest";
import { phases_text } from "../src/view/test_profile";

describe("phases", () => {
  const phase = (name: string, cpu_ns: number) => ({ phase: name, cpu_ns, wall_ns: cpu_ns });
  it("are parts of the CPU time, and what is too little is left out", () => {
    expect(phases_text([phase("tests", 700), phase("fixtures", 298), phase("runner", 2)], 1000)).toBe("tests 70.0 %, fixtures 29.8 %");
  });
  it("are nothing where no CPU time was sampled", () => expect(phases_text([phase("tests", 0)], 0)).toBe(""));
});
