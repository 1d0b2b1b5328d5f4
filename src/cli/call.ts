import type { LoadedSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { isLoopback } from '../core/loopback.js';
import { Client } from './client.js';
import { serviceUrl } from './service-url.js';

const TOKEN_VARIABLE = 'PALINGENESIS_TOKEN';

/** One command as it was called: what was written behind its name. */
export class Call {
  constructor(
    readonly operands: readonly string[],
    private readonly values: Readonly<Record<string, unknown>>,
    /** `--config` and `--section.key=value`, as `start` takes them. */
    readonly settingsFlags: readonly string[],
  ) {}

  text(option: string): string | undefined {
    const value = this.values[option];
    return typeof value === 'string' ? value : undefined;
  }

  /** Of an option that may be given several times; undefined where it was not. */
  texts(option: string): readonly string[] | undefined {
    const value: unknown = this.values[option];
    return Array.isArray(value) ? value.map(String) : undefined;
  }

  isOn(option: string): boolean {
    return this.values[option] === true;
  }

  get wantsJson(): boolean {
    return this.isOn('json');
  }

  /** Throws a `ConfigError`. `more` are flags that win over those given. */
  async settings(more: readonly string[] = []): Promise<LoadedSettings> {
    // Checking the settings loads a library that takes longer than all the rest; not every command needs them.
    const { loadSettings } = await import('../config/load-settings.js');
    return loadSettings({ argv: [...this.settingsFlags, ...more], env: process.env });
  }

  /** Asks at the socket first, then at the address; only there where one was named. */
  async client(): Promise<Client> {
    const given = this.text('url');
    if (given !== undefined && this.settingsFlags.length === 0)
      return new Client([{ url: serviceUrl(given, undefined), token: process.env[TOKEN_VARIABLE] }]);
    const { settings, options } = await this.settings();
    const { http, ipc } = settings;
    const isNamed = given !== undefined || options.get('http.port')?.origin.startsWith('flag') === true;
    const socket = isNamed || !ipc.enabled ? [] : [{ socketPath: ipc.socket }];
    // Any free port is nowhere to ask at, and a socket is enough.
    if (socket.length > 0 && http.port === 0) return new Client(socket);
    return new Client([...socket, { url: serviceUrl(given, http), token: await tokenFor(http) }]);
  }
}

/** As the environment has it, or as the service keeps it where it is reachable from elsewhere and so asks for one. */
async function tokenFor({ host, tokenDir }: Settings['http']): Promise<string | undefined> {
  const given = process.env[TOKEN_VARIABLE];
  if (given !== undefined || isLoopback(host)) return given;
  const { readToken } = await import('../store/token-files.js');
  return readToken(tokenDir, 'control');
}
