import { setTimeout as sleep } from "node:timers/promises";
import { isDatabaseOutage } from "../db/outage.js";

const pauseMs = 500;
const mostTries = 60;

/**
 * What a stream reads, read again while the database is away: the connection that listens is often back
 * before the others are, and a stream that ended then would have missed the change for good. Gives up
 * after half a minute.
 */
export async function outlast<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read();
    } catch (error) {
      if (tries === mostTries || !isDatabaseOutage(error)) throw error;
      await sleep(pauseMs);
    }
  }
}
