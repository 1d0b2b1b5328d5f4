import { once } from 'node:events';
import { connect } from 'node:net';

/** Whether somebody listens on a Unix socket. */
export async function isAnswered(path: string): Promise<boolean> {
  const probe = connect(path);
  try {
    await once(probe, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    probe.destroy();
  }
}
