/** Turns a record's JSON line into what people read. Loads its package only when asked for. */
export async function humanFormat(isColored: boolean): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  return prettyFactory({
    colorize: isColored,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    ignore: 'pid,service,version,context',
    messageFormat: '{if context}[{context}] {end}{msg}',
    singleLine: true,
    errorLikeObjectKeys: ['err'],
  });
}
