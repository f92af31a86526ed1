import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSchema, parse, specifiedRules, validate } from "graphql";
import { expect, test } from "vitest";
import { renderSettingsTable } from "../src/config/render-settings.js";
import { settings } from "../src/config/settings.js";
import { limitRules, limits } from "../src/graphql/limits.js";

const readme = readFileSync("README.md", "utf8");
const inDocs = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => join("docs", name));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "sandbox/README.md", ...inDocs].map((path) => ({
  path,
  text: readFileSync(path, "utf8"),
}));

test("every GraphQL block in the documentation is one that the service would run", () => {
  const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
  const blocks = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/^```graphql\n(.*?)^```/gms)].map(([, document = ""]) => ({ path, document })),
  );
  expect(blocks.length).toBeGreaterThan(5);
  const wrong = blocks.flatMap(({ path, document }) =>
    validate(schema, parse(document), [...specifiedRules, ...limitRules]).map((error) => `${path}: ${error.message}`),
  );
  expect(wrong).toEqual([]);
});

test("the README's settings are those of the code; `renderSettingsTable()` writes them", () => {
  expect(between(readme, "<!-- settings -->\n", "\n<!-- /settings -->")).toBe(renderSettingsTable());
});

test("the settings table says of each setting what production makes of it", () => {
  const rows = new Map(
    renderSettingsTable()
      .split("\n")
      .map((row) => [/^\| `(\w+)`/.exec(row)?.[1], row.split(" | ").slice(2).join(" | ")]),
  );
  expect(settings.filter(({ name }) => !rows.has(name))).toEqual([]);
  expect(rows.get("HOST")).toBe("`127.0.0.1` | `0.0.0.0` |");
  expect(rows.get("PORT")).toBe("`4000` | the same |");
  expect(rows.get("DATABASE_URL")).toBe("none | **required** |");
  expect(rows.get("STRIPE_API_BASE")).toBe("none | refused |");
  expect(rows.get("DATA_DIR")).toBe("`.data` | not used |");
});

test("the README's limits are those of the code", () => {
  const stated = between(readme, "- **Limits.**", "\n\n").replace(/\s+/g, " ");
  const { errors: _inAnAnswer, ...ofRequests } = limits;
  const missing = Object.entries(ofRequests).filter(([, most]) => !stated.includes(` ${most.toLocaleString("en")} `));
  expect(missing.map(([name]) => name)).toEqual([]);
});

test("the faults that are listed are shown by the tests that `npm run test:faults` runs", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));
  const run = [...(scripts["test:faults"] ?? "").matchAll(/test\/([\w-]+)\.test\.ts/g)].map(([, name = ""]) => name);
  const rows = readFileSync("docs/faults.md", "utf8").matchAll(/^\|[^|]*\|(.*)\|$/gm);
  const listed = [...rows].flatMap(([, cell = ""]) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name));
  expect([...new Set(listed)].toSorted()).toEqual(run.toSorted());
  expect(run.filter((name) => !existsSync(`test/${name}.test.ts`))).toEqual([]);
});

test("the pitfalls that are listed are shown by tests that exist", () => {
  const rows = [...readFileSync("docs/pitfalls.md", "utf8").matchAll(/^\|(.*)\|(.*)\|(.*)\|$/gm)].slice(2);
  expect(rows.length).toBeGreaterThan(20);
  const named = rows.map(([, , , cell = ""]) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name));
  expect(named.filter((names) => names.length === 0)).toEqual([]);
  expect(named.flat().filter((name) => !existsSync(`test/${name}.test.ts`))).toEqual([]);
});

test("every script that the documentation names exists, and the README names every script", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = ""]) => ({ path, name })),
  );
  expect(named.filter(({ name }) => !Object.hasOwn(scripts, name))).toEqual([]);
  const inReadme = named.filter(({ path }) => path === "README.md").map(({ name }) => name);
  const short = ["start", "test"].filter((name) => readme.includes(`\`npm ${name}\``));
  expect(Object.keys(scripts).filter((name) => ![...inReadme, ...short].includes(name))).toEqual([]);
});

test("every relative link leads to a file, and to a heading of it where it names one", () => {
  const broken = pages.flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !leadsSomewhere(path, link))
      .map((link) => `${path}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("every file that the documentation names in a code span exists", () => {
  const file = /`((?:src|test|sandbox|docs|drizzle|bench)\/[\w./-]*\.\w+)`/g;
  const missing = pages
    .filter(({ path }) => path !== "CHANGELOG.md")
    .flatMap(({ path, text }) =>
      [...text.matchAll(file)].filter(([, name = ""]) => !existsSync(name)).map(([, name]) => `${path}: ${name}`),
    );
  expect(missing).toEqual([]);
});

function between(text: string, start: string, end: string): string {
  return text.split(start)[1]?.split(end)[0] ?? "";
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "`");
}

function leadsSomewhere(path: string, link: string): boolean {
  const [target = "", heading] = link.split("#");
  const file = target === "" ? path : join(dirname(path), target);
  if (!existsSync(file)) return false;
  return heading === undefined || anchorsOf(file).includes(heading);
}

function anchorsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\d\s-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
