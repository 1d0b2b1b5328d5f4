import type { IncomingHttpHeaders } from 'node:http';
import type { JsonRecord } from '../json-lines.js';
import type { Step } from './step.js';
import type { Usage } from './usage.js';

export type RequestBody = JsonRecord;

export interface ProviderRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: RequestBody;
}

/** What goes over the wire; the server writes the frames one by one, so that it can cut or hold them. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  frames: string[];
}

/** One API that agents speak; the server knows nothing of it but this. */
export interface Protocol {
  readonly name: string;
  matches(path: string): boolean;
  /** Titles, summaries and probes: answered at once, without taking a step of the script. */
  isSide(request: ProviderRequest): boolean;
  answer(step: Step, request: ProviderRequest, usage: Usage): Reply;
  /** Answers to what the agent asks on other paths; undefined where it has none. */
  passive(path: string, usage: Usage): unknown;
}
