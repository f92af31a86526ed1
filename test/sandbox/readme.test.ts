import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderOperationsTable } from "../../sandbox/api/render-operations.js";
import { operations } from "../../sandbox/resources/index.js";

test("the README's operations are those of the code; `renderOperationsTable(operations)` writes them", () => {
  const readme = readFileSync("sandbox/README.md", "utf8");
  const [, rest = ""] = readme.split("<!-- operations -->\n");
  const [table] = rest.split("\n<!-- /operations -->");
  expect(table).toBe(renderOperationsTable(operations));
});
