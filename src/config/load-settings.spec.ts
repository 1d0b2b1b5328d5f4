import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import { DEFAULTS_FILE, loadSettings, type LoadedSettings, type LoadOptions } from './load-settings.js';

const USUAL = '/home/ann/.config/palingenesis/config.toml';

type Given = Partial<LoadOptions> & { files?: Record<string, string> };

function load({ files = {}, ...options }: Given = {}): LoadedSettings {
  const readFile = (path: string): string => {
    const text = path === DEFAULTS_FILE ? readFileSync(path, 'utf8') : files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  };
  return loadSettings({ argv: [], env: {}, homeDir: '/home/ann', readFile, ...options });
}

function problemsOf(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadSettings', () => {
  it('works without any configuration', () => {
    const { settings } = load();
    expect(settings.http).toMatchObject({ host: '127.0.0.1', port: 7654 });
    expect(settings.resume.marginTextS).toBe(60);
    expect(settings.agents['claude-code']?.command).toBe('claude');
  });

  it('freezes what it returns, all the way down', () => {
    const { settings } = load();
    const parts = [settings, settings.http, settings.agents, settings.agents['claude-code']?.home];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  describe('the layers', () => {
    const file = '[http]\nport = 1\n[log]\nlevel = "warn"\n[resume]\nprompt = "go on"';
    const env = { PALINGENESIS_HTTP__PORT: '2', PALINGENESIS_LOG__LEVEL: 'debug' };

    it('later ones win, option by option, and each value knows where it is from', () => {
      const { settings, options } = load({ files: { [USUAL]: file }, env, argv: ['--http.port=3'] });
      expect(settings.http.port).toBe(3);
      expect(settings.log.level).toBe('debug');
      expect(settings.resume.prompt).toBe('go on');
      expect(options.get('http.port')?.origin).toBe('flag --http.port');
      expect(options.get('log.level')?.origin).toBe('environment PALINGENESIS_LOG__LEVEL');
      expect(options.get('resume.prompt')?.origin).toBe(`file ${USUAL}`);
      expect(options.get('http.host')?.origin).toBe('default');
    });

    it.each([
      ['$XDG_CONFIG_HOME', { XDG_CONFIG_HOME: '/xdg' }, [], '/xdg/palingenesis/config.toml'],
      ['$PALINGENESIS_CONFIG', { PALINGENESIS_CONFIG: '/etc/p.toml' }, [], '/etc/p.toml'],
      [
        '--config',
        { PALINGENESIS_CONFIG: '/etc/p.toml' },
        ['--config', '~/mine.toml'],
        '/home/ann/mine.toml',
      ],
    ])('the file is the one that %s says', (_, variables, argv, path) => {
      const files = { [USUAL]: '[http]\nport = 1', [path]: '[http]\nport = 9' };
      expect(load({ files, env: variables, argv }).settings.http.port).toBe(9);
    });
  });

  describe('the environment', () => {
    it.each([
      ['PALINGENESIS_AGENTS__CLAUDE_CODE__COMMAND', 'agents.claude-code.command'],
      ['palingenesis_agents__claude-code__command', 'agents.claude-code.command'],
      ['Palingenesis_State__Dir', 'state.dir'],
    ])('%s means %s', (variable, path) => {
      const { options } = load({ env: { [variable]: '/x' } });
      expect(options.get(path)).toMatchObject({ value: '/x', origin: `environment ${variable}` });
    });

    it('is read by the type of the default', () => {
      const { settings } = load({
        env: {
          PALINGENESIS_RESUME__MARGIN_TEXT_S: '0.5',
          PALINGENESIS_OTEL__ENABLED: 'True',
          PALINGENESIS_RESUME__PROMPT: '42',
          PALINGENESIS_AGENTS__CLAUDE_CODE__HOME: '/a:~/b',
        },
      });
      expect(settings.resume.marginTextS).toBe(0.5);
      expect(settings.otel.enabled).toBe(true);
      expect(settings.resume.prompt).toBe('42');
      expect(settings.agents['claude-code']?.home).toEqual(['/a', '/home/ann/b']);
    });

    it('is left alone where a variable names no section', () => {
      const env = { PALINGENESIS_PORT: 'tcp://10.0.0.1:80', PALINGENESIS_CONFIG: '' };
      expect(problemsOf({ env })).toEqual([]);
    });
  });

  describe('flags', () => {
    it.each([[['--agents.claude-code.command=/x/a=b']], [['--agents.claude_code.command', '/x/a=b']]])(
      'take %j',
      (argv) => expect(load({ argv }).settings.agents['claude-code']?.command).toBe('/x/a=b'),
    );

    it.each([
      [['serve'], /^"serve": not a flag; write --SECTION.KEY=VALUE/],
      [['--http.port'], /^--http.port: a value is missing/],
      [['--otel.enabled', '--http.port=1'], /^--otel.enabled: a value is missing/],
      [['--port=1'], /^port: .*flag --port.*did you mean http.port\?/],
    ])('refuse %j', (argv, words) => expect(problemsOf({ argv })).toEqual([expect.stringMatching(words)]));
  });

  describe('paths', () => {
    it('stand for the defaults of the system and the agent when empty', () => {
      const { settings } = load();
      expect(settings.state.dir).toBe('/home/ann/.local/state/palingenesis');
      expect(settings.agents['claude-code']).toMatchObject({
        home: ['/home/ann/.claude'],
        defaultHomes: ['/home/ann/.claude'],
      });
    });

    it("follow the system's and the agent's own variables", () => {
      const { settings } = load({ env: { XDG_STATE_HOME: '/var/s', CLAUDE_CONFIG_DIR: '/c' } });
      expect(settings.state.dir).toBe('/var/s/palingenesis');
      expect(settings.agents['claude-code']?.home).toEqual(['/c']);
    });

    it('of workflows may stay relative; the home directory is known by its sign', () => {
      const { settings } = load({ files: { [USUAL]: '[workflow]\nfolders = ["~/w", "/a", "docs", "~x"]' } });
      expect(settings.workflow.folders).toEqual(['/home/ann/w', '/a', 'docs', '~x']);
      const files = { [USUAL]: '[workflow]\nfolders = "docs"' };
      expect(load({ files }).settings.workflow.folders).toEqual(['docs']);
    });

    it('are made absolute, one or many', () => {
      const files = { [USUAL]: '[state]\ndir = "~/s"\n[agents.claude-code]\nhome = "~/one"' };
      const { settings } = load({ files });
      expect(settings.state.dir).toBe('/home/ann/s');
      expect(settings.agents['claude-code']).toMatchObject({
        home: ['/home/ann/one'],
        defaultHomes: ['/home/ann/.claude'],
      });
    });
  });

  describe('unknown options', () => {
    it.each([
      ['[http]\nprot = 1', 'http.prot', 'did you mean http.port?'],
      ['[htpp]\nport = 1', 'htpp', 'did you mean http?'],
      ['port = 1', 'port', 'did you mean http.port?'],
      ['[agents.claude_code]\nhome = []', 'agents.claude_code', 'did you mean agents.claude-code?'],
      [
        '[agents.other-agent]',
        'agents.other-agent',
        'allowed in agents: claude-code, codex, opencode, gemini-cli',
      ],
      [
        '[log]\ncolour_of_the_sky = 1',
        'log.colour_of_the_sky',
        'allowed in log: level, format, file, file_max_mb, file_keep',
      ],
      [
        '[wholly.elsewhere]',
        'wholly',
        'allowed sections: http, ipc, events, state, log, monitor, workflow, resume, audit, control, agents, notify, otel',
      ],
    ])('%j', (toml, path, hint) => {
      const [problem, ...others] = problemsOf({ files: { [USUAL]: toml } });
      expect(problem).toMatch(new RegExp(`^${path}: no such option \\(given .*, file ${USUAL}\\); `));
      expect(problem?.endsWith(hint)).toBe(true);
      expect(others).toEqual([]);
    });

    it('are caught in the environment', () => {
      expect(problemsOf({ env: { PALINGENESIS_AGENTS__CLAUDE_CODE__HOM: '/x' } })).toEqual([
        'agents.claude_code.hom: no such option (given "/x", environment PALINGENESIS_AGENTS__CLAUDE_CODE__HOM); ' +
          'did you mean agents.claude-code.home?',
      ]);
    });
  });

  describe('bad values', () => {
    it.each([
      ['http.host', '"http://x"', 'an address or a host name, such as 127.0.0.1, ::1 or 0.0.0.0'],
      ['http.host', '"[::1]"', 'an address or a host name, such as 127.0.0.1, ::1 or 0.0.0.0'],
      ['http.host', '""', 'an address or a host name, such as 127.0.0.1, ::1 or 0.0.0.0'],
      ['http.allowed_hosts', '["a.example:80"]', 'a list of host names without ports'],
      ['http.port', '65536', 'a whole number from 0 to 65535'],
      ['http.port', '"7654"', 'a whole number from 0 to 65535'],
      ['http.port', '1.5', 'a whole number from 0 to 65535'],
      ['log.level', '"verbose"', '"error" or "warn" or "info" or "debug"'],
      ['monitor.rescan_s', '0', 'seconds, more than 0 and at most 3600'],
      ['monitor.liveness_s', 'nan', 'seconds, more than 0 and at most 3600'],
      ['resume.margin_text_s', '-1', 'a number from 0 to 3600'],
      ['workflow.folders', '["a", 1]', 'a path or a list of paths; [] for none'],
      ['workflow.max_head_bytes', '0', 'a whole number from 1024 to 262144'],
      ['workflow.max_files', '0', 'a whole number from 1 to 10000'],
      ['resume.enabled', '"yes"', 'true or false'],
      ['resume.prompt', '"  "', 'text of 1 to 10000 characters, not only blanks'],
      ['resume.backoff_max_s', '29', 'no less than backoff_initial_s'],
      ['otel.sampling_ratio', '1.01', 'a number from 0 to 1'],
      ['agents.claude-code.home', '[1]', 'a path or a list of paths; [] for the default'],
      ['agents.claude-code.home', '["/a", ""]', 'a path or a list of paths; [] for the default'],
      ['agents.claude-code.command', '2026-01-01', 'text of 1 to 4096 characters, not only blanks'],
    ])('%s = %s', (path, value, allowed) => {
      const [, section, name] = /^(.+)\.(.+)$/.exec(path) ?? [];
      const problems = problemsOf({ files: { [USUAL]: `[${section}]\n${name} = ${value}` } });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${path}: given .+ \\(file ${USUAL}\\), allowed is `));
      expect(problems[0]?.endsWith(allowed)).toBe(true);
    });

    it.each([
      ['PALINGENESIS_HTTP__PORT', ''],
      ['PALINGENESIS_HTTP__PORT', '0x10'],
      ['PALINGENESIS_OTEL__ENABLED', 'constructor'],
    ])('%s=%s', (variable, text) => {
      const [problem] = problemsOf({ env: { [variable]: text } });
      expect(problem).toContain(`given ${JSON.stringify(text)} (environment ${variable})`);
    });

    it('takes addresses and names', () => {
      for (const host of ['127.0.0.1', '127.9.8.7', '::1', 'localhost', '0.0.0.0', '::', 'my-host.example']) {
        expect(problemsOf({ argv: [`--http.host=${host}`] })).toEqual([]);
      }
    });

    it('is shown shortened when long', () => {
      expect(problemsOf({ env: { PALINGENESIS_LOG__LEVEL: 'x'.repeat(5000) } })[0]?.length).toBeLessThan(250);
    });
  });

  describe('files', () => {
    it('with a syntax error are named with line, column and the line itself', () => {
      const [problem] = problemsOf({ files: { [USUAL]: '[http]\nport = \nhost = "::1"' } });
      expect(problem).toMatch(new RegExp(`^${USUAL}, line 2, column \\d+: Invalid TOML`));
      expect(problem).toContain('    2:  port = ');
    });

    it.each([
      [{}, ['--config=/no.toml'], 'flag --config'],
      [{ PALINGENESIS_CONFIG: '/no.toml' }, [], 'environment PALINGENESIS_CONFIG'],
    ])('that are named must exist: %j %j', (env, argv, origin) => {
      expect(problemsOf({ env, argv })).toEqual([
        `/no.toml (${origin}): cannot be read, ENOENT: /no.toml; name a TOML file that exists and is readable`,
      ]);
    });
  });

  it('says every problem of every layer at once', () => {
    const given = {
      files: { [USUAL]: '[http]\nprot = 1\n[log]\nlevel = "loud"' },
      env: { PALINGENESIS_OTEL__RATIO: '1' },
      argv: ['--http.port=x', 'y'],
    };
    expect(problemsOf(given)).toHaveLength(5);
    expect(() => load(given)).toThrow(/^The configuration has 5 problems:\n- .*\n- /);
  });
});
