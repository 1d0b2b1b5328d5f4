import { ERROR_CODES } from '../../core/errors.js';
import { INTEGER, listOf, objectOf, oneOf, TEXT, type Schema } from '../openapi/schema.js';

/** RFC 9457, with the code for programs and the id of the request. */
export const PROBLEM: Schema = {
  ...objectOf({ title: TEXT, status: INTEGER, detail: TEXT, code: oneOf(Object.keys(ERROR_CODES)) }),
  properties: {
    title: TEXT,
    status: INTEGER,
    detail: TEXT,
    code: oneOf(Object.keys(ERROR_CODES)),
    request_id: TEXT,
    errors: listOf(TEXT),
  },
};
