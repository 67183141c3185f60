// Reads the report out of the page: base64 of gzip of JSON, as the html reporter writes it.
import type { Report } from "./model";

export const kSchemaVersion = 1;

export class DecodeError extends Error {}

export function bytes_of_base64(text: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text.trim());
  } catch {
    throw new DecodeError("the embedded data is not base64: the file is damaged");
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (typeof DecompressionStream === "undefined")
    throw new DecodeError("this browser has no DecompressionStream (Chrome 80, Firefox 113, Safari 16.4 and later have it)");
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await new Response(stream).text();
  } catch {
    throw new DecodeError("the embedded data cannot be decompressed: the file is damaged or was cut short");
  }
}

// What is wrong with a parsed document before anything of it is drawn; empty when it can be read.
export function problem_of(document: unknown): string {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return "the embedded data is not a report";
  const report = document as Partial<Report>;
  if (typeof report.schema_version !== "number" || !Array.isArray(report.suites) || typeof report.run !== "object")
    return "the embedded data is not a report";
  if (report.schema_version > kSchemaVersion)
    return `the report has schema version ${report.schema_version}, and this page reads version ${kSchemaVersion}`;
  return "";
}

export async function decode_report(encoded: string): Promise<Report> {
  const text = await gunzip(bytes_of_base64(encoded));
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new DecodeError(`the embedded report is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const problem = problem_of(document);
  if (problem) throw new DecodeError(problem);
  return document as Report;
}
