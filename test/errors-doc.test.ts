import { readFileSync } from "node:fs";
import { GraphQLError } from "graphql";
import { CloseCode } from "graphql-ws";
import { expect, test } from "vitest";
import { faults, refusals } from "../src/errors.js";
import { presentError } from "../src/graphql/errors.js";
import { codeOf, sourceFiles } from "./support/source-files.js";

const sections = new Map(
  readFileSync("docs/errors.md", "utf8")
    .split(/^#+ /m)
    .map((section) => [section.split("\n", 1)[0] ?? "", section]),
);

test("docs/errors.md lists every fault of this API, and no other", () => {
  expect(codesIn("Faults")).toEqual(Object.keys(faults).sort());
});

test("docs/errors.md lists every refusal, and no other, and each is one that something answers with", () => {
  expect(codesIn("Refusals")).toEqual(Object.keys(refusals).sort());
  const elsewhere = sourceFiles("src").filter((file) => file !== "src/errors.ts");
  const code = elsewhere.map(codeOf).join("\n");
  expect(codesIn("Refusals").filter((name) => !code.includes(`"${name}"`))).toEqual([]);
});

test("every code of a request that is wrong in itself reaches the client as docs/errors.md says", () => {
  const source = readFileSync("src/graphql/errors.ts", "utf8");
  const passed: string[] = /requestFaults = \[([^\]]*)\]/.exec(source)?.[1]?.match(/\w+/g) ?? [];
  const listed = codesIn("Requests that are wrong in themselves");
  expect([...listed, ...codesIn("Faults").filter((code) => passed.includes(code))].sort()).toEqual([...passed].sort());
  for (const code of listed) {
    const error = new GraphQLError("What is wrong.", { extensions: { code } });
    expect(presentError(error.toJSON(), error).extensions).toEqual({ code });
  }
});

test("every code that the HTTP server gives by itself is in docs/errors.md", () => {
  const source = ["src/http/server.ts", "src/http/unreadable-request.ts"].map(codeOf).join("\n");
  const named = [...source.matchAll(/"([A-Z][A-Z_]+)"/g)].map(([, code]) => code);
  const given = named.filter((code) => !isMethod(code) && !isOfNode(code));
  expect([...new Set(given)].sort()).toEqual(codesIn("HTTP"));
});

test("every error of the webhook route is in docs/errors.md", () => {
  const source = ["src/stripe/verify-event.ts", "src/http/stripe-webhook-endpoint.ts"].map(codeOf).join("\n");
  const given = [...source.matchAll(/(?:UnverifiedEvent\(|answer\(|reason: )"(\w+)"/g)].map(([, code]) => code);
  expect([...new Set(given)].sort()).toEqual(codesIn("The webhook route"));
});

test("the close codes in docs/errors.md are all that graphql-ws closes a server's sockets with, and three of WebSocket itself", () => {
  const numbers = Object.values(CloseCode).filter((code) => typeof code === "number");
  const ofServers = numbers.filter((code) => code >= CloseCode.BadRequest && code <= CloseCode.InternalServerError);
  const [goingAway, tooBig, tryLater] = [1001, 1009, 1013];
  expect(codesIn("WebSocket")).toEqual([goingAway, tooBig, tryLater, ...ofServers].map(String).sort());
});

/** First cells of a section's table. */
function codesIn(title: string): string[] {
  return [...(sections.get(title) ?? "").matchAll(/^\| `(\w+)` \|/gm)].map(([, code = ""]) => code).sort();
}

function isMethod(text: string | undefined): boolean {
  return text === "GET" || text === "POST";
}

function isOfNode(text: string | undefined): boolean {
  return /^(ECONN|ERR_|HPE_)/.test(text ?? "");
}
