/** What `require("typekeeper")` and `import "typekeeper"` give. */
export * from "./client/index.ts";
export type { EnsembleOptions, InProcessEnsemble, Members } from "./inProcess/ensemble.ts";
export { type ServerOptions, startEnsemble, startServer } from "./inProcess/inProcess.ts";
export { type InProcessServer, type InProcessSession, ServerFailed, type ServerState } from "./inProcess/server.ts";
export type { ZooCfg } from "./inProcess/zooCfg.ts";
