/** The span a record belongs to, under the names that tools expect in a JSON line. */
export type TraceIds = Readonly<{ trace_id: string; span_id: string }>;

/** Tells the active span; undefined outside of one. Asked for every record that is written. */
export type TraceIdSource = () => TraceIds | undefined;
