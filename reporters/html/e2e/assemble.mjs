// Puts a report into the template the way the html reporter does it.
import { gzipSync } from "node:zlib";

export function assemble(template, report) {
  const data = gzipSync(typeof report === "string" ? report : JSON.stringify(report)).toString("base64");
  const element = `<script id="rh-data" type="application/octet-stream" data-encoding="gzip+base64">${data}</script>`;
  return template.replace("<!--RUNHARNESS_DATA-->", () => element);
}
