import type { World } from "../world.js";

/** A payment or setup intent, as far as the bank's question goes. */
interface Asked {
  id: string;
  client_secret: string | null;
}

/** Where the bank asks the customer about an intent. */
export function authenticationUrl(world: World, { id, client_secret }: Asked): string {
  return `${world.origin}/3d_secure/${id}?client_secret=${client_secret ?? ""}`;
}

/** What is to be done next: go there and come back, or leave it to Stripe's own library in the page. */
export function authenticationAt(world: World, intent: Asked, returnUrl: string | null) {
  const url = authenticationUrl(world, intent);
  if (returnUrl !== null) return { type: "redirect_to_url", redirect_to_url: { return_url: returnUrl, url } };
  return { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect", stripe_js: url } };
}
