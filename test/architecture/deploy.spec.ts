import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { DEFAULTS_FILE, loadSettings } from '../../src/config/load-settings.js';
import { OptionCatalog } from '../../src/config/option-catalog.js';
import { at, isRecord, listOf, recordOf, stringOf, type JsonRecord } from '../../src/core/json-record.js';
import { contextOf, execForm, parseDockerfile } from '../support/dockerfile.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const yamlOf = (file: string): JsonRecord => recordOf(parse(textOf(file))) ?? {};
const seconds = (text: unknown): number => Number(/^(\d+)s$/.exec(String(text))?.[1]);
const SHUTDOWN_S = 5;

const { args, stages } = parseDockerfile(textOf('Dockerfile'));
const image = stages.at(-1)?.steps ?? [];
const wordsOf = (verb: string) => image.filter((step) => step.verb === verb).map(({ words }) => words);
/** What the image sets, as the service would read it. */
const imageEnv = Object.fromEntries(
  wordsOf('ENV').flatMap((words) => words.split(/\s+/).map((pair) => pair.split('='))),
);

describe('the Dockerfile', () => {
  it('has a base of the Node that is needed, slim, and compiles elsewhere', () => {
    expect(args.get('NODE_IMAGE')).toMatch(/^node:24(\.\d+)*-\w+-slim$/);
    expect(stages.map(({ name }) => name)).toEqual(['build', 'runtime']);
  });

  it('runs as a user, by tini, and lets the health be asked for without curl', () => {
    expect(wordsOf('USER')).toEqual(['node']);
    expect(image.findIndex(({ verb }) => verb === 'USER')).toBeGreaterThan(
      image.findLastIndex(({ verb }) => verb === 'RUN'),
    );
    expect(execForm(wordsOf('ENTRYPOINT')[0] ?? '')[0]).toBe('/usr/bin/tini');
    expect(wordsOf('HEALTHCHECK')[0]).toContain('"node", "/app/deploy/container/ready.mjs"');
    expect(image.some(({ words }) => /\b(curl|wget)\b/.test(words))).toBe(false);
  });

  it('sets what the service takes, and listens where its port is published', () => {
    const { settings } = loadSettings({ argv: [], env: imageEnv });
    expect(settings.http).toMatchObject({ host: '0.0.0.0', port: Number(wordsOf('EXPOSE')[0]) });
    expect([settings.state.dir]).toEqual(execForm(wordsOf('VOLUME')[0] ?? ''));
  });

  it('copies what there is, and is given nothing else', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
    const context = contextOf(ROOT, [
      ...tracked,
      'secrets/read.token',
      'node_modules/a/index.js',
      '.git/config',
    ]);
    const copied = stages.flatMap(({ steps }) =>
      steps.flatMap(({ verb, words }) =>
        verb !== 'COPY' || words.startsWith('--from') ? [] : words.split(/\s+/).slice(0, -1),
      ),
    );
    for (const source of copied)
      expect([source, context.some((file) => file === source || file.startsWith(`${source}/`))]).toEqual([
        source,
        true,
      ]);
    const others = context.filter((file) =>
      /^(test|docs|secrets|node_modules|\.git|examples)\/|\.spec\.ts$/.test(file),
    );
    expect(others).toEqual([]);
  });
});

const compose = yamlOf('compose.yaml');
const services = Object.entries(recordOf(compose['services']) ?? {}).map(
  ([name, service]) => [name, recordOf(service) ?? {}] as const,
);
const own = recordOf(at(compose, 'services', 'palingenesis')) ?? {};
const textsOf = (value: unknown): string[] => listOf(value).filter((each) => typeof each === 'string');

describe('compose.yaml', () => {
  it('has images of one version each, and publishes on loopback alone', () => {
    for (const [name, { image: tag, ports }] of services) {
      expect(`${name} ${String(tag)}`).toMatch(/:(v?\d+\.\d+\.\d+|local)$/);
      for (const port of textsOf(ports)) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });

  it('gives the service no more than it needs, and time to end', () => {
    expect(own).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(own).not.toHaveProperty('init');
    expect(seconds(own['stop_grace_period'])).toBeGreaterThan(SHUTDOWN_S);
  });

  it('sets what the service takes', () => {
    const env = { ...imageEnv, ...recordOf(own['environment']) };
    const { settings } = loadSettings({ argv: [], env });
    expect(settings.http.tokenDir).toBe('/run/secrets');
    expect(textsOf(own['secrets'])).toEqual(['read.token', 'control.token']);
    expect(settings.otel).toMatchObject({ enabled: true, metrics: false, protocol: 'grpc' });
    expect(new URL(settings.otel.endpoint).port).toBe('4317');
    expect(services.map(([name]) => name)).toContain(new URL(settings.otel.endpoint).hostname);
  });

  it('mounts files that are there, and volumes and secrets it declares', () => {
    const sources = services.flatMap(([, { volumes }]) =>
      textsOf(volumes).map((mount) => mount.split(':')[0] ?? ''),
    );
    const volumes = Object.keys(recordOf(compose['volumes']) ?? {});
    expect(
      sources.filter((source) =>
        source.startsWith('./') ? !existsSync(join(ROOT, source)) : !volumes.includes(source),
      ),
    ).toEqual([]);
    const secrets = Object.keys(recordOf(compose['secrets']) ?? {});
    for (const [, service] of services)
      expect(secrets).toEqual(expect.arrayContaining(textsOf(service['secrets'])));
    expect(
      execFileSync('git', ['check-ignore', 'secrets/read.token'], { cwd: ROOT, encoding: 'utf8' }),
    ).not.toBe('');
  });

  it('has a collector whose pipelines are made of its parts', () => {
    const collector = yamlOf('deploy/compose/collector.yaml');
    const pipelines = Object.entries(recordOf(at(collector, 'service', 'pipelines')) ?? {});
    expect(pipelines.map(([signal]) => signal)).toEqual(['traces', 'logs']);
    for (const [, pipeline] of pipelines)
      for (const part of ['receivers', 'processors', 'exporters'])
        expect(Object.keys(recordOf(collector[part]) ?? {})).toEqual(
          expect.arrayContaining(textsOf(at(pipeline, part))),
        );
  });

  it('has a Prometheus that asks the service by a name it answers to, with its token', () => {
    const prometheus = yamlOf('deploy/compose/prometheus.yml');
    const [job] = listOf(prometheus['scrape_configs']);
    expect(job).toMatchObject({
      job_name: 'palingenesis',
      authorization: { credentials_file: '/run/secrets/read.token' },
      static_configs: [{ targets: ['palingenesis:7654'] }],
    });
    expect(at(own, 'environment', 'PALINGENESIS_HTTP__ALLOWED_HOSTS')).toBe('palingenesis');
    const mounts = textsOf(at(compose, 'services', 'prometheus', 'volumes'));
    for (const rules of textsOf(prometheus['rule_files']))
      expect(mounts.some((mount) => mount.includes(`:/etc/prometheus/${rules}:`))).toBe(true);
  });

  it('has a Grafana with our dashboard, and sources that are there', () => {
    const sources = listOf(yamlOf('deploy/compose/grafana/datasources/datasources.yaml')['datasources']);
    for (const source of sources) {
      const { hostname } = new URL(stringOf(at(source, 'url')) ?? '');
      expect(services.map(([name]) => name)).toContain(hostname);
    }
    const [provider] = listOf(yamlOf('deploy/compose/grafana/dashboards/dashboards.yaml')['providers']);
    const mounts = textsOf(at(compose, 'services', 'grafana', 'volumes'));
    expect(mounts).toContain(`./deploy/grafana:${String(at(provider, 'options', 'path'))}:ro`);
    expect(mounts).toContain('./deploy/compose/grafana:/etc/grafana/provisioning:ro');
  });
});

const manifest = parseAllDocuments(textOf('deploy/kubernetes/palingenesis.yaml')).map((document) => {
  const plain: unknown = document.toJS();
  return plain;
});
const kind = (wanted: string): JsonRecord[] =>
  manifest.filter(isRecord).filter((each) => each['kind'] === wanted);
const pod = recordOf(at(kind('Deployment')[0], 'spec', 'template', 'spec')) ?? {};
const [container] = listOf(pod['containers']);

describe('the Kubernetes manifest', () => {
  it('is what it should be, each part with a name', () => {
    expect(manifest.map((each) => at(each, 'kind'))).toEqual([
      ...['Secret', 'PersistentVolumeClaim', 'PersistentVolumeClaim', 'Deployment', 'Service'],
    ]);
    for (const each of manifest) expect(at(each, 'metadata', 'name')).toMatch(/^palingenesis/);
  });

  it('has one service at a time, as a user without rights, on a read-only root', () => {
    const deployment = at(kind('Deployment')[0], 'spec');
    expect(deployment).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(container).toMatchObject({
      image: own['image'],
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      resources: {
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      },
    });
    expect(pod['terminationGracePeriodSeconds']).toBeGreaterThan(SHUTDOWN_S);
  });

  it('asks for health where it is told', () => {
    const probe = (name: string) => at(container, name, 'httpGet', 'path');
    expect(['startupProbe', 'livenessProbe', 'readinessProbe'].map(probe)).toEqual([
      '/health/live',
      '/health/live',
      '/health/ready',
    ]);
  });

  it('sets what the service takes', () => {
    const given = listOf(at(container, 'env')).map((each) => [at(each, 'name'), at(each, 'value') ?? '']);
    const { settings } = loadSettings({ argv: [], env: { ...imageEnv, ...Object.fromEntries(given) } });
    const mounts = listOf(at(container, 'volumeMounts')).map((mount) => at(mount, 'mountPath'));
    expect(mounts).toEqual(
      expect.arrayContaining([settings.http.tokenDir, settings.state.dir, '/home/node', '/tmp']),
    );
    expect(listOf(at(container, 'ports'))).toMatchObject([{ containerPort: settings.http.port }]);
  });

  it('mounts volumes, claims and keys that there are', () => {
    const volumes = listOf(pod['volumes']);
    const named = volumes.map((volume) => at(volume, 'name'));
    for (const mount of listOf(at(container, 'volumeMounts'))) expect(named).toContain(at(mount, 'name'));
    const claims = volumes.flatMap((volume) => at(volume, 'persistentVolumeClaim', 'claimName') ?? []);
    expect(kind('PersistentVolumeClaim').map((claim) => at(claim, 'metadata', 'name'))).toEqual(claims);
    const keys = Object.keys(recordOf(at(kind('Secret')[0], 'stringData')) ?? {});
    const files = volumes.flatMap((volume) => listOf(at(volume, 'secret', 'items')));
    expect([...files.map((item) => at(item, 'key')), 'webhook-url']).toEqual(keys);
    expect(files.map((item) => at(item, 'path'))).toEqual(['read.token', 'control.token']);
  });

  it('leads its traffic to its pod', () => {
    const service = at(kind('Service')[0], 'spec');
    const labels = at(kind('Deployment')[0], 'spec', 'template', 'metadata', 'labels');
    expect(at(service, 'selector')).toEqual(labels);
    expect(at(kind('Deployment')[0], 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(listOf(at(service, 'ports'))).toMatchObject([{ targetPort: 'http' }]);
  });
});

describe('docs/operate.md', () => {
  const docs = textOf('docs/operate.md');
  const catalog = new OptionCatalog(readFileSync(DEFAULTS_FILE, 'utf8'));

  it('names options and files that there are', () => {
    const options = [...docs.matchAll(/`([a-z]+(?:\.[a-z_]+)+)`/g)].map(([, path = '']) => path);
    const files = (path: string) => existsSync(join(ROOT, path)) || /\.(token|db)$/.test(path);
    expect(options.length).toBeGreaterThan(4);
    expect(options.filter((path) => !catalog.defaults.has(path) && !files(path))).toEqual([]);
    for (const [, path = ''] of docs.matchAll(/`((?:deploy|test)\/[\w./-]+)`/g))
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });
});
