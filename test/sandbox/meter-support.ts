import type Stripe from "stripe";
import { openSandbox } from "./support.js";

const startAt = new Date("2027-01-15T12:00:00Z");
export const noon = startAt.getTime() / 1000;

/** A sandbox with a customer and a meter of API calls. */
export async function openMeter(more: Partial<Stripe.Billing.MeterCreateParams> = {}) {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const { id: customer } = await stripe.customers.create();
  const meter = await stripe.billing.meters.create({
    display_name: "API calls",
    event_name: "api_calls",
    default_aggregation: { formula: "sum" },
    ...more,
  });
  const send = (value: string, event: Partial<Stripe.Billing.MeterEventCreateParams> = {}) =>
    stripe.billing.meterEvents.create({
      event_name: "api_calls",
      payload: { stripe_customer_id: customer, value },
      ...event,
    });
  const used = async (start_time = noon - 3600, end_time = noon + 3600) => {
    const { data } = await stripe.billing.meters.listEventSummaries(meter.id, { customer, start_time, end_time });
    return data.map(({ aggregated_value }) => aggregated_value);
  };
  return { ...sandbox, customer, meter, send, used };
}
