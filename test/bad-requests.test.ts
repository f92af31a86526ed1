import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { codesOf, readAnswer } from "./support/graphql.js";
import { greet, openSocket } from "./support/socket.js";
import { until } from "./support/until.js";

/** A service that waits one second for a request. */
const test = base.extend<{ hasty: TestApp }>({
  hasty: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: { OPERATION_TIMEOUT_SECONDS: "1" }, worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

const json = "application/json";
const query = "{ tiers { id } }";

test.for([
  ["200 kB of query", json, JSON.stringify({ query: `{ ${"tiers{id} ".repeat(20_000)} }` }), 413, "PAYLOAD_TOO_LARGE"],
  ["90 kB of query", json, JSON.stringify({ query: `{ ${"a".repeat(90_000)} }` }), 400, "GRAPHQL_VALIDATION_FAILED"],
  ["90 kB of brackets", json, JSON.stringify({ query: "{".repeat(90_000) }), 400, "GRAPHQL_PARSE_FAILED"],
  ["90 kB of nested lists in the body", json, "[".repeat(90_000), 400, "BAD_REQUEST"],
  ["JSON that is cut off", json, '{"query": "{ tiers', 400, "BAD_REQUEST"],
  ["JSON with a comma too many", json, `{"query": "${query}",}`, 400, "BAD_REQUEST"],
  ["two values", json, `{"query": "${query}"}{}`, 400, "BAD_REQUEST"],
  ["spaces only", json, "   ", 400, "BAD_REQUEST"],
  ["a number", json, "1", 400, "BAD_REQUEST"],
  ["an empty list", json, "[]", 400, "BAD_REQUEST"],
  ["a query that is null", json, '{"query": null}', 400, "BAD_REQUEST"],
  ["a query that is empty", json, '{"query": ""}', 400, "BAD_REQUEST"],
  ["a query that is a list", json, '{"query": ["{ tiers { id } }"]}', 400, "BAD_REQUEST"],
  ["a query of nothing but a comment", json, '{"query": "# nothing"}', 400, "GRAPHQL_PARSE_FAILED"],
  ["a name that is a number", json, `{"query": "${query}", "operationName": 7}`, 400, "BAD_REQUEST"],
  [
    "a name that is no operation's",
    json,
    `{"query": "${query}", "operationName": "Q"}`,
    400,
    "OPERATION_RESOLUTION_FAILURE",
  ],
  ["variables that are a text", json, `{"query": "${query}", "variables": "{}"}`, 400, "BAD_REQUEST"],
  ["extensions that are a list", json, `{"query": "${query}", "extensions": []}`, 400, "BAD_REQUEST"],
  ["an operation of no kind", json, '{"query": "delete { tiers { id } }"}', 400, "GRAPHQL_PARSE_FAILED"],
  ["no operation at all", json, '{"query": "fragment F on Query { tiers { id } }"}', 400, "GRAPHQL_VALIDATION_FAILED"],
  ["JSON by another name", "text/json", JSON.stringify({ query }), 415, "BAD_REQUEST"],
  ["a type that is none", "nonsense", JSON.stringify({ query }), 415, "BAD_REQUEST"],
  ["XML", "application/xml", "<query/>", 415, "BAD_REQUEST"],
] as const)("%s is refused, in JSON and with a code", async ([_what, type, body, status, code], { app }) => {
  const answer = await post(app, body, { "content-type": type });
  expect(answer.status).toBe(status);
  expect(new Set(codesOf(answer))).toEqual(new Set([code]));
  expect(answer.data).toBeUndefined();
  expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.stringify(answer.errors)).not.toMatch(/\bat \w+ \(|node_modules|\.ts\b/);
});

test("a body that is packed, in another alphabet or no text at all is refused or read as it is, and breaks nothing", async ({
  app,
}) => {
  const body = JSON.stringify({ query });
  const packed = await post(app, gzipSync(body), { "content-type": json, "content-encoding": "gzip" });
  expect(packed.status).toBe(400);
  const wide = await post(app, Buffer.from(body, "utf16le"), { "content-type": `${json}; charset=utf-16le` });
  expect(wide.status).toBe(400);
  const broken = await post(app, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { "content-type": json });
  expect(broken.status).toBe(400);
  const marked = await post(app, `\ufeff${body}`, { "content-type": `${json}; charset=utf-8` });
  expect([200, 400]).toContain(marked.status);
});

test("a stranger's token is refused, whatever is sent beside it", async ({ app }) => {
  const good = `Bearer ${app.person("ada").token}`;
  const body = JSON.stringify({ query: "{ viewer { id } }" });
  const ask = (...lines: string[]) =>
    raw(app, [
      "POST /graphql HTTP/1.1",
      "Host: x",
      "Connection: close",
      `Content-Type: ${json}`,
      `Content-Length: ${body.length}`,
      ...lines,
      "",
      body,
    ]);
  expect(await ask(`authorization: ${good}`)).toMatch(/^HTTP\/1.1 200 [\s\S]*view_/);
  expect(await ask(`AUTHORIZATION: ${good.replace("Bearer", "bearer")}`)).toMatch(/^HTTP\/1.1 200 [\s\S]*view_/);
  for (const lines of [
    [`Authorization: ${good}`, "Authorization: Bearer x.y.z"],
    ["Authorization: Bearer x.y.z", `Authorization: ${good}`],
    [`Authorization: ${good}`, `Authorization: ${good}`],
    [`Authorization: ${good}, ${good}`],
    [`Authorization: ${good} ${good}`],
    ["Authorization:"],
    ["Authorization: Bearer"],
    [`Authorization: Bearer ${"a".repeat(9_000)}`],
    [`Authorization: Bearer ${"\u00fc".repeat(20)}`],
  ]) {
    const answer = await ask(...lines);
    expect(answer, lines.join(" + ").slice(0, 80)).toMatch(/^HTTP\/1.1 401 [\s\S]*"UNAUTHENTICATED"/);
    expect(answer).not.toMatch(/view_/);
  }
});

test.for([
  ["an empty token", { authorization: "" }],
  ["a token without its scheme", { authorization: "x.y.z" }],
  ["garbage", { authorization: "Bearer x.y.z" }],
  ["a token that is a number", { authorization: 7 }],
  ["a token that is a list", { authorization: ["Bearer x.y.z"] }],
  ["a token that is an object", { authorization: { toString: "x" } }],
  ["a capital letter and garbage", { Authorization: "Bearer x.y.z" }],
] as const)("%s opens no connection for streams", async ([_what, payload], { app }) => {
  const socket = await openSocket(app.url);
  socket.say({ type: "connection_init", payload });
  expect(await socket.closed).toEqual({ code: 4403, reason: "Forbidden" });
});

test("a connection that is greeted with no payload, or an odd one, is nobody's", async ({ app }) => {
  for (const payload of [undefined, null, {}, { token: "x" }]) {
    const socket = await openSocket(app.url);
    socket.say({ type: "connection_init", ...(payload !== undefined && { payload }) });
    expect((await socket.hear()).type).toBe("connection_ack");
    socket.close();
  }
  await (await greet(app.url)).close();
});

test("what is not HTTP is answered so, and the connection is closed", async ({ app }) => {
  for (const [lines, status] of [
    [["nonsense", "", ""], 400],
    [["GET / HTTP/9.9", "", ""], 400],
    [["GET /graphql HTTP/1.1", "", ""], 400],
    [["POST /graphql HTTP/1.1", "Host: x", "Content-Length: 5", "Content-Length: 6", "", "hello"], 400],
    [["POST /graphql HTTP/1.1", "Host: x", "Content-Length: 5", "Transfer-Encoding: chunked", "", "0", "", ""], 400],
    [["GET /graphql HTTP/1.1", "Host: x", `X: ${"x".repeat(20_000)}`, "", ""], 431],
    [["\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"], 400],
  ] as const) {
    const answer = await raw(app, lines);
    expect(answer, lines[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/Connection: close/i);
    const [, body = ""] = answer.split("\r\n\r\n");
    if (body.startsWith("{"))
      expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  }
});

test("who sends a request slowly, half of it, or nothing, does not keep the connection", async ({ hasty }) => {
  const started = [
    "",
    "POST /graphql HTTP/1.1\r\n",
    "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: ${json}\r\nContent-Length: 1000\r\n\r\n{`,
    "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
  ];
  const answers = started.map(async (start) => {
    const socket = await dial(hasty);
    socket.write(start);
    const drip = setInterval(() => socket.writable && start && socket.write("a"), 100);
    const heard = await listen(socket);
    clearInterval(drip);
    return heard;
  });
  // Meanwhile everybody else is served.
  expect((await hasty.graphql(query)).status).toBe(200);
  for (const heard of await Promise.all(answers)) {
    expect(heard).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n[\s\S]*"REQUEST_TIMEOUT"/);
  }
});

test("a caller who hangs up does not end the service", async ({ app }) => {
  const body = JSON.stringify({ query });
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: ${json}\r\nContent-Length: ${body.length}\r\n\r\n`;
  for (const part of ["", head.slice(0, 20), head, head + body.slice(0, 5), head + body]) {
    const socket = await dial(app);
    socket.write(part);
    socket.resetAndDestroy();
  }
  await until("the service to answer", async () => (await app.graphql(query)).status === 200);
  expect(app.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});

async function post(app: TestApp, body: string | Buffer, headers: Record<string, string>) {
  const sent = typeof body === "string" ? body : new Uint8Array(body);
  return readAnswer(await fetch(`${app.url}/graphql`, { method: "POST", headers, body: sent }));
}

/** Sends lines as they are, and gives all that comes back until the connection ends. */
async function raw(app: TestApp, lines: readonly string[]): Promise<string> {
  const socket = await dial(app);
  socket.write(lines.join("\r\n"), "latin1");
  return listen(socket);
}

async function dial(app: TestApp): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), "127.0.0.1");
  socket.on("error", () => {}); // what matters is what was heard before
  await once(socket, "connect");
  return socket;
}

async function listen(socket: Socket): Promise<string> {
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk;
  });
  await once(socket, "close");
  return heard;
}
