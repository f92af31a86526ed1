import { setTimeout as sleep } from "node:timers/promises";
import { isPassing } from "../../billing/passing.js";
import { rootProblem } from "../../errors.js";
import { Problem } from "../command.js";

const pauseMs = 1_000;
/** Five minutes: what lasts longer is for people. */
const mostPauses = 300;

/** Runs work that may be run again, and runs it again while Stripe, Postgres or a customer's lock is not to be had. */
export async function patiently<T>(work: () => Promise<T>, onWait: (problem: string) => void): Promise<T> {
  for (let pauses = 0; ; pauses += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      const problem = rootProblem(error);
      if (pauses === mostPauses)
        throw new Problem(`Given up for now: ${problem}\nRun it again: it goes on where it was.`);
      onWait(problem);
      await sleep(pauseMs);
    }
  }
}
