import { createSecretKey } from "node:crypto";
import Fastify from "fastify";
import jwt from "jsonwebtoken";
import postgres from "postgres";

/**
 * What our GraphQL is measured against: the same questions as plain routes, written by hand for nothing else. A token
 * is verified, JSON is parsed, one prepared statement is run on a pool of as many connections, JSON is answered.
 */
const sql = postgres(process.env["DATABASE_URL"] ?? "", { max: 10, onnotice: () => {} });
const key = createSecretKey(Buffer.from(process.env["JWT_SECRET"] ?? ""));
const http = Fastify({ logger: false });

interface Event {
  readonly feature: string;
  readonly quantity: number;
  readonly idempotencyKey: string;
}
interface Use {
  readonly userId: string;
  readonly externalId: string;
  readonly events: readonly Event[];
}

http.addHook("onRequest", async (request) => {
  jwt.verify(request.headers.authorization?.slice(7) ?? "", key, { algorithms: ["HS256"] });
});

http.post<{ Body: Use }>("/usage", async ({ body: { userId, externalId, events } }) => {
  const sent = events.map(({ feature, quantity, idempotencyKey }) => {
    return { user: userId, externalId, isAdmin: false, feature, quantity, occurredAt: null, key: idempotencyKey };
  });
  const rows =
    await sql`select * from record_usage(${JSON.stringify(sent)}::text::jsonb, ${new Date()}, 7) r order by place`;
  return {
    results: rows.map((row, place) => ({
      idempotencyKey: events[place]?.idempotencyKey,
      isAccepted: row["outcome"] === "COUNTED" || row["outcome"] === "DUPLICATE",
      used: Number(row["used"]),
      limit: row["limit"] === null ? null : Number(row["limit"]),
    })),
  };
});

http.get<{ Querystring: { user: string; feature: string } }>("/entitlement", async ({ query: { user, feature } }) => {
  const [row] =
    await sql`select * from standings(array[${user}]::uuid[], array[false], array[${feature}]::text[], ${new Date()}, 7)`;
  const [limit, used] = [row?.["limit"] === null ? null : Number(row?.["limit"]), Number(row?.["used"])];
  const remaining = limit === null ? null : Math.max(0, limit - used);
  return { hasAccess: row?.["is_included"] === true && (remaining === null || remaining >= 1), limit, used, remaining };
});

await http.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
process.send?.("ready");
