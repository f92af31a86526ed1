import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { z } from "zod";

/** The billing clock: what `deps.now()` reads. */
export interface Clock {
  now(): Date;
  /** Calls back whenever the clock was moved, once `now()` shows it. */
  onMoved(listener: () => void): void;
  close(): void;
}

/** Wall time: the billing clock of production. It is never moved. */
export const wallClock: Clock = { now: () => new Date(), onMoved: () => {}, close: () => {} };

const position = z.object({ offset_ms: z.number(), version: z.number() });
const retryMs = 500;

/**
 * Follows the sandbox's clock, so that a developer can move both at once.
 *
 * A long poll that names the version it has applied: whoever moves the clock is answered only when
 * every follower came back with the new version. Resolves once the first answer is in force.
 */
export async function followClock(url: string, log: Logger): Promise<Clock> {
  const follower = randomUUID();
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let current = await ask(url, follower, -1, closing.signal);

  const follow = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        const next = await ask(url, follower, current.version, closing.signal);
        const wasMoved = next.version !== current.version;
        current = next;
        if (wasMoved) for (const listener of listeners) listener();
      } catch (error) {
        if (closing.signal.aborted) return;
        log.debug({ err: error }, "the billing clock does not answer");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  };
  void follow();

  return {
    now: () => new Date(Date.now() + current.offset_ms),
    onMoved: (listener) => void listeners.add(listener),
    close: () => closing.abort(),
  };
}

async function ask(url: string, follower: string, version: number, signal: AbortSignal) {
  const address = new URL(url);
  address.searchParams.set("follower", follower);
  address.searchParams.set("version", String(version));
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(`The billing clock answered ${answer.status}.`);
  return position.parse(await answer.json());
}
