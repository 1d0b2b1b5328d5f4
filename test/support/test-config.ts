import { Config } from '../../src/config/config.js';
import { loadSettings } from '../../src/config/load-settings.js';

/** The default settings with these flags, for a user who has nothing but a home directory. */
export function testConfig(homeDir: string, ...argv: string[]): Config {
  const load = () => loadSettings({ argv, env: { HOME: homeDir }, homeDir });
  return new Config(load(), load);
}
