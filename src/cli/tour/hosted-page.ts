import { Surprise } from "./narrator.js";

/** A page of Stripe's as a browser without JavaScript sees it. */
export interface HostedPage {
  readonly status: number;
  /** The text that a person would read. */
  readonly text: string;
  /** Where a redirect leads; null for a page. */
  readonly location: string | null;
}

/** Opens a page. */
export async function openPage(url: string): Promise<HostedPage> {
  return read(await fetch(url, { redirect: "manual" }));
}

/** Fills in the form of a page and presses a button. */
export async function submitForm(url: string, fields: Record<string, string>): Promise<HostedPage> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return read(await fetch(url, { method: "POST", redirect: "manual", headers, body: new URLSearchParams(fields) }));
}

async function read(response: Response): Promise<HostedPage> {
  if (response.status >= 500) throw new Surprise(`The hosted page answered ${response.status}.`);
  const html = await response.text();
  const text = html
    .replaceAll(/<(style|title)[\s\S]*?<\/\1>/g, " ")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");
  return { status: response.status, text, location: response.headers.get("location") };
}
