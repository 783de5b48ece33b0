import { hello } from '../../lib/commands/hello.js';
import { Scope } from '../../lib/commands/scope.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

describe('hello', () => {
  it('has the old name, which all servers know, and the new one with the Stable API', () => {
    expect(hello.build({}, scope)).toEqual({ isMaster: 1 });
    expect(hello.build({}, Scope.root(resolveOptions('mongodb://a', { serverApi: '1' })))).toEqual({ hello: 1 });
  });

  it.each([
    [{ ismaster: true }, [true, true]],
    [{ isWritablePrimary: true }, [true, true]],
    [{ ismaster: false, secondary: true }, [false, true]],
    [{ isWritablePrimary: false, secondary: false }, [false, false]],
  ])('reads the role of %j', (reply, [takesWrites, takesReads]) => {
    expect(hello.parse(replyOf(reply), {}, scope, facts)).toEqual({ address: 'h:1', takesWrites, takesReads });
  });
});
