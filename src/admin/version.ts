/**
 * The version TypeKeeper reports wherever ZooKeeper reports its own. Monitoring parses `: (\d+\.\d+\.\d+)-`, `:\s(.*),` and
 * `built on (.*)` (operations 2.5, 9), so the form is Java's and the number that of the release whose wire is spoken; what
 * stands for Java's commit says who is speaking.
 */
export const SPOKEN_VERSION = "3.9.5";

export const SERVER_VERSION = `${SPOKEN_VERSION}-typekeeper, built on 2026-11-25 00:00 UTC`;
