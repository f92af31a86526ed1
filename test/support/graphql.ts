/** What the API answered. Tests state the shape they expect, so the data is left open. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test asks for another shape, and checks it
  readonly data: any;
  readonly errors:
    | readonly { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
    | undefined;
}

/** Sends one operation over HTTP, as any client would. */
export async function sendGraphql(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  token?: string,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return readAnswer(response);
}

/** Reads an answer that was asked for by hand. */
export async function readAnswer(response: Response): Promise<Answer> {
  const body: Pick<Answer, "data" | "errors"> = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, data: body.data, errors: body.errors };
}

/** The codes of the top-level errors. */
export function codesOf(answer: Answer): unknown[] {
  return (answer.errors ?? []).map((error) => error.extensions["code"]);
}
