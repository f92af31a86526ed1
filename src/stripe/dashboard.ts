/**
 * Makes links to a customer's page in Stripe's dashboard, in the mode of the secret key.
 *
 * Test mode has its pages under `/test`; a key says its mode in its prefix, `sk_test_` or `rk_test_`:
 * https://docs.stripe.com/keys
 */
export function customerPages(secretKey: string): (stripeCustomerId: string) => string {
  const mode = /^[sr]k_test_/.test(secretKey) ? "test/" : "";
  return (stripeCustomerId) => `https://dashboard.stripe.com/${mode}customers/${encodeURIComponent(stripeCustomerId)}`;
}
