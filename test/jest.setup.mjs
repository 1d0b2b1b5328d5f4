await import('reflect-metadata');
const { Logger } = await import('@nestjs/common');
await import('@nestjs/core');

// What the code under test logs is noise here; a test that cares looks at the log of a real process.
Logger.overrideLogger(false);
