import type Stripe from "stripe";
import { invalidParameter, invalidRequest } from "../api/errors.js";
import { type Reader, text } from "../api/params.js";

/** Where the bank sends the customer back to. */
export const returnUrl: Reader<string | undefined> = (value, at) => {
  const url = text(value, at);
  if (url === undefined || URL.canParse(url)) return url;
  throw invalidParameter("url_invalid", "Not a valid URL", at);
};

/** Payment methods that lead away from the page need to know where to come back to. */
export function refuseWithoutReturn(
  intent: Stripe.PaymentIntent | Stripe.SetupIntent,
  params: { return_url: string | undefined; off_session?: boolean | undefined; payment_method_types: unknown },
): void {
  const { automatic_payment_methods: automatic, allowed_payment_method_types: allowed } = intent;
  if (!automatic || automatic.allow_redirects === "never" || allowed !== null) return;
  if (params.return_url !== undefined || params.off_session || params.payment_method_types !== undefined) return;
  const noun = intent.object === "payment_intent" ? "PaymentIntent" : "SetupIntent";
  throw invalidRequest(
    `This ${noun} is configured to accept payment methods enabled in your Dashboard. Because some of these payment ` +
      "methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to " +
      "accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and " +
      "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
  );
}
