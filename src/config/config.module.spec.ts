import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { Config } from './config.js';
import { ConfigError } from './config-error.js';
import { SettingsModule } from './config.module.js';

const forRoot = (...argv: string[]) => SettingsModule.forRoot({ argv, env: {}, homeDir: '/home/ann' });

describe('SettingsModule', () => {
  it('gives everyone the Config, which reads what Nest was given', async () => {
    const app = await Test.createTestingModule({ imports: [forRoot('--http.port=0')] }).compile();
    expect(app.get(Config).http.port).toBe(0);
    expect(app.get(ConfigService).get('palingenesis.settings.http.port')).toBe(0);
    await app.close();
  });

  it('does not let the process environment shine through Nest', async () => {
    const app = await Test.createTestingModule({ imports: [forRoot()] }).compile();
    expect(app.get(ConfigService).get('PATH')).toBeUndefined();
    await app.close();
  });

  it('refuses bad settings before Nest starts', () => {
    expect(() => forRoot('--http.port=-1')).toThrow(ConfigError);
  });
});
