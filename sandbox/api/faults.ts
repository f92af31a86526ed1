import { pathMatches } from "./request-log.js";

/** What goes wrong with a request. */
export type FaultEffect =
  | { kind: "status"; status: number }
  | { kind: "delay"; ms: number }
  | { kind: "hang" }
  /** Half the answer's JSON, with status 200. */
  | { kind: "garbage" }
  /** The request takes effect, and the connection is reset before the answer. */
  | { kind: "reset_after" };

export interface Fault {
  method: string;
  path: string;
  times: number;
  effect: FaultEffect;
}

export interface Faults {
  plant(fault: Fault): void;
  clear(): void;
  /** The fault planted for this request, used up by it. */
  take(method: string, path: string): FaultEffect | null;
}

export function createFaults(): Faults {
  let planted: Fault[] = [];
  return {
    plant: (fault) => planted.push({ ...fault }),
    clear: () => {
      planted = [];
    },
    take: (method, path) => {
      const fault = planted.find((one) => one.method === method && pathMatches(one.path, path));
      if (!fault) return null;
      fault.times -= 1;
      planted = planted.filter(({ times }) => times > 0);
      return fault.effect;
    },
  };
}
