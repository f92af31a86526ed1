import type { StripeErrorBody } from "./errors.js";
import { pathMatches } from "./request-log.js";

/** What goes wrong with a request. */
export type FaultEffect =
  /** Stripe answers with an error of this status. */
  | { kind: "status"; status: number; error: Partial<StripeErrorBody>; headers: Record<string, string> }
  /** Somebody between answers in Stripe's place. */
  | { kind: "body"; status: number; body: string; headers: Record<string, string> }
  | { kind: "delay"; ms: number }
  /** The connection is reset. */
  | { kind: "reset" }
  /** No answer until the client gives up. */
  | { kind: "hang" }
  /** Half an answer's JSON, with status 200. */
  | { kind: "garbage" }
  /** The answer comes a byte at a time and has no end. */
  | { kind: "trickle" };

export interface PlantedFault {
  /** Whether the request takes effect first. */
  isAfter: boolean;
  effect: FaultEffect;
}

export interface Fault extends PlantedFault {
  /** `*` stands for any. */
  method: string;
  /** `*` stands for anything. */
  path: string;
  /** So many matching requests pass before it. */
  skip: number;
  /** And so many meet with it. */
  times: number;
}

export interface Faults {
  plant(fault: Fault): void;
  clear(): void;
  /** What is planted still, oldest first. */
  planted(): Fault[];
  /** The fault planted for this request, used up by it. */
  take(method: string, path: string): PlantedFault | null;
}

export function createFaults(): Faults {
  let planted: Fault[] = [];
  return {
    plant: (fault) => planted.push({ ...fault }),
    clear: () => {
      planted = [];
    },
    planted: () => planted.map((fault) => ({ ...fault })),
    take: (method, path) => {
      const matching = planted.filter(
        (fault) => (fault.method === "*" || fault.method === method) && pathMatches(fault.path, path),
      );
      const fault = matching.find(({ skip }) => skip === 0);
      // Each counts the requests that pass it, so that two faults can be planted for the third and the fifth.
      for (const passed of matching) if (passed.skip > 0) passed.skip -= 1;
      if (!fault) return null;
      fault.times -= 1;
      planted = planted.filter(({ times }) => times > 0);
      return fault;
    },
  };
}
