import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test, type TestingModule } from '@nestjs/testing';
import request from 'supertest';
import { Config } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { EventBus } from './core/ports/event-bus.js';
import { SessionDirectory } from './core/ports/session-directory.js';
import { PalingenesisModule, type PalingenesisOptions } from './palingenesis.module.js';
import { configure } from './service.js';
import { AlreadyRunningError } from './store/instance-lock.js';

let home: string;
const running: TestingModule[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'embedded-'));
});
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
  await rm(home, { recursive: true, force: true });
});

async function start(...imports: DynamicModule['imports'] & object): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports }).compile();
  app.useLogger(false);
  running.push(app);
  return app.init();
}

const alone = (options: PalingenesisOptions = {}) =>
  PalingenesisModule.forRoot({ env: { HOME: home }, configFile: false, ...options });

describe('PalingenesisModule', () => {
  it('gives the ports to every module around it', async () => {
    @Injectable()
    class Mine {
      constructor(
        readonly bus: EventBus,
        readonly sessions: SessionDirectory,
      ) {}
    }
    @Module({ providers: [Mine] })
    class MyModule {}
    const app = await start(alone(), { module: MyModule });
    await app.get(SessionDirectory, { strict: false }).whenReady();
    expect(app.get(Mine, { strict: false }).sessions.list()).toEqual([]);
  });

  it('takes its settings from code, file and environment', async () => {
    const configFile = join(home, 'mine.toml');
    await writeFile(configFile, '[resume]\nprompt = "from the file"\nmax_attempts = 2\n');
    const env = { HOME: home, PALINGENESIS_RESUME__MAX_CONCURRENT: '3' };
    const app = await start(alone({ configFile, env, settings: { resume: { prompt: 'from code' } } }));
    expect(app.get(Config).resume).toMatchObject({ prompt: 'from code', maxAttempts: 2, maxConcurrent: 3 });
  });

  it('reads no file where none is wanted', async () => {
    const file = join(home, 'palingenesis/config.toml');
    const env = { HOME: home, XDG_CONFIG_HOME: home, PALINGENESIS_CONFIG: file };
    const app = await start(alone({ env }));
    expect(app.get(Config).resume.prompt).toBe('continue');
  });

  it('takes them from a provider of the application', async () => {
    const imports = [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ words: 'go on' })] })];
    const app = await start(
      PalingenesisModule.forRootAsync({
        imports,
        inject: [ConfigService],
        useFactory: (config: ConfigService) => ({
          env: { HOME: home },
          configFile: false,
          settings: { resume: { prompt: config.getOrThrow<string>('words') } },
        }),
      }),
    );
    expect(app.get(Config).resume.prompt).toBe('go on');
  });

  it('has the API where it is wanted, guarded as that of the service', async () => {
    const app = await Test.createTestingModule({ imports: [alone({ http: true })] }).compile();
    const own = app.createNestApplication<NestExpressApplication>({ logger: false });
    running.push(app);
    await expect(own.init()).rejects.toThrow('configureApi(app)');
    const guarded = (
      await Test.createTestingModule({
        imports: [alone({ http: true, env: { HOME: join(home, 'other') } })],
      }).compile()
    ).createNestApplication<NestExpressApplication>({ logger: false });
    configure(guarded);
    await guarded.listen(0, '0.0.0.0');
    try {
      const ask = (host: string) => request(guarded.getHttpServer()).get('/api/v1/status').set('Host', host);
      await ask('localhost').expect(200);
      await ask('evil.example').expect(403);
      await request(guarded.getHttpServer()).post('/api/v1/sessions').send({ agent: 1 }).expect(400);
    } finally {
      await guarded.close();
    }
  });

  it('says at once which settings are not valid', () => {
    expect(() => alone({ settings: { resume: { maxAttempts: 0 } } })).toThrow(ConfigError);
  });

  it('is alone on its state folder, and lets it go at its end', async () => {
    const first = await start(alone());
    await expect(start(alone())).rejects.toThrow(AlreadyRunningError);
    await first.close();
    running.splice(0);
    await start(alone());
  });

  it('leaves the settings and timers of the application alone', async () => {
    @Injectable()
    class Ticker {
      @Interval('tick', 60_000)
      tick(): void {
        // whether it is called is the application's own affair
      }
    }
    @Module({ providers: [Ticker] })
    class MyModule {}
    const settings = ConfigModule.forRoot({
      isGlobal: true,
      ignoreEnvFile: true,
      load: [() => ({ mine: 1 })],
    });
    const ticks = (app: TestingModule): number =>
      app
        .get(SchedulerRegistry, { strict: false, each: true })
        .filter((timers) => timers.doesExist('interval', 'tick')).length;
    const without = await start(alone(), settings, { module: MyModule });
    expect(without.get(ConfigService, { strict: false }).get('mine')).toBe(1);
    expect(ticks(without)).toBe(0);
    const other = alone({ env: { HOME: join(home, 'other') } });
    expect(ticks(await start(other, ScheduleModule.forRoot(), { module: MyModule }))).toBe(1);
  });
});
