/** The part of `settings` that says how much a caller may ask for, in its order. */
export const rateLimitSettings = [
  {
    name: "RATE_LIMIT_ANONYMOUS",
    description:
      "How many points one address may spend without a token: so many at once, and so many more each second (`bucket/each second`); or `off`. What things cost: docs/operations.md.",
    default: "1000/50",
    example: "1000/50",
    requiredInProduction: false,
  },
  {
    name: "RATE_LIMIT_CUSTOMER",
    description: "The same for one signed-in person.",
    default: "2000/100",
    example: "2000/100",
    requiredInProduction: false,
  },
  {
    name: "RATE_LIMIT_SERVICE",
    description: "The same for one of your back ends.",
    default: "100000/20000",
    example: "100000/20000",
    requiredInProduction: false,
  },
  {
    name: "RATE_LIMIT_ADMIN",
    description: "The same for one of your staff.",
    default: "5000/250",
    example: "5000/250",
    requiredInProduction: false,
  },
  {
    name: "RATE_LIMIT_MONEY",
    description:
      "How many mutations that reach Stripe one billing account may run: so many at once, and so many more each second, which may be a fraction; or `off`.",
    default: "30/0.2",
    example: "30/0.2",
    requiredInProduction: false,
  },
  {
    name: "REDIS_URL",
    description:
      "A Redis that processes share their rate limits through. They do so through Postgres when this is unset, which is enough for most.",
    default: null,
    example: "redis://:PASSWORD@redis.example.com:6379/0",
    requiredInProduction: false,
  },
] as const;
