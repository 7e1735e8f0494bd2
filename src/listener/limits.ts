// What one caller, or all of them together, may take of the daemon. Times are milliseconds.

/** Of a body; no order of the API is longer. */
export const BODY_BYTES = 16 * 1024;

/** Of request line and headers together. */
export const HEAD_BYTES = 8 * 1024;
export const HEADERS = 50;
export const TARGET_BYTES = 4 * 1024;

/** From the opening of a connection, or the first byte of a later request, to the end of the headers. */
export const HEAD_MS = 5_000;

/** The same to the end of the body; and without progress of the answer. */
export const REQUEST_MS = 15_000;
export const KEEP_ALIVE_MS = 10_000;

export const CONNECTIONS = 64;
export const STREAMS = 32;
export const STREAMS_OF_SESSION = 8;

export const SESSIONS = 256;
export const SESSION_MS = 12 * 3_600_000;

/** Wrong tokens that one address may present within the window. Each is answered after the delay. */
export const WRONG_TOKENS = 10;
export const WRONG_TOKENS_WINDOW_MS = 60_000;
export const WRONG_TOKEN_DELAY_MS = 1_000;

/** How long a decision is bound to what was shown. */
export const CONFIRM_MS = 600_000;
