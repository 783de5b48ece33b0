// Three projects: `unit` (the twins of lib/, no server), `house` (the rules of the house), `live` (against a server).
const shared = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // These packages are published as ES modules only: they are transformed with the project's own code.
  transformIgnorePatterns: ['/node_modules/(?!(p-queue|p-timeout|eventemitter3|mime)/)'],
  // Sources import each other as `./x.js`, as Node.js wants it after the build; under jest that is `./x.ts`.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/spec/*/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/spec/live/'],
    },
    { ...shared, displayName: 'house', testMatch: ['<rootDir>/spec/*.spec.ts'] },
    {
      ...shared,
      displayName: 'live',
      testMatch: ['<rootDir>/spec/live/**/*.spec.ts'],
      globalSetup: '<rootDir>/spec/support/live-setup.ts',
      globalTeardown: '<rootDir>/spec/support/live-teardown.ts',
    },
  ],
  testTimeout: 15_000,
  // A process that has run many files has a heap whose collection takes longer than the delays that some tests measure. So
  // files run in a process of their own, and in a new one when that has grown.
  workerIdleMemoryLimit: '400MB',
};
