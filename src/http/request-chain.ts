import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { Config } from '../config/config.js';
import { EventBus } from '../core/ports/event-bus.js';
import { NoTelemetry, Telemetry } from '../core/ports/telemetry.js';
import { Logs } from '../logging/logs.js';
import { Access } from './access/access.js';
import { requestLimit } from './access/request-limits.js';
import { requestAudit } from './audit/request-audit.middleware.js';
import { requestId } from './request-id/request-id.middleware.js';
import { requestLog } from './request-log/request-log.middleware.js';
import { HttpSpans } from './spans/http-span.middleware.js';

/** What a page of ours may do: run and show what this service serves, and talk to it alone. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** What every request goes through before its body is read, in this order. */
export function useRequestChain(app: NestExpressApplication): void {
  const { http } = app.get(Config);
  app.use(requestId);
  useTelemetry(app);
  app.use(
    // TLS is a proxy's, and so is what it promises.
    helmet({ contentSecurityPolicy: CONTENT_SECURITY_POLICY, strictTransportSecurity: false }),
    requestAudit(app.get(EventBus)),
    requestLimit(http.maxRequestsPerMin),
    app.get(Access).handler,
  );
  app.useBodyParser('json', { limit: http.maxBodyBytes });
  app.disable('x-powered-by');
}

function useTelemetry(app: NestExpressApplication): void {
  const telemetry = app.get(Telemetry);
  if (telemetry instanceof NoTelemetry) return void app.use(requestLog(app.get(Logs)));
  const spans = new HttpSpans(telemetry);
  app.use(spans.handler);
  app.use(requestLog(app.get(Logs), (request, work) => spans.within(request, work)));
}
