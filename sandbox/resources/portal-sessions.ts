import type Stripe from "stripe";
import { operation } from "../api/operation.js";
import { type Covers, notHere, type Read, required, text } from "../api/params.js";
import { newId, randomText } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getCustomer } from "./customers.js";
import { defaultConfiguration, getConfiguration } from "./portal-configurations.js";
import { flowData, readFlow } from "./portal-flows.js";

const createParams = {
  after_expiration: notHere,
  configuration: text,
  customer: required(text),
  customer_account: notHere,
  flow_data: flowData,
  locale: text,
  on_behalf_of: notHere,
  return_url: text,
} satisfies Covers<Stripe.BillingPortal.SessionCreateParams>;

export const portalSessionOperations = [
  operation({
    method: "POST",
    path: "/v1/billing_portal/sessions",
    answers: "billing_portal.session",
    params: createParams,
    run: createPortalSession,
  }),
];

function createPortalSession(world: World, params: Read<typeof createParams>): Stripe.BillingPortal.Session {
  const customer = getCustomer(world, params.customer, "customer");
  const configuration =
    params.configuration === undefined
      ? defaultConfiguration(world)
      : getConfiguration(world, params.configuration, "configuration");
  const id = newId.portalSession();
  const session = world.tables["billing_portal.session"].put({
    id,
    object: "billing_portal.session",
    configuration: configuration.id,
    created: nowInSeconds(world),
    customer: customer.id,
    customer_account: null,
    flow: params.flow_data ? readFlow(world, params.flow_data, customer, configuration) : null,
    livemode: false,
    locale: params.locale ?? null,
    on_behalf_of: null,
    return_url: params.return_url ?? configuration.default_return_url,
    // The id appears in events and logs; whoever opens the page has to know the rest as well.
    url: `${world.origin}/p/session/${id}_${randomText(24)}`,
  });
  recordEvent(world, "billing_portal.session.created", session);
  return session;
}
