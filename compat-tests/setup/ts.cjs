"use strict";
// `node -r ./compat-tests/setup/ts.cjs x.ts`: lets Node 20 run this folder's scripts (recorder, bench) without a build of their own.
const { transformFileSync } = require("@swc/core");

require.extensions[".ts"] = (module, filename) => {
  const { code } = transformFileSync(filename, {
    jsc: { target: "es2023", parser: { syntax: "typescript" } },
    module: { type: "commonjs" },
    sourceMaps: "inline",
    swcrc: false,
  });
  module._compile(code, filename);
};
