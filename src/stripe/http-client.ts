import { IncomingMessage } from "node:http";
import Stripe from "stripe";

/**
 * The SDK's own HTTP client, made strict where stripe 23.1 is not.
 *
 * Its time limit is for silence, so an answer that trickles would hold a customer's lock for as long as it
 * likes; here the limit is for the whole call. And it takes any JSON for an answer: a proxy's
 * `{"message": …}` would pass for a customer, and a bare text or number ends the process, since the SDK
 * then throws where nobody listens.
 */
export function makeHttpClient(): Stripe.HttpClient {
  const inner = Stripe.createNodeHttpClient();
  return {
    getClientName: () => inner.getClientName(),
    async makeRequest(host, port, path, method, headers, data, protocol, timeoutMs) {
      const endsAt = performance.now() + timeoutMs;
      const call = inner.makeRequest(host, port, path, method, headers, data, protocol, timeoutMs);
      const response = await before(endsAt, call, () => void call.then(abandon, () => {}));
      return {
        getStatusCode: () => response.getStatusCode(),
        getHeaders: () => response.getHeaders(),
        getRawResponse: () => response.getRawResponse(),
        toStream: (whenDone) => response.toStream(whenDone),
        toJSON: async () => {
          const body: unknown = await before(endsAt, response.toJSON(), () => abandon(response)).catch(asUnread);
          if (!isAnswer(body)) throw new Error("What came is JSON, and no object of Stripe's.");
          return body;
        },
        dispose: () => abandon(response),
      };
    },
  };
}

/** An error, or what names its kind and has an ID or is a list of such: https://docs.stripe.com/api */
function isAnswer(body: unknown): boolean {
  if (!isObject(body)) return false;
  if (isObject(body["error"])) return true;
  return typeof body["object"] === "string" && (typeof body["id"] === "string" || Array.isArray(body["data"]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Breaks off what is still under way. */
function abandon(response: Stripe.HttpClientResponse): void {
  const raw = response.getRawResponse();
  if (raw instanceof IncomingMessage) raw.destroy();
}

/** The result, or what the SDK knows as a time-out, after which `giveUp` is called. */
function before<T>(endsAt: number, work: Promise<T>, giveUp: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        reject(Stripe.HttpClient.makeTimeoutError());
        giveUp();
      },
      Math.max(0, endsAt - performance.now()),
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A body that ended early or too late is the connection's fault; one that is no JSON is Stripe's. */
function asUnread(error: unknown): never {
  const isTimeout = error instanceof Error && "code" in error && error.code === Stripe.HttpClient.TIMEOUT_ERROR_CODE;
  throw isTimeout ? Stripe.HttpClient.makeResponseBodyError(error) : error;
}
