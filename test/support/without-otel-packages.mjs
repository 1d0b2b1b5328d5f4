import { registerHooks } from 'node:module';

/** Preloaded into a service: what `npm ci --omit=optional` leaves out cannot be found. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!/^@opentelemetry\/(?!api$)/.test(specifier)) return nextResolve(specifier, context);
    const message = `Cannot find package '${specifier}' imported from ${context.parentURL}`;
    throw Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' });
  },
});
