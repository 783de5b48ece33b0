import { gzipSync } from 'node:zlib';
import { gunzipSync } from '../../lib/auth/zlib.js';

it('unpacks', () => {
  expect(gunzipSync(gzipSync('tables')).toString()).toBe('tables');
});
