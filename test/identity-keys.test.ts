import { generateKeyPairSync } from "node:crypto";
import { test as base, expect } from "vitest";
import { KeysUnavailable } from "../src/auth/keys-unavailable.js";
import { followKeys, type RemoteKeys } from "../src/auth/remote-keys.js";
import { makeLogger } from "../src/log.js";
import { type IdentityProvider, type Manner, makeKey, startIdentityProvider } from "./support/identity-provider.js";
import { until } from "./support/until.js";

const [first, second] = [makeKey("ES256", "first"), makeKey("EdDSA", "second")];
const minute = 60_000;

/** Keys that are followed by a clock of the test's own. */
interface Following {
  readonly provider: IdentityProvider;
  readonly keys: RemoteKeys;
  /** Names of the keys that fit. */
  find(keyId?: string): Promise<(string | undefined)[]>;
  advance(ms: number): void;
  readonly logged: string[];
}

const test = base.extend<{ follow: (manner?: Manner) => Promise<Following> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
  follow: async ({}, use) => {
    const provider = await startIdentityProvider(first);
    await use(async (manner = "keys") => {
      provider.behave(manner);
      let time = 0;
      const logged: string[] = [];
      const log = makeLogger("info", { write: (line) => void logged.push(line) });
      const keys = followKeys(provider.url, log, { now: () => time, timeoutMs: 200 });
      return {
        provider,
        keys,
        logged,
        find: async (keyId) => (await keys.find(keyId)).map((key) => key.keyId),
        advance: (ms) => {
          time += ms;
        },
      };
    });
    await provider.stop();
  },
});

test("keys are read once for everybody who asks", async ({ follow }) => {
  const { provider, find } = await follow();
  expect(await Promise.all(Array.from({ length: 20 }, () => find("first")))).toEqual(Array(20).fill(["first"]));
  expect(await find()).toEqual(["first"]);
  expect(provider.requests()).toBe(1);
});

test("a name that is not known is asked for at once, and then at most once a minute", async ({ follow }) => {
  const { provider, find, advance } = await follow();
  await find("first");
  provider.publish(first, second);
  expect(await Promise.all([find("second"), find("second"), find("second")])).toEqual(Array(3).fill(["second"]));
  expect(provider.requests()).toBe(2);

  for (const madeUp of ["a", "b", "c"]) expect(await find(madeUp)).toEqual([]);
  expect(provider.requests()).toBe(2);
  advance(minute);
  for (const madeUp of ["a", "b", "c"]) expect(await find(madeUp)).toEqual([]);
  expect(provider.requests()).toBe(3);
});

test("keys are read again after ten minutes, with nobody waiting for it, so that withdrawn ones go", async ({
  follow,
}) => {
  const { provider, find, advance } = await follow();
  await find("first");
  provider.publish(second);
  advance(10 * minute - 1);
  expect(await find("first")).toEqual(["first"]);
  expect(provider.requests()).toBe(1);
  advance(1);
  expect(await find("first")).toEqual(["first"]);
  await until("the keys are read again", async () => (await find()).includes("second"));
  expect(await find()).toEqual(["second"]);
  expect(provider.requests()).toBe(2);
});

test("keys that nobody has used for an hour are read again before they are", async ({ follow }) => {
  const { provider, find, advance } = await follow();
  await find("first");
  provider.publish(second);
  advance(60 * minute);
  expect(await find("first")).toEqual([]);
});

test.for(["error", "hang", "rubbish", "no keys", "flood", "redirect", "hang up"] as const)(
  "while the provider is out of order (%s) what was read before stays in force, and the log says so once",
  async (manner, { follow }) => {
    const { provider, find, advance, logged } = await follow();
    await find("first");
    provider.publish(second);
    provider.behave(manner);
    for (let hour = 1; hour <= 3; hour += 1) {
      advance(60 * minute);
      expect(await find("first")).toEqual(["first"]);
      await expect(find("second")).rejects.toThrow(KeysUnavailable);
    }
    expect(logged.filter((line) => line.includes("cannot be read"))).toHaveLength(1);

    provider.behave("keys");
    advance(minute);
    expect(await find("second")).toEqual(["second"]);
    expect(await find("first")).toEqual([]);
    expect(logged.filter((line) => line.includes("can be read again"))).toHaveLength(1);
  },
);

test.for(["error", "hang", "rubbish", "no keys", "flood", "redirect", "hang up"] as const)(
  "before anything was read (%s) nothing can be told, the provider is left alone for a second, and then all is well",
  async (manner, { follow }) => {
    const { provider, find, advance } = await follow(manner);
    await expect(Promise.all([find("first"), find("first"), find()])).rejects.toThrow(KeysUnavailable);
    expect(provider.requests()).toBe(1);
    advance(999);
    await expect(find("first")).rejects.toThrow(KeysUnavailable);
    expect(provider.requests()).toBe(1);

    provider.behave("keys");
    advance(1);
    expect(await Promise.all([find("first"), find("first")])).toEqual([["first"], ["first"]]);
    expect(provider.requests()).toBe(2);
  },
);

test("keys that cannot verify tokens are left out", async ({ follow }) => {
  const { provider, find, advance } = await follow();
  await find("first");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
  const unknownCurve = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({ format: "jwk" });
  provider.publish(
    { ...second.jwk, kid: "for encryption", use: "enc" },
    { ...second.jwk, kid: "for signing only", key_ops: ["sign"] },
    { ...second.jwk, kid: "for another algorithm", alg: "RS256" },
    { ...rsa, kid: "weak" },
    { ...unknownCurve, kid: "another curve" },
    { kty: "oct", k: "c2VjcmV0", kid: "a secret", alg: "HS256" },
    { kty: "AKP", kid: "of the future" },
    { kty: "RSA", kid: "broken", n: "!", e: "!" },
    second,
    { ...first.jwk, kid: "for verifying", use: undefined, alg: undefined, key_ops: ["verify"] },
  );
  advance(60 * minute);
  expect(await find()).toEqual(["second", "for verifying"]);
});

test("a key without a name may be behind any", async ({ follow }) => {
  const { provider, find, advance } = await follow();
  await find("first");
  provider.publish({ ...second.jwk, kid: undefined });
  advance(60 * minute);
  expect(await find("whatever")).toEqual([undefined]);
});
