import type { Config, RateLimit } from "../../src/config.js";
import { startTestApp, type TestApp, type TestAppOptions } from "./app.js";

type Limits = Config["rateLimits"];

/** Buckets that are not restored while a test runs, and none for whoever is not named. */
export function bucketsOf(capacities: Partial<Record<keyof Limits, number>>): Limits {
  const bucket = (capacity: number | undefined): RateLimit | null =>
    capacity === undefined ? null : { capacity, perSecond: 0.000_1 };
  const { anonymous, customer, service, admin, money } = capacities;
  return {
    anonymous: bucket(anonymous),
    customer: bucket(customer),
    service: bucket(service),
    admin: bucket(admin),
    money: bucket(money),
  };
}

/** Starts a service with such buckets. */
export function startLimited(capacities: Parameters<typeof bucketsOf>[0], options: TestAppOptions = {}) {
  return startTestApp({
    ...options,
    configure: async (asRead) => ({
      ...((await options.configure?.(asRead)) ?? asRead),
      rateLimits: bucketsOf(capacities),
    }),
  });
}

/** An answer with all that is said of the caller's budget. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test asks for another shape, and checks it
  readonly body: any;
  /** What is left, by `extensions.cost`; undefined where nothing is said of it. */
  readonly left: number | undefined;
}

/** Sends an operation with headers of the test's own. */
export async function ask(
  { url }: Pick<TestApp, "url">,
  query: string,
  headers: Record<string, string> = {},
  variables: Record<string, unknown> = {},
): Promise<Told> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const body = JSON.parse(await response.text());
  const left = body.extensions?.cost?.throttleStatus?.currentlyAvailable;
  return { status: response.status, headers: response.headers, body, left };
}

/** The header that somebody's token goes into. */
export function as({ token }: { token: string }): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
