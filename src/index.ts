/** What `require("typekeeper")` and `import "typekeeper"` give; filled as the rooms are built. */
export * from "./client/index.ts";
