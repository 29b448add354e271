import { equalSecret } from "../base/bytes.ts";
import { NO_SESSION, type SessionId } from "../base/ids.ts";
import { JavaRandom } from "../base/javaRandom.ts";

/** The 16 bytes that every server of an ensemble computes for a session, Java or not (client-protocol 4.4). */
export function sessionPassword(id: SessionId): Uint8Array {
  return new JavaRandom(id ^ PASSWORD_SALT).nextBytes(SESSION_PASSWORD_BYTES);
}

/** Whether a client that resumes `id` knows its password. Takes equally long wherever the first wrong byte is. */
export function passwordMatches(id: SessionId, password: Uint8Array): boolean {
  return id !== NO_SESSION && equalSecret(sessionPassword(id), password);
}

export const SESSION_PASSWORD_BYTES = 16;
const PASSWORD_SALT = 0xb3415c00n;
