import * as bson from 'bson';
import * as values from '../../lib/bson/values.js';

describe('values', () => {
  it("are the bson package's own, so that the application's are the driver's", () => {
    expect(Object.keys(values)).not.toHaveLength(0);
    for (const [name, value] of Object.entries(values)) expect(value).toBe(bson[name as keyof typeof bson]);
  });
});
