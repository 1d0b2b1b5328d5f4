import { recordOf, type JsonRecord } from '../../core/json-record.js';

/** The OpenAPI document as a page that needs no script and nothing from elsewhere. */
export function docsPage(document: JsonRecord): string {
  const info = recordOf(document['info']) ?? {};
  const routes = Object.entries(recordOf(document['paths']) ?? {}).flatMap(([path, item]) =>
    Object.entries(recordOf(item) ?? {}).map(([method, operation]) =>
      route(method, path, recordOf(operation) ?? {}),
    ),
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Palingenesis API</title><link rel="stylesheet" href="/api/v1/docs/style.css"></head>
<body><main><h1>Palingenesis API ${text(info['version'])}</h1>
<p>${text(info['description'])}</p>
<p>The same for programs: <a href="/api/v1/openapi.json">openapi.json</a></p>
${routes.join('\n')}
<details><summary><code>components</code></summary><pre>${json(document['components'])}</pre></details>
</main></body></html>
`;
}

export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
details { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .5rem 0 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4rem }
summary span { opacity: .75; margin-left: .5rem }
pre { overflow: auto; font-size: .85rem }
`;

function route(method: string, path: string, operation: JsonRecord): string {
  const { summary, parameters, requestBody, responses } = operation;
  const parts: readonly (readonly [string, unknown])[] = [
    ['Parameters', Array.isArray(parameters) && parameters.length === 0 ? undefined : parameters],
    ['Body', requestBody],
    ['Answers', responses],
  ];
  const shown = parts.flatMap(([title, part]) =>
    part === undefined ? [] : [`<h4>${title}</h4><pre>${json(part)}</pre>`],
  );
  return (
    `<details><summary><b>${text(method.toUpperCase())}</b><code>${text(path)}</code>` +
    `<span>${text(summary)}</span></summary>${shown.join('')}</details>`
  );
}

const json = (value: unknown): string => text(JSON.stringify(value, undefined, 2));

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function text(value: unknown): string {
  return (typeof value === 'string' ? value : '').replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? '');
}
