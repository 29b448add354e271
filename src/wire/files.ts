import { fixed, fixedInt, fixedLong } from "jute-ts";

/** FileHeader of logs and snapshots, 16 bytes (on-disk-formats 3.1, 4.1). Only the magic is checked when reading. */
export const FileHeader = fixed("FileHeader", { magic: fixedInt, version: fixedInt, dbid: fixedLong });
export const LOG_MAGIC = 0x5a4b4c47;
export const SNAPSHOT_MAGIC = 0x5a4b534e;
export const FILE_VERSION = 2;
