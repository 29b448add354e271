"use strict";
// Prints "N passed, N failed" from jest's JSON report. A suite that could not even start counts as one failure, as does no report.
const { existsSync, readFileSync } = require("node:fs");

const [, , path] = process.argv;
const report = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : noReport();
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
process.exit(report.success && failed === 0 && report.numPassedTests > 0 ? 0 : 1);

function noReport() {
  return { success: false, numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 };
}
