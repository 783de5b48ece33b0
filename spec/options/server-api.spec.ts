import { serverApiFields } from '../../lib/options/server-api.js';

describe('serverApiFields', () => {
  it('has what was given and nothing else', () => {
    expect(serverApiFields({ version: '1' })).toEqual({ apiVersion: '1' });
    expect(serverApiFields({ version: '1', strict: false, deprecationErrors: true })).toEqual({
      apiVersion: '1',
      apiStrict: false,
      apiDeprecationErrors: true,
    });
  });
});
