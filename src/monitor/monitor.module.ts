import { Global, Module } from '@nestjs/common';
import { SessionDirectory } from '../core/ports/session-directory.js';
import { SessionRegistry } from './session-registry.js';

/** Owns what is known of every session. Emits `session-stopped` and `session-progressed`. */
@Global()
@Module({
  providers: [SessionRegistry, { provide: SessionDirectory, useExisting: SessionRegistry }],
  exports: [SessionDirectory],
})
export class MonitorModule {}
