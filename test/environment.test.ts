import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import jwt from "jsonwebtoken";
import { expect, test } from "vitest";

const ownSecret = "a key of thirty-two bytes or more from a file";

/** Signs a token in a folder whose `.env` says so, with these variables set besides. */
async function tokenIn(dotEnv: string, environment: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "billing-env-"));
  await writeFile(join(folder, ".env"), dotEnv);
  const args = ["--import", import.meta.resolve("tsx"), resolve("src/cli/token.ts"), "--sub", "ada"];
  const { NODE_ENV: _mode, JWT_SECRET: _secret, ...inherited } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    env: { ...inherited, ...environment },
  });
  await rm(folder, { recursive: true });
  return stdout.trim();
}

test("a file .env completes the environment", async () => {
  const token = await tokenIn(`NODE_ENV=development\nJWT_SECRET="${ownSecret}"\n`, {});
  expect(jwt.verify(token, ownSecret)).toMatchObject({ sub: "ada" });
});

test("what is set already, and be it empty, is not overridden by .env", async () => {
  const token = await tokenIn(`NODE_ENV=development\nJWT_SECRET="${ownSecret}"\n`, { JWT_SECRET: "" });
  expect(() => jwt.verify(token, ownSecret)).toThrow("invalid signature");
});
