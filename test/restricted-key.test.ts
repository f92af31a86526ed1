import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codeOf, sourceFiles } from "./support/source-files.js";

const guide = readFileSync("docs/going-live.md", "utf8");

/** What the table of permissions grants, by the SDK's name of the resource: `read` or `write`. */
function granted(): Map<string, string> {
  const table = guide.split("<!-- permissions -->")[1]?.split("<!-- /permissions -->")[0] ?? "";
  const rows = table.split("\n").flatMap((row) => {
    const [, , service = "", push = "", calls = ""] = row.split("|").map((cell) => cell.trim());
    const permission = [service, push].includes("write") ? "write" : "read";
    return [...calls.matchAll(/`([\w.]+)`/g)].map(([, resource = ""]) => [resource, permission] as const);
  });
  return new Map(rows);
}

const reading = ["retrieve", "retrieveCurrent", "list"];
const call =
  /(?:\bstripe\.)?((?:\w+\.)?\w+)\.(create|createPreview|del|expire|list|retrieve|retrieveCurrent|update)\(/g;

/** What the calls in the code need. Stripe: GET reads, everything else writes. */
function needed(): Map<string, string> {
  const needs = new Map<string, string>();
  for (const file of sourceFiles("src/stripe")) {
    for (const [, found = "", method = ""] of codeOf(file).matchAll(call)) {
      const resource = found.replace(/^configurations$/, "billingPortal.configurations");
      if (!reading.includes(method) || !needs.has(resource)) {
        needs.set(resource, reading.includes(method) ? (needs.get(resource) ?? "read") : "write");
      }
    }
  }
  return needs;
}

test("the guide to going live names every permission that a restricted key needs, and no other", () => {
  const sorted = (permissions: Map<string, string>) => [...permissions].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sorted(granted())).toEqual(sorted(needed()));
});
