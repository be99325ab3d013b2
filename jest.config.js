import { cpus } from 'node:os';

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/dist/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  reporters: ['default', '<rootDir>/__tests__/left-out.js'],
  testSequencer: '<rootDir>/__tests__/sequencer.js',
  // One more than there are cores: while the tests that mostly wait run, first of all, none of them is idle.
  maxWorkers: cpus().length + 1,
  testTimeout: 60_000,
};
