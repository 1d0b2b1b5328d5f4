import { Module, type DynamicModule } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Logs } from './logs.js';

/** Owns the log: its format, its file, its level, its redaction. Emits nothing. */
@Module({})
export class LoggingModule {
  /** Every record names the version. */
  static forRoot(version: string): DynamicModule {
    const useFactory = ({ log }: Config): Promise<Logs> => openLogs(version, log);
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: Logs, inject: [Config], useFactory }],
      exports: [Logs],
    };
  }
}

async function openLogs(version: string, settings: Config['log']): Promise<Logs> {
  const logs = new Logs(version);
  await logs.apply(settings);
  return logs;
}
