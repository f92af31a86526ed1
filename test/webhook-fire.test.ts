import { createHmac } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { deliver, eventOf, inbox } from "./support/deliveries.js";
import { type PostgresProxy, startWired } from "./support/postgres-proxy.js";
import { until } from "./support/until.js";

const secrets = { newer: "whsec_sandbox_development", older: "whsec_sandbox_older" };

/** `rolled` knows two secrets, and runs no jobs; the wire to Postgres of `wired` can be cut. */
const test = base.extend<{ rolled: TestApp; wired: { app: TestApp; wire: PostgresProxy } }>({
  rolled: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const webhookSecrets = `${secrets.newer},${secrets.older}`;
      const { app, stop } = await startTestApp({ worker: false, webhookSecrets });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
  wired: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, wire, stop } = await startWired({ worker: false });
      await use({ app, wire });
      await stop();
    },
    { scope: "file" },
  ],
});

const seconds = () => Math.floor(Date.now() / 1000);

function v1(body: string | Buffer, secret: string, time: number): string {
  return `v1=${createHmac("sha256", secret).update(`${time}.`).update(body).digest("hex")}`;
}

function post(app: TestApp, body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
  const time = seconds();
  return fetch(`${app.url}/webhooks/stripe`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "stripe-signature": `t=${time},${v1(body, secrets.newer, time)}`,
      ...headers,
    },
    body,
  });
}

const product = (extra: object = {}, id = crypto.randomUUID()) =>
  eventOf("mandate.updated", { object: "mandate", id: "mandate_1", ...extra }, { id: `evt_${id}` });

const idOf = (body: string): string => JSON.parse(body).id;

const isStored = async (app: TestApp, id: string) => (await inbox(app)).some((row) => row.id === id);

async function refusalOf(answer: Response): Promise<[status: number, code: string]> {
  const { error }: { error: { code: string; message: string } } = JSON.parse(await answer.text());
  expect(error.message).toMatch(/^[A-Z].*\.$/);
  return [answer.status, error.code];
}

/** Sends these bytes over a connection of their own, and gives what is answered before it ends. */
async function overTheWire(
  app: TestApp,
  head: string[],
  chunks: Iterable<string>,
): Promise<{ text: string; sent: number }> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  let text = "";
  let sent = 0;
  socket.on("data", (data) => {
    text += data;
  });
  socket.on("error", () => {}); // it is cut off while it sends
  await once(socket, "connect");
  socket.write(`${["POST /webhooks/stripe HTTP/1.1", "host: x", ...head].join("\r\n")}\r\n\r\n`);
  for (const chunk of chunks) {
    if (socket.destroyed || text !== "") break;
    sent += chunk.length;
    socket.write(chunk);
    await nextTurn(); // to hear an answer while sending
  }
  await until("an answer", () => text.includes("\r\n\r\n"));
  socket.destroy();
  return { text, sent };
}

function* endless(): Iterable<string> {
  for (;;) yield `4000\r\n${"x".repeat(0x4000)}\r\n`;
}

test("a body that says it is too large is refused before any of it was sent", async ({ rolled }) => {
  const head = ["content-type: application/json", "content-length: 1048577"];
  const { text } = await overTheWire(rolled, head, []);
  expect(text).toMatch(/^HTTP\/1.1 413 /);
  expect(text).toContain('"code":"too_large"');
});

test("a body without end is refused once it is too large, and the connection is closed", async ({ rolled }) => {
  const head = ["content-type: application/json", "transfer-encoding: chunked"];
  const { text, sent } = await overTheWire(rolled, head, endless());
  expect(text).toMatch(/^HTTP\/1.1 413 /);
  expect(text).toMatch(/connection: close/i);
  expect(sent, "what fits the sockets' own buffers may be under way").toBeLessThan(16 * 1_048_576);
});

test("a mebibyte is taken, and one byte more is not", async ({ rolled }) => {
  const empty = product({ padding: "" });
  const full = empty.replace('"padding":""', `"padding":"${"x".repeat(1_048_576 - empty.length)}"`);
  expect(full).toHaveLength(1_048_576);
  expect((await post(rolled, full)).status).toBe(200);
  const more = product({ padding: "x".repeat(1_048_577 - empty.length) });
  expect(await refusalOf(await post(rolled, more))).toEqual([413, "too_large"]);
  expect([await isStored(rolled, idOf(full)), await isStored(rolled, idOf(more))]).toEqual([true, false]);
});

test.for([
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/xml",
  "json",
  ";",
])("a signed event that says it is %s is refused", async (type, { rolled }) => {
  const event = product();
  expect(await refusalOf(await post(rolled, event, { "content-type": type }))).toEqual([415, "bad_type"]);
  expect(await isStored(rolled, idOf(event))).toBe(false);
});

test.for<[encoding: string, encode: (body: string) => Buffer]>([
  ["gzip", (body) => gzipSync(body)],
  ["br", (body) => brotliCompressSync(body)],
  ["gzip, gzip", (body) => gzipSync(gzipSync(body))],
  ["deflate", (body) => Buffer.from(body)],
  ["rot13", (body) => Buffer.from(body)],
])(
  "an event in the encoding %s is refused, however it was signed, and the sender is told what will do",
  async ([encoding, encode], { rolled }) => {
    const event = product();
    const time = seconds();
    for (const signed of [encode(event), event]) {
      const signature = `t=${time},${v1(signed, secrets.newer, time)}`;
      const headers = { "content-encoding": encoding, "stripe-signature": signature };
      const answer = await post(rolled, encode(event), headers);
      expect(answer.headers.get("accept-encoding")).toBe("identity");
      expect(await refusalOf(answer)).toEqual([415, "encoded_body"]);
    }
    expect(await isStored(rolled, idOf(event))).toBe(false);
  },
);

test("a bomb is refused by its head", async ({ rolled }) => {
  const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
  expect(await refusalOf(await post(rolled, bomb, { "content-encoding": "gzip" }))).toEqual([415, "encoded_body"]);
});

test("an event that says it is not encoded is taken", async ({ rolled }) => {
  expect((await post(rolled, product(), { "content-encoding": "identity" })).status).toBe(200);
});

test.for([
  ["a byte that begins nothing", [0xff]],
  ["half a character", [0xe2, 0x82]],
  ["a character spelled too long", [0xc0, 0xaf]],
  ["half a surrogate pair", [0xed, 0xa0, 0x80]],
] as const)(
  "a signed event with %s in a name is refused, and nothing is stored",
  async ([_what, bytes], { rolled }) => {
    const event = product({ name: "@" });
    const [before = "", after = ""] = event.split("@");
    const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    const time = seconds();
    // Signed as it is sent, and as it reads when what is wrong in it is replaced.
    for (const signed of [body, body.toString("utf8")]) {
      const signature = `t=${time},${v1(signed, secrets.newer, time)}`;
      const answer = await post(rolled, body, { "stripe-signature": signature });
      expect(await refusalOf(answer)).toEqual([400, "bad_body"]);
    }
    expect(await isStored(rolled, idOf(event))).toBe(false);
  },
);

test("while a secret is rolled Stripe signs with both, and either of them will do in any order", async ({ rolled }) => {
  const time = seconds();
  for (const order of [
    ["older", "unknown"],
    ["unknown", "older"],
    ["newer", "older"],
    ["unknown", "newer"],
  ]) {
    const event = product();
    const of = (name = "") => v1(event, name === "newer" || name === "older" ? secrets[name] : "whsec_x", time);
    const signature = `t=${time},${order.map(of).join(",")},v0=abc`;
    expect((await post(rolled, event, { "stripe-signature": signature })).status, order.join()).toBe(200);
  }
});

test.for([
  [
    "signed only by the old scheme",
    (body: string, time: number) => `t=${time},${v1(body, secrets.newer, time).replace("v1", "v0")}`,
  ],
  ["signed for another time", (body: string, time: number) => `t=${time},${v1(body, secrets.newer, time - 1)}`],
  [
    "dated a year ahead",
    (body: string, time: number) => `t=${time + 31_536_000},${v1(body, secrets.newer, time + 31_536_000)}`,
  ],
  ["dated in milliseconds", (body: string, time: number) => `t=${time * 1000},${v1(body, secrets.newer, time * 1000)}`],
  ["dated before all time", (body: string) => `t=-1,${v1(body, secrets.newer, -1)}`],
  ["dated twice", (body: string, time: number) => `t=${time - 9_999},t=${time},${v1(body, secrets.newer, time)}`],
  [
    "with a header of 8 KiB",
    (body: string, time: number) => `t=${time},${`${v1(body, "whsec_x", time)},`.repeat(110)}`,
  ],
] as const)("an event %s is refused, and nothing is stored", async ([_what, sign], { rolled }) => {
  const event = product();
  const answer = await post(rolled, event, { "stripe-signature": sign(event, seconds()) });
  expect(answer.status).toBe(400);
  expect(await isStored(rolled, idOf(event))).toBe(false);
});

test("a known id with another body changes nothing, be it sent once or many times at once", async ({ rolled }) => {
  const first = eventOf("mandate.updated", { object: "mandate", id: "mandate_1" }, { id: "evt_taken" });
  const other = eventOf("customer.updated", { object: "customer", id: "cus_9" }, { id: "evt_taken", livemode: true });
  await deliver(rolled, first);
  const row = async () => [
    ...(await rolled.connection.db.execute("select * from webhook_events where stripe_event_id = 'evt_taken'")),
  ];
  const before = await row();
  const answers = await Promise.all(Array.from({ length: 16 }, () => deliver(rolled, other)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await row()).toEqual(before);
  expect(before).toMatchObject([{ type: "mandate.updated", payload: first }]);
});

test("64 events, each twice at once, are refused while Postgres is away, and stored once each when it is back", async ({
  wired: { app, wire },
}) => {
  const events = Array.from({ length: 64 }, () => product());
  const sent = (bodies: string[]) => Promise.all([...bodies, ...bodies].map((body) => deliver(app, body)));
  wire.cut();
  const first = await sent(events);
  expect(first.every(({ status }) => status === 503)).toBe(true);
  wire.restore();
  await until("deliveries to be taken", async () => (await deliver(app, product())).ok, 2_000);
  expect(new Set((await sent(events)).map(({ status }) => status))).toEqual(new Set([200]));
  const ids = (await inbox(app)).map(({ id }) => id);
  expect(ids.filter((id) => events.some((event) => idOf(event) === id))).toHaveLength(64);
});
