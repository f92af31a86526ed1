import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { GraphQLJSON, GraphQLSafeInt } from "graphql-scalars";

interface StringScalar<Internal> {
  name: string;
  description: string;
  specifiedBy: string;
  /** Reads what a client sent; throws with a sentence that says what would be right. */
  parse(text: string): Internal;
  /** Writes what a resolver returned. */
  print(value: Internal): string;
}

function stringScalar<Internal>(scalar: StringScalar<Internal>): GraphQLScalarType<Internal, string> {
  const parse = (value: unknown): Internal => {
    if (typeof value !== "string") throw new GraphQLError(`${scalar.name} must be a string.`);
    return scalar.parse(value);
  };
  return new GraphQLScalarType<Internal, string>({
    name: scalar.name,
    description: scalar.description,
    specifiedByURL: scalar.specifiedBy,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
    // graphql-js hands over whatever the resolver returned; the resolvers are typed to return `Internal`.
    serialize: (value) => scalar.print(value as Internal),
  });
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

function matching(pattern: RegExp, wanted: string) {
  return (text: string) => {
    if (!pattern.test(text)) throw new GraphQLError(`Must be ${wanted}.`);
    return text;
  };
}

function parseInstant(text: string): Date {
  const instant = new Date(text);
  const day = Number(text.slice(8, 10));
  const offsetMs = /Z$/i.test(text) ? 0 : instant.getTime() - Date.parse(`${text.slice(0, -6)}Z`);
  // JavaScript rolls 30 February over into March: what was written must be what was understood.
  const rolledOver = new Date(instant.getTime() - offsetMs).getUTCDate() !== day;
  if (!rfc3339.test(text) || Number.isNaN(instant.getTime()) || rolledOver) {
    throw new GraphQLError("Must be an RFC 3339 timestamp, for example 2026-10-28T12:00:00Z.");
  }
  return instant;
}

function parseHttpUrl(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new GraphQLError("Must be an absolute http or https URL, for example https://studio.example/billing.");
  }
  // As it was understood: without the characters that browsers drop and databases cannot hold.
  return new URL(text).href;
}

export const DateTime = stringScalar<Date>({
  name: "DateTime",
  description: "An RFC 3339 timestamp, always serialised in UTC with a trailing `Z`.",
  specifiedBy: "https://scalars.graphql.org/andimarek/date-time.html",
  parse: parseInstant,
  print: (instant) => instant.toISOString(),
});

export const Decimal = stringScalar<string>({
  name: "Decimal",
  description: "An exact decimal, sent as a JSON string so that no client rounds it.",
  specifiedBy: "https://the-guild.dev/graphql/scalars/docs/scalars/big-decimal",
  parse: matching(/^-?\d+(\.\d+)?$/, "a decimal in a string, for example 19.99"),
  print: (text) => text,
});

export const Url = stringScalar<string>({
  name: "URL",
  description: "An absolute `http` or `https` URL.",
  specifiedBy: "https://url.spec.whatwg.org/",
  parse: parseHttpUrl,
  print: (url) => url,
});

export const CurrencyCode = stringScalar<string>({
  name: "CurrencyCode",
  description: "An ISO 4217 currency code in upper case, for example `EUR`.",
  specifiedBy: "https://en.wikipedia.org/wiki/ISO_4217",
  parse: matching(/^[A-Z]{3}$/, "an ISO 4217 code in upper case, for example EUR"),
  print: (code) => code.toUpperCase(),
});

export const CountryCode = stringScalar<string>({
  name: "CountryCode",
  description: "An ISO 3166-1 alpha-2 country code in upper case, for example `DE`.",
  specifiedBy: "https://en.wikipedia.org/wiki/ISO_3166-1_alpha-2",
  parse: matching(/^[A-Z]{2}$/, "an ISO 3166-1 alpha-2 code in upper case, for example DE"),
  print: (code) => code,
});

export const Json = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  name: "JSON",
  description: "Any JSON value. Used only for stored webhook payloads, audit details and the values of differences.",
  specifiedByURL: "https://datatracker.ietf.org/doc/html/rfc8259",
});

export const SafeInt = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  name: "SafeInt",
  description: "A whole number that a JavaScript number holds exactly (53 bits). Sent as a JSON number.",
  specifiedByURL: "https://the-guild.dev/graphql/scalars/docs/scalars/safe-int",
});
