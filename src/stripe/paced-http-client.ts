import { setTimeout as sleep } from "node:timers/promises";
import type Stripe from "stripe";

/** Stripe's answer to who asks too much: https://docs.stripe.com/rate-limits */
const tooMany = 429;
const pausesMs = [1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * An HTTP client that sends at most so many requests a second, evenly, and waits when Stripe says that it is asked
 * too much: for background work, which must leave Stripe's limits to customers.
 */
export function pace(inner: Stripe.HttpClient, perSecond: number): Stripe.HttpClient {
  const spacingMs = 1_000 / perSecond;
  let nextAt = 0;
  const takeTurn = async () => {
    const at = Math.max(performance.now(), nextAt);
    nextAt = at + spacingMs;
    await sleep(at - performance.now());
  };
  return {
    getClientName: () => inner.getClientName(),
    async makeRequest(...request) {
      for (const pauseMs of pausesMs) {
        await takeTurn();
        const response = await inner.makeRequest(...request);
        if (response.getStatusCode() !== tooMany) return response;
        response.dispose?.();
        // For everybody who shares this client.
        nextAt = Math.max(nextAt, performance.now() + pauseMs);
      }
      await takeTurn();
      return inner.makeRequest(...request);
    },
  };
}
