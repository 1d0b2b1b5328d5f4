/*
 * What `npm ci --omit=optional` leaves out: TypeScript takes these patterns only where it finds no package, so
 * that the build works without them. What they export is no type then: code that uses them has its types inferred.
 */
declare module '@grpc/grpc-*';
declare module '@opentelemetry/exporter-*';
declare module '@opentelemetry/resource*';
declare module '@opentelemetry/sdk-*';
