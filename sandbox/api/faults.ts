import type { StripeErrorBody } from "./errors.js";
import { createFaultList, type FaultList, type Timed } from "./fault-list.js";
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

export interface Fault extends PlantedFault, Timed {
  /** `*` stands for any. */
  method: string;
  /** `*` stands for anything. */
  path: string;
}

/** Faults of requests, found by their method and path. */
export type Faults = FaultList<Fault, [method: string, path: string]>;

export function createFaults(): Faults {
  return createFaultList(
    (fault, method, path) => (fault.method === "*" || fault.method === method) && pathMatches(fault.path, path),
  );
}
