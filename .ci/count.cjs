"use strict";
// Prints "N passed, N failed" from jest's JSON report. A suite that could not even start counts as one failure.
const { readFileSync } = require("node:fs");

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
process.exit(report.success && failed === 0 && report.numPassedTests > 0 ? 0 : 1);
