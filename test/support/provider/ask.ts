import type { ScriptedProvider } from './provider.js';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Of a stream; without a name where the API gives none. */
  events: { event?: string; data: unknown }[];
}

/** Asks the provider as an agent would, and reads the answer to its end. */
export async function ask(
  provider: ScriptedProvider,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(provider.url + path, { method: 'POST', body: JSON.stringify(body), headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, events: eventsOf(text) };
}

function eventsOf(text: string): Answer['events'] {
  return [...text.matchAll(/(?:event: (.+)\n)?data: (.+)\r?\n\r?\n/g)].map(([, event, data = '']) => ({
    ...(event ? { event } : {}),
    data: data === '[DONE]' ? data : JSON.parse(data),
  }));
}
