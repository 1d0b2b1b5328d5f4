import { Global, Module } from '@nestjs/common';
import { SessionDirectory } from '../core/ports/session-directory.js';
import { WorkflowDirectory } from '../core/ports/workflow-directory.js';
import { SessionRegistry } from './session-registry.js';
import { WorkflowWatch } from './workflow/workflow-watch.js';

/**
 * Owns what is known of every session and of the workflow it works on. Emits `session-stopped`, `session-progressed`,
 * `workflow-progressed` and `workflow-unreadable`.
 */
@Global()
@Module({
  providers: [
    SessionRegistry,
    { provide: SessionDirectory, useExisting: SessionRegistry },
    WorkflowWatch,
    { provide: WorkflowDirectory, useExisting: WorkflowWatch },
  ],
  exports: [SessionDirectory, WorkflowDirectory, WorkflowWatch],
})
export class MonitorModule {}
