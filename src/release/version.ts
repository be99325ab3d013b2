/**
 * A version is one word without control characters, so that it can be a variable of a script, a line of a log and what
 * `in-service` reads back. The same for what a person gives, what a service answers and what the ledger says.
 */
export const VERSION = /^[^\s\p{Cc}]{1,255}$/u;

/** What `VERSION` asks for, as the end of a sentence. */
export const VERSION_FORM = 'one word of at most 255 characters';
