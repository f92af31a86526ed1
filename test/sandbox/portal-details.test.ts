import type Stripe from "stripe";
import { expect, test } from "vitest";
import { eventTypes, openSandbox, post } from "./support.js";

type Details = Stripe.BillingPortal.ConfigurationCreateParams.Features.CustomerUpdate;

async function openDetails(stripe: Stripe, customer_update: Details) {
  const { id: customer } = await stripe.customers.create({ email: "ada@example.com", name: "Ada", phone: "1" });
  const { id: configuration } = await stripe.billingPortal.configurations.create({ features: { customer_update } });
  const after_completion = { type: "redirect", redirect: { return_url: "http://shop.test/done" } } as const;
  const flow_data = { type: "customer_update", after_completion } as const;
  const session = () => stripe.billingPortal.sessions.create({ customer, configuration, flow_data });
  return { customer, configuration, session };
}

const address = {
  line1: "1 Main St",
  line2: "",
  city: "Springfield",
  state: "IL",
  postal_code: "62701",
  country: "us",
};

test("customers change the details that the configuration allows, once however often they post", async () => {
  const { stripe } = await openSandbox();
  const { customer, session } = await openDetails(stripe, {
    enabled: true,
    allowed_updates: ["email", "name", "address"],
  });
  const { url, flow } = await session();
  expect(flow).toMatchObject({ type: "customer_update", customer_update: {}, subscription_update: null });
  const page = await (await fetch(url)).text();
  for (const shown of ['value="ada@example.com"', 'name="country"']) expect(page).toContain(shown);
  expect(page).not.toContain('name="phone"');
  const fields = {
    action: "save_details",
    email: "countess@example.com",
    name: "Ada Lovelace",
    phone: "2",
    ...address,
  };
  expect((await post(url, fields)).headers.get("location")).toBe("http://shop.test/done");
  await post(url, { ...fields, country: "US" });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({
    email: "countess@example.com",
    name: "Ada Lovelace",
    phone: "1",
    address: { ...address, line2: null, country: "US" },
  });
  const updates = await stripe.events.list({ type: "customer.updated" });
  expect(updates.data).toMatchObject([
    { data: { previous_attributes: { email: "ada@example.com", name: "Ada", address: null } } },
  ]);
  await post(url, { ...fields, ...Object.fromEntries(Object.keys(address).map((part) => [part, ""])) });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ name: "Ada Lovelace", address: null });
});

test("details that are wrong are not saved, and the page says which", async () => {
  const { stripe } = await openSandbox();
  const { customer, session } = await openDetails(stripe, { enabled: true, allowed_updates: ["email", "address"] });
  const { url } = await session();
  const before = await eventTypes(stripe);
  const answer = await post(url, { action: "save_details", email: "nobody", country: "Atlantis" });
  expect(answer.status).toBe(400);
  const page = await answer.text();
  for (const shown of ["Enter an email address.", "two letters of a country", 'value="Atlantis"']) {
    expect(page).toContain(shown);
  }
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ email: "ada@example.com", address: null });
  expect(await eventTypes(stripe)).toEqual(before);
});

test("details are offered on the home page where they may be changed, and refused elsewhere", async () => {
  const { stripe } = await openSandbox();
  const { customer, configuration, session } = await openDetails(stripe, { enabled: true, allowed_updates: ["phone"] });
  const home = await stripe.billingPortal.sessions.create({ customer, configuration });
  expect(await (await fetch(home.url)).text()).toContain('value="details"');
  expect(await (await post(home.url, { action: "details" })).text()).toContain('name="phone"');
  const saved = await post(home.url, { action: "save_details", phone: "555" });
  expect(await saved.text()).toContain("Your details have been saved.");
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ phone: "555", email: "ada@example.com" });
  for (const customer_update of [
    { enabled: true, allowed_updates: "" as const },
    { enabled: true, allowed_updates: ["tax_id" as const] },
    { enabled: false, allowed_updates: ["phone" as const] },
  ]) {
    await stripe.billingPortal.configurations.update(configuration, { features: { customer_update } });
    await expect(session()).rejects.toMatchObject({ statusCode: 400, param: "flow_data[type]" });
    expect(await (await fetch(home.url)).text()).not.toContain('value="details"');
    await post(home.url, { action: "save_details", phone: "666" });
  }
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ phone: "555" });
});
