import { Scope } from '../../lib/commands/scope.js';
import { IoCore } from '../../lib/core/io-core.js';
import { ClientEmitter } from '../../lib/events/emitter.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { Topology, type TopologyOptions } from '../../lib/topology/topology.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';
import { FakeNetwork, type FakeServer, TOPOLOGY } from '../topology/fake-network.js';

/** A core on a fake network, under a fake clock. */
export class FakeCore implements Disposable {
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly core: IoCore;
  readonly events = new ClientEmitter();
  /** `shop.items` */
  readonly scope: Scope;

  constructor(
    network = FakeNetwork.set('a:1', 'b:1', 'c:1'),
    given: ClientOptions = {},
    topology: Partial<TopologyOptions> = {},
  ) {
    this.clock = fakeClock();
    this.network = network;
    const options = resolveOptions('mongodb://a:1', given);
    const scope = Scope.root(options);
    const own = { ...TOPOLOGY, seeds: network.addresses, pools: this.events, ...topology };
    this.core = new IoCore(scope, this.events, options, () => new Topology(own, network.connectTo, this.events));
    this.scope = scope.inDatabase('shop').inCollection('items');
  }

  get servers(): FakeServer[] {
    return this.network.servers;
  }

  get primary(): FakeServer {
    return this.network.servers[0]!;
  }

  get poolOfPrimary() {
    return this.core.poolStats()[0]!;
  }

  /** Operations under way on each server. */
  get operations(): (number | undefined)[] {
    return this.servers.map(({ address }) => this.core.topology.server(address)?.operations);
  }

  /** Waits until every server has been found. */
  async opened(): Promise<this> {
    this.core.topology.start;
    await this.clock.settle();
    return this;
  }

  [Symbol.dispose](): void {
    void this.core.close();
    this.clock.restore();
  }
}

/** What became of a promise, as far as that is known. */
export interface Outcome<Result> {
  value?: Result;
  error?: any;
}

export function follow<Result>(promise: Promise<Result>): Outcome<Result> {
  const outcome: Outcome<Result> = {};
  promise.then(
    (value) => {
      outcome.value = value;
    },
    (error) => {
      outcome.error = error;
    },
  );
  return outcome;
}
