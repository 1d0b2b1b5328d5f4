import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { DEFAULTS_FILE, loadSettings } from './load-settings.js';
import { OptionCatalog } from './option-catalog.js';
import {
  AgentSettings,
  AuditSettings,
  ControlSettings,
  EventsSettings,
  HttpSettings,
  IpcSettings,
  LogSettings,
  MonitorSettings,
  NotifySettings,
  OtelSettings,
  ResumeSettings,
  Settings,
  StateSettings,
  WebhookSettings,
  WorkflowSettings,
} from './settings.js';

const text = readFileSync(DEFAULTS_FILE, 'utf8');
const catalog = new OptionCatalog(text);

const CLASSES = {
  http: HttpSettings,
  ipc: IpcSettings,
  events: EventsSettings,
  state: StateSettings,
  log: LogSettings,
  monitor: MonitorSettings,
  workflow: WorkflowSettings,
  resume: ResumeSettings,
  audit: AuditSettings,
  control: ControlSettings,
  'agents.claude-code': AgentSettings,
  'agents.codex': AgentSettings,
  'agents.opencode': AgentSettings,
  'agents.gemini-cli': AgentSettings,
  notify: NotifySettings,
  'notify.webhook': WebhookSettings,
  otel: OtelSettings,
};
/** Found out at load, a section of its own, or what only one of the agents can do. */
const NO_OPTION = [
  /\.default_homes$/,
  /^notify\.webhook$/,
  /^agents\.(?!claude-code).*\.telemetry$/,
  /^agents\.(?!opencode).*\.config_home$/,
];

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('config/default.toml', () => {
  it('has the options of the settings classes, no more and no fewer', () => {
    const declared = Object.entries(CLASSES).flatMap(([section, type]) =>
      Object.keys(new type())
        .map((name) => `${section}.${snakeCase(name)}`)
        .filter((path) => !NO_OPTION.some((pattern) => pattern.test(path))),
    );
    expect([...catalog.defaults.keys()].sort()).toEqual(declared.sort());
  });

  it('has the sections of the settings', () => {
    expect(Object.keys(parse(text)).sort()).toEqual(Object.keys(new Settings()).sort());
  });

  it('is allowed by its own checks', () => {
    const { settings } = loadSettings({ argv: [], env: {}, homeDir: '/home/ann' });
    expect(settings).toBeInstanceOf(Settings);
    expect(settings.resume).toBeInstanceOf(ResumeSettings);
    expect(settings.agents['claude-code']).toBeInstanceOf(AgentSettings);
  });

  it('explains every option in one comment line right before it', () => {
    const lines = text.split('\n');
    const options = lines.flatMap((line, index) => (/^\w+ = /.test(line) ? [index] : []));
    const uncommented = options.filter((index) => !/^# .+\.$/.test(lines[index - 1] ?? ''));
    expect(uncommented.map((index) => lines[index])).toEqual([]);
    expect(options).toHaveLength(catalog.defaults.size);
  });

  it('is what docs/configuration.md says', () => {
    const script = fileURLToPath(new URL('../../scripts/config-docs.mjs', import.meta.url));
    execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' });
  });
});
