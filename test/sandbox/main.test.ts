import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSandbox } from "./support.js";

function start(args: string[], env: Record<string, string> = {}) {
  const child = fork("sandbox/main.ts", args, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...env },
    silent: true,
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

async function allOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}

test("the command announces its address and goes, state written, when its parent does", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  const state = join(folder, "state.json");
  const seed = join(folder, "seed.json");
  writeFileSync(seed, JSON.stringify({ ada: { id: "cus_ada", object: "customer", name: "Ada" } }));
  const child = start(["--port", "0", "--state", state, "--seed", seed]);
  const [message] = await once(child, "message");
  const answer = await fetch(`${message.listening}/v1/customers/cus_ada`, {
    headers: { authorization: "Bearer sk_test_x" },
  });
  expect(await answer.json()).toMatchObject({ name: "Ada" });
  child.disconnect();
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(existsSync(state)).toBe(true);
  expect(readFileSync(state, "utf8")).toContain("cus_ada");
});

test("a taken port is one clear line and exit 1", async () => {
  const taken = await openSandbox();
  const child = start(["--port", String(taken.port)]);
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  expect(await once(child, "close")).toEqual([1, null]);
  expect(said.trim().split("\n")).toEqual([expect.stringContaining("the port is taken")]);
});

test("an option it does not know is one clear line and exit 1", async () => {
  const child = start(["--bogus"]);
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  expect(await once(child, "close")).toEqual([1, null]);
  expect(said.trim().split("\n")).toEqual([expect.stringContaining("--bogus")]);
});

test("SIGTERM ends it", async () => {
  const child = start(["--port", "0"]);
  await once(child, "message");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("killed at any moment it starts again whole, and a retried request is done once", async () => {
  const state = join(mkdtempSync(join(tmpdir(), "sandbox-")), "state.json");
  for (const [round, lifeMs] of [40, 90, 10].entries()) {
    const child = start(["--port", "0", "--state", state]);
    const [{ listening }] = await once(child, "message");
    const create = (url: string, name: string) =>
      fetch(`${url}/v1/customers`, {
        method: "POST",
        headers: { authorization: "Bearer sk_test_x", "idempotency-key": name },
        body: new URLSearchParams({ name }),
      });
    const dying = once(child, "exit");
    setTimeout(() => child.kill("SIGKILL"), lifeMs);
    const names: string[] = [];
    for (let count = 0; child.exitCode === null && child.signalCode === null; count += 1) {
      names.push(`${round}-${count}`);
      await create(listening, `${round}-${count}`).catch(() => undefined);
    }
    await dying;

    const { stripe, url, close } = await openSandbox({ stateFile: state });
    for (const name of names) expect((await create(url, name)).status).toBe(200);
    const made = await allOf(stripe.customers.list({ limit: 100 }));
    const told = await allOf(stripe.events.list({ type: "customer.created", limit: 100 }));
    expect(told.map(({ data }) => "id" in data.object && data.object.id)).toEqual(made.map(({ id }) => id));
    const ofThisRound = made.map(({ name }) => name ?? "").filter((name) => name.startsWith(`${round}-`));
    expect(ofThisRound.sort()).toEqual(names.sort());
    await close();
  }
});
