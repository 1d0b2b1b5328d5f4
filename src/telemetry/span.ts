/**
 * Opens a span around a method; nothing happens while no provider is registered.
 * Imported from its own file: the package's index would load the host metrics, too.
 */
export { Span } from 'nestjs-otel/lib/tracing/decorators/span.js';
