import { setTimeout as sleep } from 'node:timers/promises';
import { inSpan, Telemetry } from '../../dist/core/ports/telemetry.js';
import { createService, listen } from '../../dist/service.js';

// The service as it is, with two routes of its own that do traced work on demand.
const app = await createService({ argv: process.argv.slice(2), env: process.env });
const telemetry = app.get(Telemetry);

/** Traces of two spans each, the second one below the first across a wait; 5,000 of them a second at most. */
app.use('/test/operations', async (request, response) => {
  const count = Number(request.query.count ?? 1);
  for (let index = 0; index < count; index += 1) {
    await inSpan(telemetry, 'test.operation', { root: true, attributes: { index } }, async () => {
      if (count < 100) await sleep(1);
      await inSpan(telemetry, 'test.step', {}, async () => undefined);
    });
    if (index % 50 === 49) await sleep(10);
  }
  response.json({ rss: process.memoryUsage.rss() });
});

/** A request that is answered when the service ends, and not before. */
app.use('/test/open', (request, response) => {
  const span = telemetry.start('test.open', { root: true });
  response.on('close', () => span.end());
});

app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
await listen(app);
