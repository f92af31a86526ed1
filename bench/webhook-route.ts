import Fastify from "fastify";
import postgres from "postgres";
import Stripe from "stripe";

/**
 * What our webhook route is measured against: one written by hand for nothing else. The signature is verified with
 * Stripe's library, and each event is stored by a statement of its own before it is answered.
 */
const sql = postgres(process.env["DATABASE_URL"] ?? "", { max: 10, onnotice: () => {} });
const secret = process.env["STRIPE_WEBHOOK_SECRET"] ?? "";
const { webhooks } = new Stripe("sk_test_unused");

await sql`create table if not exists events_by_hand (id text primary key, type text not null, payload json not null,
  created_at timestamptz not null)`;

const http = Fastify({ logger: false });
http.removeAllContentTypeParsers();
http.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));

http.post<{ Body: Buffer }>("/webhooks/stripe", async ({ body, headers }, reply) => {
  try {
    const event = webhooks.constructEvent(body, String(headers["stripe-signature"]), secret);
    await sql`insert into events_by_hand (id, type, payload, created_at)
      values (${event.id}, ${event.type}, ${body.toString("utf8")}::json, ${new Date(event.created * 1000)})
      on conflict do nothing`;
    return { received: true };
  } catch (error) {
    return reply.code(400).send({ error: String(error) });
  }
});

await http.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
