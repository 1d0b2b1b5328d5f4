/** One configuration for every suite; the npm scripts choose the folders. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  extensionsToTreatAsEsm: ['.ts'],
  // CommonJS add-ons of Nest cannot require() Nest's ES modules while Jest still links them.
  setupFiles: ['<rootDir>/test/jest.setup.mjs'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
  coverageProvider: 'v8',
  maxWorkers: 2,
  // A machine with other work to do is slower, and no less right.
  testTimeout: 20_000,
  workerIdleMemoryLimit: '512MB',
};
