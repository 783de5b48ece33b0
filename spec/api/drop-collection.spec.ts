import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient({}, () => ({ ok: 1 }));
const dropped = (): unknown[] => scripted.commands('drop').map(({ drop }) => drop);

describe('drop', () => {
  it('of an encrypted collection drops those of its state before, by their names or by the usual ones', async () => {
    await scripted.items.drop({ encryptedFields: { fields: [] } });
    expect(dropped()).toEqual(['enxcol_.items.esc', 'enxcol_.items.ecoc', 'items']);
    await scripted.db.dropCollection('items', { encryptedFields: { escCollection: 'e', ecocCollection: 'f' } });
    expect(dropped().slice(3)).toEqual(['e', 'f', 'items']);
    expect(scripted.last()).not.toHaveProperty('encryptedFields');
  });

  it('of any other drops it alone', async () => {
    expect(await scripted.items.drop({ comment: 'x' })).toBe(true);
    expect([dropped(), scripted.last().comment]).toEqual([['items'], 'x']);
  });

  it('does not mind what is missing, but all else', async () => {
    scripted.server.handler = ({ name }) => (name === 'drop' ? { ok: 0, code: 26, errmsg: 'ns' } : undefined);
    expect(await scripted.items.drop({ encryptedFields: {} })).toBe(true);
    scripted.server.handler = ({ name }) => (name === 'drop' ? { ok: 0, code: 13, errmsg: 'no' } : undefined);
    expect(await rejection(scripted.items.drop({ encryptedFields: {} }))).toMatchObject({ code: 13, command: 'drop' });
    expect(await rejection(scripted.items.drop({ encryptedFields: 5 as never }))).toBeInstanceOf(TypeError);
  });
});
