"use strict";
// jest's own runner, told to run one file at a time: the peers share two cores, and two ensembles would starve each other.
const { default: TestRunner } = require("jest-runner");

module.exports = function serialRunner(config, context) {
  const runner = new TestRunner(config, context);
  runner.isSerial = true;
  return runner;
};
