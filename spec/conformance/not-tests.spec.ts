import { notTests } from './not-tests.js';

const file = (suite: string, json: unknown) => ({ suite, path: `${suite}/a.json`, absolute: '/a.json', json });

describe('notTests', () => {
  it('knows schemas and the data of client-side encryption', () => {
    expect(notTests(file('any', { $schema: 'https://json-schema.org/draft/2019-09/schema#' }))).toBe('JSON schemas');
    expect(notTests(file('client-side-encryption', { _id: 1 }))).toBe('data of client-side encryption');
  });

  it.each([{}, null, [], 'text', { tests: [] }, { $schema: 'mine' }])('takes %j for tests', (json) => {
    expect(notTests(file('any', json))).toBeUndefined();
  });
});
