import { defineConfig } from "vitest/config";

/** Where to write a machine-readable report, for CI. */
const report = process.env["VITEST_REPORT"];

export default defineConfig({
  // Vite would resolve graphql to its ESM file while Node loads the CommonJS one for Apollo and type-graphql: one realm, please.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/global-setup.ts"],
    setupFiles: ["test/setup.ts"],
    pool: "forks",
    // By itself Vitest leaves a core free, and on two that means one file after another.
    maxWorkers: 2,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
