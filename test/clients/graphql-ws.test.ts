import { createClient } from "graphql-ws";
import { expect } from "vitest";
import WebSocket from "ws";
import { type TestApp, test } from "../support/app.js";
import { type LiveClient, operations, testReturnPage } from "./product.js";

/** The client of the protocol's authors. In a browser `webSocketImpl` is left out. */
function socketClient(app: TestApp, token?: string) {
  return createClient({
    url: `${app.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
  });
}

function open(app: TestApp, token?: string): LiveClient {
  const client = socketClient(app, token);
  return {
    async follow(query, variables, next) {
      for await (const { data } of client.iterate({ query, variables })) next(data);
    },
    close: () => client.dispose(),
  };
}

testReturnPage(open);

test("an anonymous caller hears the code of the refusal", async ({ app }) => {
  const client = socketClient(app);
  const stream = client.iterate({ query: operations.checkoutDone, variables: { id: "chk_1" } });
  const { value } = await stream.next();
  expect(value).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
  await client.dispose();
});

test("a query over WebSocket is refused with where to send it", async ({ app }) => {
  const client = socketClient(app, app.person("ada").token);
  const asked = client.iterate({ query: operations.gate, variables: { feature: "guests" } }).next();
  await expect(asked).rejects.toMatchObject([
    { message: expect.stringContaining("over HTTP"), extensions: { code: "BAD_REQUEST" } },
  ]);
  await client.dispose();
});
