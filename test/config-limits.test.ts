import { expect, test } from "vitest";
import { ConfigError, type Environment, readConfig } from "../src/config.js";

const production: Environment = {
  DATABASE_URL: "postgres://billing:hunter2@db.example.com/billing",
  STRIPE_SECRET_KEY: "sk_live_51Abc",
  STRIPE_WEBHOOK_SECRET: "whsec_new",
  JWT_SECRET: "an-honest-secret-of-forty-eight-random-bytes-or-so",
  JWT_ISSUER: "https://auth.example.com",
  JWT_AUDIENCE: "billing",
  RETURN_URL_ORIGINS: "https://app.example.com",
};

test("each kind of caller has a limit, unless another one is set", () => {
  expect(readConfig(production).rateLimits).toEqual({
    anonymous: { capacity: 1_000, perSecond: 50 },
    customer: { capacity: 2_000, perSecond: 100 },
    service: { capacity: 100_000, perSecond: 20_000 },
    admin: { capacity: 5_000, perSecond: 250 },
    money: { capacity: 30, perSecond: 0.2 },
  });
});

test("a rate limit is a bucket and what is restored each second, or off", () => {
  const { rateLimits } = readConfig({ ...production, RATE_LIMIT_CUSTOMER: "500/25", RATE_LIMIT_MONEY: "5/0.02" });
  expect(rateLimits.customer).toEqual({ capacity: 500, perSecond: 25 });
  expect(rateLimits.money).toEqual({ capacity: 5, perSecond: 0.02 });
  expect(readConfig({ ...production, RATE_LIMIT_CUSTOMER: "off" }).rateLimits.customer).toBeNull();
});

test.for([
  ["500", /must be `bucket\/each second`/],
  ["500/", /must be `bucket\/each second`/],
  ["-1/5", /must be `bucket\/each second`/],
  ["1e3/5", /must be `bucket\/each second`/],
  ["500/25/1", /must be `bucket\/each second`/],
  ["500 / 25", /must be `bucket\/each second`/],
  ["OFF", /must be `bucket\/each second`/],
  ["1000000000/5", /must be `bucket\/each second`/],
  ["0/5", /at least 1/],
  ["500/0", /at least 1 each second/],
  ["500/1.5", /a whole number/],
] as const)("%s is no rate limit", ([wrong, problem]) => {
  expect(problemOf("RATE_LIMIT_CUSTOMER", wrong)).toMatch(problem);
});

test("changes that reach Stripe may be restored more slowly than one each second, but must be", () => {
  expect(problemOf("RATE_LIMIT_MONEY", "5/0")).toMatch(/at least 0.001 each second/);
  expect(problemOf("RATE_LIMIT_MONEY", "5/0.0001")).toMatch(/must be `bucket/);
});

test("Redis is named by its own kind of address, or not at all", () => {
  expect(readConfig(production).redisUrl).toBeNull();
  for (const REDIS_URL of ["redis://127.0.0.1:6379", "rediss://:hunter2@redis.example.com/2"]) {
    expect(readConfig({ ...production, REDIS_URL }).redisUrl).toBe(REDIS_URL);
  }
  for (const wrong of ["127.0.0.1:6379", "http://redis.example.com", "redis://"]) {
    expect(problemOf("REDIS_URL", wrong), wrong).toMatch(/must (be a URL that starts|name the host)/);
  }
});

test("proxies are trusted by address and range, all of them or none; their header is named in any case", () => {
  const read = (TRUST_PROXY: string) => readConfig({ ...production, TRUST_PROXY }).trustProxy;
  expect(read("true")).toBe(true);
  expect(read("false")).toBe(false);
  expect(read("10.0.0.0/8, ::1,fd00::/8")).toEqual(["10.0.0.0/8", "::1", "fd00::/8"]);
  for (const wrong of ["yes", "true,::1", "10.0.0.0/33", "fd00::/129", "10.0.0", "::1,", "fe80::1%eth0", "::/8/8"]) {
    expect(problemOf("TRUST_PROXY", wrong)).toMatch(/entry \d must be an IP address or a CIDR range/);
  }
  expect(readConfig({ ...production, GEO_COUNTRY_HEADER: "CF-IPCountry" }).geoCountryHeader).toBe("cf-ipcountry");
  expect(problemOf("GEO_COUNTRY_HEADER", "a,b")).toMatch(/name of one HTTP header/);
});

function problemOf(variable: string, value: string): string | undefined {
  try {
    readConfig({ ...production, [variable]: value });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.find((fault) => fault.variable === variable)?.problem;
    throw error;
  }
  return undefined;
}
