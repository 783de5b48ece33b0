import * as bson from 'bson';
import * as values from '../../lib/bson/values.js';

describe('values', () => {
  it("are the bson package's own, so that the application's are the driver's", () => {
    const own = new Map<string, unknown>(Object.entries(bson));
    expect(Object.keys(values)).not.toHaveLength(0);
    for (const [name, value] of Object.entries(values)) expect(value).toBe(own.get(name));
  });
});
