import { createRequire } from "node:module";
import type * as Middleware from "graphql-middleware";
import type * as Shield from "graphql-shield";

const require = createRequire(import.meta.url);

// graphql-shield 7.6.5 imports `isUndefined` from node:util, which Node 23 removed: its ESM build does
// not even load there. The CommonJS build does, once the function is back.
const util: { isUndefined?: (value: unknown) => boolean } = require("node:util");
util.isUndefined ??= (value) => value === undefined;

const shieldLib: typeof Shield = require("graphql-shield");
// The same CommonJS copy that shield uses: another one builds middleware that this one does not recognise.
const middlewareLib: typeof Middleware = require("graphql-middleware");

export const { shield, rule, allow, deny, and, or } = shieldLib;
export const { applyMiddleware } = middlewareLib;
