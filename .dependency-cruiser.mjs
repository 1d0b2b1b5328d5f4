/** Layers, lowest first: core; config; the other foundations; the features; http and cli; the top files. */
const FOUNDATIONS = 'platform|store|agents|telemetry|logging';
const FEATURES = 'monitor|resume|notify|connect|doctor|audit';

const npm = (names) => `(^|/)node_modules/(${names})`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'A cycle has no top. Move what both sides need a layer down, or let one side hear of it by an event.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'core-is-pure',
      comment:
        'core/ imports core/ alone: no Node, no npm, no Nest. Put a port in core/ports and what touches the world ' +
        'into platform/, store/ or an agent.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'config-stands-on-core',
      comment: 'Everybody reads config/, so it can know nobody but core/. Pass in what it needs.',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/(core|config)/' },
    },
    {
      name: 'foundations-stand-on-core-and-config',
      comment:
        'platform/, store/, agents/, telemetry/ and logging/ do not know each other. Ask for a port of core/; ' +
        'the feature that needs both brings them together.',
      severity: 'error',
      from: { path: `^src/(${FOUNDATIONS})/` },
      to: { path: '^src/', pathNot: '^src/(core|config|$1)/' },
    },
    {
      name: 'features-do-not-meet',
      comment:
        'monitor/, resume/, notify/, connect/ and audit/ stand on the foundations and never on each other, nor on http/ or cli/. ' +
        'Say it with an event or a port of core/.',
      severity: 'error',
      from: { path: `^src/(${FEATURES})/` },
      to: { path: '^src/', pathNot: `^src/(core|config|${FOUNDATIONS}|$1)/` },
    },
    {
      name: 'http-and-cli-do-not-meet',
      comment: 'The commands talk to the service over HTTP. What both need to know belongs in core/.',
      severity: 'error',
      from: { path: '^src/(http|cli)/' },
      to: { path: '^src/(http|cli)/', pathNot: '^src/$1/' },
    },
    {
      name: 'nobody-imports-the-top',
      comment:
        'The files right in src/ compose the rest; only version.ts stands alone. Have what you need injected instead.',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: '^src/[^/]+\\.ts$', pathNot: '^src/version\\.ts$' },
    },
    {
      name: 'agents-never-meet',
      comment:
        'An adapter knows core/, config/ and itself, never a sibling. Move what they share up into agents/.',
      severity: 'error',
      from: { path: '^src/agents/([^/]+)/' },
      to: { path: '^src/agents/[^/]+/', pathNot: '^src/agents/$1/' },
    },
    {
      name: 'agents-stay-behind-the-catalog',
      comment: 'Only the list in agents/ names an agent. Ask the AgentCatalog for it by its id.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/agents/' },
      to: { path: '^src/agents/[^/]+/' },
    },
    {
      name: 'otel-lives-in-telemetry',
      comment: 'Only telemetry/ knows OpenTelemetry. Use its Span decorator or its port.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/telemetry/' },
      to: { path: npm('@opentelemetry/|nestjs-otel/') },
    },
    {
      name: 'cli-starts-without-nest',
      comment:
        'A command answers in under half a second; loading Nest takes longer than that. What needs it belongs ' +
        'into the service, which the bin starts as a program of its own.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: [npm('@nestjs/|nestjs-'), '^src/.+\\.module\\.ts$'] },
    },
    {
      name: 'no-barrels',
      comment:
        'Import the file that holds the thing. An index.ts hides cycles and loads what nobody asked for.',
      severity: 'error',
      from: { path: '^src/.+/index\\.ts$' },
      to: {},
    },
    {
      name: 'src-never-imports-tests',
      comment: 'What ships cannot need what does not. Move the shared part into src/.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|examples)/' },
    },
    {
      name: 'packages-are-declared',
      comment: 'It would be missing after an install without development packages: add it to "dependencies".',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-resolves',
      comment: 'This import leads nowhere. Relative ones end in .js, also for a .ts file.',
      severity: 'error',
      // The page of the dashboard finds its packages where the service serves them, which is beside it.
      from: { pathNot: '^src/http/dashboard/page/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.spec\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
