import { type StripeErrorBody, StripeRefusal } from "./errors.js";

const unknown = { type: "api_error", message: "An unknown error occurred" } satisfies StripeErrorBody;

/** What Stripe says with a status when nothing else was asked for. https://docs.stripe.com/error-low-level */
const usual: Record<number, StripeErrorBody> = {
  402: {
    type: "card_error",
    code: "card_declined",
    decline_code: "generic_decline",
    message: "Your card was declined.",
  },
  409: {
    type: "idempotency_error",
    code: "idempotency_key_in_use",
    message:
      "There is currently another in-progress request using this Idempotent Key (that probably means you submitted " +
      "twice, and the other request is still going through). Please try again later.",
  },
};

/** The error that a planted status stands for, with the parts of it that were given. */
export function plantedError(
  status: number,
  error: Partial<StripeErrorBody> = {},
  headers: Record<string, string> = {},
): StripeRefusal {
  if (status === 429) return tooMany(error, headers);
  const body = usual[status] ?? (status >= 500 ? unknown : { ...unknown, type: "invalid_request_error" });
  return new StripeRefusal(status, { ...body, ...error }, false, headers);
}

function tooMany(error: Partial<StripeErrorBody>, headers: Record<string, string>): StripeRefusal {
  const refusal = error.code === "lock_timeout" ? lockTimeout() : rateLimited("global-rate");
  return new StripeRefusal(429, { ...refusal.body, ...error }, true, { ...refusal.headers, ...headers });
}

/** https://docs.stripe.com/rate-limits: which limit it was, the header says. */
export function rateLimited(reason: "global-rate" | "endpoint-rate"): StripeRefusal {
  const message = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.";
  const body: StripeErrorBody = { type: "invalid_request_error", code: "rate_limit", message };
  return new StripeRefusal(429, body, true, { "stripe-rate-limited-reason": reason });
}

/** https://docs.stripe.com/rate-limits#object-lock-timeouts */
export function lockTimeout(): StripeRefusal {
  const message =
    "This object cannot be accessed right now because another API request or Stripe process is currently accessing " +
    "it. If you see this error intermittently, retry the request. If you see this error frequently and are making " +
    "multiple concurrent requests to a single object, make your requests serially or at a lower rate.";
  return new StripeRefusal(429, { type: "invalid_request_error", code: "lock_timeout", message }, true);
}
