import type { SessionSnapshot } from '../session.js';
import type { AttachedWorkflow } from '../workflow.js';

/** What is known of the workflows that sessions work on. */
export abstract class WorkflowDirectory {
  /** The workflow of a session, where its working directory or a folder of the settings holds one. */
  abstract workflowOf(session: SessionSnapshot): AttachedWorkflow | undefined;
}
