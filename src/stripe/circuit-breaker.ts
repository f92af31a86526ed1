import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";
import type Stripe from "stripe";

/** So many calls in a row that nobody answered are an outage, and no bad luck. */
const silentCalls = 5;
/** For how long nobody is asked to wait for an answer, until one call tries again. Milliseconds. */
const pauseMs = 5_000;

/** Who hears of an outage, and of its end. */
export interface CircuitListener {
  opened(): void;
  closed(): void;
}

/**
 * An HTTP client that fails at once while Stripe answers nobody: each call would last its whole time limit, and hold
 * its customer's lock and its place among the worker's for as long. Every few seconds a call is let through, and the first
 * that is answered ends it.
 *
 * Any answer counts, also one of 500 or 429: who answers makes nobody wait. What was not sent has not happened, and is
 * told as an outage like what was: https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
 */
export function breakCircuit(inner: Stripe.HttpClient, listener: CircuitListener): Stripe.HttpClient {
  const breaker = new ConsecutiveBreaker(silentCalls);
  const circuit = circuitBreaker(handleAll, { halfOpenAfter: pauseMs, breaker });
  let isOutage = false;
  circuit.onBreak(() => {
    if (!isOutage) listener.opened(); // it breaks again with each call that tried in vain
    isOutage = true;
  });
  circuit.onReset(() => {
    isOutage = false;
    listener.closed();
  });
  return {
    getClientName: () => inner.getClientName(),
    async makeRequest(...request) {
      // The library lets others wait for what becomes of the call that tries.
      if (circuit.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
      return circuit.execute(() => inner.makeRequest(...request));
    },
  };
}
