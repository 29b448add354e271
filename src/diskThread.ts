import { spawnThread } from "./disk/thread.ts";

/**
 * The disk's thread of this process. It is started as soon as this module is loaded, so that it gets ready while the others are
 * loaded: both take the same time, and the first session needs both.
 */
export const diskThread = spawnThread();
