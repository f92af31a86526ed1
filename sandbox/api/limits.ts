import { lockTimeout, rateLimited } from "./planted-errors.js";

/** What Stripe refuses with 429; all of it off unless asked for, so that tests may be as fast as they like. */
export interface LimitSettings {
  /** All requests; 25 in Stripe's sandboxes and 100 live. https://docs.stripe.com/rate-limits */
  requestsPerSecond: number | null;
  /** Those to one endpoint; 25. */
  endpointRequestsPerSecond: number | null;
  /** Whether a write is refused while another request to the same object is still going on. */
  hasLockTimeouts: boolean;
}

export interface Limits {
  settings(): LimitSettings;
  set(settings: LimitSettings): void;
  /** Counts a request; throws when there were too many in the last second, in wall time. */
  count(endpoint: string): void;
  /** Locks objects for a write and gives the way to unlock them; throws while another has one of them. */
  lock(ids: string[]): () => void;
}

export const noLimits: LimitSettings = {
  requestsPerSecond: null,
  endpointRequestsPerSecond: null,
  hasLockTimeouts: false,
};

export function createLimits(initial: LimitSettings): Limits {
  let settings = initial;
  let recent: { at: number; endpoint: string }[] = [];
  const locked = new Set<string>();
  return {
    settings: () => settings,
    set: (next) => {
      settings = next;
      recent = [];
    },
    count: (endpoint) => {
      const { requestsPerSecond, endpointRequestsPerSecond } = settings;
      if (requestsPerSecond === null && endpointRequestsPerSecond === null) return;
      const now = Date.now();
      recent = recent.filter(({ at }) => at > now - 1000);
      if (requestsPerSecond !== null && recent.length >= requestsPerSecond) throw rateLimited("global-rate");
      const same = recent.filter((one) => one.endpoint === endpoint);
      if (endpointRequestsPerSecond !== null && same.length >= endpointRequestsPerSecond) {
        throw rateLimited("endpoint-rate");
      }
      recent.push({ at: now, endpoint });
    },
    lock: (ids) => {
      if (!settings.hasLockTimeouts) return () => {};
      if (ids.some((id) => locked.has(id))) throw lockTimeout();
      for (const id of ids) locked.add(id);
      return () => {
        for (const id of ids) locked.delete(id);
      };
    },
  };
}
