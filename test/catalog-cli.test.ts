import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigError, readCatalogConfig, readPushConfig } from "../src/config.js";
import { type Bench, openBench } from "./catalog-fixtures.js";
import { changed, sound } from "./catalog-texts.js";

const dir = mkdtempSync(join(tmpdir(), "billing-catalog-"));
const good = join(dir, "good.yaml");
const bad = join(dir, "bad.yaml");

let bench: Bench;
let environment: Record<string, string>;

beforeAll(async () => {
  bench = await openBench();
  environment = {
    NODE_ENV: "test",
    STRIPE_SECRET_KEY: "sk_test_sandbox",
    STRIPE_API_BASE: bench.sandbox.url,
    DATABASE_URL: bench.databaseUrl,
  };
  writeFileSync(good, sound);
  writeFileSync(bad, changed("29.99", "{ eur: 9 }").replace("kind: switch", "kind: swich"));
});
afterAll(async () => {
  await bench.close();
  rmSync(dir, { recursive: true });
});

/** `npm run catalog` with nothing but these settings. */
function run(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    const command = ["--import", "tsx", "src/cli/catalog.ts", ...args];
    const options = { env: { PATH: process.env["PATH"] ?? "", ...env } };
    execFile(process.execPath, command, options, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });
}

test("check needs nothing but the file", async () => {
  const { code, out } = await run(["check", "--file", good]);
  expect(out).toContain(`${good} is fine: 3 tiers, 2 features.`);
  expect(out).toMatch(/pro +Pro +29\.99 USD a month/);
  expect(code).toBe(0);
});

test("check tells every fault with its place, and fails", async () => {
  const { code, err } = await run(["check", "--file", bad]);
  expect(err.trim().split("\n")).toEqual([
    expect.stringContaining(`${bad}:9:11 \`kind\` cannot be "swich".`),
    expect.stringContaining(`${bad}:19:7 \`usd\` is missing.`),
    "",
    "2 faults; nothing was changed.",
  ]);
  expect(code).toBe(1);
});

test("a command that does not exist is told what there is", async () => {
  const { code, out } = await run(["pull"]);
  expect(out).toContain("check   say what is wrong with the file");
  expect(code).toBe(2);
});

test("plan changes nothing, push does what plan said, and the next plan has nothing to say", async () => {
  const plan = await run(["plan", "--file", good], environment);
  expect(plan.out).toContain("A push would make 3 changes in Stripe:");
  expect((await bench.stripe.products.list()).data).toEqual([]);

  const push = await run(["push", "--file", good], environment);
  expect(push.err).toBe("");
  for (const line of plan.out.split("\n").filter((text) => text.startsWith("  "))) expect(push.out).toContain(line);
  expect(push.out).toContain("Catalog version 1 is in force.");

  const after = await run(["plan", "--file", good], environment);
  expect(after.out.trim()).toBe("Stripe has it all; a push would change nothing there.");
  const again = await run(["push", "--file", good], environment);
  expect(again.out.trim()).toBe("Stripe had it all.\nCatalog version 1 is in force, as before.");
});

const production = { STRIPE_SECRET_KEY: "sk_live_1", DATABASE_URL: "postgres://db.example.com/billing" };

test("a first push needs no webhook secret, for there is none yet", () => {
  expect(readPushConfig({ ...production, PUBLIC_URL: "https://example.com/billing/" })).toMatchObject({
    databaseUrl: production.DATABASE_URL,
    publicUrl: "https://example.com/billing",
    stripe: { secretKey: "sk_live_1", apiBase: null },
  });
  expect(readCatalogConfig({ STRIPE_SECRET_KEY: "sk_live_1" })).toMatchObject({ publicUrl: null });
});

test.each([
  ["http://billing.example.com", "must be https in production, and not this machine (loopback)"],
  ["https://localhost:4000", "must be https in production, and not this machine (loopback)"],
  ["https://billing.example.com/?a=1", "must have nothing behind its path"],
  ["https://billing.example.com/#top", "must have nothing behind its path"],
  ["https://user:secret@billing.example.com", "must not have credentials in it"],
  ["billing.example.com", "must be a URL that starts with http:// or https://"],
])("an address that Stripe could not send to is refused: %s", (PUBLIC_URL, problem) => {
  const attempt = () => readPushConfig({ ...production, PUBLIC_URL });
  expect(attempt).toThrow(ConfigError);
  expect(attempt).toThrow(`PUBLIC_URL ${problem}`);
});
