/** Injects the open Kysely database. */
export const DATABASE = Symbol('DATABASE');
