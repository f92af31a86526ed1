import { readKeySet } from "./key-set.js";
import type { VerificationKey } from "./keys.js";

/** The largest sets there are have some 20 kB, most of it certificates. */
const mostBytes = 256 * 1024;

/** Reads an issuer's published keys. Rejects when that takes longer than `timeoutMs`, and on every answer that is no key set. */
export async function fetchKeySet(url: string, timeoutMs: number): Promise<VerificationKey[]> {
  const response = await fetch(url, {
    headers: { accept: "application/jwk-set+json, application/json" },
    // A redirect could lead from https to anywhere, and then anybody's keys would be trusted.
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`It answered with status ${response.status}.`);
  }
  return readKeySet(JSON.parse(await readAtMost(response, mostBytes)));
}

async function readAtMost(response: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > most) throw new Error(`It answered with more than ${most} bytes.`); // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
